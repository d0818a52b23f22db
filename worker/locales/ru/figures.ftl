# Экраны со своими цифрами.

menu =
  🏠 <b>{ $nickname }</b>
  { $level }

  📏 { $gofra }   🔌 { $cable }
  🌫 { $bar } { $atm }/{ $max }
davka-ready = 🐍 Давка готова!
davka-wait = ⏳ Давка через { $time }
zmiy-held = 🎒 На руках { $held } змия: пора ему улететь

profile =
  👤 <b>{ $nickname }</b>
  { $level } · уровень { $number } из { $levels }

  📏 Гофра: <b>{ $gofra }</b>
  🔌 Кабель: <b>{ $cable }</b>
  🌫 Атмосфера: <b>{ $atm }/{ $max }</b>
  🎒 Змий: { $held } на руках, { $total } за всё время
  ⚔️ { $duels }, { $wins }

gofra =
  📏 <b>Гофра: { $gofra }</b>
  { $level } · уровень { $number } из { $levels }
gofra-brings =
  ⚡ Атмосферы ×{ $speed }
  🐍 Давка даёт { $low }–{ $high } { $unit }
gofra-progress =
  📈 <b>Пройдено { $percent }%</b>
  { $bar }
  { $level } → { $next }

  Осталось { $left }: примерно { $davkas }
gofra-last =
  🌌 <b>{ $gofra }: дальше уровней нет</b>
  { $level }

  Выше только небо. Оно нервничает.
gofra-speed =
  ⚡ <b>Скорость ×{ $speed }</b>
  { $level }

  🌫 Одна атмосфера за { $period }
  🔋 Все { $max } за { $full }
gofra-speed-next = ⏭ ×{ $speed } с длины { $from }: { $level }
gofra-next =
  ⏭ <b>{ $level }</b>
  С длины { $from }, осталось { $left }

  ⚡ Атмосферы ×{ $speed }
  🐍 Давка по { $low }–{ $high } { $unit }

cable =
  🔌 <b>Кабель: { $cable }</b>

  ⚔️ До { $bonus }% сверху в радёмке
cable-use =
  💡 <b>Кабель — для драки</b>
  🔌 { $cable }

  { $sample } змия: гофра +{ $gofra_grown }, кабель +{ $cable_grown }.
  В радёмке каждые { $length } превосходства добавляют к шансу { $percent }%.
cable-duel =
  ⚔️ <b>+{ $bonus }% в радёмке</b>
  🔌 { $cable }

  Это против кабеля новичка, { $start }. Кабель подлиннее съест бонус.
  Шанс всегда остаётся в пределах { $least }–{ $most }%.

atm =
  🌫 <b>Атмосфера: { $atm } из { $max }</b>
  { $bar }
atm-next =
  ⏳ <b>Следующая атмосфера через { $time }</b>
  { $bar } { $atm }/{ $max }
atm-full =
  🔋 <b>Все { $max } через { $time }</b>
  { $bar } { $atm }/{ $max }
atm-is-full =
  🔋 <b>{ $max } из { $max }: под завязку</b>
  { $bar }

  Вдох. Давка!
atm-times =
  ⏳ Следующая через { $next }
  🔋 Полная через { $full }

stats =
  📊 <b>{ $nickname }: история</b>

  🐍 { $davkas }
  ⚖️ Средний улов { $mean } { $unit }, лучший { $best } { $unit }
  🎒 Змия за всё время: { $total }
  ⚔️ { $duels }, { $wins } ({ $percent }%)
  🗓 { $days } в игре
settings =
  ⚙️ <b>Настройки</b>

  🗣 Язык: русский
