//! A Postgres that falls silent without closing anything, and a worker that does.

use crate::harness::{connect, entry, now, on_postgres, player, put, sql};
use crate::proxy::{Link, Proxy};
use crate::wait::{until_answered, within};
use gofrobot_worker::game::outcome::Outcome;
use gofrobot_worker::game::world::{Needs, World};
use gofrobot_worker::store::{Options, Store, StoreError};
use secrecy::SecretString;
use sqlx::{Connection, PgConnection};
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

/// Few connections, so that one which is never given back would be missed, and little patience.
fn options() -> Options {
    Options {
        max_connections: 2,
        acquire_timeout: Duration::from_secs(2),
        statement_timeout: Duration::from_secs(1),
    }
}

/// A proxy before the server of `url`, and a store behind it.
async fn behind_proxy(url: &str, options: Options) -> (Proxy, Store) {
    let address = url::Url::parse(url).unwrap();
    let (host, port) = (
        address.host_str().unwrap(),
        address.port_or_known_default().unwrap_or(5432),
    );
    let proxy = Proxy::before(format!("{host}:{port}"), Link::Open).await;
    let mut through = address.clone();
    through
        .set_ip_host(proxy.address.ip())
        .and_then(|()| through.set_port(Some(proxy.address.port())))
        .unwrap();
    let through = SecretString::from(through.to_string());
    let store = Store::connect(&through, &options).await.unwrap();
    (proxy, store)
}

/// Lets every commit wait for an advisory lock.
const HOLD_COMMITS: [&str; 2] = [
    "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'",
    "CREATE CONSTRAINT TRIGGER held AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION held()",
];

/// Until somebody waits for a lock.
async fn until_waiting(url: &str) {
    const WAITS: &str = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let waits = || async { sql(url, WAITS).await.1 > 0 };
    until_answered("somebody who waits for a lock", waits).await;
}

/// Plays update 1 of player 1, who grows by a davka, unless the ledger knows it; `meanwhile` happens in the middle.
async fn play(store: &Store, mut meanwhile: impl FnMut() + Send) -> Result<bool, StoreError> {
    let needs = Needs {
        updates: vec![1],
        actors: vec![1],
        ..Needs::default()
    };
    let rule = |world: &mut World| {
        meanwhile();
        if world.played.contains_key(&1) {
            return false;
        }
        let mut one = world.players.get(&1).cloned().unwrap_or_else(|| player(1));
        one.davkas += 1;
        put(world, one);
        let line = entry(1, 1, "davka", Outcome::Chatter, now());
        world.ledger.push(line);
        true
    };
    store.transact(&needs, now(), rule).await
}

/// Plays until the database answers.
async fn play_on(store: &Store) -> bool {
    loop {
        match play(store, || ()).await {
            Ok(new) => return new,
            Err(error) => assert!(error.concerns_everybody(), "{error:?}"),
        }
    }
}

async fn davkas(store: &Store) -> i64 {
    store.players(&[1]).await.unwrap()[0].davkas
}

#[tokio::test]
async fn a_transaction_without_an_answer_ends_and_is_played_again() {
    on_postgres(async |_, url| {
        let (proxy, store) = behind_proxy(&url, options()).await;
        let freeze = || proxy.set(Link::Frozen);
        let cut_off = within("a transaction's end", play(&store, freeze))
            .await
            .unwrap_err();
        assert!(cut_off.is_transient(), "{cut_off:?}");
        // More often than there are connections: none is lost to the silence.
        for _ in 0..3 {
            let away = within("an error", store.players(&[1])).await.unwrap_err();
            assert!(away.is_transient(), "{away:?}");
        }
        proxy.set(Link::Open);
        assert!(within("a transaction", play_on(&store)).await);
        assert_eq!(davkas(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_commit_without_an_answer_takes_effect_once() {
    on_postgres(async |direct, url| {
        for statement in HOLD_COMMITS {
            sql(&url, statement).await;
        }
        let mut holder = PgConnection::connect(&url).await.unwrap();
        let mut hold = holder.begin().await.unwrap();
        let lock = sqlx::query("SELECT pg_advisory_xact_lock(7)");
        lock.execute(&mut *hold).await.unwrap();
        // Time enough for us to let go of what holds the commit.
        let patient = Options {
            statement_timeout: Duration::from_secs(4),
            ..options()
        };
        let (proxy, store) = behind_proxy(&url, patient).await;
        let deafen = async {
            until_waiting(&url).await;
            proxy.set(Link::Deaf);
            hold.rollback().await.unwrap();
            let committed = || async { !direct.players(&[1]).await.unwrap().is_empty() };
            until_answered("the commit", committed).await;
        };
        let played = async { tokio::join!(play(&store, || ()), deafen) };
        let (cut_off, ()) = within("a commit's end", played).await;
        assert!(cut_off.unwrap_err().is_transient());
        proxy.set(Link::Open);
        let again = within("a transaction", play_on(&store)).await;
        assert!(!again, "the ledger knows it");
        assert_eq!(davkas(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_died_in_its_sleep_is_replaced() {
    on_postgres(async |_, url| {
        let (proxy, store) = behind_proxy(&url, options()).await;
        assert!(play_on(&store).await);
        proxy.set(Link::Frozen);
        let away = || async { store.ping().await.is_err() };
        until_answered("a database that is away", away).await;
        proxy.set(Link::Open);
        let back = || async { store.ping().await.is_ok() };
        until_answered("a database that is back", back).await;
        assert_eq!(davkas(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_migration_without_an_answer_is_given_up_and_done_later() {
    on_postgres(async |_, url| {
        sql(&url, "DROP SCHEMA public CASCADE").await;
        sql(&url, "CREATE SCHEMA public").await;
        let (proxy, store) = behind_proxy(&url, options()).await;
        // Another's table of the same name, not committed yet: the migration waits for its fate.
        let mut other = PgConnection::connect(&url).await.unwrap();
        let mut in_the_way = other.begin().await.unwrap();
        let create = sqlx::query("CREATE TABLE players ()");
        create.execute(&mut *in_the_way).await.unwrap();
        let mut migration = pin!(store.migrate());
        let long = async {
            until_waiting(&url).await;
            tokio::time::sleep(options().statement_timeout * 2).await;
        };
        tokio::select! {
            ended = &mut migration => panic!("the server answers elsewhere: {ended:?}"),
            () = long => proxy.set(Link::Frozen),
        }
        let given_up = within("a migration's end", migration).await.unwrap_err();
        assert!(given_up.is_transient(), "{given_up:?}");
        in_the_way.rollback().await.unwrap();
        proxy.set(Link::Open);
        let done = || async {
            let done = store.migrate().await;
            done.map_err(|error| assert!(error.is_transient(), "{error:?}"))
                .is_ok()
        };
        until_answered("the migration", done).await;
        assert!(play_on(&store).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_worker_that_is_paused_holds_nobody_up_for_long() {
    on_postgres(async |direct, url| {
        assert!(play_on(&direct).await);
        let paused = Store::connect(&url.clone().into(), &options())
            .await
            .unwrap();
        let (is_paused, pauses) = mpsc::channel();
        let (goes_on, on) = mpsc::channel();
        let rule = move || {
            let _ = is_paused.send(());
            let _ = on.recv();
        };
        let late = tokio::spawn(async move { play(&paused, rule).await });
        pauses.recv().unwrap();
        // It holds player 1, and will for as long as we like.
        let others = connect(&url).await;
        assert!(!within("a transaction of another", play_on(&others)).await);
        goes_on.send(()).unwrap();
        let late = within("the end of who was paused", late).await;
        let late = late.unwrap().unwrap_err();
        assert!(late.is_transient(), "{late:?}");
    })
    .await;
}
