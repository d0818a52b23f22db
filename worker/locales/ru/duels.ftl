# Радёмка.

rademka =
  ⚔️ <b>Радёмка</b>
  📏 { $gofra }   🔌 { $cable }

  Чем длиннее, тем выше шанс, но не больше { $most }% и не меньше { $least }%. Победитель растёт, проигравший теряет только лицо.
  Радёмок за { $window } — не больше { $limit }, против одного пацана — не больше { $limit_one }.
rademka-group = 💬 Или ответь на сообщение соперника командой /fight.
duel-proposed =
  ⚔️ <b>{ $opponent }</b> уже разминается
  📏 { $gofra }   🔌 { $cable }

  🎯 Твой шанс: <b>{ $chance }%</b>
  ⏳ Ждёт { $time }
duel-nobody =
  🦗 <b>Никого вокруг</b>

  Все соперники спят. Зови друзей!
duel-won = 🏆 <b>Победа! { $rival } повержен</b>
duel-lost = 💥 <b>{ $rival } оказался сильнее</b>
duel-group = ⚔️ <b>{ $winner } — победа, { $loser } — мимо</b>
duel-chance = 🎯 Шанс нападавшего был { $chance }%
duel-growth =
  { $winner }:
  📏 { $gofra } (+{ $gofra_grown })
  🔌 { $cable } (+{ $cable_grown })
duel-level = 🎉 { $winner } теперь на новом уровне: <b>{ $level }</b>
notice-duel-won = 🏆 Победа!
notice-duel-lost = 💥 Не в этот раз
note-won = 🛡 <b>{ $rival } напал и ушёл ни с чем</b>
note-lost = 💥 <b>{ $rival } напал и победил</b>
note-comfort = Ты ничего не потерял. Отомстим?

duel-too-many = ⏳ Радёмок за { $window } — не больше { $limit }. Следующая через { $time }
duel-too-many-against = ⏳ { $nickname }: радёмок за { $window } — не больше { $limit }. Снова через { $time }
duel-yourself = 🪞 Сам с собой? Победителей не будет.
duel-bot = 🤖 Боты не дерутся: у них ни гофры, ни кабеля.
duel-no-player = 👻 Он ещё не играл. Пусть нажмёт /start.
duel-no-proposal = 🤔 Такого вызова у тебя нет. Найди нового соперника.
duel-expired = ⌛ Он ждал { $time } и ушёл. Найди нового соперника.
duel-used = ✅ Эта радёмка уже состоялась.

my-duels = 📜 <b>{ $nickname }: последние радёмки</b>
my-duels-none =
  📜 <b>Радёмок пока нет</b>

  Мирная жизнь хороша, но гофра от неё не растёт.
my-duels-attacked-won = 🏆 ты → { $opponent } · { $chance }% · { $ago } назад
my-duels-attacked-lost = 💥 ты → { $opponent } · { $chance }% · { $ago } назад
my-duels-defended-won = 🛡 { $opponent } → ты · { $chance }% · { $ago } назад
my-duels-defended-lost = 🤕 { $opponent } → ты · { $chance }% · { $ago } назад
