//! How consumers share the partitions out: when they come, go, die, or are too many.
#![expect(
    clippy::unwrap_used,
    reason = "everything here is a test or speaks for one"
)]

mod broker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use broker::wait::{until, until_some};
use broker::{
    Link, Proxy, amqp, connect, delete_queue, ids, on_broker, on_partitions, publish, ready_in,
    take, update, updates_queue,
};
use futures_util::future::join_all;
use gofrobot_shared::envelope::partition;
use gofrobot_shared::queue::{CONSUME, Delivery, Queue, QueueConfig, Share};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Players, over all partitions.
const KEYS: i64 = 48;

/// Updates that a worker takes at a time: so few that one worker alone falls behind the load, and hand-overs happen
/// amid a backlog.
const BATCH: usize = 16;

/// An update in the hands of a worker.
struct Handled {
    update_id: i64,
    key: i64,
    at: Instant,
}

type Log = Arc<Mutex<Vec<Handled>>>;

/// A consumer at work: writes down what it gets, then acknowledges.
struct Worker {
    owned: watch::Receiver<Share>,
    leave: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(queue: &Queue, log: &Log) -> Self {
        let mut consumer = queue.consumer();
        let owned = consumer.owned();
        let (leave, log) = (CancellationToken::new(), Arc::clone(log));
        let left = leave.clone();
        let task = tokio::spawn(async move {
            let mut batch = Vec::new();
            while let Some(1..) = left
                .run_until_cancelled(consumer.next_batch(BATCH, &mut batch))
                .await
            {
                // What its partition's hand-over does not wait for is somebody else's.
                batch.retain(Delivery::begin);
                let handled = batch.iter().map(|delivery: &Delivery| Handled {
                    update_id: delivery.envelope.update_id,
                    key: delivery.envelope.key,
                    at: Instant::now(),
                });
                log.lock().unwrap().extend(handled);
                // What a transaction and a reply may take.
                tokio::time::sleep(Duration::from_millis(5)).await;
                batch.drain(..).for_each(Delivery::ack);
            }
            consumer.stop();
            consumer.close().await;
        });
        Self { owned, leave, task }
    }

    fn owned(&self) -> u16 {
        self.owned.borrow().owned
    }

    async fn leave(self) {
        self.leave.cancel();
        self.task.await.unwrap();
    }
}

/// Waits until the workers have all partitions, in shares within one of each other; returns the shares.
async fn balanced(workers: &[&Worker], partitions: u16) -> Vec<u16> {
    let even = || {
        let shares: Vec<u16> = workers.iter().map(|worker| worker.owned()).collect();
        let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
        (shares.iter().sum::<u16>() == partitions && most - least <= 1).then_some(shares)
    };
    until_some("all partitions in even shares", even).await
}

/// Waits until that many updates have been handled.
async fn handled(log: &Log, count: usize) {
    let so_many = || log.lock().unwrap().len() >= count;
    until(&format!("{count} updates"), so_many).await;
}

/// Waits until the work has gone on for a while.
async fn goes_on(log: &Log) {
    let before = log.lock().unwrap().len();
    handled(log, before + 500).await;
}

/// Publishes to all players, each one's updates numbered, until `stop`; returns how many.
fn load(queue: &Queue, stop: CancellationToken) -> JoinHandle<usize> {
    let publisher = queue.publisher();
    tokio::spawn(async move {
        let mut round = 0;
        while !stop.is_cancelled() {
            let updates = (0..KEYS).map(|key| publish(&publisher, update(round * KEYS + key, key)));
            join_all(updates).await;
            round += 1;
        }
        usize::try_from(round * KEYS).unwrap()
    })
}

/// Every player's updates were handled in their order, once each.
fn in_order_and_once(log: &[Handled]) {
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    for handled in log {
        let before = last.insert(handled.key, handled.update_id);
        assert!(
            before.is_none_or(|before| before + KEYS == handled.update_id),
            "{before:?} and then {} of {}",
            handled.update_id,
            handled.key
        );
    }
}

/// The longest time in which a partition had nothing to do although it had updates.
fn longest_gap(log: &[Handled], partitions: u16, since: Instant) -> Duration {
    let mut last = BTreeMap::new();
    let mut longest = Duration::ZERO;
    for handled in log.iter().filter(|handled| handled.at >= since) {
        let place = partition(handled.key, partitions);
        let before = last.insert(place, handled.at).unwrap_or(since);
        longest = longest.max(handled.at - before);
    }
    longest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_follow_the_workers_and_order_survives_it() {
    on_partitions(16, |config| async move {
        let log = Log::default();
        // A broker connection of its own for each, as in different processes.
        let start = |config: &QueueConfig| Worker::start(&connect(config.clone()), &log);
        let first = start(&config);
        let stop = CancellationToken::new();
        let load = load(&connect(config.clone()), stop.clone());
        assert_eq!(balanced(&[&first], 16).await, [16]);

        let mark = Instant::now();
        let (second, third) = (start(&config), start(&config));
        let shares = balanced(&[&first, &second, &third], 16).await;
        println!("1 -> 3: {shares:?} after {:?}", mark.elapsed());
        goes_on(&log).await;
        println!(
            "longest gap {:?}",
            longest_gap(&log.lock().unwrap(), 16, mark)
        );

        let mark = Instant::now();
        second.leave().await;
        println!("left after {:?}", mark.elapsed());
        let shares = balanced(&[&first, &third], 16).await;
        println!("3 -> 2: {shares:?} after {:?}", mark.elapsed());
        goes_on(&log).await;
        println!(
            "longest gap {:?}",
            longest_gap(&log.lock().unwrap(), 16, mark)
        );

        stop.cancel();
        let published = load.await.unwrap();
        let all = || {
            let handled = log.lock().unwrap();
            let ids: BTreeSet<i64> = handled.iter().map(|handled| handled.update_id).collect();
            ids.len()
        };
        until("all that was published", || all() == published).await;
        first.leave().await;
        third.leave().await;
        let log = log.lock().unwrap();
        println!("{published} published, {} handled", log.len());
        in_order_and_once(&log);
    })
    .await;
}

#[tokio::test]
async fn a_worker_whose_connection_breaks_or_hangs_is_replaced() {
    for fate in [Link::Cut, Link::Frozen] {
        on_broker(move |config| async move {
            let log = Log::default();
            let proxy = Proxy::start(Link::Open).await;
            let far = Worker::start(&connect(amqp(proxy.address, &config.prefix)), &log);
            let near = Worker::start(&connect(config.clone()), &log);
            balanced(&[&far, &near], 4).await;
            let mark = Instant::now();
            proxy.set(fate);
            let publisher = connect(config.clone()).publisher();
            for id in 0..KEYS {
                publish(&publisher, update(id, id)).await;
            }
            handled(&log, usize::try_from(KEYS).unwrap()).await;
            println!("{fate:?}: replaced after {:?}", mark.elapsed());
            until("one owner of all partitions", || near.owned() == 4).await;
            proxy.set(Link::Open);
            balanced(&[&far, &near], 4).await;
            near.leave().await;
            far.leave().await;
        })
        .await;
    }
}

#[tokio::test]
async fn more_workers_than_partitions_leave_spares() {
    on_broker(|config| async move {
        let states = Arc::new(Mutex::new(None));
        let log = Log::default();
        let owners: Vec<Worker> = (0..4)
            .map(|_| Worker::start(&connect(config.clone()), &log))
            .collect();
        balanced(&owners.iter().collect::<Vec<_>>(), 4).await;
        let seen = Arc::clone(&states);
        let record = move |name, state: Result<(), String>| {
            if name == CONSUME {
                *seen.lock().unwrap() = Some(state);
            }
        };
        let queue = Queue::connect(config.clone(), record).unwrap();
        let newcomer = Worker::start(&queue, &log);
        let mut all: Vec<&Worker> = owners.iter().chain([&newcomer]).collect();
        balanced(&all, 4).await;
        let spare = || all.iter().position(|worker| worker.owned.borrow().spare);
        let place = until_some("a spare", spare).await;
        let share = *all[place].owned.borrow();
        assert_eq!(
            share.to_string(),
            "spare: all 4 partitions are owned by others"
        );
        until("a spare that is ready", || {
            *states.lock().unwrap() == Some(Ok(()))
        })
        .await;
        // Somebody who owns a partition leaves, and the spare has work.
        let leaver = (place + 1) % all.len();
        all[leaver].leave.cancel();
        all.remove(leaver);
        assert_eq!(balanced(&all, 4).await, [1, 1, 1, 1]);
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_stops_hands_over_before_it_closes() {
    on_broker(|config| async move {
        let queue = connect(config.clone());
        let publisher = queue.publisher();
        for id in 1..=60 {
            publish(&publisher, update(id, 7)).await;
        }
        let mut first = queue.consumer();
        let taken = take(&mut first, 10).await;
        assert!(taken.iter().all(Delivery::begin));
        let name = updates_queue(&config, partition(7, 4));
        first.stop();
        let mut second = queue.consumer();
        taken.into_iter().for_each(Delivery::ack);
        let rest = take(&mut second, 50).await;
        assert_eq!(ids(&rest), (11..=60).collect::<Vec<_>>());
        rest.into_iter().for_each(Delivery::ack);
        second.close().await;
        first.close().await;
        assert_eq!(ready_in(&name).await, 0);
    })
    .await;
}

/// A queue, and what it says of consuming.
fn watched(config: QueueConfig) -> (Queue, watch::Receiver<Result<(), String>>) {
    let (tell, state) = watch::channel(Err("starting".to_owned()));
    let record = move |name, state: Result<(), String>| {
        if name == CONSUME {
            let _ = tell.send(state);
        }
    };
    (Queue::connect(config, record).unwrap(), state)
}

#[tokio::test]
async fn workers_that_disagree_about_partitions_say_so_and_leave_none_without_a_consumer() {
    on_partitions(8, |config| async move {
        let log = Log::default();
        let (many, mut of_many) = watched(config.clone());
        let few = QueueConfig {
            partitions: 4,
            ..config.clone()
        };
        let many_worker = Worker::start(&many, &log);
        balanced(&[&many_worker], 8).await;
        // Somebody has changed the number on the broker while workers were there.
        delete_queue(format!("{}.partitions.v1", config.prefix)).await;
        let (few, mut of_few) = watched(few);
        let few_worker = Worker::start(&few, &log);
        let words = |words: &'static str| {
            move |state: &Result<(), String>| {
                state
                    .as_ref()
                    .is_err_and(|reason| reason.starts_with(words))
            }
        };
        let said = of_many.wait_for(words("PARTITIONS is 8 here and 4 elsewhere"));
        said.await.unwrap();
        let said = of_few.wait_for(words("PARTITIONS is 4 here and 8 elsewhere"));
        said.await.unwrap();
        until("a consumer of each partition", || {
            (many_worker.owned(), few_worker.owned()) == (8, 4)
        })
        .await;
        assert!(of_many.borrow().is_err() && of_few.borrow().is_err());
        for id in 0..KEYS {
            publish(&many.publisher(), update(id, id)).await;
        }
        handled(&log, usize::try_from(KEYS).unwrap()).await;
        few_worker.leave().await;
        of_many.wait_for(Result::is_ok).await.unwrap();
        many_worker.leave().await;
    })
    .await;
}
