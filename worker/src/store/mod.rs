//! The database behind one seam: Postgres for many workers, one SQLite file for a laptop.
//!
//! A batch is one transaction: the players concerned are locked in the order of their ids, everything else is read
//! after the locks (a snapshot older than the lock could miss what the previous holder wrote), the pure rules run on
//! the loaded rows, and what they changed is written in sorted order. Whoever meets a conflict plays the batch again
//! on fresh rows; the caller never sees it. Within one batch a nickname never moves from one player to another (the
//! rules keep a given-up name for its owner until the batch is written): the unique index is checked row by row.

#[cfg(feature = "broken")]
pub(crate) mod broken;
mod changes;
mod error;
mod figures;
mod found;
mod postgres;
mod screens;
mod sqlite;

pub use error::StoreError;
pub use figures::{Figures, PoolFigures};
pub use screens::Regeneration;

use crate::game::action::TopKey;
use crate::game::facts::{AdminFigures, ChatFigures, ChatShare, DuelRecord, Leaderboard};
use crate::game::player::{ChatId, Player, UserId};
use crate::game::world::{Needs, World};
use chrono::{DateTime, TimeDelta, Utc};
use error::Failure;
use figures::Counters;
use postgres::Postgres;
use secrecy::{ExposeSecret, SecretString};
use sqlite::Sqlite;
use std::sync::Arc;
use std::time::Duration;

/// How often a transaction that meets conflicts is played before the caller is told.
const ATTEMPTS: u32 = 10;

/// How long a row of the ledger is kept: a redelivery comes within 7 days; one more is margin.
const LEDGER_KEPT: TimeDelta = TimeDelta::days(8);

/// How long an error can be found under its id.
const ERRORS_KEPT: TimeDelta = TimeDelta::days(30);

/// Fails where one of the tables is missing, and reads nothing.
const TABLES: &str =
    "SELECT 1 FROM players, ledger, duels, chats, chat_players, settings, errors WHERE 1 = 0";

/// Rows that a sweep deletes at once: few enough that nobody waits for its locks.
const SWEEP_CHUNK: i64 = 5_000;

/// Bounds of the connections.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections to Postgres that one worker opens at most; readers of SQLite.
    pub max_connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take, migrations excepted; half of it for a lock.
    pub statement_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// The database. Clones share connections.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    counters: Arc<Counters>,
}

#[derive(Debug, Clone)]
enum Database {
    Postgres(Postgres),
    Sqlite(Sqlite),
}

impl Store {
    /// Whether `url` is an address that [`Store::connect`] can use; opens no socket and creates no file.
    ///
    /// # Errors
    /// [`StoreError::Address`], which never repeats the address.
    pub fn check_address(url: &SecretString) -> Result<(), StoreError> {
        let url = url.expose_secret();
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => postgres::address(url).map(drop),
            Some("sqlite") => sqlite::address(url).map(drop),
            _ => Err(StoreError::Address(
                "expected postgres://... or sqlite://path",
            )),
        }
    }

    /// Connects to `postgres://...` or opens `sqlite://path` and creates the file and its folder when missing.
    ///
    /// The address is never repeated in an error.
    ///
    /// # Errors
    /// [`StoreError::Address`] for another scheme, [`StoreError::Unavailable`] while the server is away,
    /// [`StoreError::Misconfigured`] when it lets nobody in.
    pub async fn connect(url: &SecretString, options: &Options) -> Result<Self, StoreError> {
        Self::check_address(url)?;
        let url = url.expose_secret();
        let database = if url.starts_with("sqlite:") {
            Database::Sqlite(Sqlite::open(url, options).await?)
        } else {
            Database::Postgres(Postgres::connect(url, options).await?)
        };
        Ok(Self {
            database,
            counters: Arc::default(),
        })
    }

    /// Creates the tables or brings them up to date; does nothing when they are. Many workers may call it at once.
    ///
    /// # Errors
    /// [`StoreError::Migration`] when a migration fails or was changed after it had been applied.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.database {
            Database::Postgres(database) => database.migrate().await,
            Database::Sqlite(database) => database.migrate().await,
        }
    }

    /// Loads and locks what `needs` names, runs the rules `f` on it and saves what they changed, all in one transaction.
    /// On a conflict with somebody else `f` runs again on a fresh world: it must have no effects but on the world.
    ///
    /// # Errors
    /// Nothing was changed, except that a commit during which the database vanished ([`StoreError::Unavailable`]) may
    /// have taken place: calling again is right in both cases, the ledger tells. What [`StoreError::concerns_everybody`]
    /// must not be blamed on an update.
    pub async fn transact<T, F>(
        &self,
        needs: &Needs,
        now: DateTime<Utc>,
        mut f: F,
    ) -> Result<T, StoreError>
    where
        T: Send,
        F: FnMut(&mut World) -> T + Send,
    {
        let mut attempt = 1;
        loop {
            let done = match &self.database {
                Database::Postgres(database) => {
                    database.transact(needs, now, &mut f, &self.counters).await
                }
                Database::Sqlite(database) => {
                    database.transact(needs, now, &mut f, &self.counters).await
                }
            };
            match done {
                Ok(value) => return Ok(value),
                Err(Failure::Fatal(error)) => return Err(error),
                Err(Failure::Conflict(last)) if attempt == ATTEMPTS => {
                    return Err(StoreError::Contended {
                        attempts: attempt,
                        last,
                    });
                }
                Err(Failure::Conflict(conflict)) => {
                    self.counters.conflict();
                    tracing::debug!(store.attempt = attempt, %conflict, "playing a batch again");
                }
            }
            tokio::time::sleep(pause(attempt)).await;
            attempt += 1;
        }
    }

    /// Moves the books of a group to the id that it has got. Moving again, or what never had any, is no error.
    ///
    /// # Errors
    /// Some of it may have been moved: calling again is right.
    pub async fn move_chat(&self, from: ChatId, to: ChatId) -> Result<(), StoreError> {
        match &self.database {
            Database::Postgres(database) => database.move_chat(from, to).await?,
            Database::Sqlite(database) => database.move_chat(from, to).await?,
        }
        Ok(())
    }

    /// Asks whether the database is there, and its tables are.
    ///
    /// # Errors
    /// When it is not, or [`StoreError::NoTables`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        error::looked_for_tables(match &self.database {
            Database::Postgres(database) => database.ping().await,
            Database::Sqlite(database) => database.ping().await,
        })
    }

    /// The players of these ids who exist, by id.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn players(&self, ids: &[UserId]) -> Result<Vec<Player>, StoreError> {
        Ok(match &self.database {
            Database::Postgres(database) => database.players(ids).await?,
            Database::Sqlite(database) => database.players(ids).await?,
        })
    }

    /// A leaderboard of all players: ten rows, and the reader's own when he is not among them. Without a reader it is
    /// the same for everybody.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn top(
        &self,
        key: TopKey,
        reader: Option<UserId>,
        regeneration: &Regeneration,
        now: DateTime<Utc>,
    ) -> Result<Leaderboard, StoreError> {
        let rows = match &self.database {
            Database::Postgres(database) => database.top(key, reader, regeneration, now).await?,
            Database::Sqlite(database) => database.top(key, reader, regeneration, now).await?,
        };
        Ok(screens::leaderboard(Some(key), rows))
    }

    /// The leaderboard of a group, by grams caught there.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn chat_top(
        &self,
        chat_id: ChatId,
        reader: Option<UserId>,
    ) -> Result<Leaderboard, StoreError> {
        let rows = match &self.database {
            Database::Postgres(database) => database.chat_top(chat_id, reader).await?,
            Database::Sqlite(database) => database.chat_top(chat_id, reader).await?,
        };
        Ok(screens::leaderboard(None, rows))
    }

    /// Figures of a group; zeros for one where nobody has played.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn chat_figures(
        &self,
        chat_id: ChatId,
        reader: UserId,
        now: DateTime<Utc>,
    ) -> Result<ChatFigures, StoreError> {
        Ok(match &self.database {
            Database::Postgres(database) => database.chat_figures(chat_id, reader, now).await?,
            Database::Sqlite(database) => database.chat_figures(chat_id, reader, now).await?,
        })
    }

    /// A player's share in a group.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn chat_share(
        &self,
        chat_id: ChatId,
        user_id: UserId,
    ) -> Result<ChatShare, StoreError> {
        Ok(match &self.database {
            Database::Postgres(database) => database.chat_share(chat_id, user_id).await?,
            Database::Sqlite(database) => database.chat_share(chat_id, user_id).await?,
        })
    }

    /// The last duels of a player on either side, newest first.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn my_duels(
        &self,
        user_id: UserId,
        limit: u32,
    ) -> Result<Vec<DuelRecord>, StoreError> {
        Ok(match &self.database {
            Database::Postgres(database) => database.my_duels(user_id, limit).await?,
            Database::Sqlite(database) => database.my_duels(user_id, limit).await?,
        })
    }

    /// Figures for administrators; counts all rows, so it is not for a hot path.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn admin_figures(&self, now: DateTime<Utc>) -> Result<AdminFigures, StoreError> {
        Ok(match &self.database {
            Database::Postgres(database) => database.admin_figures(now).await?,
            Database::Sqlite(database) => database.admin_figures(now).await?,
        })
    }

    /// Writes an error down under the id that the player was shown; the second of an id is dropped.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn record_error(
        &self,
        id: &str,
        handler: &str,
        kind: &str,
        detail: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let row = [id, handler, kind, detail].map(changes::without_nul);
        let written = match &self.database {
            Database::Postgres(database) => database.record_error(row, at).await,
            Database::Sqlite(database) => database.record_error(row, at).await,
        };
        written.map_err(StoreError::from)
    }

    /// Deletes what is too old, a chunk at a time: rows of the ledger after 8 days, errors after 30. Tells how many.
    /// Several workers may sweep at once.
    ///
    /// # Errors
    /// When the database is away or refuses; chunks that are gone stay gone.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let (ledger, errors) = (now - LEDGER_KEPT, now - ERRORS_KEPT);
        let mut rows = 0;
        loop {
            let chunk = match &self.database {
                Database::Postgres(database) => database.sweep(ledger, errors, SWEEP_CHUNK).await?,
                Database::Sqlite(database) => database.sweep(ledger, errors, SWEEP_CHUNK).await?,
            };
            if chunk == 0 {
                return Ok(rows);
            }
            rows += chunk;
        }
    }

    /// How the connections are used.
    pub fn pool_figures(&self) -> PoolFigures {
        match &self.database {
            Database::Postgres(database) => database.pool_figures(),
            Database::Sqlite(database) => database.pool_figures(),
        }
    }

    /// What was done since this was last called, by whichever clone.
    pub fn take_figures(&self) -> Figures {
        self.counters.take()
    }

    /// Closes the connections, after those in use have come back.
    pub async fn close(&self) {
        match &self.database {
            Database::Postgres(database) => database.close().await,
            Database::Sqlite(database) => database.close().await,
        }
    }
}

/// Doubles from 2 ms to 256 ms, with as much again by chance: those who collided must not collide again.
fn pause(attempt: u32) -> Duration {
    let base_ms = 1 << attempt.min(8);
    Duration::from_millis(rand::random_range(base_ms..=2 * base_ms))
}
