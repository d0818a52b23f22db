//! What becomes of the deliveries in hand when their partition is handed over: the next owner gets what has not begun at
//! once, what has begun never, unless it hangs.
#![expect(
    clippy::unwrap_used,
    reason = "everything here is a test or speaks for one"
)]

mod broker;

use std::time::Duration;

use broker::{Link, Proxy, amqp, connect, ids, on_broker, publish, ready_in, take, update};
use gofrobot_shared::envelope::partition;
use gofrobot_shared::queue::{Consumer, Delivery, Queue, QueueConfig};
use tokio::time::{Instant, sleep};

/// A player, and one whose updates travel by another partition.
const PLAYER: i64 = 7;
const OTHER: i64 = 8;

/// As long as a call takes that is slow but not lost: a rash hand-over has closed its channel by then.
const SLOW: Duration = Duration::from_secs(3);

/// Publishes the player's updates 1 to `count` and lets `first` take as many.
async fn taken_from(queue: &Queue, first: &mut Consumer, count: i64) -> Vec<Delivery> {
    for id in 1..=count {
        publish(&queue.publisher(), update(id, PLAYER)).await;
    }
    take(first, usize::try_from(count).unwrap()).await
}

/// Everything is acknowledged, and nothing left.
async fn settle(config: &QueueConfig, second: Consumer, rest: Vec<Delivery>) {
    rest.into_iter().for_each(Delivery::ack);
    second.close().await;
    let name = broker::updates_queue(config, partition(PLAYER, 4));
    assert_eq!(ready_in(&name).await, 0);
}

#[tokio::test]
async fn what_has_not_begun_goes_to_the_next_owner_while_another_partition_waits() {
    assert_ne!(partition(PLAYER, 4), partition(OTHER, 4));
    on_broker(|config| async move {
        let queue = connect(config.clone());
        publish(&queue.publisher(), update(100, OTHER)).await;
        let mut first = queue.consumer();
        let slow = take(&mut first, 1).await.remove(0);
        let taken = taken_from(&queue, &mut first, 10).await;
        assert!(slow.begin());
        first.stop();
        let mut second = queue.consumer();
        let again = take(&mut second, 10).await;
        assert_eq!(ids(&again), (1..=10).collect::<Vec<_>>());
        assert!(again.iter().all(|delivery| delivery.redelivered));
        assert!(slow.begin(), "its own partition waits all the while");
        // Neither played nor said, and what is acknowledged all the same is not.
        assert!(taken.iter().all(Delivery::is_lost));
        taken.into_iter().for_each(Delivery::ack);
        slow.ack();
        first.close().await;
        settle(&config, second, again).await;
    })
    .await;
}

#[tokio::test]
async fn what_has_begun_is_waited_for_and_acknowledged_before_the_next_owner_begins() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let mut first = queue.consumer();
        let mut begun = taken_from(&queue, &mut first, 10).await;
        let waiting = begun.split_off(4);
        assert!(begun.iter().all(Delivery::begin));
        first.stop();
        let mut second = queue.consumer();
        let slow = async {
            sleep(SLOW).await;
            assert!(begun.iter().all(Delivery::begin), "a further call is made");
            assert!(waiting[..3].iter().all(Delivery::is_lost));
            assert!(!waiting[3..].iter().any(Delivery::begin), "none begins");
            // The channel is open, and yet this does nothing.
            waiting.into_iter().for_each(Delivery::ack);
            let settled = Instant::now();
            begun.into_iter().for_each(Delivery::ack);
            settled
        };
        let next = async { (take(&mut second, 6).await, Instant::now()) };
        let (settled, (rest, began)) = tokio::join!(slow, next);
        assert_eq!(ids(&rest), (5..=10).collect::<Vec<_>>());
        assert!(settled < began);
        first.close().await;
        settle(&config, second, rest).await;
    })
    .await;
}

#[tokio::test]
async fn what_hangs_goes_to_the_next_owner_and_makes_no_further_call() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let mut first = queue.consumer();
        let taken = taken_from(&queue, &mut first, 1).await;
        assert!(taken[0].begin());
        first.stop();
        let mut second = queue.consumer();
        let again = take(&mut second, 1).await;
        assert!(again[0].redelivered);
        assert!(!taken[0].begin());
        taken.into_iter().for_each(Delivery::ack);
        first.close().await;
        settle(&config, second, again).await;
    })
    .await;
}

#[tokio::test]
async fn a_pause_before_another_try_ends_with_the_hand_over() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let mut first = queue.consumer();
        let taken = taken_from(&queue, &mut first, 1).await.remove(0);
        assert!(taken.begin());
        assert!(taken.pause(Duration::from_millis(1)).await, "nobody leaves");
        let mut second = queue.consumer();
        let stop = async {
            tokio::task::yield_now().await;
            first.stop();
        };
        // Far longer than a hand-over waits for anything.
        let flood_wait = Duration::from_secs(600);
        let (goes_on, ()) = tokio::join!(taken.pause(flood_wait), stop);
        assert!(!goes_on && !taken.begin());
        let again = take(&mut second, 1).await;
        assert!(!taken.begin());
        // It was not said to its end: the acknowledgement is the next owner's.
        taken.ack();
        first.close().await;
        settle(&config, second, again).await;
    })
    .await;
}

#[tokio::test]
async fn nothing_begins_after_a_connection_is_lost_not_even_another_try() {
    on_broker(|config| async move {
        let proxy = Proxy::start(Link::Open).await;
        let mut far = connect(amqp(proxy.address, &config.prefix)).consumer();
        let queue = connect(config.clone());
        let taken = taken_from(&queue, &mut far, 2).await;
        assert!(taken[0].begin());
        proxy.set(Link::Cut);
        let mut near = queue.consumer();
        let again = take(&mut near, 2).await;
        assert!(taken[0].pause(Duration::ZERO).await, "no hand-over");
        // It learns of it a moment after the broker; from then on for good.
        while taken[0].begin() {
            sleep(Duration::from_millis(10)).await;
        }
        assert!(!taken.iter().any(Delivery::begin));
        settle(&config, near, again).await;
    })
    .await;
}
