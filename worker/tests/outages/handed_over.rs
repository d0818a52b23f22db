//! A worker that loses its partitions while answers wait in a lane.

use super::harness::{command, on_broker, queue_url};
use super::proxy::{Link, Proxy};
use super::wait::{until, until_answered};
use super::world::{BotApi, Worker, with_database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_was_handed_over_is_answered_by_its_new_owner_alone() {
    on_broker(|place| {
        with_database(|database| async move {
            let broker = url::Url::parse(&queue_url()).unwrap();
            let (host, port) = (broker.host_str().unwrap(), broker.port().unwrap_or(5672));
            let proxy = Proxy::before(format!("{host}:{port}"), Link::Open).await;
            let behind = queue_url().replace(&format!("{host}:{port}"), &proxy.address.to_string());
            let (api, next_api) = (BotApi::start().await, BotApi::start().await);

            // The first answer hangs, and the second waits in the same lane.
            api.open.send_replace(false);
            let worker = Worker::start(&place, &behind, &database, &api);
            worker.until_ready().await;
            for id in [1, 2] {
                let update = command(id, 7, "/gdavka");
                place.publisher.publish(update).await.unwrap();
            }
            let both_played = || async {
                let played = super::world::sql(&database, "SELECT FROM ledger").await;
                played.len() == 2 && api.heard() == [1]
            };
            until_answered("both played and one said", both_played).await;

            proxy.set(Link::Cut);
            let next = Worker::start(&place, &queue_url(), &database, &next_api);
            until("both answers", || next_api.heard() == [1, 2]).await;
            api.open.send_replace(true);
            let handed_over = || {
                let metrics = worker.metrics.text().unwrap();
                let is_one =
                    |line: &str| line.contains(r#"result="handed_over""#) && line.ends_with(" 1");
                metrics.lines().any(is_one)
            };
            let given_up = || handed_over() || api.heard().len() > 1;
            until("the second answer's fate", given_up).await;
            assert_eq!(api.heard(), [1]);
            proxy.set(Link::Open);
            next.stop().await;
            worker.stop().await;
        })
    })
    .await;
}
