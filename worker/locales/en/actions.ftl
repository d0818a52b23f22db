# What came of an action. Names that begin with "notice" are shown in a small window: plain text, 200 characters at most.

start-newcomer =
  👋 <b>Welcome, { $nickname }!</b>

  You own a gofra of { $gofra }, a cable of { $cable } and { $atm } atmospheres.
  A davka spends the atmospheres, a zmiy jumps out, and everything grows. Nobody knows why. Press it.
start-again =
  👋 <b>There you are, { $nickname }!</b>
  { $level }
start-group =
  👋 <b>Gofrobot is in the yard!</b>

  This menu is { $nickname }'s. Everybody else opens his own with /gmenu.
  A davka made here counts for the chat, and a reply with /fight starts a duel on the spot.

davka =
  🐍 <b>{ $grams } { $unit } of zmiy!</b>

  📏 { $gofra } (+{ $gofra_grown })
  🔌 { $cable } (+{ $cable_grown })
  🎒 { $held } in hand
davka-group =
  🐍 <b>{ $nickname } caught { $grams } { $unit } of zmiy!</b>

  📏 { $gofra } (+{ $gofra_grown })
  🔌 { $cable } (+{ $cable_grown })
  🎒 { $held } in hand
davka-big = 🐋 <b>Over { $limit } in one go!</b> Fishermen put down their rods and applaud.
davka-chat = 👥 The chat's barn takes it all.
davka-next = ⏳ Next davka in { $time }
davka-refused =
  🌫 <b>{ $atm } of { $max } atmospheres</b>
  { $bar }
  A davka needs { $needed }: ready in <b>{ $time }</b>
notice-davka = 🐍 +{ $grams } { $unit }
notice-davka-refused = 🌫 { $atm } of { $needed } atmospheres. Davka in { $time }

level-up =
  🎉 <b>New level: { $level }</b>
  Atmospheres ×{ $speed }, davkas of { $low }–{ $high } { $unit }

uletet =
  🛸 <b>{ $sent } of zmiy took off</b>

  Sent with love and no return address.
  🎒 Caught in all your life: { $total }
uletet-refused =
  🎒 <b>No zmiy in hand</b>

  First make a davka, then there will be somebody to wave to.
notice-uletet = 🛸 Off it goes!
notice-uletet-refused = 🎒 No zmiy in hand

nickname-asked =
  ✏️ <b>What shall we call you?</b>
  Now: <b>{ $nickname }</b>

  Send the new nickname as a message: { $min }–{ $max } characters; letters, digits, spaces, _ and -; at least one letter.
  { $limit } changes in { $time } at most.
nickname-changed =
  ✏️ <b>{ $to }</b>

  { $from } is no more. Long live { $to }!
nickname-too-short = ✏️ Too short: { $min } characters at least. Send another.
nickname-too-long = ✏️ Too long: { $max } characters at most. Send another.
nickname-character = ✏️ Only Latin and Cyrillic letters, digits, spaces, _ and -. Send another.
nickname-no-letter = ✏️ At least one letter, please. Send another.
nickname-spaces = ✏️ No spaces at the ends and none in a row. Send another.
nickname-reserved = ✏️ That name is taken by the powers that be. Send another.
nickname-taken = ✏️ Somebody already answers to that name. Send another.
nickname-too-often = ✏️ { $limit } changes in { $window } are enough for anybody. Next one in <b>{ $time }</b>
nickname-awaited = ✏️ Beautiful, but a nickname is made of text. Send it as a message.
notice-nickname = ✏️ Send the new nickname

cancelled = ⬅️ <b>Never mind, { $nickname } it is</b>
cancelled-nothing = ⬅️ <b>Nothing to cancel</b>
language-set = 🗣 <b>English it is</b>
notice-language = 🗣 English
chatter =
  🤷 <b>Wise words</b>

  But I understand buttons and commands only.
