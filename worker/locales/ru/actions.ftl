# Что вышло из действия. Имена на «notice» показываются в маленьком окне: простой текст, не длиннее 200 знаков.

start-newcomer =
  👋 <b>Здорово, { $nickname }!</b>

  Теперь ты пацан: гофра { $gofra }, кабель { $cable }, атмосфер — { $atm }.
  Давка тратит атмосферы, выскакивает змий, и всё растёт. Почему — никто не знает. Жми.
start-again =
  👋 <b>С возвращением, { $nickname }!</b>
  { $level }
start-group =
  👋 <b>Гофробот во дворе!</b>

  Это меню открыл { $nickname }. Остальные открывают своё: /gmenu.
  Давка отсюда идёт в зачёт чата, а ответ командой /fight — радёмка на месте.

davka =
  🐍 <b>{ $grams } { $unit } змия!</b>

  📏 { $gofra } (+{ $gofra_grown })
  🔌 { $cable } (+{ $cable_grown })
  🎒 На руках { $held }
davka-group =
  🐍 <b>{ $nickname } выдавил { $grams } { $unit } змия!</b>

  📏 { $gofra } (+{ $gofra_grown })
  🔌 { $cable } (+{ $cable_grown })
  🎒 На руках { $held }
davka-big = 🐋 <b>Больше { $limit } за раз!</b> Рыбаки откладывают удочки и аплодируют.
davka-chat = 👥 Всё в закрома чата.
davka-next = ⏳ Следующая давка через { $time }
davka-refused =
  🌫 <b>Атмосфер: { $atm } из { $max }</b>
  { $bar }
  Для давки нужно { $needed }: будет через <b>{ $time }</b>
notice-davka = 🐍 +{ $grams } { $unit }
notice-davka-refused = 🌫 Атмосфер: { $atm } из { $needed }. Давка через { $time }

level-up =
  🎉 <b>Новый уровень: { $level }</b>
  Атмосферы ×{ $speed }, давка по { $low }–{ $high } { $unit }

uletet =
  🛸 <b>{ $sent } змия улетело</b>

  Отправлено с любовью и без обратного адреса.
  🎒 Поймано за всю жизнь: { $total }
uletet-refused =
  🎒 <b>Змия на руках нет</b>

  Сначала давка — потом будет кому махать вслед.
notice-uletet = 🛸 Полетел!
notice-uletet-refused = 🎒 Змия на руках нет

nickname-asked =
  ✏️ <b>Как тебя звать?</b>
  Сейчас: <b>{ $nickname }</b>

  Пришли новый ник сообщением: { $min }–{ $max } знаков; буквы, цифры, пробелы, _ и -; хотя бы одна буква.
  Смен ника за { $time } — не больше { $limit }.
nickname-changed =
  ✏️ <b>{ $to }</b>

  { $from } ушёл в легенды. Да здравствует { $to }!
nickname-too-short = ✏️ Коротко: минимум знаков — { $min }. Пришли другой.
nickname-too-long = ✏️ Длинно: максимум знаков — { $max }. Пришли другой.
nickname-character = ✏️ Только латиница и кириллица, цифры, пробелы, _ и -. Пришли другой.
nickname-no-letter = ✏️ Нужна хотя бы одна буква. Пришли другой.
nickname-spaces = ✏️ Без пробелов по краям и двух подряд. Пришли другой.
nickname-reserved = ✏️ Этот ник держит начальство. Пришли другой.
nickname-taken = ✏️ На этот ник уже кто-то откликается. Пришли другой.
nickname-too-often = ✏️ Смен ника за { $window } — не больше { $limit }. Следующая через <b>{ $time }</b>
nickname-awaited = ✏️ Красиво, но ник делают из букв. Пришли его текстом.
notice-nickname = ✏️ Пришли новый ник

cancelled = ⬅️ <b>Ладно, { $nickname } так { $nickname }</b>
cancelled-nothing = ⬅️ <b>Отменять нечего</b>
language-set = 🗣 <b>Говорим по-русски</b>
notice-language = 🗣 Русский
chatter =
  🤷 <b>Мудро сказано</b>

  Но я понимаю только кнопки и команды.
