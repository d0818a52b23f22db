//! Plays turns inside one database transaction, whatever happens to the database meanwhile.
//!
//! While it is away the worker waits here, takes nothing more and loses nothing. When it fails over something in the
//! batch itself, the turns at fault are found by halving, so that one poisoned update cannot take its neighbours with
//! it; such a turn is given up after MAX_ATTEMPTS failures of its own.

use crate::batch::{Moved, Played};
use crate::database::{self, DATABASE};
use crate::game::action::{Decline, Turn};
use crate::game::chance::Chance;
use crate::game::outcome::{Declined, Outcome};
use crate::game::play::play;
use crate::game::player::{Player, UserId};
use crate::game::world::{Needs, World};
use crate::store::StoreError;
use crate::worker::Worker;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use gofrobot_shared::telemetry::error_id;
use std::any::Any;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How often in a row turns may meet conflicts, each time after the store's own retries, before they are taken apart:
/// far beyond what rivalry for rows explains, and an update that conflicts with itself must not stop the worker.
const CONFLICTS: u32 = 10;

/// The longest pause while the database is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The first pause; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// What has been waited for, in a row.
#[derive(Default)]
struct Tries {
    waits: u32,
    conflicts: u32,
}

/// The thread's own generator as the game's chance.
struct Dice;

impl Chance for Dice {
    fn between(&mut self, low: i64, high: i64) -> i64 {
        rand::random_range(low..=high)
    }
}

/// Why turns could not be played.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the rules panicked: {0}")]
    Panic(String),
}

impl Failure {
    /// The label under which it is counted and recorded.
    fn kind(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Panic(_) => "panic",
        }
    }
}

impl Worker {
    /// One result for each turn, in order. Turns that fail together are halved until those at fault stand alone, so that
    /// their neighbours share transactions as far as they can.
    pub(crate) async fn transact(&self, turns: &[&Turn], now: DateTime<Utc>) -> Vec<Played> {
        let mut played = Vec::with_capacity(turns.len());
        let mut waiting = vec![turns];
        while let Some(part) = waiting.pop() {
            match (self.try_transact(part, now).await, part) {
                (Ok(part_played), _) => played.extend(part_played),
                (Err(failure), [turn]) => played.push(self.play_alone(turn, failure, now).await),
                (Err(failure), _) => {
                    tracing::warn!(batch.size = part.len(), error = %failure, "a batch failed; its halves are tried");
                    let (first, second) = part.split_at(part.len() / 2);
                    waiting.extend([second, first]);
                }
            }
        }
        played
    }

    /// Tries a turn again that failed alone once, until it has failed as often as it may.
    async fn play_alone(&self, turn: &Turn, failure: Failure, now: DateTime<Utc>) -> Played {
        let mut failure = failure;
        for _ in 1..self.max_attempts {
            match self
                .try_transact(&[turn], now)
                .await
                .map(|mut played| played.pop())
            {
                Ok(Some(played)) => return played,
                Ok(None) => {}
                Err(again) => failure = again,
            }
        }
        self.give_up(turn, &failure, now).await
    }

    /// Plays the turns in one transaction; comes back only when it was committed or failed over its content.
    async fn try_transact(
        &self,
        turns: &[&Turn],
        now: DateTime<Utc>,
    ) -> Result<Vec<Played>, Failure> {
        if turns.is_empty() {
            return Ok(Vec::new());
        }
        let mut needs = Needs::default();
        for turn in turns {
            needs.add(turn);
        }
        needs.finish();
        let mut tries = Tries::default();
        loop {
            match self.attempt(turns, &needs, now).await {
                Ok(played) => return Ok(played),
                Err(failure) => self.wait_out(failure, &mut tries).await?,
            }
        }
    }

    async fn attempt(
        &self,
        turns: &[&Turn],
        needs: &Needs,
        now: DateTime<Utc>,
    ) -> Result<Vec<Played>, Failure> {
        let transaction = self
            .store
            .transact(needs, now, |world| play_all(world, turns, now));
        // A panic of the rules rolls the transaction back like any failure, instead of taking the process along.
        let done = AssertUnwindSafe(transaction).catch_unwind().await;
        let (played, changed) = done.map_err(|panic| Failure::Panic(words(&*panic)))??;
        self.readiness.set(DATABASE, Ok::<(), String>(()));
        self.speaker.reads.refresh(&changed, &needs.actors).await;
        Ok(played)
    }

    /// Waits before the next try if the database is at fault; else gives the failure back.
    async fn wait_out(&self, failure: Failure, tries: &mut Tries) -> Result<(), Failure> {
        let Failure::Store(error) = &failure else {
            return Err(failure);
        };
        let contended = matches!(error, StoreError::Contended { .. });
        if !error.concerns_everybody() || (contended && tries.conflicts == CONFLICTS) {
            return Err(failure);
        }
        tries.conflicts = if contended { tries.conflicts + 1 } else { 0 };
        database::is_away(&self.readiness, &self.database_url, error);
        let pause = FIRST_PAUSE * 2_u32.pow(tries.waits.min(10));
        tries.waits += 1;
        tokio::time::sleep(
            pause
                .min(LONGEST_PAUSE)
                .mul_f64(rand::random_range(0.5..1.0)),
        )
        .await;
        Ok(())
    }

    /// Moves the books of a group that has become a supergroup. What the database refuses for good is told and left: the
    /// old books stay where they are.
    pub(crate) async fn move_chat(&self, moved: &Moved) {
        let mut tries = Tries::default();
        while let Err(error) = self.store.move_chat(moved.from, moved.to).await {
            let Err(failure) = self.wait_out(error.into(), &mut tries).await else {
                continue;
            };
            let (id, update_id) = (error_id(), moved.delivery.envelope.update_id);
            tracing::error!(error.id = %id, update.id = update_id, error = %failure, "the books of a group cannot be moved");
            return self.metrics.error("chat_moved", failure.kind());
        }
    }

    /// The machinery failed on this very update: the player gets an error id, the operator the cause.
    async fn give_up(&self, turn: &Turn, failure: &Failure, now: DateTime<Utc>) -> Played {
        let id = error_id();
        let (handler, kind) = (turn.action.name(), failure.kind());
        let detail = failure.to_string();
        tracing::error!(error.id = %id, handler, update.id = turn.update_id, error = %detail, "an update cannot be played");
        self.metrics.error(handler, kind);
        if let Err(error) = self
            .store
            .record_error(&id, handler, kind, &detail, now)
            .await
        {
            tracing::warn!(error.id = %id, %error, "the error could not be recorded");
        }
        Played {
            outcome: Outcome::Declined(Declined {
                why: Decline::Trouble,
            }),
            player: None,
            error_id: Some(id),
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a word".to_owned())
}

/// The pure part: all turns in order, and the players to be refreshed in the cache: those that changed, and those whose
/// turns were played before, by somebody who may have died before he could refresh them.
fn play_all(world: &mut World, turns: &[&Turn], now: DateTime<Utc>) -> (Vec<Played>, Vec<Player>) {
    let mut again: HashSet<UserId> = HashSet::new();
    let played = turns
        .iter()
        .map(|turn| {
            if let Some(outcome) = world.played.get(&turn.update_id) {
                again.insert(turn.user_id);
                if let Outcome::Duel(duel) = outcome {
                    again.extend([duel.attacker.user_id, duel.defender.user_id]);
                }
            }
            let outcome = play(world, turn, now, &mut Dice);
            Played {
                outcome,
                player: world.players.get(&turn.user_id).cloned(),
                error_id: None,
            }
        })
        .collect();
    let changed = world
        .changed
        .union(&again)
        .filter_map(|id| world.players.get(id).cloned())
        .collect();
    (played, changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::action::Action;
    use crate::game::tests::private;
    use std::collections::BTreeSet;

    #[test]
    fn whose_turn_was_played_before_is_refreshed_too() {
        let now = Utc::now();
        let fight = Action::Fight {
            defender: 2,
            is_bot: false,
        };
        let turns = [private(10, 1, fight), private(11, 3, Action::Davka)];
        let turns: Vec<&Turn> = turns.iter().collect();
        let mut world = World::default();
        for id in 1..=4 {
            world.players.insert(id, Player::newcomer(id, None, now));
        }
        let (first, _) = play_all(&mut world, &turns, now);
        // As the next one finds it who gets the same updates again.
        let mut world = World {
            players: world.players,
            played: world.played,
            ..World::default()
        };
        let (again, refreshed) = play_all(&mut world, &turns, now);
        for (first, again) in first.iter().zip(&again) {
            assert_eq!(first.outcome, again.outcome);
        }
        let refreshed: BTreeSet<UserId> = refreshed.iter().map(|it| it.user_id).collect();
        assert_eq!(refreshed, [1, 2, 3].into());
    }
}
