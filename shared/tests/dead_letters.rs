//! Looking at dead letters on a real broker: what is picked goes, all else stays, in order.
#![allow(clippy::unwrap_used, reason = "a test says so by panicking")]

mod broker;

use broker::{amqp, connect, fresh_prefix, on_broker, publish, put, update, updates_queue};
use gofrobot_shared::queue::{DeadLetter, DeadLetters, DeadLettersError, Publisher, QueueConfig};

/// Puts the updates aside, all for one reason; the queue exists already.
async fn bury(publisher: &Publisher, ids: impl IntoIterator<Item = i64>) {
    for id in ids {
        let letter = update(id, id % 5);
        publisher
            .dead_letter(&letter, "failed", Some("E1"), 3)
            .await
            .unwrap();
    }
}

async fn all(config: &QueueConfig) -> Vec<DeadLetter> {
    let mut look = DeadLetters::open(config).await.unwrap();
    let mut letters = Vec::new();
    while let Some(picked) = look.next().await.unwrap() {
        letters.push(picked.letter);
    }
    assert_eq!(letters.len(), look.waiting());
    look.close().await.unwrap();
    letters
}

fn ids(letters: &[DeadLetter]) -> Vec<i64> {
    letters.iter().map(|it| it.envelope.update_id).collect()
}

/// Removes the letters of these updates and gives the others back.
async fn remove(config: &QueueConfig, gone: impl Fn(i64) -> bool) {
    let mut look = DeadLetters::open(config).await.unwrap();
    while let Some(picked) = look.next().await.unwrap() {
        if gone(picked.letter.envelope.update_id) {
            look.remove(picked).await.unwrap();
        }
    }
    look.close().await.unwrap();
}

#[tokio::test]
async fn what_is_not_picked_stays_in_order_however_often_one_looks() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        publish(&queue.publisher(), update(0, 7)).await;
        bury(&queue.publisher(), 1..=500).await;
        let mut kept: Vec<i64> = (1..=500).collect();
        for divisor in [7, 5, 3] {
            remove(&config, |id| id % divisor == 0).await;
            kept.retain(|id| id % divisor != 0);
            for _ in 0..2 {
                assert_eq!(ids(&all(&config).await), kept);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn thousands_go_at_once_and_none_of_them_returns() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        publish(&queue.publisher(), update(0, 7)).await;
        let publisher = queue.publisher();
        let batches = (0..40).map(|batch| bury(&publisher, batch * 100..batch * 100 + 100));
        futures_util::future::join_all(batches).await;
        remove(&config, |id| id % 1_000 != 0).await;
        let mut left = ids(&all(&config).await);
        left.sort_unstable();
        assert_eq!(left, [0, 1_000, 2_000, 3_000]);
    })
    .await;
}

#[tokio::test]
async fn a_look_ends_although_letters_keep_coming() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let publisher = queue.publisher();
        publish(&publisher, update(0, 7)).await;
        bury(&publisher, 1..=50).await;
        let mut look = DeadLetters::open(&config).await.unwrap();
        assert_eq!(look.waiting(), 50);
        // One comes for each that is removed.
        while let Some(picked) = look.next().await.unwrap() {
            bury(&publisher, [picked.letter.envelope.update_id + 50]).await;
            look.remove(picked).await.unwrap();
        }
        look.close().await.unwrap();
        assert_eq!(ids(&all(&config).await), (51..=100).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn two_looks_take_turns() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        publish(&queue.publisher(), update(0, 7)).await;
        bury(&queue.publisher(), 1..=40).await;
        let mut first = DeadLetters::open(&config).await.unwrap();
        let second = tokio::spawn({
            let config = config.clone();
            async move { all(&config).await }
        });
        for _ in 0..10 {
            let picked = first.next().await.unwrap().unwrap();
            first.remove(picked).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert!(!second.is_finished(), "it would see half of the letters");
        first.close().await.unwrap();
        assert_eq!(
            ids(&second.await.unwrap()),
            (11..=40).collect::<Vec<_>>(),
            "letters that the first had in hand and those it never saw"
        );
    })
    .await;
}

#[tokio::test]
async fn a_letter_tells_its_fate_and_keeps_its_headers() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let publisher = queue.publisher();
        publish(&publisher, update(0, 7)).await;
        let mut old = update(1, 7);
        old.received_at -= chrono::TimeDelta::minutes(5);
        old.traceparent =
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
        publisher
            .dead_letter(&old, "failed", Some("E1"), 3)
            .await
            .unwrap();
        put(format!("{}.dead.v1", config.prefix), b"by hand").await;
        let mut look = DeadLetters::open(&config).await.unwrap();
        let picked = look.next().await.unwrap().unwrap();
        assert_eq!(picked.letter.envelope, old);
        assert!(picked.letter.age.unwrap() >= chrono::TimeDelta::minutes(5));
        for (name, value) in [
            ("gofrobot-update-id", "1"),
            ("gofrobot-key", "7"),
            ("gofrobot-reason", "failed"),
            ("gofrobot-error-id", "E1"),
            ("gofrobot-attempts", "3"),
            ("traceparent", old.traceparent.as_deref().unwrap()),
        ] {
            let found = picked.headers.iter().find(|(it, _)| it == name);
            assert_eq!(found.map(|it| &*it.1), Some(value), "{name}");
        }
        let by_hand = look.next().await.unwrap().unwrap();
        assert_eq!(by_hand.letter.reason, "unknown");
        assert_eq!(&by_hand.letter.envelope.body[..], b"by hand");
        assert!(by_hand.headers.is_empty() && by_hand.letter.age.is_none());
        let id = by_hand.letter.id();
        look.close().await.unwrap();
        assert_eq!(all(&config).await[1].id(), id);
    })
    .await;
}

#[tokio::test]
async fn an_age_that_no_calendar_holds_is_none() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        publish(&queue.publisher(), update(0, 7)).await;
        bury(&queue.publisher(), [1]).await;
        let letter = &all(&config).await[0];
        assert!(letter.died_at().is_some());
        let strange = DeadLetter {
            age: chrono::TimeDelta::try_milliseconds(i64::MAX),
            ..letter.clone()
        };
        assert!(strange.age.is_some() && strange.died_at().is_none());
    })
    .await;
}

#[tokio::test]
async fn looking_creates_no_queue() {
    on_broker(|config| async move {
        let refused = DeadLetters::open(&config).await.err();
        let dead = format!("{}.dead.v1", config.prefix);
        assert!(
            matches!(&refused, Some(DeadLettersError::Missing(queue, "QUEUE_PREFIX")) if *queue == dead),
            "{refused:?}"
        );
        let queue = connect(config.clone());
        publish(&queue.publisher(), update(0, 7)).await;
        let more = QueueConfig {
            partitions: config.partitions + 1,
            ..config.clone()
        };
        let look = DeadLetters::open(&more).await.unwrap();
        look.check_partitions(&config).await.unwrap();
        let missing = updates_queue(&config, config.partitions);
        for _ in 0..2 {
            let refused = look.check_partitions(&more).await.err();
            assert!(
                matches!(&refused, Some(DeadLettersError::Missing(queue, _)) if *queue == missing),
                "{refused:?}"
            );
        }
        look.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn without_a_broker_there_is_an_error_at_once() {
    let nobody = amqp("127.0.0.1:1", &fresh_prefix());
    let refused = DeadLetters::open(&nobody).await.err();
    assert!(
        matches!(refused, Some(DeadLettersError::Broker(_))),
        "{refused:?}"
    );
    let memory = QueueConfig::new("memory:".into(), "test", 4);
    let refused = DeadLetters::open(&memory).await.err();
    assert!(
        matches!(refused, Some(DeadLettersError::Config(_))),
        "{refused:?}"
    );
}
