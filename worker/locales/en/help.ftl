# Help, the commands' descriptions, and answers to what cannot be done.

help =
  ❓ <b>How to play</b>

  🐍 <b>Davka</b> spends { $needed } atmospheres, catches a zmiy and makes the gofra and the cable grow.
  🌫 <b>Atmospheres</b> come back by themselves: one in { $period } at first, { $max } at most; faster at higher levels.
  🛸 <b>Uletet</b> sends the zmiy in your hand away. It is the right thing to do.
  📏 <b>Gofra</b> gives the level: { $levels } of them, the last from { $last }.
  ⚔️ <b>Rademka</b> is a duel: a longer gofra and cable help, the chance stays within { $least }–{ $most }%. Nobody ever loses length. { $duels } in { $window } at most, { $duels_one } against the same player.
  ✏️ <b>Nickname</b>: { $min }–{ $long } characters, { $renames } changes in { $rename_window } at most.
help-private = Everything is behind /menu. Add me to a group: davkas there count for the chat.
help-group = Here: /gmenu, /gdavka, /gtop, /gstats, /gme; a reply with /fight is a duel. Each menu obeys the one who opened it.

command-start = Say hello and begin
command-menu = The main menu
command-gmenu = The menu of this group
command-davka = Catch a zmiy and grow
command-gdavka = Catch a zmiy for the chat and grow
command-uletet = Send the zmiy away
command-rademka = Duels
command-grademka = Duels; as a reply: fight the author
command-fight = As a reply: fight the author
command-profile = All your figures
command-gofra = Your gofra
command-cable = Your cable
command-atm = Your atmospheres
command-top = Leaderboards
command-gtop = The leaderboard of this chat
command-gstats = Figures of this chat
command-gme = Your share in this chat
command-stats = Your history
command-nickname = Change the nickname
command-settings = Language
command-cancel = Leave any dialogue
command-help = How to play
command-ghelp = How to play in a group
command-admin = Behind the curtain

decline-unknown-command = 🤷 No such command. /menu has them all, /help explains.
decline-private-only = 🤫 That works in our private chat: @{ $bot }. In groups: /gmenu
decline-group-only = 👥 That works in groups only. Here: /menu
decline-foreign-menu = ✋ Somebody else opened this menu. Your own: /gmenu
decline-stale-button = 🕸 This button has rusted away. A fresh menu: /menu
decline-stale-button-group = 🕸 This button has rusted away. A fresh menu: /gmenu
decline-admins-only = 🔒 For administrators only.
decline-fight-without-reply = ⚔️ Answer the message of the one you want to fight with /fight
decline-too-many = 🐢 Slow down! Again in { $time }
decline-trouble = 🔧 Something broke, and not on your side. Try again a little later. If it stays so, tell the administrators: { $id }
decline-trouble-nameless = 🔧 Something broke, and not on your side. Try again a little later.
decline-not-now = 🔧 These figures are not at hand right now. Try again a little later.
