# Rademka.

rademka =
  ⚔️ <b>Rademka</b>
  📏 { $gofra }   🔌 { $cable }

  The longer one has the better chance, but never above { $most }% nor below { $least }%. Winners grow, losers lose nothing but face.
  { $limit } duels in { $window } at most, { $limit_one } of them against the same player.
rademka-group = 💬 Or answer somebody's message with /fight.
duel-proposed =
  ⚔️ <b>{ $opponent }</b> is stretching already
  📏 { $gofra }   🔌 { $cable }

  🎯 Your chance: <b>{ $chance }%</b>
  ⏳ He waits for { $time }
duel-nobody =
  🦗 <b>Nobody around</b>

  All opponents are asleep. Call your friends!
duel-won = 🏆 <b>Victory over { $rival }!</b>
duel-lost = 💥 <b>{ $rival } was stronger</b>
duel-group = ⚔️ <b>{ $winner } beats { $loser }</b>
duel-chance = 🎯 The attacker's chance was { $chance }%
duel-growth =
  { $winner }:
  📏 { $gofra } (+{ $gofra_grown })
  🔌 { $cable } (+{ $cable_grown })
duel-level = 🎉 { $winner } reaches a new level: <b>{ $level }</b>
notice-duel-won = 🏆 Victory!
notice-duel-lost = 💥 Not this time
note-won = 🛡 <b>{ $rival } attacked you and got nothing</b>
note-lost = 💥 <b>{ $rival } attacked you and won</b>
note-comfort = You lost nothing. Take revenge?

duel-too-many = ⏳ { $limit } duels in { $window } are enough. The next one in { $time }
duel-too-many-against = ⏳ { $nickname } got his { $limit } duels in { $window }. Again in { $time }
duel-yourself = 🪞 You against yourself? Nobody would win.
duel-bot = 🤖 Bots do not fight: they have neither gofra nor cable.
duel-no-player = 👻 That one has never played. Tell him to press /start.
duel-no-proposal = 🤔 There is no such challenge of yours. Find a new opponent.
duel-expired = ⌛ He waited for { $time } and left. Find a new opponent.
duel-used = ✅ This challenge has been fought already.

my-duels = 📜 <b>{ $nickname }: last duels</b>
my-duels-none =
  📜 <b>No duels yet</b>

  Peaceful life is nice, but the gofra does not grow from it.
my-duels-attacked-won = 🏆 you → { $opponent } · { $chance }% · { $ago } ago
my-duels-attacked-lost = 💥 you → { $opponent } · { $chance }% · { $ago } ago
my-duels-defended-won = 🛡 { $opponent } → you · { $chance }% · { $ago } ago
my-duels-defended-lost = 🤕 { $opponent } → you · { $chance }% · { $ago } ago
