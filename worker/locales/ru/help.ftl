# Помощь, описания команд и ответы на то, чего сделать нельзя.

help =
  ❓ <b>Как играть</b>

  🐍 <b>Давка</b> тратит атмосферы ({ $needed }), ловит змия и растит гофру и кабель.
  🌫 <b>Атмосферы</b> возвращаются сами: сначала одна за { $period }, не больше { $max }; чем выше уровень, тем быстрее.
  🛸 <b>Улететь</b> — отпустить змия, что на руках. Так правильно.
  📏 <b>Гофра</b> даёт уровень: всего их { $levels }, последний — с длины { $last }.
  ⚔️ <b>Радёмка</b> — дуэль: длинные гофра и кабель помогают, шанс в пределах { $least }–{ $most }%. Длину не теряет никто. За { $window } — не больше { $duels }, против одного пацана — не больше { $duels_one }.
  ✏️ <b>Ник</b>: { $min }–{ $long } знаков, смен за { $rename_window } — не больше { $renames }.
help-private = Всё остальное — за /menu. Позови меня в группу: давки оттуда идут в зачёт чата.
help-group = Здесь: /gmenu, /gdavka, /gtop, /gstats, /gme; ответ командой /fight — радёмка. Каждое меню слушается того, кто его открыл.

command-start = Поздороваться и начать
command-menu = Главное меню
command-gmenu = Меню в этой группе
command-davka = Поймать змия и подрасти
command-gdavka = Поймать змия для чата и подрасти
command-uletet = Отпустить змия
command-rademka = Радёмки
command-grademka = Радёмки; ответом — бой с автором
command-fight = Ответом на сообщение: бой с автором
command-profile = Все твои цифры
command-gofra = Твоя гофра
command-cable = Твой кабель
command-atm = Твоя атмосфера
command-top = Топы
command-gtop = Топ этого чата
command-gstats = Цифры этого чата
command-gme = Твоя доля в этом чате
command-stats = Твоя история
command-nickname = Сменить ник
command-settings = Язык
command-cancel = Выйти из любого диалога
command-help = Как играть
command-ghelp = Как играть в группе
command-admin = За кулисами

decline-unknown-command = 🤷 Такой команды нет. Все они в /menu, объяснения в /help.
decline-private-only = 🤫 Это работает в личке: @{ $bot }. В группе: /gmenu
decline-group-only = 👥 Это работает только в группах. Здесь: /menu
decline-foreign-menu = ✋ Это меню открыл другой пацан. Своё: /gmenu
decline-stale-button = 🕸 Эта кнопка проржавела. Свежее меню: /menu
decline-stale-button-group = 🕸 Эта кнопка проржавела. Свежее меню: /gmenu
decline-admins-only = 🔒 Только для администраторов.
decline-fight-without-reply = ⚔️ Ответь командой /fight на сообщение того, с кем хочешь сразиться
decline-too-many = 🐢 Помедленнее! Снова можно через { $time }
decline-trouble = 🔧 Что-то сломалось, и не у тебя. Попробуй чуть позже. Если не пройдёт, скажи администраторам: { $id }
decline-trouble-nameless = 🔧 Что-то сломалось, и не у тебя. Попробуй чуть позже.
decline-not-now = 🔧 Этих цифр сейчас нет под рукой. Попробуй чуть позже.
