//! Processes that leave, in good order and in bad: nothing is lost, and nothing happens twice.

use std::sync::Arc;
use std::time::Duration;

use gofrobot::simulator::Faults;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::books::balance;
use crate::common::telegram::FIRST_PERSON;
use crate::common::wait::until;
use crate::services::{Cluster, PARTITIONS, on_cluster};

/// Sends presses of davka and uletet in turns, all at once; gives their updates and queries.
fn press_all(cluster: &Cluster, players: i64, each: i64) -> Vec<(i64, String)> {
    let mut pressed = Vec::new();
    for number in 0..each {
        for player in FIRST_PERSON..FIRST_PERSON + players {
            let data = if number % 2 == 0 {
                "v1:davka"
            } else {
                "v1:uletet"
            };
            let press = cluster
                .telegram
                .simulator
                .press(player, player, 1, data)
                .unwrap();
            pressed.push((press.update_id, press.callback_query_id));
        }
    }
    pressed
}

/// Everybody asks for his profile, all at once.
fn ask_all(cluster: &Cluster, players: i64) {
    for player in FIRST_PERSON..FIRST_PERSON + players {
        let simulator = &cluster.telegram.simulator;
        simulator.say(player, player, "/profile", None).unwrap();
    }
}

/// Every press was answered, and is in the ledger.
async fn check(cluster: &Cluster, pressed: &[(i64, String)]) {
    for (update, query) in pressed {
        let answers = cluster.telegram.witness.answers(query);
        assert!(answers >= 1, "update {update} got no answer");
    }
    let updates: Vec<i64> = pressed.iter().map(|(update, _)| *update).collect();
    let known: i64 = sqlx::query_scalar("SELECT count(*) FROM ledger WHERE update_id = ANY($1)")
        .bind(&updates)
        .fetch_one(&cluster.postgres)
        .await
        .unwrap();
    assert_eq!(known as usize, pressed.len());
    balance(cluster).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_asked_to_stop_finishes_and_the_others_go_on() {
    const PLAYERS: i64 = 60;
    on_cluster(PLAYERS, |cluster| async move {
        let witness = &cluster.telegram.witness;
        // Of the ingresses the first polls and the second stands by; the workers share the partitions.
        let mut ingress = cluster.ingress(&[]).await;
        let mut worker = cluster.worker().await;
        let mut next_worker = cluster.worker().await;
        let mut pressed = press_all(&cluster, PLAYERS, 1);
        until("the first answers", || witness.answered() == pressed.len()).await;
        let mut next_ingress = cluster.ingress(&[]).await;

        // Answers take their time now, longer than anybody would wait who only wants to be quick: when the worker is asked
        // to stop, some are on their way, of some a part was said, and others wait behind them.
        let slow = Faults {
            delay_ms: 1_000,
            ..Faults::default()
        };
        cluster.telegram.simulator.set_faults(slow).unwrap();
        pressed.extend(press_all(&cluster, PLAYERS, 2));
        ask_all(&cluster, PLAYERS);
        until("some more answers", || {
            witness.answered() > PLAYERS as usize
        })
        .await;
        assert!(worker.metric("bot_batch_size_count", &[]).await > 0.0);
        assert!(next_worker.metric("bot_batch_size_count", &[]).await > 0.0);
        worker.ask_to_stop().await;
        ingress.ask_to_stop().await;
        pressed.extend(press_all(&cluster, PLAYERS, 1));
        ask_all(&cluster, PLAYERS);
        assert_eq!(worker.exit_code().await, Some(0));
        assert_eq!(ingress.exit_code().await, Some(0));
        until("all answers", || witness.answered() == pressed.len()).await;
        // The first press of each made a message, which the others edit; and two profiles.
        let messages = 3 * PLAYERS as usize;
        until("all messages", || witness.said() >= messages).await;
        let owns_all = async {
            while next_worker.metric("bot_partitions_owned", &[]).await < f64::from(PARTITIONS) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(30), owns_all)
            .await
            .expect("the one who stays owns all partitions");
        assert_eq!(next_worker.stop().await, Some(0));
        assert_eq!(next_ingress.stop().await, Some(0));
        // In good order nothing is said twice either.
        let twice = pressed.iter().filter(|(_, id)| witness.answers(id) > 1);
        assert_eq!((twice.count(), witness.said()), (0, messages));
        check(&cluster, &pressed).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_in_the_middle_loses_nothing_and_does_nothing_twice() {
    const PLAYERS: i64 = 125;
    on_cluster(PLAYERS, |cluster| async move {
        let witness = &cluster.telegram.witness;
        let _ingress = cluster.ingress(&[]).await;
        let mut victim = cluster.worker().await;
        let heir = cluster.worker().await;
        let enough = CancellationToken::new();
        let refills = tokio::spawn(refill(Arc::clone(&cluster), enough.clone()));
        let pressed = press_all(&cluster, PLAYERS, 8);
        until("a third of the answers", || {
            witness.answered() > pressed.len() / 3
        })
        .await;
        victim.kill().await;
        until("all answers", || witness.answered() == pressed.len()).await;
        assert!(heir.metric("bot_batch_size_count", &[]).await > 0.0);
        enough.cancel();
        refills.await.unwrap();
        let several = "SELECT count(*) FROM players WHERE davkas > 1";
        assert!(
            cluster.count(several).await > 0,
            "too few davkas to notice one that is made twice"
        );
        check(&cluster, &pressed).await;
    })
    .await;
}

/// Gives everybody new atmospheres all the time, so that nearly every davka has an effect that could be doubled.
async fn refill(cluster: Arc<Cluster>, enough: CancellationToken) {
    // In the order in which the workers lock, too.
    let refill =
        "WITH empty AS (SELECT user_id FROM players WHERE atm < 12 ORDER BY user_id FOR UPDATE)
        UPDATE players SET atm = 12 FROM empty WHERE players.user_id = empty.user_id";
    while !enough.is_cancelled() {
        sqlx::query(refill)
            .execute(&cluster.postgres)
            .await
            .unwrap();
        // The players' rows are the workers' too, and so is the processor.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
