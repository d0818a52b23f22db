//! What only a real broker can do: go away, come back, refuse, and break a connection in the middle.

mod broker;

use std::sync::{Arc, Mutex};

use broker::wait::{until, until_answered, within};
use broker::{
    DownQueue, Link, Proxy, amqp, broker, connect, delete_queue, ids, on_broker, publish, put,
    put_with, ready_in, take, update, updates_queue,
};
use gofrobot_shared::envelope::partition;
use gofrobot_shared::queue::{CONSUME, Delivery, PUBLISH, PublishError, Queue, QueueError};
use lapin::types::{AMQPValue, FieldTable};

#[tokio::test]
async fn wrong_addresses_are_refused_without_being_repeated() {
    for url in [
        "",
        "memory",
        "redis://x",
        "amqp:secret",
        "amqp://user:secret@host:port/",
        "secret",
    ] {
        let config = gofrobot_shared::queue::QueueConfig::new(url.into(), "test", 4);
        let error = Queue::connect(config, broker::quiet).unwrap_err();
        assert!(matches!(error, QueueError::Address), "{url}");
        assert!(!error.to_string().contains("secret"));
    }
    let config = gofrobot_shared::queue::QueueConfig::new("memory:".into(), "test", 0);
    assert!(matches!(
        Queue::connect(config, broker::quiet),
        Err(QueueError::NoPartitions)
    ));
}

#[tokio::test]
async fn a_broker_that_is_away_at_the_start_is_awaited() {
    on_broker(|config| async move {
        let proxy = Proxy::start(Link::Cut).await;
        let states = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&states);
        let record =
            move |name, state: Result<(), String>| seen.lock().unwrap().push((name, state.is_ok()));
        let queue = Queue::connect(amqp(proxy.address, &config.prefix), record).unwrap();
        let mut consumer = queue.consumer();
        let refused = queue.publisher().publish(update(1, 7)).await;
        assert!(
            matches!(refused, Err(PublishError::Unavailable(_))),
            "{refused:?}"
        );
        until("what both say of the broker", || {
            states.lock().unwrap().len() >= 2
        })
        .await;
        proxy.set(Link::Open);
        publish(&queue.publisher(), update(1, 7)).await;
        assert_eq!(ids(&take(&mut consumer, 1).await), [1]);
        // One partition may deliver before the last one is open.
        until("a consumer that is ready", || {
            states.lock().unwrap().contains(&(CONSUME, true))
        })
        .await;
        consumer.close().await;
        for name in [PUBLISH, CONSUME] {
            let of_name: Vec<bool> = states
                .lock()
                .unwrap()
                .iter()
                .filter(|s| s.0 == name)
                .map(|s| s.1)
                .collect();
            assert!(
                !of_name[0] && of_name.contains(&true),
                "{name}: {of_name:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn acknowledgements_travel_together() {
    on_broker(|config| async move {
        let proxy = Proxy::start(Link::Open).await;
        let queue = connect(amqp(proxy.address, &config.prefix));
        let full = i64::from(config.prefetch);
        for id in 1..=full + 1 {
            publish(&queue.publisher(), update(id, 7)).await;
        }
        let mut consumer = queue.consumer();
        let mut taken = take(&mut consumer, config.prefetch.into()).await;
        let before = proxy.sent();
        taken.reverse();
        taken.into_iter().for_each(Delivery::ack);
        // It comes only when the broker has counted acknowledgements.
        assert_eq!(ids(&take(&mut consumer, 1).await), [full + 1]);
        let (sent, alone) = (proxy.sent() - before, 21 * full.cast_unsigned());
        assert!(
            sent < alone / 2,
            "{sent} bytes; each alone would take {alone}"
        );
        consumer.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_consumer_that_loses_its_connection_hands_over_in_order() {
    on_broker(|config| async move {
        let proxy = Proxy::start(Link::Open).await;
        let (near, far) = (
            connect(config.clone()),
            connect(amqp(proxy.address, &config.prefix)),
        );
        let publisher = near.publisher();
        for id in 1..=10 {
            publish(&publisher, update(id, 7)).await;
        }
        let mut first = far.consumer();
        let mut taken = take(&mut first, 4).await;
        taken.remove(0).ack();
        let queue = updates_queue(&config, partition(7, config.partitions));
        let mut second = near.consumer();
        proxy.set(Link::Cut);
        let mut rest = take(&mut second, 9).await;
        // The acknowledgement of the first may have been cut off with the connection.
        if rest[0].envelope.update_id == 1 {
            rest.extend(take(&mut second, 1).await);
            rest.remove(0).ack();
        }
        assert_eq!(ids(&rest), (2..=10).collect::<Vec<_>>());
        assert!(rest[0].redelivered && rest[0].attempts > 0, "{:?}", rest[0]);
        taken.into_iter().for_each(Delivery::ack);
        rest.into_iter().for_each(Delivery::ack);
        second.close().await;
        assert_eq!(
            ready_in(&queue).await,
            0,
            "the acknowledgements of the second count, those of the first do not hurt"
        );
    })
    .await;
}

#[tokio::test]
async fn a_consumer_comes_back_by_itself_and_skips_what_it_lost() {
    on_broker(|config| async move {
        let proxy = Proxy::start(Link::Open).await;
        let queue = connect(amqp(proxy.address, &config.prefix));
        let publisher = queue.publisher();
        for id in 1..=5 {
            publish(&publisher, update(id, 7)).await;
        }
        let mut consumer = queue.consumer();
        let old = take(&mut consumer, 2).await;
        proxy.set(Link::Cut);
        proxy.set(Link::Open);
        publish(&publisher, update(6, 7)).await;
        // Whether the end of the old connection has been noticed yet or not: 3, 4, 5 may come once from it, but from
        // the first redelivery on everything comes exactly once and in order.
        let mut taken = take(&mut consumer, 1).await;
        while taken
            .last()
            .is_some_and(|delivery| delivery.envelope.update_id != 6)
        {
            taken.extend(take(&mut consumer, 1).await);
        }
        let start = taken
            .iter()
            .position(|delivery| delivery.envelope.update_id == 1)
            .expect("1 comes again");
        assert_eq!(ids(&taken[start..]), [1, 2, 3, 4, 5, 6]);
        old.into_iter().for_each(Delivery::ack);
        taken.into_iter().for_each(Delivery::ack);
        consumer.close().await;
        assert_eq!(ready_in(&updates_queue(&config, partition(7, 4))).await, 0);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_published_before_the_confirm() {
    on_broker(|config| async move {
        let proxy = Proxy::start(Link::Open).await;
        let queue = connect(amqp(proxy.address, &config.prefix));
        let publisher = queue.publisher();
        publish(&publisher, update(1, 7)).await;
        proxy.set(Link::Deaf);
        let silent = tokio::spawn({
            let publisher = publisher.clone();
            async move { publisher.publish(update(2, 7)).await }
        });
        let name = updates_queue(&config, partition(7, 4));
        let arrived = || async { ready_in(&name).await >= 2 };
        until_answered("the update on the broker", arrived).await;
        assert!(
            !silent.is_finished(),
            "the broker has it, but we have not heard so"
        );
        proxy.set(Link::Cut);
        let outcome = silent.await.unwrap();
        assert!(
            matches!(outcome, Err(PublishError::Unavailable(_))),
            "{outcome:?}"
        );
        proxy.set(Link::Open);
        publish(&publisher, update(3, 7)).await;
    })
    .await;
}

#[tokio::test]
async fn a_queue_that_was_deleted_is_noticed_and_declared_again() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let publisher = queue.publisher();
        publish(&publisher, update(1, 7)).await;
        delete_queue(updates_queue(&config, partition(7, 4))).await;
        assert_eq!(
            publisher.publish(update(2, 7)).await,
            Err(PublishError::Unroutable)
        );
        let accepted = || async { publisher.publish(update(3, 7)).await.is_ok() };
        until_answered("the queue that is declared again", accepted).await;
        assert_eq!(ids(&take(&mut queue.consumer(), 1).await), [3]);
    })
    .await;
}

#[tokio::test]
async fn queues_declared_otherwise_are_reported_not_used() {
    on_broker(|config| async move {
        let first = connect(config.clone());
        publish(&first.publisher(), update(1, 7)).await;
        let (sender, mut reasons) = tokio::sync::mpsc::unbounded_channel();
        let other = gofrobot_shared::queue::QueueConfig {
            max_length: 9,
            ..config
        };
        let second = Queue::connect(other, move |_, state| {
            let _ = sender.send(state);
        });
        loop {
            let state = within("the reason", reasons.recv()).await.expect("a state");
            assert!(state.is_err(), "it must not become ready");
            if state.is_err_and(|reason| reason.contains("inequivalent arg 'x-max-length'")) {
                break;
            }
        }
        assert!(
            second
                .unwrap()
                .publisher()
                .publish(update(2, 7))
                .await
                .is_err()
        );
    })
    .await;
}

#[tokio::test]
async fn a_queue_that_is_down_stops_no_other() {
    on_broker(|config| async move {
        let near = connect(config.clone()).publisher();
        let (sick, well) = (
            7,
            (8..)
                .find(|key| partition(*key, 4) != partition(7, 4))
                .unwrap(),
        );
        publish(&near, update(1, sick)).await;
        let number = partition(sick, 4);
        let broker = DownQueue::before(broker(), updates_queue(&config, number)).await;
        let (sender, mut states) = tokio::sync::mpsc::unbounded_channel();
        let queue = Queue::connect(amqp(broker.address, &config.prefix), move |_, state| {
            let _ = sender.send(state);
        });
        let mut consumer = queue.unwrap().consumer();
        let sickness = format!("partition {number}: INTERNAL_ERROR: a queue may be down");
        let told = async {
            let is_told = |state: Result<(), String>| {
                state.is_err_and(|reason| reason.starts_with(&sickness))
            };
            while !is_told(states.recv().await.unwrap()) {}
        };
        within(&sickness, told).await;
        let mut share = consumer.owned();
        share.wait_for(|share| share.owned == 3).await.unwrap();
        for id in 2..5 {
            broker.until_tried_again().await;
            publish(&near, update(id, well)).await;
            let taken = take(&mut consumer, 1).await;
            assert_eq!((ids(&taken), taken[0].redelivered), (vec![id], false));
            taken.into_iter().for_each(Delivery::ack);
        }
        broker.mend();
        assert_eq!(ids(&take(&mut consumer, 1).await), [1]);
        let mended = async { while states.recv().await.unwrap().is_err() {} };
        within("a queue that is ready", mended).await;
    })
    .await;
}

#[tokio::test]
async fn garbage_in_a_queue_goes_to_the_dead_letters_alone() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let reasons = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&reasons);
        queue.on_dead_letter(move |reason| seen.lock().unwrap().push(reason));
        let publisher = queue.publisher();
        let name = updates_queue(&config, partition(7, 4));
        publish(&publisher, update(1, 7)).await;
        put(name.clone(), b"garbage").await;
        put(name.clone(), &update(2, 7).body).await;
        let mut consumer = queue.consumer();
        let taken = take(&mut consumer, 2).await;
        assert_eq!(
            ids(&taken),
            [1, 2],
            "an update without our headers is read from its body"
        );
        assert_eq!(taken[1].envelope.key, 7);
        taken.into_iter().for_each(Delivery::ack);
        consumer.close().await;
        let letters = queue.dead_letters(10).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!(
            (&*letters[0].reason, &letters[0].envelope.body[..]),
            ("broken_json", &b"garbage"[..])
        );
        assert_eq!(*reasons.lock().unwrap(), ["broken_json"]);
        assert_eq!(ready_in(&name).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_lock_is_held_once_and_lost_with_its_connection() {
    on_broker(|config| async move {
        let (proxy, next_door) = tokio::join!(Proxy::start(Link::Open), Proxy::start(Link::Open));
        let (near, far) = (
            connect(amqp(next_door.address, &config.prefix)),
            connect(amqp(proxy.address, &config.prefix)),
        );
        publish(&near.publisher(), update(1, 7)).await;
        let held = far.lock("poller").await;
        let waiting = tokio::spawn({
            let near = near.clone();
            async move { near.lock("poller").await }
        });
        // It goes on asking: so it has understood the first refusal.
        next_door.until_said(LOCKED, 2).await;
        assert!(!waiting.is_finished(), "two must never hold it");
        proxy.set(Link::Cut);
        held.lost().await;
        let second = waiting.await.unwrap();
        proxy.set(Link::Open);
        let third = tokio::spawn(async move { far.lock("poller").await });
        drop(second);
        third.await.unwrap();
    })
    .await;
}

/// What RabbitMQ says to who wants an exclusive queue of another's.
const LOCKED: &str = "RESOURCE_LOCKED";

/// Headers that fill most of a frame of RabbitMQ's, which a message's headers must fit into.
fn large_headers() -> FieldTable {
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("gofrobot-version", 1),
        ("gofrobot-update-id", 2),
        ("gofrobot-key", 7),
    ] {
        headers.insert(name.into(), AMQPValue::LongLongInt(value));
    }
    headers.insert("gofrobot-received-at".into(), AMQPValue::LongLongInt(0));
    let text = AMQPValue::LongString("x".repeat(100_000).into());
    headers.insert("traceparent".into(), text);
    headers
}

#[tokio::test]
async fn large_headers_hurt_no_neighbour_and_can_be_put_aside() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let (publisher, name) = (queue.publisher(), updates_queue(&config, partition(7, 4)));
        publish(&publisher, update(1, 7)).await;
        put_with(name.clone(), &update(2, 7).body, large_headers()).await;
        let mut unreadable = FieldTable::default();
        let text = AMQPValue::LongString("x".repeat(100_000).into());
        unreadable.insert("foreign".into(), text);
        put_with(name, b"garbage", unreadable.clone()).await;
        publish(&publisher, update(3, 7)).await;
        let mut consumer = queue.consumer();
        let taken = take(&mut consumer, 3).await;
        assert_eq!(ids(&taken), [1, 2, 3]);
        assert!(taken.iter().all(|delivery| !delivery.redelivered));
        publisher
            .dead_letter(&taken[1].envelope, "failed", None, 0)
            .await
            .unwrap();
        taken.into_iter().for_each(Delivery::ack);
        consumer.close().await;
        put_with(format!("{}.dead.v1", config.prefix), b"{}", unreadable).await;
        let letters = queue.dead_letters(10).await.unwrap();
        let reasons: Vec<&str> = letters.iter().map(|letter| &*letter.reason).collect();
        assert_eq!(reasons, ["broken_json", "failed", "unknown"]);
    })
    .await;
}
