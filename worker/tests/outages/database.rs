//! A Postgres that hangs in the middle of the work.

use super::harness::{command, on_broker, queue_url};
use super::proxy::{Link, Proxy};
use super::wait::until;
use super::world::{BotApi, Worker, server, sql, with_database};
use gofrobot_worker::store::{Options, Store};
use sqlx::Row;

const UPDATES: i64 = 60;

/// What Postgres answers who asks for a table that is not there.
const NO_TABLE: &str = "42P01";

/// A proxy before the server, and the address of `database` behind it.
pub(super) async fn before(database: &str) -> (Proxy, String) {
    let server = url::Url::parse(&server()).unwrap();
    let (host, port) = (server.host_str().unwrap(), server.port().unwrap_or(5432));
    let place = format!("{host}:{port}");
    let proxy = Proxy::before(place.clone(), Link::Open).await;
    let behind = database.replace(&place, &proxy.address.to_string());
    (proxy, behind)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_hangs_is_waited_for_and_every_update_is_answered_once() {
    on_broker(|place| {
        with_database(|database| async move {
            let (proxy, behind) = before(&database).await;
            let api = BotApi::start().await;
            let worker = Worker::start(&place, &queue_url(), &behind, &api);
            for id in 1..=UPDATES {
                let update = command(id, id, "/gdavka");
                place.publisher.publish(update).await.unwrap();
                if id == UPDATES / 2 {
                    until("an answer", || !api.heard().is_empty()).await;
                    assert!(worker.readiness.is_ready());
                    proxy.set(Link::Frozen);
                }
            }
            worker.until_unready().await;
            proxy.set(Link::Open);
            worker.until_ready().await;
            let all = || api.heard().len() as i64 >= UPDATES;
            until("all answers", all).await;
            worker.stop().await;
            let mut heard = api.heard();
            heard.sort_unstable();
            assert_eq!(heard, (1..=UPDATES).collect::<Vec<_>>());
            let played = sql(&database, "SELECT count(*) FROM ledger").await;
            assert_eq!(played[0].get::<i64, _>(0), UPDATES);
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_does_not_migrate_waits_for_the_tables() {
    on_broker(|place| {
        with_database(|database| async move {
            let (proxy, behind) = before(&database).await;
            let api = BotApi::start().await;
            // In plain text, so that one can listen.
            let plain = format!("{behind}?sslmode=disable");
            let worker = Worker::begin(&place, &queue_url(), &plain, &api.url, false);
            // It has looked for the tables, and looks again.
            proxy.until_said(NO_TABLE, 2).await;
            assert!(!worker.readiness.is_ready());
            let url = database.as_str().into();
            let store = Store::connect(&url, &Options::default()).await.unwrap();
            store.migrate().await.unwrap();
            worker.until_ready().await;
            worker.stop().await;
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_notices_that_its_database_hangs() {
    on_broker(|place| {
        with_database(|database| async move {
            let (proxy, behind) = before(&database).await;
            let api = BotApi::start().await;
            let worker = Worker::start(&place, &queue_url(), &behind, &api);
            worker.until_ready().await;
            let figures = worker.metrics.text().unwrap();
            assert!(figures.contains(r#"bot_dead_letters_total{reason="failed"} 0"#));
            for link in [Link::Frozen, Link::Cut] {
                proxy.set(link);
                worker.until_unready().await;
                proxy.set(Link::Open);
                worker.until_ready().await;
            }
            worker.stop().await;
        })
    })
    .await;
}
