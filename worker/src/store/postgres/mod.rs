//! Postgres: the database of many workers. Locks are row locks in the order of user ids under READ COMMITTED; arrays
//! carry a whole batch in one statement, so a batch costs a handful of round trips whatever its size.

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
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{Connection, Error, Executor};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::timeout;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A connection that idled longer is asked whether it still lives before it is used; one in steady use is not.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long it may take to say that it lives: far above a healthy round trip, and short enough that a connection which
/// died in its sleep is replaced within the time of one acquisition.
const PONG: Duration = Duration::from_secs(1);

/// A statement with its arguments.
type Bound<'q> = Query<'q, sqlx::Postgres, PgArguments>;

#[derive(Debug, Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    /// How long to wait for the answer to a transaction or a look. The server itself ends what takes longer than the
    /// statement timeout and says so; half as much again later nobody is there, or only a part of what we say arrives.
    patience: Duration,
}

impl Postgres {
    pub(super) async fn connect(url: &str, options: &Options) -> Result<Self, StoreError> {
        let address = address(url)?.application_name("gofrobot");
        let session = session(options);
        let connected = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move {
                    if used.idle_for > TRUSTED_IDLE {
                        timeout(PONG, connection.ping())
                            .await
                            .map_err(|_| silence())??;
                    }
                    Ok(true)
                })
            })
            .after_connect(move |connection, _| {
                let session = session.clone();
                Box::pin(async move {
                    connection.execute(session.as_str()).await?;
                    Ok(())
                })
            })
            .connect_with(address.clone())
            .await;
        let pool = match connected {
            // It tried until its time was up, and forgot why it could not connect.
            Err(Error::PoolTimedOut) => return Err(why_away(&address).await),
            connected => connected?,
        };
        Ok(Self {
            pool,
            patience: options.statement_timeout * 3 / 2,
        })
    }

    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        // Off the pool: a migration may take as long as it needs, and waits as long for another worker's.
        let mut connection = self.pool.acquire().await?.detach();
        let session = session_id(&mut connection);
        let session = timeout(self.patience, session).await;
        let session = session.map_err(|_| silence())??;
        let migrating = async {
            connection
                .execute("SET statement_timeout = 0; SET lock_timeout = 0")
                .await?;
            // sqlx's advisory lock lets one worker migrate at a time; closing the connection frees it in any case.
            let done = migrations().run_direct(&mut connection).await;
            connection.close().await?;
            Ok(done?)
        };
        tokio::select! {
            done = migrating => done,
            error = self.until_ended(session) => Err(error.into()),
        }
    }

    /// Asks over other connections whether a session goes on that may be silent for long, until it does not.
    async fn until_ended(&self, session: i32) -> Error {
        const GOES_ON: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)";
        loop {
            tokio::time::sleep(self.patience).await;
            let question = sqlx::query_scalar(GOES_ON).bind(session);
            match self.lend(async |it| question.fetch_one(it).await).await {
                Ok(true) => {}
                Ok(false) => return Error::Io(ErrorKind::ConnectionAborted.into()),
                Err(error) => return error,
            }
        }
    }

    /// Lends `work` a connection for as long as an answer may take. sqlx has no such bound, and keeps what was abandoned:
    /// a connection that does not answer is closed here by dropping it, which ends its transaction.
    async fn lend<T, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.pool.acquire().await?;
        let Ok(done) = timeout(self.patience, work(&mut connection)).await else {
            drop(connection.detach());
            return Err(silence().into());
        };
        // On its way back into the pool it is asked whether it lives, and may fall silent then, too.
        tokio::spawn(timeout(self.patience, connection.return_to_pool()));
        done
    }

    async fn rows(&self, query: Bound<'_>) -> Result<Vec<PgRow>, Error> {
        self.lend(async |it| query.fetch_all(it).await).await
    }

    async fn row(&self, query: Bound<'_>) -> Result<PgRow, Error> {
        self.lend(async |it| query.fetch_one(it).await).await
    }

    /// Tells how many rows it touched.
    async fn execute(&self, query: Bound<'_>) -> Result<u64, Error> {
        self.lend(async |it| Ok(query.execute(it).await?.rows_affected()))
            .await
    }

    /// Asks whether the database and its tables are there.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.lend(async |it| it.execute(TABLES).await.map(drop))
            .await
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
        self.lend(async |connection| {
            let mut transaction = connection.begin().await?;
            let mut world = load::world(&mut transaction, needs, now, counters).await?;
            let loaded: HashSet<UserId> = world.players.keys().copied().collect();
            let value = f(&mut world);
            let changes = Changes::of(&world, &loaded);
            save::changes(&mut transaction, &changes).await?;
            transaction.commit().await?;
            counters.committed(&changes);
            Ok(value)
        })
        .await
    }

    pub(super) fn pool_figures(&self) -> PoolFigures {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        PoolFigures {
            idle,
            used: self.pool.size().saturating_sub(idle),
            max: self.pool.options().get_max_connections(),
        }
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The parsed address. sqlx's own message may repeat parts of it, so it is dropped.
pub(super) fn address(url: &str) -> Result<PgConnectOptions, StoreError> {
    let wrong = || StoreError::Address("expected postgres://user:password@host:port/database");
    let address = PgConnectOptions::from_str(url).map_err(|_| wrong())?;
    // Without a name the server would take the user's, of which nobody thinks when he writes the next address.
    let named = address.get_database().is_some_and(|name| !name.is_empty());
    named.then_some(address).ok_or_else(wrong)
}

/// Why no connection can be had.
async fn why_away(address: &PgConnectOptions) -> StoreError {
    match timeout(PONG, PgConnection::connect_with(address)).await {
        Ok(Err(error)) => error.into(),
        Ok(Ok(_)) => Error::PoolTimedOut.into(),
        Err(_) => StoreError::Unavailable(silence()),
    }
}

/// No answer came in time.
fn silence() -> Error {
    let words = "the database does not answer";
    Error::Io(std::io::Error::new(ErrorKind::TimedOut, words))
}

/// The server's number of a session.
async fn session_id(connection: &mut PgConnection) -> Result<i32, Error> {
    let question = sqlx::query_scalar("SELECT pg_backend_pid()");
    question.fetch_one(connection).await
}

/// What every connection is told first. Generic plans: the statements are few, their arrays differ in length only, and
/// planning each anew would cost more than running it. No JIT: to compile the longest statement takes longer than to
/// run it over 200,000 players. No sequential scans: a generic plan that was made while the tables were still empty would
/// scan them for ever after, and no statement of a batch has any use for one.
///
/// A worker that is paused in a transaction, or whose machine is gone, holds its locks no longer than others wait for
/// one: the server ends its session (`idle_in_transaction`) or misses the answers of its system (`tcp`). A live worker
/// idles in a transaction for as long as the rules run, a few milliseconds.
fn session(options: &Options) -> String {
    let statement_ms = options.statement_timeout.as_millis();
    let lock_ms = statement_ms / 2;
    format!(
        "SET statement_timeout = {statement_ms}; SET lock_timeout = {lock_ms}; \
         SET idle_in_transaction_session_timeout = {lock_ms}; SET tcp_user_timeout = {lock_ms}; \
         SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; \
         SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off"
    )
}

/// A worker of an older version may start after a newer one has migrated: what it does not know is no error.
fn migrations() -> Migrator {
    Migrator {
        ignore_missing: true,
        migrations: MIGRATIONS.migrations.clone(),
        ..Migrator::DEFAULT
    }
}
