//! Long polling against a stand-in of Telegram and a real broker.
#![allow(clippy::unwrap_used, reason = "what a test needs must be there")]

#[path = "../../shared/tests/broker/mod.rs"]
mod broker;
mod telegram;

use std::time::Duration;

use broker::wait::{until, until_answered};
use broker::{
    Link, Proxy, amqp, connect, ids, on_broker, publish, ready_in, take, update, updates_queue,
    within_patience,
};
use gofrobot_ingress::Source;
use gofrobot_shared::envelope::partition;
use gofrobot_shared::queue::{Delivery, MAX_BODY_BYTES, Queue, QueueConfig};
use serde_json::json;
use telegram::Server;
use tokio_util::sync::CancellationToken;

fn in_process() -> Queue {
    connect(QueueConfig::new("memory:".into(), "test", 4))
}

fn json_of(update_id: i64, key: i64) -> String {
    String::from_utf8(update(update_id, key).body.to_vec()).unwrap()
}

#[tokio::test]
async fn updates_pass_as_they_came_and_in_order() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        let odd = "{ \"update_id\" : 1,\n\t\"new_kind\":{\"from\":{\"id\":7},\"text\":\"\\u0434\\ud83d\\ude00  é\"} }";
        server.send(1, odd.to_owned());
        for id in 2..=250 {
            server.send(id, json_of(id, id % 3));
        }
        let (shutdown, running) = server.poll(&queue);
        let mut consumer = queue.consumer();
        let mut taken = Vec::new();
        while taken.len() < 250 {
            for delivery in take(&mut consumer, 1).await {
                taken.push(delivery.envelope.clone());
                delivery.ack();
            }
        }
        let first = taken.iter().find(|envelope| envelope.update_id == 1).unwrap();
        assert_eq!(first.body, odd, "byte for byte");
        for key in 0..3 {
            let of_key: Vec<i64> = taken.iter().filter(|e| e.key == key).map(|e| e.update_id).collect();
            assert_eq!(of_key, (2..=250).filter(|id| id % 3 == key).collect::<Vec<_>>());
        }
        server.until_confirmed(251).await;
        let offsets: Vec<_> = server.calls("getUpdates").iter().map(|call| call["offset"].clone()).collect();
        assert_eq!(offsets, [json!(null), json!(101), json!(201), json!(251)]);
        let call = &server.calls("getUpdates")[0];
        assert_eq!(call["allowed_updates"], json!(["message", "callback_query"]));
        assert!(call["timeout"].as_u64().unwrap() > 0, "without it polling spins");
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_offset_waits_for_the_confirm() {
    on_broker(|config| async move {
        let (server, proxy) = (Server::start().await, Proxy::start(Link::Open).await);
        let near = connect(config.clone());
        let far = connect(amqp(proxy.address, &config.prefix));
        let (shutdown, running) = server.poll(&far);
        server.send(1, json_of(1, 7));
        server.until_confirmed(2).await;
        proxy.set(Link::Deaf);
        server.send(2, json_of(2, 7));
        let queue = updates_queue(&config, partition(7, config.partitions));
        let arrived = || async { ready_in(&queue).await >= 2 };
        until_answered("the update on the broker", arrived).await;
        assert!(
            !server
                .calls("getUpdates")
                .iter()
                .any(|call| call["offset"] == 3),
            "the broker has it but has not said so"
        );
        proxy.set(Link::Cut);
        proxy.set(Link::Open);
        server.until_confirmed(3).await;
        publish(&near.publisher(), update(3, 7)).await;
        let (mut consumer, mut taken) = (near.consumer(), Vec::new());
        while taken.last() != Some(&3) {
            taken.extend(ids(&take(&mut consumer, 1).await));
        }
        // In doubt it comes again, which the ledger of the worker recognises.
        assert!(taken.starts_with(&[1, 2, 2]), "{taken:?}");
        taken.dedup();
        assert_eq!(taken, [1, 2, 3]);
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn refusals_are_survived() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        server.state().refusals.extend([
            (409, json!({"ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"})),
            (500, json!("a proxy's page")),
            (429, json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}})),
            (200, json!("not an answer")),
        ]);
        server.send(1, json_of(1, 7));
        let (shutdown, running) = server.poll(&queue);
        assert_eq!(ids(&take(&mut queue.consumer(), 1).await), [1]);
        assert!(server.state().refusals.is_empty());
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_removed_first_and_whenever_it_comes_back() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        server.state().webhook = json!({"url": "https://elsewhere.example"});
        let (shutdown, running) = server.poll(&queue);
        server.send(1, json_of(1, 7));
        server.until_confirmed(2).await;
        server.state().webhook = json!({"url": "https://again.example"});
        server.send(2, json_of(2, 7));
        // The request that was open when the webhook was set still gets this one; the next is refused.
        server.until_confirmed(3).await;
        server.send(3, json_of(3, 7));
        server.until_confirmed(4).await;
        assert_eq!(server.calls("deleteWebhook").len(), 2);
        assert!(server.calls("deleteWebhook")[0]["drop_pending_updates"] != true);
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_holds_nothing_up() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        server.send(1, r#"{"update_id":"one"}"#.to_owned());
        server.send(2, json_of(2, 7));
        let (shutdown, running) = server.poll(&queue);
        server.until_confirmed(3).await;
        let letters = queue.dead_letters(10).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!(
            (&*letters[0].reason, &letters[0].envelope.body[..]),
            ("no_update_id", &br#"{"update_id":"one"}"#[..])
        );
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_no_queue_takes_holds_nothing_up() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        let filler = "x".repeat(MAX_BODY_BYTES);
        server.send(1, format!(r#"{{"update_id":1,"filler":"{filler}"}}"#));
        server.send(2, format!(r#"{{"update_id":"two","filler":"{filler}"}}"#));
        server.send(3, json_of(3, 0));
        let (shutdown, running) = server.poll(&queue);
        server.until_confirmed(4).await;
        assert_eq!(ids(&take(&mut queue.consumer(), 1).await), [3]);
        assert!(queue.dead_letters(10).await.unwrap().is_empty());
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_is_counted_and_waited_for() {
    within_patience(async {
        let mut config = QueueConfig::new("memory:".into(), "test", 4);
        config.max_length = 2;
        let (server, queue) = (Server::start().await, connect(config));
        for id in 1..=3 {
            server.send(id, json_of(id, 7));
        }
        let ingress = server.ingress(Source::Polling, &queue);
        let (metrics, shutdown) = (ingress.metrics.clone(), CancellationToken::new());
        let running = tokio::spawn(gofrobot_ingress::run(ingress, shutdown.clone()));
        let refused = r#"bot_requests_total{handler="polling",outcome="full""#;
        let counted = || metrics.text().unwrap().contains(refused);
        until("a refusal that is counted", counted).await;
        let mut consumer = queue.consumer();
        for id in 1..=3 {
            let taken = take(&mut consumer, 1).await;
            assert_eq!(ids(&taken), [id]);
            taken.into_iter().for_each(Delivery::ack);
        }
        server.until_confirmed(4).await;
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_no_offset_confirms_is_not_asked_for_again_at_once() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        server.send(1, "{}".to_owned());
        let begun = std::time::Instant::now();
        let (shutdown, running) = server.poll(&queue);
        server.until_called("getUpdates", 4).await;
        // Three pauses, each twice as long as the one before.
        assert!(begun.elapsed() >= Duration::from_millis(100 + 200 + 400));
        server.send(2, json_of(2, 7));
        server.until_confirmed(3).await;
        shutdown.cancel();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_is_published_is_confirmed_before_the_end() {
    within_patience(async {
        let (server, queue) = (Server::start().await, in_process());
        let (shutdown, running) = server.poll(&queue);
        for id in 1..=20 {
            server.send(id, json_of(id, 7));
        }
        drop(take(&mut queue.consumer(), 1).await);
        shutdown.cancel();
        running.await.unwrap().unwrap();
        let published = take(&mut queue.consumer(), 1).await.len();
        assert_eq!(published, 1);
        // Whatever has been published is confirmed: what Telegram still holds was never taken.
        let kept = server.state().updates.front().map(|update| update.0);
        let mut consumer = queue.consumer();
        let mut taken = Vec::new();
        consumer.next_batch(100, &mut taken).await;
        assert_eq!(kept.unwrap_or(21), ids(&taken).last().unwrap() + 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_only_one_polls_and_the_other_takes_over() {
    on_broker(|config| async move {
        let (server, proxy) = (Server::start().await, Proxy::start(Link::Open).await);
        let next_door = Proxy::start(Link::Open).await;
        let near = connect(amqp(next_door.address, &config.prefix));
        let far = connect(amqp(proxy.address, &config.prefix));
        let (stop_first, first) = server.poll(&far);
        server.send(1, json_of(1, 7));
        server.until_confirmed(2).await;
        let (stop_second, second) = server.poll(&near);
        // The second asks for the lock in vain, and instead of polling it asks again.
        next_door.until_said("RESOURCE_LOCKED", 2).await;
        assert_eq!(server.state().pollers.1, 1, "two have polled");

        // The first loses the broker and with it the right to poll.
        proxy.set(Link::Cut);
        server.send(2, json_of(2, 7));
        server.until_confirmed(3).await;

        // It comes back, stands by, and takes over when the second stops.
        proxy.set(Link::Open);
        publish(&far.publisher(), update(100, 8)).await;
        stop_second.cancel();
        second.await.unwrap().unwrap();
        server.send(3, json_of(3, 7));
        server.until_confirmed(4).await;
        stop_first.cancel();
        first.await.unwrap().unwrap();
    })
    .await;
}
