# Слова, из которых код собирает фразы: единицы, уровни, мелкие числа.

unit-mm = мм
unit-cm = см
unit-m = м
unit-g = г
unit-kg = кг
unit-second = с
unit-minute = мин
unit-hour = ч
unit-day = д

level-1 = 🐛 Личинка
level-2 = 🪱 Червячок
level-3 = 🌭 Сосиска
level-4 = 🧦 Бесконечный носок
level-5 = 🎺 Дудка
level-6 = 🚿 Душевой шланг
level-7 = 🐍 Большой Шуршун
level-8 = 🎢 Горка без тормозов
level-9 = 🚇 Ветка метро
level-10 = 🌌 Космическая труба

somebody = Кто-то
days = { $count ->
  [one] { $count } день
  [few] { $count } дня
 *[many] { $count } дней
}
davkas = { $count ->
  [one] { $count } давка
  [few] { $count } давки
 *[many] { $count } давок
}
duels = { $count ->
  [one] { $count } радёмка
  [few] { $count } радёмки
 *[many] { $count } радёмок
}
wins = { $count ->
  [one] { $count } победа
  [few] { $count } победы
 *[many] { $count } побед
}
players = { $count ->
  [one] { $count } пацан
  [few] { $count } пацана
 *[many] { $count } пацанов
}
