//! Postgres: the database of many workers. Locks are row locks in the order of user ids under READ COMMITTED; arrays
//! carry a whole batch in one statement, so a batch costs a handful of round trips whatever its size.

mod load;
mod save;
mod screens;

use super::changes::Changes;
use super::error::Failure;
use super::figures::{Counters, PoolFigures};
use super::{Options, StoreError};
use crate::game::player::UserId;
use crate::game::world::{Needs, World};
use chrono::{DateTime, Utc};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor};
use std::collections::HashSet;
use std::str::FromStr;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A connection that idled longer is asked whether it still lives before it is used; one in steady use is not.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub(super) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    pub(super) async fn connect(url: &str, options: &Options) -> Result<Self, StoreError> {
        let address = address(url)?;
        let session = session(options);
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move {
                    if used.idle_for > TRUSTED_IDLE {
                        connection.ping().await?;
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
            .connect_with(address.application_name("gofrobot"))
            .await?;
        Ok(Self { pool })
    }

    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        // Off the pool: a migration may take as long as it needs, and waits as long for another worker's.
        let mut connection = self.pool.acquire().await?.detach();
        connection
            .execute("SET statement_timeout = 0; SET lock_timeout = 0")
            .await?;
        // sqlx's advisory lock lets one worker migrate at a time; closing the connection frees it in any case.
        let done = migrations().run_direct(&mut connection).await;
        connection.close().await?;
        Ok(done?)
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
        let mut transaction = self.pool.begin().await?;
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
    PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::Address("expected postgres://user:password@host:port/database"))
}

/// What every connection is told first. Generic plans: the statements are few, their arrays differ in length only, and
/// planning each anew would cost more than running it. No JIT: to compile the longest statement takes longer than to
/// run it over 200,000 players. No sequential scans: a generic plan that was made while the tables were still empty would
/// scan them for ever after, and no statement of a batch has any use for one.
fn session(options: &Options) -> String {
    let statement_ms = options.statement_timeout.as_millis();
    format!(
        "SET statement_timeout = {statement_ms}; SET lock_timeout = {}; \
         SET idle_in_transaction_session_timeout = {statement_ms}; SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off",
        statement_ms / 2
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
