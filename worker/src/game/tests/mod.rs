//! The rules as tables: every number that they fix, and every edge.

mod books;
mod davka;
mod dialogue;
mod duel;
mod energy;
mod every;
mod group;
mod needs;
mod nickname;
mod opponent;
mod outcome_json;
mod play;
mod rademka;
mod tidy;

use super::action::{Action, Place, Turn};
use super::chance::Chance;
use super::outcome::Outcome;
use super::play::play;
use super::player::{ChatId, Player, UserId};
use super::world::World;
use chrono::{DateTime, TimeDelta, Utc};

/// A moment `s` seconds after the tests' beginning of time.
fn second(s: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(s)
}

/// Dice that always show the same, bent into what was asked for.
struct Loaded(i64);

impl Chance for Loaded {
    fn between(&mut self, low: i64, high: i64) -> i64 {
        assert!(low <= high, "{low}..={high}");
        self.0.clamp(low, high)
    }
}

/// The lowest throw: an attacker wins with it.
fn win() -> Loaded {
    Loaded(i64::MIN)
}

/// The highest throw: an attacker loses with it.
fn lose() -> Loaded {
    Loaded(i64::MAX)
}

fn newcomer(user_id: UserId) -> Player {
    Player::newcomer(user_id, None, second(0))
}

fn sized(user_id: UserId, gofra_mm: f64, cable_mm: f64) -> Player {
    Player {
        gofra_mm,
        cable_mm,
        ..newcomer(user_id)
    }
}

fn world_of(players: impl IntoIterator<Item = Player>) -> World {
    World {
        players: players
            .into_iter()
            .map(|player| (player.user_id, player))
            .collect(),
        ..World::default()
    }
}

/// A turn in the private chat.
pub(crate) fn private(update_id: i64, user_id: UserId, action: Action) -> Turn {
    Turn {
        update_id,
        user_id,
        language_code: None,
        place: Place::Private,
        action,
    }
}

fn in_group(chat_id: ChatId, turn: Turn) -> Turn {
    Turn {
        place: Place::Group {
            chat_id,
            title: format!("group {chat_id}"),
        },
        ..turn
    }
}

/// Plays one turn `s` seconds after the beginning of time.
fn play_at(world: &mut World, s: i64, turn: &Turn, mut dice: Loaded) -> Outcome {
    play(world, turn, second(s), &mut dice)
}
