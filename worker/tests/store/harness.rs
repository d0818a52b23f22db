//! Databases that live as long as one case, and the rows the cases are made of.

use crate::wait::PATIENCE;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use gofrobot_worker::game::outcome::{Outcome, Rival};
use gofrobot_worker::game::player::{Language, Player, UserId};
use gofrobot_worker::game::world::{LedgerEntry, Needs, NewDuel, World};
use gofrobot_worker::store::{Options, Store};
use secrecy::SecretString;
use sqlx::{Connection, PgConnection};
use std::panic::{AssertUnwindSafe, resume_unwind};

/// A Postgres in which databases may be created.
pub(crate) fn server() -> String {
    std::env::var("TEST_DATABASE_URL")
        .unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/postgres".to_owned())
}

/// Runs a case on Postgres, then on SQLite, each with empty tables.
pub(crate) async fn on_both<F: Future<Output = ()>>(case: impl Fn(Store, String) -> F) {
    let case = &case;
    on_both_unmigrated(|store, url| async move {
        store.migrate().await.unwrap();
        case(store, url).await;
    })
    .await;
}

/// Runs a case on Postgres, then on SQLite, each without tables.
pub(crate) async fn on_both_unmigrated<F: Future<Output = ()>>(case: impl Fn(Store, String) -> F) {
    on_unmigrated_postgres(&case).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users").join("game.db");
    let on_sqlite = run(&case, format!("sqlite://{}", file.display())).await;
    on_sqlite.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Runs a case on Postgres alone, with empty tables.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(case: impl Fn(Store, String) -> F) {
    let case = &case;
    on_unmigrated_postgres(|store, url| async move {
        store.migrate().await.unwrap();
        case(store, url).await;
    })
    .await;
}

async fn on_unmigrated_postgres<F: Future<Output = ()>>(case: impl Fn(Store, String) -> F) {
    let name = format!("gofrobot_store_{:016x}", rand::random::<u64>());
    let (server, _) = sql(&server(), &format!("CREATE DATABASE {name}")).await;
    let (address, _) = server.rsplit_once('/').unwrap();
    let on_postgres = run(&case, format!("{address}/{name}")).await;
    sql(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    on_postgres.unwrap_or_else(|panic| resume_unwind(panic));
}

/// A store of its own, as another worker has. It waits as long as a busy machine may need: when a store gives up is
/// tested where the database falls silent.
pub(crate) async fn connect(url: &str) -> Store {
    let url = SecretString::from(url.to_owned());
    let patient = Options {
        acquire_timeout: PATIENCE,
        statement_timeout: PATIENCE,
        ..Options::default()
    };
    Store::connect(&url, &patient).await.unwrap()
}

async fn run<F: Future<Output = ()>>(
    case: &impl Fn(Store, String) -> F,
    url: String,
) -> std::thread::Result<()> {
    AssertUnwindSafe(async {
        let store = connect(&url).await;
        case(store.clone(), url.clone()).await;
        store.close().await;
    })
    .catch_unwind()
    .await
}

/// Runs one statement on Postgres behind the store's back; gives the address back, and how many rows it touched.
pub(crate) async fn sql(url: &str, statement: &str) -> (String, u64) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let done = sqlx::query(statement);
    let rows = done.execute(&mut connection).await.unwrap().rows_affected();
    connection.close().await.unwrap();
    (url.to_owned(), rows)
}

/// The present of all cases: microseconds that both databases hold exactly.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_780_000_000_123_456).unwrap()
}

pub(crate) fn ago(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

/// A newcomer of now.
pub(crate) fn player(user_id: UserId) -> Player {
    Player::newcomer(user_id, Some(Language::En), now())
}

/// Puts a player into the world, as the rules do when they create or change one.
pub(crate) fn put(world: &mut World, player: Player) {
    world.changed.insert(player.user_id);
    world.players.insert(player.user_id, player);
}

/// Writes players that exist before the case begins.
pub(crate) async fn seed(store: &Store, players: Vec<Player>) {
    let needs = Needs {
        actors: players.iter().map(|player| player.user_id).collect(),
        ..Needs::default()
    };
    let put_all = |world: &mut World| {
        for player in &players {
            put(world, player.clone());
        }
    };
    store.transact(&needs, now(), put_all).await.unwrap();
}

/// Lets `change` loose on a world with no needs.
pub(crate) async fn write(store: &Store, change: impl FnMut(&mut World) + Send) {
    let needs = Needs::default();
    store.transact(&needs, now(), change).await.unwrap();
}

/// The world that `needs` load.
pub(crate) async fn load(store: &Store, needs: Needs) -> World {
    let look = |world: &mut World| world.clone();
    store.transact(&needs, now(), look).await.unwrap()
}

pub(crate) fn entry(
    update_id: i64,
    user_id: UserId,
    kind: &'static str,
    outcome: Outcome,
    at: DateTime<Utc>,
) -> LedgerEntry {
    LedgerEntry {
        update_id,
        user_id,
        chat_id: user_id,
        kind,
        outcome,
        at,
    }
}

/// The entry of a proposal to fight `opponent`.
pub(crate) fn proposal(
    update_id: i64,
    owner: UserId,
    opponent: UserId,
    at: DateTime<Utc>,
) -> LedgerEntry {
    let opponent = Rival {
        user_id: opponent,
        nickname: format!("gofr{opponent}"),
        gofra_mm: 10.0,
        cable_mm: 10.0,
    };
    let outcome = Outcome::Proposed {
        opponent,
        chance: 50.0,
    };
    entry(update_id, owner, "find", outcome, at)
}

pub(crate) fn duel(
    id: i64,
    attacker_id: UserId,
    defender_id: UserId,
    at: DateTime<Utc>,
) -> NewDuel {
    NewDuel {
        id,
        attacker_id,
        defender_id,
        chat_id: None,
        chance: 57.0,
        attacker_won: true,
        at,
    }
}
