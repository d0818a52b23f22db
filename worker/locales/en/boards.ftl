# Leaderboards, figures of a chat, figures for administrators.

top-gofra = 🏆 <b>Top: gofra</b>
top-cable = 🏆 <b>Top: cable</b>
top-zmiy = 🏆 <b>Top: zmiy of a lifetime</b>
top-atm = 🏆 <b>Top: atmospheres</b>
top-wins = 🏆 <b>Top: duels won</b>
top-chat = 🏆 <b>{ $title }: the catch</b>
top-nobody = 🦗 Nobody yet. Be the first!

chat-stats =
  📊 <b>{ $title }</b>

  👥 { $players }, { $active } active in { $days }
  🐍 { $davkas }, { $grams } of zmiy
chat-stats-last = 🕰 The others last moved { $ago } ago
chat-me =
  🥧 <b>{ $nickname }: { $percent }% of the chat's zmiy</b>
  { $bar }

  🐍 { $davkas }, { $grams } of { $all }
  🏅 Place { $place } of { $players }
chat-me-none =
  🥧 <b>{ $nickname }: nothing here yet</b>

  Make a davka in this chat and claim a slice.

admin =
  🛠 <b>Behind the curtain</b>

  👥 { $players }, { $active } active in the last day
  💬 Groups: { $chats }
  ⚔️ { $duels }
admin-errors = 🚨 <b>Latest errors</b>
admin-no-errors = ✅ No errors on record
admin-error = <code>{ $id }</code> · { $handler } · { $kind } · { $ago } ago
