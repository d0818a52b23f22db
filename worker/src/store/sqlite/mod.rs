//! SQLite: the database of one process on a laptop. One connection writes, its queue is the lock; others read beside
//! it (WAL). Arrays travel as JSON, so that statements mirror those for Postgres.

mod chats;
mod load;
mod save;
mod screens;

use super::changes::Changes;
use super::error::Failure;
use super::figures::{Counters, PoolFigures};
use super::{Options, StoreError, TABLES};
use crate::game::player::UserId;
use crate::game::world::{Needs, World};
use chrono::{DateTime, Utc};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Error, Executor};
use std::collections::HashSet;
use std::str::FromStr;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

#[derive(Debug, Clone)]
pub(super) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    pub(super) async fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        let address = address(url)?;
        if let Some(folder) = address.get_filename().parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(StoreError::Folder)?;
        }
        // In WAL mode `Normal` survives a crash of the process; a power cut may cost the last moments, never the file.
        let address = address
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(options.statement_timeout / 2);
        let pool = SqlitePoolOptions::new()
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let writer = pool
            .clone()
            .max_connections(1)
            .connect_with(address.clone())
            .await?;
        let readers = pool
            .max_connections(options.max_connections)
            .connect_with(address.pragma("query_only", "on"))
            .await?;
        Ok(Self { writer, readers })
    }

    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        // A program of an older version may open the file again: what it does not know is no error.
        let migrations = Migrator {
            ignore_missing: true,
            migrations: MIGRATIONS.migrations.clone(),
            ..Migrator::DEFAULT
        };
        Ok(migrations.run(&self.writer).await?)
    }

    /// Asks whether the tables are there.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.readers.execute(TABLES).await.map(drop)
    }

    pub(super) async fn transact<T, F>(
        &self,
        needs: &Needs,
        now: DateTime<Utc>,
        f: &mut F,
        counters: &Counters,
    ) -> Result<T, Failure>
    where
        T: Send,
        F: FnMut(&mut World) -> T + Send,
    {
        // The write lock at once: a reader that turns into a writer could be refused half-way.
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let mut world = load::world(&mut transaction, needs, now, counters).await?;
        let loaded: HashSet<UserId> = world.players.keys().copied().collect();
        let value = f(&mut world);
        let changes = Changes::of(&world, &loaded);
        save::changes(&mut transaction, &changes).await?;
        transaction.commit().await?;
        counters.committed(&changes);
        Ok(value)
    }

    pub(super) fn pool_figures(&self) -> PoolFigures {
        let idle = self.writer.num_idle() + self.readers.num_idle();
        let idle = u32::try_from(idle).unwrap_or(u32::MAX);
        let open = self.writer.size() + self.readers.size();
        PoolFigures {
            idle,
            used: open.saturating_sub(idle),
            max: 1 + self.readers.options().get_max_connections(),
        }
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The parsed address, which must be that of a file.
pub(super) fn address(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    let address = SqliteConnectOptions::from_str(url)
        .map_err(|_| StoreError::Address("expected sqlite://path/to/file.db"))?;
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if in_memory || address.get_filename().as_os_str().is_empty() {
        return Err(StoreError::Address(
            "players need a file to live in; expected sqlite://path/to/file.db",
        ));
    }
    Ok(address)
}

/// A moment as it is stored: microseconds since 1970.
fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// A stored moment; one that no calendar knows reads as 1970.
fn moment(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
