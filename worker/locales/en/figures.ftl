# Screens of one's own figures.

menu =
  🏠 <b>{ $nickname }</b>
  { $level }

  📏 { $gofra }   🔌 { $cable }
  🌫 { $bar } { $atm }/{ $max }
davka-ready = 🐍 A davka is ready!
davka-wait = ⏳ Davka in { $time }
zmiy-held = 🎒 { $held } of zmiy in hand: time to uletet

profile =
  👤 <b>{ $nickname }</b>
  { $level } · level { $number } of { $levels }

  📏 Gofra: <b>{ $gofra }</b>
  🔌 Cable: <b>{ $cable }</b>
  🌫 Atmospheres: <b>{ $atm }/{ $max }</b>
  🎒 Zmiy: { $held } in hand, { $total } in all
  ⚔️ { $duels }, { $wins }

gofra =
  📏 <b>Gofra: { $gofra }</b>
  { $level } · level { $number } of { $levels }
gofra-brings =
  ⚡ Atmospheres ×{ $speed }
  🐍 A davka brings { $low }–{ $high } { $unit }
gofra-progress =
  📈 <b>{ $percent }% of the way</b>
  { $bar }
  { $level } → { $next }

  { $left } to go: { $davkas } or so
gofra-last =
  🌌 <b>{ $gofra }: there is no next level</b>
  { $level }

  Above you is only the sky. It looks worried.
gofra-speed =
  ⚡ <b>Speed ×{ $speed }</b>
  { $level }

  🌫 One atmosphere in { $period }
  🔋 All { $max } in { $full }
gofra-speed-next = ⏭ ×{ $speed } from { $from }: { $level }
gofra-next =
  ⏭ <b>{ $level }</b>
  From { $from }, { $left } to go

  ⚡ Atmospheres ×{ $speed }
  🐍 Davkas of { $low }–{ $high } { $unit }

cable =
  🔌 <b>Cable: { $cable }</b>

  ⚔️ Adds up to { $bonus }% in a duel
cable-use =
  💡 <b>The cable is for fighting</b>
  🔌 { $cable }

  { $sample } of zmiy: gofra +{ $gofra_grown }, cable +{ $cable_grown }.
  In a duel each { $length } that yours is longer adds { $percent }% to your chance.
cable-duel =
  ⚔️ <b>+{ $bonus }% in a duel</b>
  🔌 { $cable }

  That is against the cable of a newcomer, { $start }. A longer one of your rival's eats it up.
  The chance always stays within { $least }–{ $most }%.

atm =
  🌫 <b>{ $atm } of { $max } atmospheres</b>
  { $bar }
atm-next =
  ⏳ <b>Next atmosphere in { $time }</b>
  { $bar } { $atm }/{ $max }
atm-full =
  🔋 <b>All { $max } in { $time }</b>
  { $bar } { $atm }/{ $max }
atm-is-full =
  🔋 <b>{ $max } of { $max }: full</b>
  { $bar }

  Breathe in. Davka!
atm-times =
  ⏳ Next in { $next }
  🔋 Full in { $full }

stats =
  📊 <b>{ $nickname }: history</b>

  🐍 { $davkas }
  ⚖️ Mean catch { $mean } { $unit }, best { $best } { $unit }
  🎒 { $total } of zmiy in all
  ⚔️ { $duels }, { $wins } ({ $percent }%)
  🗓 { $days } in the game
settings =
  ⚙️ <b>Settings</b>

  🗣 Language: English
