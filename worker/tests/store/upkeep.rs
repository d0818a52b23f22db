//! Migrations, sweeps, figures, and a database that is away.

use crate::harness::{
    ago, connect, entry, load, now, on_both, on_both_unmigrated, player, put, seed, server, sql,
    write,
};
use futures_util::future::join_all;
use gofrobot_worker::game::outcome::Outcome;
use gofrobot_worker::game::world::{ChatActivity, Needs, World};
use gofrobot_worker::store::{Figures, Options, Store, StoreError};
use secrecy::SecretString;
use sqlx::{Connection, SqliteConnection};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn migrating_again_and_at_once_changes_nothing() {
    on_both(async |store, _| {
        seed(&store, vec![player(1)]).await;
        let migrations = (0..4).map(|_| store.migrate());
        for done in join_all(migrations).await {
            done.unwrap();
        }
        assert_eq!(store.players(&[1]).await.unwrap(), [player(1)]);
    })
    .await;
}

#[tokio::test]
async fn tables_that_are_missing_are_waited_for_under_their_name() {
    on_both_unmigrated(async |store, _| {
        let missing = store.ping().await.unwrap_err();
        assert!(matches!(missing, StoreError::NoTables), "{missing:?}");
        assert!(missing.is_transient() && missing.to_string().contains("migrate"));
        store.migrate().await.unwrap();
        store.ping().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_was_written_survives_a_restart() {
    on_both(async |store, url| {
        seed(&store, vec![player(1)]).await;
        store.close().await;
        let again = connect(&url).await;
        again.migrate().await.unwrap();
        assert_eq!(again.players(&[1]).await.unwrap(), [player(1)]);
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_sweep_takes_what_is_too_old_and_nothing_else() {
    on_both(async |store, _| {
        let days = 86_400;
        write(&store, |world| {
            // More than two chunks of old rows.
            for update_id in 1..=10_001 {
                let at = ago(8 * days + update_id);
                world
                    .ledger
                    .push(entry(update_id, 1, "davka", Outcome::Chatter, at));
            }
            for (update_id, at) in [(20_001, ago(8 * days)), (20_002, now())] {
                world
                    .ledger
                    .push(entry(update_id, 1, "davka", Outcome::Chatter, at));
            }
        })
        .await;
        for (id, at) in [("old", ago(30 * days + 1)), ("young", ago(30 * days))] {
            let written = store.record_error(id, "davka", "store", "", at).await;
            written.unwrap();
        }
        assert_eq!(store.sweep(now()).await.unwrap(), 10_002);
        assert_eq!(store.sweep(now()).await.unwrap(), 0);
        let needs = Needs {
            updates: vec![1, 10_001, 20_001, 20_002],
            ..Needs::default()
        };
        let mut kept: Vec<_> = load(&store, needs).await.played.into_keys().collect();
        kept.sort_unstable();
        assert_eq!(kept, [20_001, 20_002]);
        let errors = store.admin_figures(now()).await.unwrap().errors;
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].id, "young");
    })
    .await;
}

#[tokio::test]
async fn figures_tell_rows_by_table() {
    on_both(async |store, _| {
        seed(&store, vec![player(1)]).await;
        store.take_figures();
        let needs = Needs {
            actors: vec![1, 2],
            ..Needs::default()
        };
        let rule = |world: &mut World| {
            put(world, player(1));
            put(world, player(2));
            for user_id in [1, 2] {
                world
                    .chat_activity
                    .insert((-5, user_id), ChatActivity::default());
            }
            world
                .ledger
                .push(entry(1, 1, "davka", Outcome::Chatter, now()));
        };
        store.transact(&needs, now(), rule).await.unwrap();
        let expected = Figures {
            transactions: 1,
            players: 2,
            ledger: 1,
            chats: 1,
            chat_players: 2,
            ..Figures::default()
        };
        assert_eq!(store.take_figures(), expected);
        assert_eq!(store.take_figures(), Figures::default());
        let pool = store.pool_figures();
        assert!(pool.idle + pool.used >= 1 && pool.idle + pool.used <= pool.max);
    })
    .await;
}

#[tokio::test]
async fn bad_addresses_are_told_apart_and_never_repeated() {
    let options = Options {
        acquire_timeout: Duration::from_millis(500),
        ..Options::default()
    };
    let refused = async |url: &str| {
        let url = SecretString::from(url.to_owned());
        Store::connect(&url, &options).await.unwrap_err()
    };
    for url in [
        "",
        "mysql://gofr:hunter2@127.0.0.1/game",
        "postgres://gofr:hunter2@127.0.0.1:port/game",
        "sqlite://:memory:",
        "sqlite::memory:",
        "sqlite://",
    ] {
        let error = refused(url).await;
        assert!(matches!(error, StoreError::Address(_)), "{url}: {error:?}");
        assert!(!error.is_transient());
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }

    let away = refused("postgres://gofr:hunter2@127.0.0.1:1/game").await;
    assert!(away.is_transient(), "{away}");
    assert!(!format!("{away:?} {away}").contains("hunter2"));

    let server = server();
    let (address, _) = server.rsplit_once('/').unwrap();
    let missing = refused(&format!("{address}/no_such_database_of_gofrobot")).await;
    assert!(
        matches!(missing, StoreError::Misconfigured(_)),
        "{missing:?}"
    );
    assert!(!missing.is_transient());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let blocked = refused(&format!("sqlite://{}/game.db", file.display())).await;
    assert!(matches!(blocked, StoreError::Folder(_)), "{blocked:?}");
}

#[tokio::test]
async fn a_database_that_comes_back_is_used_again() {
    on_both(async |store, url| {
        seed(&store, vec![player(1)]).await;
        if url.starts_with("postgres") {
            // What a restart of the server does to every open connection.
            let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()";
            sql(&url, kill).await;
        }
        let needs = Needs {
            actors: vec![1],
            ..Needs::default()
        };
        let mut tries = 0;
        let found = loop {
            tries += 1;
            match store
                .transact(&needs, now(), |world| world.players.len())
                .await
            {
                Ok(found) => break found,
                Err(error) => assert!(error.is_transient() && tries < 20, "{error}"),
            }
        };
        assert_eq!(found, 1);
    })
    .await;
}

#[tokio::test]
async fn a_table_that_is_gone_for_a_while_is_blamed_on_nobody() {
    on_both(async |store, url| {
        seed(&store, vec![player(1)]).await;
        let needs = Needs {
            actors: vec![1],
            ..Needs::default()
        };
        let found = async || {
            store
                .transact(&needs, now(), |world| world.players.len())
                .await
        };
        alter(&url, "ALTER TABLE players RENAME TO elsewhere").await;
        let error = found().await.unwrap_err();
        assert!(matches!(error, StoreError::Misconfigured(_)), "{error:?}");
        assert!(error.concerns_everybody() && !error.is_transient());
        alter(&url, "ALTER TABLE elsewhere RENAME TO players").await;
        assert_eq!(found().await.unwrap(), 1);
    })
    .await;
}

/// What an operator does to the tables behind the store's back.
async fn alter(url: &str, statement: &str) {
    if url.starts_with("postgres") {
        sql(url, statement).await;
        return;
    }
    let mut file = SqliteConnection::connect(url).await.unwrap();
    sqlx::query(statement).execute(&mut file).await.unwrap();
    file.close().await.unwrap();
}
