//! Two bots, or two addresses of one, whose updates lie in the same queues: each is played by its own workers.
#![expect(
    clippy::unwrap_used,
    reason = "everything here is a test or speaks for one"
)]

mod broker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use broker::wait::until;
use broker::{connect, ids, on_broker, on_partitions, publish, put, take, update, updates_queue};
use futures_util::future::join_all;
use gofrobot_shared::envelope::partition;
use gofrobot_shared::identity::{Identity, OwnBot};
use gofrobot_shared::queue::{CONSUME, DeadLetter, Delivery, OTHER_BOT, Queue, QueueConfig};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const OURS: (u64, &str) = (111, "http://old.example");
const THEIRS: (u64, &str) = (222, "http://old.example");
/// The same bot as [`OURS`] at another server.
const MOVED: (u64, &str) = (111, "http://new.example");

/// Players, over all partitions.
const KEYS: i64 = 24;

fn bot((id, server): (u64, &str)) -> OwnBot {
    let token = format!("{id}:secret").into();
    OwnBot {
        identity: Identity::new(&token, server).unwrap(),
        server: server.to_owned(),
    }
}

fn serving(config: &QueueConfig, whose: (u64, &str)) -> QueueConfig {
    config.clone().serving(bot(whose))
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

/// An update as a worker took it.
struct Handled {
    update_id: i64,
    key: i64,
    by: (u64, &'static str),
    marked: Option<Identity>,
    attempts: u32,
}

type Log = Arc<Mutex<Vec<Handled>>>;

/// A worker of a bot: writes down what it gets, then acknowledges.
struct Worker {
    leave: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    fn start(config: &QueueConfig, whose: (u64, &'static str), log: &Log) -> Self {
        let mut consumer = connect(serving(config, whose)).consumer();
        let (leave, log) = (CancellationToken::new(), Arc::clone(log));
        let left = leave.clone();
        let task = tokio::spawn(async move {
            let mut batch = Vec::new();
            while let Some(1..) = left
                .run_until_cancelled(consumer.next_batch(16, &mut batch))
                .await
            {
                // What its partition's hand-over does not wait for is somebody else's.
                batch.retain(Delivery::begin);
                let handled = batch.iter().map(|delivery: &Delivery| Handled {
                    update_id: delivery.envelope.update_id,
                    key: delivery.envelope.key,
                    by: whose,
                    marked: delivery.envelope.bot,
                    attempts: delivery.attempts,
                });
                log.lock().unwrap().extend(handled);
                // What a transaction may take.
                tokio::time::sleep(Duration::from_millis(2)).await;
                batch.drain(..).for_each(Delivery::ack);
            }
            consumer.stop();
            consumer.close().await;
        });
        Self { leave, task }
    }

    async fn leave(self) {
        self.leave.cancel();
        self.task.await.unwrap();
    }
}

async fn until_handled(log: &Log, count: usize) {
    let all = || {
        let log = log.lock().unwrap();
        let ids: BTreeSet<i64> = log.iter().map(|handled| handled.update_id).collect();
        ids.len() >= count
    };
    until(&format!("{count} updates"), all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_update_goes_to_its_own_bots_workers_in_the_players_order_though_they_lie_mixed() {
    for other in [THEIRS, MOVED] {
        on_partitions(8, move |config| async move {
            let log = Log::default();
            let publishers =
                [OURS, other].map(|whose| connect(serving(&config, whose)).publisher());
            let mut workers = vec![
                Worker::start(&config, OURS, &log),
                Worker::start(&config, OURS, &log),
            ];
            let rounds = 40;
            // As in a rolling update, each player is heard at the one address first and at the other later, and some return.
            let at_the_other = |round, key| {
                let moved = rounds / 5 + key;
                (moved..moved + rounds / 4 + 10 * (key % 3)).contains(&round)
            };
            for round in 0..rounds {
                // Workers of the other come amid a backlog that is partly theirs, and some of ours go.
                if round == rounds / 4 {
                    workers.push(Worker::start(&config, other, &log));
                }
                if round == rounds / 2 {
                    workers.push(Worker::start(&config, other, &log));
                    workers.remove(0).leave().await;
                }
                let updates = (0..KEYS).map(|key| {
                    let publisher = &publishers[usize::from(at_the_other(round, key))];
                    publish(publisher, update(round * KEYS + key, key))
                });
                join_all(updates).await;
            }
            until_handled(&log, usize::try_from(rounds * KEYS).unwrap()).await;
            join_all(workers.into_iter().map(Worker::leave)).await;
            let mut last = BTreeMap::new();
            let mut seen = BTreeSet::new();
            for handled in log.lock().unwrap().iter() {
                assert_eq!(handled.marked, Some(bot(handled.by).identity));
                assert!(handled.attempts < 20, "{} returns", handled.attempts);
                let is_new = seen.insert(handled.update_id);
                assert!(is_new, "{} came twice", handled.update_id);
                let before = last.insert(handled.key, handled.update_id);
                assert!(
                    before.is_none_or(|before| before + KEYS == handled.update_id),
                    "{before:?} and then {}",
                    handled.update_id
                );
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_worker_of_another_bot_alone_rests_says_so_and_steps_aside_at_once() {
    on_broker(|config| async move {
        let publisher = connect(serving(&config, THEIRS)).publisher();
        for id in 0..40 {
            publish(&publisher, update(id, id)).await;
        }
        let (queue, mut state) = watched(serving(&config, OURS));
        let mut ours = queue.consumer();
        let mut strangers = ours.strangers();
        let says = |state: &Result<(), String>| {
            let Err(words) = state else { return false };
            let all = [
                "another bot (222)",
                "bot 111 at http://old.example",
                "BOT_TOKEN",
            ];
            all.iter().all(|part| words.contains(part)) && words.contains("partition 0, 1, 2, 3")
        };
        state.wait_for(says).await.unwrap();
        assert!(strangers.borrow_and_update().is_some());
        let mut taken = Vec::new();
        // Far longer than who gives back and takes again needs for dozens of returns.
        let nothing = tokio::time::timeout(Duration::from_secs(2), ours.next_batch(1, &mut taken));
        assert!(nothing.await.is_err(), "{taken:?}");

        let mut theirs = connect(serving(&config, THEIRS)).consumer();
        let taken = take(&mut theirs, 40).await;
        for number in 0..4 {
            let of_one = taken.iter().filter(|delivery| delivery.partition == number);
            let of_one: Vec<i64> = of_one.map(|delivery| delivery.envelope.update_id).collect();
            assert!(of_one.is_sorted(), "{of_one:?}");
        }
        let returns = taken.iter().map(|delivery| delivery.attempts).max();
        assert_eq!(returns, Some(1), "they came back once");
        taken.into_iter().for_each(Delivery::ack);
        state.wait_for(Result::is_ok).await.unwrap();
        strangers.wait_for(Option::is_none).await.unwrap();
        theirs.close().await;
        ours.close().await;
    })
    .await;
}

#[tokio::test]
async fn one_that_works_goes_on_with_its_own_and_only_notes_the_others() {
    on_broker(|config| async move {
        let (ours, moved) = (serving(&config, OURS), serving(&config, MOVED));
        let (queue, state) = watched(ours);
        let mut consumer = queue.consumer();
        let mut strangers = consumer.strangers();
        let publisher = queue.publisher();
        publish(&publisher, update(1, 7)).await;
        take(&mut consumer, 1)
            .await
            .into_iter()
            .for_each(Delivery::ack);
        let neighbour = (8..)
            .find(|key| partition(*key, 4) == partition(7, 4))
            .unwrap();
        publish(&connect(moved.clone()).publisher(), update(2, 7)).await;
        publish(&publisher, update(3, 7)).await;
        publish(&publisher, update(4, neighbour)).await;
        let taken = take(&mut consumer, 1).await;
        assert_eq!(
            ids(&taken),
            [4],
            "the neighbour passes, the player's own waits"
        );
        taken.into_iter().for_each(Delivery::ack);
        let note = strangers
            .wait_for(Option::is_some)
            .await
            .unwrap()
            .clone()
            .unwrap();
        for part in [
            "this bot (111) at another Bot API server",
            "http://old.example",
            "TELEGRAM_API_URL",
        ] {
            assert!(note.contains(part), "{note}");
        }
        assert_eq!(*state.borrow(), Ok(()));

        let mut newcomer = connect(moved).consumer();
        let theirs = take(&mut newcomer, 1).await;
        assert_eq!(ids(&theirs), [2]);
        theirs.into_iter().for_each(Delivery::ack);
        let own = take(&mut consumer, 1).await;
        assert_eq!(ids(&own), [3], "it comes back when theirs is played");
        own.into_iter().for_each(Delivery::ack);
        newcomer.close().await;
        consumer.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_nobody_comes_for_becomes_a_dead_letter_and_goes_to_its_bot_when_replayed() {
    on_broker(|config| async move {
        let config = QueueConfig {
            claim: Duration::from_secs(1),
            ..config
        };
        let queue = connect(serving(&config, OURS));
        let (told, mut deaths) = tokio::sync::mpsc::unbounded_channel();
        queue.on_dead_letter(move |reason| told.send(reason).unwrap());
        for id in 1..=3 {
            publish(
                &connect(serving(&config, THEIRS)).publisher(),
                update(id, 7),
            )
            .await;
        }
        publish(&queue.publisher(), update(4, 7)).await;
        let mut ours = queue.consumer();
        let own = take(&mut ours, 1).await;
        assert_eq!(ids(&own), [4], "what waited behind them");
        own.into_iter().for_each(Delivery::ack);
        for _ in 1..=3 {
            assert_eq!(deaths.recv().await, Some(OTHER_BOT));
        }
        let letters = queue.dead_letters(10).await.unwrap();
        let of: Vec<_> = letters
            .iter()
            .map(|it| (it.envelope.update_id, &*it.reason))
            .collect();
        assert_eq!(of, [(1, OTHER_BOT), (2, OTHER_BOT), (3, OTHER_BOT)]);

        // As `gofrobot-worker dead replay` does, which knows of no bot.
        let mut theirs = connect(serving(&config, THEIRS)).consumer();
        let mut owned = theirs.owned();
        owned.wait_for(|share| share.owned == 4).await.unwrap();
        let publisher = connect(config.clone()).publisher();
        for DeadLetter { envelope, .. } in letters {
            publish(&publisher, envelope).await;
        }
        let again = take(&mut theirs, 3).await;
        assert_eq!(ids(&again), [1, 2, 3]);
        again.into_iter().for_each(Delivery::ack);
        theirs.close().await;
        ours.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_bears_no_mark_is_played_by_whoever_consumes() {
    on_broker(|config| async move {
        publish(&connect(config.clone()).publisher(), update(1, 7)).await;
        let name = updates_queue(&config, partition(7, 4));
        put(name, &update(2, 7).body).await;
        let mut ours = connect(serving(&config, OURS)).consumer();
        let taken = take(&mut ours, 2).await;
        assert_eq!(ids(&taken), [1, 2]);
        taken.into_iter().for_each(Delivery::ack);
        ours.close().await;
    })
    .await;
}
