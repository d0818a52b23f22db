# Words that are put together by the code: units, levels, small figures.

unit-mm = mm
unit-cm = cm
unit-m = m
unit-g = g
unit-kg = kg
unit-second = s
unit-minute = m
unit-hour = h
unit-day = d

level-1 = 🐛 Hatchling
level-2 = 🪱 Wriggler
level-3 = 🌭 Frankfurter
level-4 = 🧦 Endless Sock
level-5 = 🎺 Brass Bender
level-6 = 🚿 Shower Hose
level-7 = 🐍 Big Rustler
level-8 = 🎢 Roller Coaster
level-9 = 🚇 Underground Line
level-10 = 🌌 Cosmic Pipe

somebody = Somebody
days = { $count ->
  [one] { $count } day
 *[other] { $count } days
}
davkas = { $count ->
  [one] { $count } davka
 *[other] { $count } davkas
}
duels = { $count ->
  [one] { $count } duel
 *[other] { $count } duels
}
wins = { $count ->
  [one] { $count } win
 *[other] { $count } wins
}
players = { $count ->
  [one] { $count } player
 *[other] { $count } players
}
