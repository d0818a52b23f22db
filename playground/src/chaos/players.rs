//! What the players do: for each a sequence that his seed alone decides.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::simulator::Person;

/// Ids of players start here.
pub(super) const FIRST_PLAYER: i64 = 710_000_000;

/// Players of one group. Together they must not have more updates open than a chat may have answers waiting (32: beyond
/// that the oldest gives way, by design), even when some of them are delivered again.
const GROUP_SIZE: u32 = 4;

/// Where and how something is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A message in the private chat.
    Private,
    /// A button in the private chat.
    PrivatePress,
    /// A message in the group.
    Group,
    /// A button in the group.
    GroupPress,
}

impl Way {
    pub(super) fn is_press(self) -> bool {
        matches!(self, Self::PrivatePress | Self::GroupPress)
    }

    pub(super) fn in_group(self) -> bool {
        matches!(self, Self::Group | Self::GroupPress)
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Start,
    Davka,
    Uletet,
    Language(&'static str),
    AskNickname,
    Say(String),
    /// A duel at once, with this player.
    Fight(i64),
    Find,
    /// Accepts what the update of this id proposed.
    Accept(i64),
    /// A screen: the command or button, and the name under which the ledger knows it.
    Look(&'static str, &'static str),
}

/// One step of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) way: Way,
    pub(super) deed: Deed,
}

impl Step {
    /// The name under which the ledger keeps it.
    pub(super) fn kind(&self) -> &'static str {
        match &self.deed {
            Deed::Start => "start",
            Deed::Davka => "davka",
            Deed::Uletet => "uletet",
            Deed::Language(_) => "language",
            Deed::AskNickname => "nickname_ask",
            Deed::Say(_) => "nickname",
            Deed::Fight(_) => "fight",
            Deed::Find => "find",
            Deed::Accept(_) => "duel",
            Deed::Look(_, kind) => kind,
        }
    }

    /// Whether it must leave a row in the ledger: a look in private usually changes nothing.
    pub(super) fn leaves_a_row(&self) -> bool {
        self.way.in_group() || !matches!(self.deed, Deed::Look(..))
    }
}

/// A player and the rest of his sequence.
pub(super) struct Player {
    pub(super) id: i64,
    pub(super) group: i64,
    players: u32,
    random: StdRng,
    begun: u8,
    asked: bool,
    proposal: Option<i64>,
    renames: u32,
}

impl Player {
    pub(super) fn new(number: u32, players: u32, seed: u64) -> Self {
        let own = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(number);
        Self {
            id: FIRST_PLAYER + i64::from(number),
            group: group(number),
            players,
            random: StdRng::seed_from_u64(own),
            begun: 0,
            asked: false,
            proposal: None,
            renames: 0,
        }
    }

    /// Whether he has still to meet the bot: then he waits for each answer, for it brings the buttons he presses later.
    pub(super) fn is_new(&self) -> bool {
        self.begun < 2
    }

    /// His next step, whose update has this id.
    pub(super) fn next(&mut self, update_id: i64) -> Step {
        let step = |way, deed| Step { way, deed };
        if self.is_new() {
            self.begun += 1;
            return match self.begun {
                1 => step(Way::Private, Deed::Start),
                _ => step(Way::Group, Deed::Look("menu", "menu")),
            };
        }
        if std::mem::take(&mut self.asked) {
            self.renames += 1;
            let name = format!("g{:x} n{}", self.id - FIRST_PLAYER, self.renames);
            return step(Way::Private, Deed::Say(name));
        }
        if let Some(proposal) = self.proposal.take() {
            return step(Way::PrivatePress, Deed::Accept(proposal));
        }
        match self.random.random_range(0..100) {
            0..18 => step(Way::Private, Deed::Davka),
            18..32 => step(Way::PrivatePress, Deed::Davka),
            32..44 => step(Way::Group, Deed::Davka),
            44..50 => step(Way::GroupPress, Deed::Davka),
            50..59 => step(Way::Private, Deed::Uletet),
            59..67 => step(Way::PrivatePress, Deed::Uletet),
            67..73 => step(Way::GroupPress, Deed::Uletet),
            73..78 => {
                let code = if self.random.random_bool(0.5) {
                    "en"
                } else {
                    "ru"
                };
                step(Way::PrivatePress, Deed::Language(code))
            }
            78..80 => {
                self.asked = true;
                step(Way::Private, Deed::AskNickname)
            }
            80..84 => {
                let other = self.other();
                step(Way::Group, Deed::Fight(other))
            }
            84..87 => {
                self.proposal = Some(update_id);
                step(Way::PrivatePress, Deed::Find)
            }
            87..90 => step(Way::Group, Deed::Look("gstats", "chat_stats")),
            90..92 => step(Way::GroupPress, Deed::Look("chat_me", "chat_me")),
            92..95 => step(Way::Private, Deed::Look("profile", "profile")),
            95..97 => step(Way::PrivatePress, Deed::Look("atm", "atm")),
            97..99 => step(Way::Private, Deed::Look("stats", "stats")),
            _ => step(Way::Private, Deed::Look("top", "top")),
        }
    }

    fn other(&mut self) -> i64 {
        let number = self.random.random_range(0..self.players);
        FIRST_PLAYER + i64::from(number)
    }
}

/// The group of a player.
pub(super) fn group(number: u32) -> i64 {
    -1_001_000_000_000 - i64::from(number / GROUP_SIZE)
}

/// A player as a person of the simulator.
pub(super) fn person(number: u32) -> Person {
    let id = FIRST_PLAYER + i64::from(number);
    Person {
        id,
        is_bot: false,
        first_name: name(id),
        username: None,
        language_code: Some("en".to_owned()),
    }
}

/// The first name of the player with this id.
pub(super) fn name(id: i64) -> String {
    format!("Player {}", id - FIRST_PLAYER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_depends_on_its_seed_alone() {
        let sequence = |number, seed| {
            let mut player = Player::new(number, 100, seed);
            (0..200).map(|id| player.next(id)).collect::<Vec<_>>()
        };
        assert_eq!(sequence(3, 1), sequence(3, 1));
        assert_ne!(sequence(3, 1), sequence(4, 1));
        assert_ne!(sequence(3, 1), sequence(3, 2));
    }

    #[test]
    fn who_asks_for_a_nickname_says_one_next_and_who_finds_an_opponent_fights_him() {
        let mut player = Player::new(3, 100, 1);
        let steps: Vec<_> = (0..2_000).map(|id| player.next(id)).collect();
        for (id, pair) in steps.windows(2).enumerate() {
            match &pair[0].deed {
                Deed::AskNickname => assert!(matches!(pair[1].deed, Deed::Say(_))),
                Deed::Find => assert_eq!(pair[1].deed, Deed::Accept(id as i64)),
                _ => {}
            }
        }
        for kind in [
            "start",
            "davka",
            "uletet",
            "language",
            "nickname",
            "fight",
            "duel",
            "chat_stats",
        ] {
            assert!(steps.iter().any(|step| step.kind() == kind), "{kind}");
        }
    }
}
