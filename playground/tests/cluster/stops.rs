//! Processes that leave, in good order and in bad: nothing is lost, and nothing happens twice.

use std::sync::Arc;

use gofrobot::simulator::Faults;
use tokio_util::sync::CancellationToken;

use crate::books::balance;
use crate::common::telegram::FIRST_PERSON;
use crate::common::wait::until;
use crate::services::{Cluster, on_cluster};

/// Sends presses of davka and uletet in turns, all at once; gives their updates and queries.
fn press_all(cluster: &Cluster, players: i64, each: i64) -> Vec<(i64, String)> {
    let mut pressed = Vec::new();
    for number in 0..each {
        for player in FIRST_PERSON..FIRST_PERSON + players {
            let data = if number % 2 == 0 { "v1:davka" } else { "v1:uletet" };
            let press = cluster.telegram.simulator.press(player, player, 1, data).unwrap();
            pressed.push((press.update_id, press.callback_query_id));
        }
    }
    pressed
}

/// Every press was answered, and is in the ledger.
async fn check(cluster: &Cluster, pressed: &[(i64, String)]) {
    for (update, query) in pressed {
        assert!(cluster.telegram.witness.answers(query) >= 1, "update {update} got no answer");
    }
    let updates: Vec<i64> = pressed.iter().map(|(update, _)| *update).collect();
    let known = "SELECT count(*) FROM ledger WHERE update_id = ANY($1)";
    let known = sqlx::query_scalar(known).bind(&updates).fetch_one(&cluster.postgres).await;
    assert_eq!(known, Ok(pressed.len() as i64).map_err(|error: sqlx::Error| error));
    balance(cluster).await;
}
