//! What both queues promise: every case runs in process and on the real broker.

mod broker;

use std::future::Future;

use broker::wait::until_answered;
use broker::{connect, ids, on_broker, publish, take, update, within_patience};
use gofrobot_shared::envelope::{Envelope, partition};
use gofrobot_shared::queue::{MAX_BODY_BYTES, PublishError, Queue, QueueConfig};

async fn on_both<F: Future<Output = ()> + Send + 'static>(case: impl Fn(QueueConfig) -> F) {
    within_patience(case(QueueConfig::new("memory:".into(), "test", 4))).await;
    on_broker(case).await;
}

/// Publishes updates 1 to `count` of one player.
async fn backlog(queue: &Queue, count: i64) {
    let publisher = queue.publisher();
    for id in 1..=count {
        publish(&publisher, update(id, 7)).await;
    }
}

#[tokio::test]
async fn a_player_is_served_in_order() {
    on_both(|config| async move {
        let queue = connect(config);
        let publisher = queue.publisher();
        for id in 1..=100 {
            publish(&publisher, update(id, id % 5)).await;
        }
        let mut consumer = queue.consumer();
        let taken = take(&mut consumer, 100).await;
        for key in 0..5 {
            let of_key: Vec<i64> = taken
                .iter()
                .filter(|d| d.envelope.key == key)
                .map(|d| d.envelope.update_id)
                .collect();
            let expected: Vec<i64> = (1..=100).filter(|id| id % 5 == key).collect();
            assert_eq!(of_key, expected);
        }
        for delivery in taken {
            assert_eq!(delivery.partition, partition(delivery.envelope.key, 4));
            assert_eq!(
                delivery.envelope.body,
                update(delivery.envelope.update_id, delivery.envelope.key).body
            );
            assert!(!delivery.redelivered && delivery.attempts == 0);
            delivery.ack();
        }
        consumer.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_back_first_and_in_order() {
    on_both(|config| async move {
        let queue = connect(config);
        backlog(&queue, 10).await;
        let mut first = queue.consumer();
        for delivery in take(&mut first, 6).await {
            if [1, 3, 4].contains(&delivery.envelope.update_id) {
                delivery.ack();
            }
        }
        first.close().await;
        publish(&queue.publisher(), update(11, 7)).await;
        let mut second = queue.consumer();
        let taken = take(&mut second, 8).await;
        assert_eq!(ids(&taken), [2, 5, 6, 7, 8, 9, 10, 11]);
        assert!(
            taken[0].redelivered && taken[0].attempts == 1,
            "{:?}",
            taken[0]
        );
        assert!(
            !taken[7].redelivered && taken[7].attempts == 0,
            "{:?}",
            taken[7]
        );
        second.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_standby_goes_on_where_the_first_stopped() {
    on_both(|config| async move {
        let queue = connect(config);
        let mut first = queue.consumer();
        backlog(&queue, 20).await;
        let taken = take(&mut first, 5).await;
        assert_eq!(ids(&taken), [1, 2, 3, 4, 5]);
        let mut second = queue.consumer();
        first.stop();
        assert_eq!(
            first.next_batch(10, &mut Vec::new()).await,
            0,
            "a stopped consumer takes no more"
        );
        taken
            .into_iter()
            .for_each(gofrobot_shared::queue::Delivery::ack);
        first.close().await;
        assert_eq!(
            ids(&take(&mut second, 15).await),
            (6..=20).collect::<Vec<_>>()
        );
        second.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_consumer_that_is_dropped_lets_go() {
    on_both(|config| async move {
        let queue = connect(config);
        backlog(&queue, 3).await;
        let mut first = queue.consumer();
        drop(take(&mut first, 2).await);
        let mut second = queue.consumer();
        drop(first);
        assert_eq!(ids(&take(&mut second, 3).await), [1, 2, 3]);
        second.close().await;
    })
    .await;
}

#[tokio::test]
async fn acknowledging_after_closing_does_nothing() {
    on_both(|config| async move {
        let queue = connect(config);
        backlog(&queue, 2).await;
        let mut first = queue.consumer();
        let taken = take(&mut first, 2).await;
        first.close().await;
        let mut second = queue.consumer();
        let again = take(&mut second, 2).await;
        taken
            .into_iter()
            .for_each(gofrobot_shared::queue::Delivery::ack);
        drop(again);
        second.close().await;
        assert_eq!(ids(&take(&mut queue.consumer(), 2).await), [1, 2]);
    })
    .await;
}

#[tokio::test]
async fn one_slow_delivery_does_not_stop_its_partition() {
    on_both(|mut config| async move {
        config.prefetch = 3;
        let queue = connect(config);
        backlog(&queue, 30).await;
        let mut consumer = queue.consumer();
        let mut slow = take(&mut consumer, 1).await;
        for id in 2..=30 {
            let delivery = take(&mut consumer, 1).await.remove(0);
            assert_eq!(delivery.envelope.update_id, id);
            delivery.ack();
        }
        slow.remove(0).ack();
        consumer.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_full_partition_refuses_until_there_is_room() {
    on_both(|mut config| async move {
        config.max_length = 5;
        let queue = connect(config);
        backlog(&queue, 5).await;
        let publisher = queue.publisher();
        let mut accepted = 5;
        // The broker lets a few more in before it refuses.
        let refusal = loop {
            match publisher.publish(update(accepted + 1, 7)).await {
                Ok(()) => accepted += 1,
                Err(error) => break error,
            }
            assert!(accepted < 100, "a bound of 5 must refuse at some time");
        };
        assert_eq!(refusal, PublishError::Full);
        let mut consumer = queue.consumer();
        let taken = take(&mut consumer, usize::try_from(accepted).unwrap()).await;
        taken
            .into_iter()
            .for_each(gofrobot_shared::queue::Delivery::ack);
        let accepted = || async { publisher.publish(update(1_000, 7)).await.is_ok() };
        until_answered("room", accepted).await;
        assert_eq!(ids(&take(&mut consumer, 1).await), [1_000]);
        consumer.close().await;
    })
    .await;
}

#[tokio::test]
async fn dead_letters_keep_the_update_and_its_fate() {
    on_both(|config| async move {
        let queue = connect(config);
        backlog(&queue, 1).await;
        let publisher = queue.publisher();
        let mut traced = update(2, 7);
        traced.traceparent =
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
        publisher
            .dead_letter(&update(1, 7), "poison", Some("E1"), 5)
            .await
            .unwrap();
        publisher
            .dead_letter(&traced, "broken_json", None, 0)
            .await
            .unwrap();
        for _ in 0..2 {
            let letters = queue.dead_letters(10).await.unwrap();
            assert_eq!(letters.len(), 2, "looking does not take them away");
            assert_eq!(letters[0].envelope.update_id, 1);
            assert_eq!(letters[0].envelope.body, update(1, 7).body);
            assert_eq!(
                (
                    &*letters[0].reason,
                    letters[0].error_id.as_deref(),
                    letters[0].attempts
                ),
                ("poison", Some("E1"), 5)
            );
            assert_eq!(letters[1].envelope, traced);
            assert_eq!(
                (
                    &*letters[1].reason,
                    letters[1].error_id.as_deref(),
                    letters[1].attempts
                ),
                ("broken_json", None, 0)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_refused_and_a_large_one_passes() {
    on_both(|config| async move {
        let queue = connect(config);
        backlog(&queue, 1).await;
        let publisher = queue.publisher();
        let oversized = Envelope::unreadable(vec![b' '; MAX_BODY_BYTES + 1].into());
        assert_eq!(
            publisher.publish(oversized).await,
            Err(PublishError::TooLarge)
        );
        let mut large = update(2, 7);
        large.body = vec![b'x'; 1_500_000].into();
        publish(&publisher, large.clone()).await;
        let mut consumer = queue.consumer();
        let taken = take(&mut consumer, 2).await;
        assert_eq!(taken[1].envelope, large);
        consumer.close().await;
    })
    .await;
}
