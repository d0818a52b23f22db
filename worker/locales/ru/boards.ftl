# Топы, цифры чата, цифры для администраторов.

top-gofra = 🏆 <b>Топ: гофра</b>
top-cable = 🏆 <b>Топ: кабель</b>
top-zmiy = 🏆 <b>Топ: змий за всю жизнь</b>
top-atm = 🏆 <b>Топ: атмосфера</b>
top-wins = 🏆 <b>Топ: победы в радёмках</b>
top-chat = 🏆 <b>{ $title }: улов</b>
top-nobody = 🦗 Пока никого. Стань первым!

chat-stats =
  📊 <b>{ $title }</b>

  👥 { $players }, за { $days } активны: { $active }
  🐍 { $davkas }, { $grams } змия
chat-stats-last = 🕰 Остальные шевелились { $ago } назад
chat-me =
  🥧 <b>{ $nickname }: { $percent }% змия этого чата</b>
  { $bar }

  🐍 { $davkas }, { $grams } из { $all }
  🏅 Место { $place } из { $players }
chat-me-none =
  🥧 <b>{ $nickname }: тут пока пусто</b>

  Сделай давку в этом чате и забери свой кусок.

admin =
  🛠 <b>За кулисами</b>

  👥 { $players }, за сутки активны: { $active }
  💬 Групп: { $chats }
  ⚔️ { $duels }
admin-errors = 🚨 <b>Последние ошибки</b>
admin-no-errors = ✅ Ошибок нет
admin-error = <code>{ $id }</code> · { $handler } · { $kind } · { $ago } назад
