//! Plays turns inside one database transaction, whatever happens to the database meanwhile.
//!
//! While it is away the worker waits here, takes nothing more and loses nothing. When it fails over something in the
//! batch itself, the turns are played one by one, so that one poisoned update cannot take its neighbours with it.

use crate::batch::Played;
use crate::game::action::{Decline, Turn};
use crate::game::chance::Chance;
use crate::game::outcome::{Declined, Outcome};
use crate::game::play::play;
use crate::game::player::Player;
use crate::game::world::{Needs, World};
use crate::store::StoreError;
use crate::worker::Worker;
use chrono::{DateTime, Utc};
use gofrobot_shared::telemetry::error_id;
use std::time::Duration;

/// How often one update alone may fail before its player is told so.
const TRIES: u32 = 3;

/// The longest pause while the database is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The thread's own generator as the game's chance.
struct Dice;

impl Chance for Dice {
    fn between(&mut self, low: i64, high: i64) -> i64 {
        rand::random_range(low..=high)
    }
}

impl Worker {
    /// One result for each turn, in order.
    pub(crate) async fn transact(&self, turns: &[&Turn], now: DateTime<Utc>) -> Vec<Played> {
        if turns.is_empty() {
            return Vec::new();
        }
        match self.try_transact(turns, now).await {
            Ok(played) => played,
            Err(error) if turns.len() > 1 => {
                tracing::warn!(batch.size = turns.len(), %error, "a batch failed; its updates are played one by one");
                let mut played = Vec::with_capacity(turns.len());
                for turn in turns {
                    played.push(self.play_alone(turn, now).await);
                }
                played
            }
            Err(_) => vec![self.play_alone(turns[0], now).await],
        }
    }

    async fn play_alone(&self, turn: &Turn, now: DateTime<Utc>) -> Played {
        let mut failure = None;
        for _ in 0..TRIES {
            match self.try_transact(&[turn], now).await {
                Ok(mut played) => {
                    if let Some(played) = played.pop() {
                        return played;
                    }
                }
                Err(error) => failure = Some(error),
            }
        }
        self.give_up(turn, failure, now).await
    }

    /// Plays the turns in one transaction; comes back only when it was committed or failed over its content.
    async fn try_transact(
        &self,
        turns: &[&Turn],
        now: DateTime<Utc>,
    ) -> Result<Vec<Played>, StoreError> {
        let mut needs = Needs::default();
        for turn in turns {
            needs.add(turn);
        }
        needs.finish();
        let mut pause = Duration::from_millis(100);
        loop {
            match self
                .store
                .transact(&needs, now, |world| play_all(world, turns, now))
                .await
            {
                Ok((played, changed)) => {
                    self.readiness.set("database", Ok::<(), String>(()));
                    self.speaker.reads.refresh(&changed).await;
                    return Ok(played);
                }
                Err(error) if error.is_transient() => {
                    self.readiness.set("database", Err(error.to_string()));
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The machinery failed on this very update: the player gets an error id, the operator the cause.
    async fn give_up(
        &self,
        turn: &Turn,
        failure: Option<StoreError>,
        now: DateTime<Utc>,
    ) -> Played {
        let id = error_id();
        let handler = turn.action.name();
        let detail = failure.map(|error| error.to_string()).unwrap_or_default();
        tracing::error!(error.id = %id, handler, update.id = turn.update_id, error = %detail, "an update cannot be played");
        self.metrics.error(handler, "store");
        if let Err(error) = self
            .store
            .record_error(&id, handler, "store", &detail, now)
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

/// The pure part: all turns in order, and the players to be refreshed in the cache.
fn play_all(world: &mut World, turns: &[&Turn], now: DateTime<Utc>) -> (Vec<Played>, Vec<Player>) {
    let played = turns
        .iter()
        .map(|turn| {
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
        .iter()
        .filter_map(|id| world.players.get(id).cloned())
        .collect();
    (played, changed)
}
