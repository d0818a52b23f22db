//! Figures for screens, from the cache where they may be a little old: the local tier, then Redis, then the database.
//!
//! A player's own row is as fresh as his last committed update, because every commit refreshes it. Leaderboards and
//! sums are the same for all readers and may lag by seconds: they are computed once per lifetime, not once per look.

use crate::game::action::{TopKey, Turn, View};
use crate::game::balance::{ATM_PERIOD_S, LEVELS, MAX_ATM};
use crate::game::facts::{Facts, Leaderboard};
use crate::game::player::{Player, UserId};
use crate::store::{Regeneration, Store, StoreError};
use chrono::{DateTime, Utc};
use gofrobot_shared::cache::{Cache, ComputeError};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Area of the cache that holds players.
const PLAYERS: &str = "player";

/// How old a leaderboard or a group's sums may be.
const SUMS_TTL: Duration = Duration::from_secs(10);

/// Questions of screens to the database at a time: half of a worker's connections, so that no transaction has to wait
/// behind hundreds of players who look at one leaderboard.
pub(crate) const QUESTIONS: usize = 4;

/// Rows of "my duels".
const DUELS_SHOWN: u32 = 10;

/// The database seen through the cache.
pub(crate) struct Reads {
    /// The truth.
    pub(crate) store: Store,
    /// The cache before it.
    pub(crate) cache: Cache,
    /// The rules of regeneration, for the leaderboard of atmospheres.
    pub(crate) regeneration: Regeneration,
    /// [`QUESTIONS`] places.
    pub(crate) places: Semaphore,
}

impl Reads {
    /// Players by id; who does not exist is absent. While the database is away so is who is not cached: his turn then
    /// goes the way of a transaction, and waits there.
    pub(crate) async fn players(&self, ids: &[UserId]) -> HashMap<UserId, Player> {
        let mut players: HashMap<UserId, Player> = self.cache.get_many(PLAYERS, ids).await;
        let missing: Vec<UserId> = ids
            .iter()
            .copied()
            .filter(|id| !players.contains_key(id))
            .collect();
        if missing.is_empty() {
            return players;
        }
        match self.store.players(&missing).await {
            Ok(found) => {
                let found: Vec<_> = found
                    .into_iter()
                    .map(|player| (player.user_id, player))
                    .collect();
                self.cache.fill(PLAYERS, &found).await;
                players.extend(found);
            }
            Err(error) => tracing::debug!(%error, "players cannot be looked up"),
        }
        players
    }

    /// Puts rows that were just committed into the cache, here and for the other workers. Of a player who was only acted
    /// upon (sorted `actors` do not hold him) no row is kept: his own worker may be writing a newer one at this moment,
    /// so his next look asks the database.
    pub(crate) async fn refresh(&self, players: &[Player], actors: &[UserId]) {
        let entry = |player: &Player| {
            let own = actors.binary_search(&player.user_id).is_ok();
            (player.user_id, own.then(|| player.clone()))
        };
        let entries: Vec<(UserId, Option<Player>)> = players.iter().map(entry).collect();
        self.cache.refresh(PLAYERS, &entries).await;
    }

    /// What a screen shows beside the player himself.
    ///
    /// # Errors
    /// The database did not answer and the cache did not know.
    pub(crate) async fn facts(&self, view: View, turn: &Turn) -> Result<Facts, ReadError> {
        let (store, user, chat) = (&self.store, turn.user_id, turn.chat_id());
        let now = Utc::now();
        Ok(match view {
            // Boxed: unboxed, its ten kilobytes would be part of every answer's future.
            View::Top(key) => Facts::Top(Box::pin(self.top(key, user, now)).await?),
            View::ChatTop => Facts::Top(self.ask(store.chat_top(chat, Some(user))).await?),
            View::ChatStats => Facts::Chat(self.ask(store.chat_figures(chat, user, now)).await?),
            View::ChatMe => Facts::Share(self.ask(store.chat_share(chat, user)).await?),
            View::MyDuels => Facts::Duels(self.ask(store.my_duels(user, DUELS_SHOWN)).await?),
            View::Admin => Facts::Admin(self.ask(store.admin_figures(now)).await?),
            _ => Facts::None,
        })
    }

    /// Asks the database as soon as there is a place.
    async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let _place = self.places.acquire().await;
        question.await
    }

    /// A leaderboard of all players: its rows are computed once for everybody; a reader's own place, when it is outside
    /// of them, once for him.
    async fn top(
        &self,
        key: TopKey,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<Leaderboard, ReadError> {
        let rows = self.ask(self.store.top(key, None, &self.regeneration, now));
        let mut board: Leaderboard = self
            .cache
            .get_or_compute("top", key.name(), SUMS_TTL, rows)
            .await?;
        if board.rows.iter().all(|row| row.user_id != user) {
            let id = format!("{}:{user}", key.name());
            let own = self.ask(self.store.top(key, Some(user), &self.regeneration, now));
            let fresh: Leaderboard = self
                .cache
                .get_or_compute("place", &id, SUMS_TTL, own)
                .await?;
            // Whoever has come among the best since is shown there, not nowhere.
            if fresh.rows.iter().any(|row| row.user_id == user) {
                return Ok(fresh);
            }
            board.own = fresh.own;
        }
        Ok(board)
    }
}

/// Why a screen cannot show its figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The same, for everybody who waited for one computation.
    #[error(transparent)]
    Shared(#[from] ComputeError<StoreError>),
}

impl ReadError {
    /// Whether the database is away, and will be asked in vain by everybody until it is back. A question that takes it too
    /// long is something else: asked again it would only take as long again.
    pub(crate) fn is_away(&self) -> bool {
        let error = match self {
            Self::Store(error) => error,
            Self::Shared(ComputeError::Failed(error)) => error,
            Self::Shared(ComputeError::NotJson(_)) => return false,
        };
        matches!(
            error,
            StoreError::Unavailable(_) | StoreError::Misconfigured(_)
        )
    }
}

/// The rules of regeneration as the database needs them to order players by the atmospheres they have now.
pub(crate) fn regeneration() -> Regeneration {
    Regeneration {
        from_mm: LEVELS.iter().map(|level| level.from_mm).collect(),
        speed_tenths: LEVELS.iter().map(|level| level.speed_tenths).collect(),
        period_s: ATM_PERIOD_S,
        full: MAX_ATM.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::action::Action;
    use crate::game::tests::private;
    use crate::game::world::{Needs, World};
    use crate::store::Options;
    use futures_util::FutureExt;
    use gofrobot_shared::telemetry::Metrics;
    use tempfile::TempDir;

    async fn reads(folder: &TempDir, places: usize) -> Reads {
        let file = format!("sqlite://{}", folder.path().join("game.db").display());
        let store = Store::connect(&file.into(), &Options::default()).await;
        let store = store.unwrap();
        store.migrate().await.unwrap();
        Reads {
            store,
            cache: Cache::new(SUMS_TTL, None, Metrics::new()),
            regeneration: regeneration(),
            places: Semaphore::new(places),
        }
    }

    #[tokio::test]
    async fn who_has_just_come_among_the_best_finds_himself_there() {
        let folder = tempfile::tempdir().unwrap();
        let reads = reads(&folder, 1).await;
        for id in 1..=2 {
            let needs = Needs {
                actors: vec![id],
                ..Needs::default()
            };
            let now = Utc::now();
            let come = |world: &mut World| {
                world.players.insert(id, Player::newcomer(id, None, now));
                world.changed.insert(id);
            };
            reads.store.transact(&needs, now, come).await.unwrap();
            let board = reads.top(TopKey::Gofra, id, now).await.unwrap();
            assert!(board.rows.iter().any(|row| row.user_id == id), "{board:?}");
        }
    }

    #[tokio::test]
    async fn screens_wait_for_a_place_and_players_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let reads = reads(&folder, 1).await;
        let views = [
            View::MyDuels,
            View::Top(TopKey::Gofra),
            View::ChatStats,
            View::Admin,
        ];
        for view in views {
            let turn = private(1, 7, Action::Show(view));
            let taken = reads.places.acquire().await.unwrap();
            let mut facts = Box::pin(reads.facts(view, &turn));
            assert!(reads.players(&[7]).await.is_empty());
            // It would have been read long ago, as often as the database answers others.
            for _ in 0..20 {
                assert!(facts.as_mut().now_or_never().is_none(), "{view:?}");
                reads.store.ping().await.unwrap();
            }
            drop(taken);
            assert!(facts.await.is_ok(), "{view:?}");
        }
    }
}
