//! The number of partitions: the one on the broker counts, whoever else means another.
#![expect(
    clippy::unwrap_used,
    reason = "everything here is a test or speaks for one"
)]

mod broker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use broker::wait::until;
use broker::{connect, delete_queue, ids, on_broker, on_partitions, publish, take, update};
use futures_util::future::join_all;
use gofrobot_shared::queue::{CONSUME, Delivery, PUBLISH, PublishError, Queue, QueueConfig};

/// What a queue has last said of its conditions.
type States = Arc<Mutex<BTreeMap<&'static str, Result<(), String>>>>;

fn watched(config: &QueueConfig, partitions: u16) -> (Queue, States) {
    let states = States::default();
    let seen = Arc::clone(&states);
    let record = move |name, state| drop(seen.lock().unwrap().insert(name, state));
    let config = QueueConfig {
        partitions,
        ..config.clone()
    };
    (Queue::connect(config, record).unwrap(), states)
}

fn refuses(states: &States, name: &str, words: &str) -> bool {
    let states = states.lock().unwrap();
    matches!(states.get(name), Some(Err(reason)) if reason.contains(words))
}

fn holds(states: &States, name: &str) -> bool {
    states.lock().unwrap().get(name) == Some(&Ok(()))
}

async fn exists(queue: String) -> bool {
    let passive = lapin::options::QueueDeclareOptions {
        passive: true,
        ..Default::default()
    };
    let found = broker::direct().await;
    let found = found.queue_declare(queue.into(), passive, Default::default());
    found.await.is_ok()
}

#[tokio::test]
async fn a_newcomer_with_another_number_says_both_and_touches_nothing() {
    on_partitions(8, |config| async move {
        let (first, of_first) = watched(&config, 4);
        let mut consumer = first.consumer();
        publish(&first.publisher(), update(1, 7)).await;
        until("what it says of its number", || holds(&of_first, CONSUME)).await;

        let (newcomer, of_newcomer) = watched(&config, 8);
        let mut unheard = newcomer.consumer();
        let lock = tokio::spawn({
            let newcomer = newcomer.clone();
            async move { newcomer.lock("poller").await }
        });
        let both = "PARTITIONS is 8 here and 4 on the broker";
        until("what it says of its number", || {
            refuses(&of_newcomer, PUBLISH, both) && refuses(&of_newcomer, CONSUME, both)
        })
        .await;
        let marker = format!("{}.partitions.v1", config.prefix);
        assert!(refuses(
            &of_newcomer,
            PUBLISH,
            &format!("delete the queue {marker}")
        ));
        assert!(refuses(&of_newcomer, PUBLISH, "QUEUE_URL amqp"));
        match newcomer.publisher().publish(update(2, 7)).await {
            Err(PublishError::Unavailable(why)) => assert!(why.contains(both), "{why}"),
            other => panic!("{other:?}"),
        }
        let held = first.lock("poller").await;
        assert!(!lock.is_finished(), "two hold the lock");
        drop(held);
        assert!(!exists(format!("{}.updates.v1.04", config.prefix)).await);
        let taken = take(&mut consumer, 1).await;
        assert_eq!(ids(&taken), [1]);
        taken.into_iter().for_each(Delivery::ack);
        assert!(
            holds(&of_first, CONSUME) && holds(&of_first, PUBLISH),
            "the first one stays ready"
        );
        let mut none = Vec::new();
        let nothing = tokio::time::timeout(Duration::ZERO, unheard.next_batch(1, &mut none));
        assert!(nothing.await.is_err());

        // The number is changed as the words say.
        consumer.close().await;
        drop(first);
        delete_queue(marker).await;
        until("what it says of its number", || {
            holds(&of_newcomer, PUBLISH) && holds(&of_newcomer, CONSUME)
        })
        .await;
        lock.await.unwrap();
        publish(&newcomer.publisher(), update(3, 7)).await;
        let taken = take(&mut unheard, 1).await;
        assert_eq!(ids(&taken), [3]);
        taken.into_iter().for_each(Delivery::ack);
        unheard.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_numbers_at_the_same_instant_one_wins_everywhere() {
    for _ in 0..5 {
        on_broker(|config| async move {
            let started = (0..8).map(|place| {
                let config = config.clone();
                tokio::spawn(async move { watched(&config, [2, 4][place % 2]) })
            });
            let started = join_all(started).await;
            let mut winners = BTreeSet::new();
            for (place, queue) in started.into_iter().enumerate() {
                let (_queue, states) = queue.unwrap();
                let refused = || refuses(&states, PUBLISH, "on the broker");
                until("what it says of its number", || {
                    holds(&states, PUBLISH) || refused()
                })
                .await;
                if holds(&states, PUBLISH) {
                    winners.insert([2, 4][place % 2]);
                }
            }
            assert_eq!(winners.len(), 1, "{winners:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn the_same_number_is_no_news() {
    on_broker(|config| async move {
        for _ in 0..2 {
            let queue = connect(config.clone());
            publish(&queue.publisher(), update(1, 7)).await;
        }
    })
    .await;
}
