//! Keeps the players playing: at a steady pace, as far as answers come, for as long as anything is broken.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::record::Record;
use crate::simulator::Simulator;

/// Updates without an answer at any time: a crowd that fills several batches, and no more than the broker and the
/// lanes take without refusing any.
const OPEN: u64 = 300;

/// A wake-up of the sender: short beside any outage.
const TICK: Duration = Duration::from_millis(10);

/// Sends that many updates, evenly over the length and then on at the same pace until the faults are over.
pub(super) async fn play(
    record: &Record,
    simulator: &Simulator,
    updates: u64,
    length: Duration,
    over: &CancellationToken,
) {
    let begun = Instant::now();
    let pace = updates as f64 / length.as_secs_f64().max(1.0);
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tick.tick().await;
        let (mut sent, answered, _) = record.counts();
        if sent >= updates && over.is_cancelled() {
            return;
        }
        let due = (begun.elapsed().as_secs_f64() * pace) as u64;
        // While faults last there is load, and once they are over no more than was asked for.
        let due = if over.is_cancelled() {
            due.min(updates)
        } else {
            due
        };
        while sent < due && sent - answered < OPEN && record.send(simulator) {
            sent += 1;
        }
    }
}

/// Waits until all is answered, or nothing was answered for as long as `patience`.
pub(super) async fn settle(record: &Record, patience: Duration) {
    let begun = Instant::now();
    loop {
        let (sent, answered, last) = record.counts();
        if answered == sent || last.max(begun).elapsed() > patience {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A bar that shows how many of the updates were answered.
pub(super) fn progress_bar(updates: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed_precise} [{wide_bar}] {pos}/{len} {msg}");
    ProgressBar::new(updates).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Keeps the bar up to date.
pub(super) async fn show(bar: &ProgressBar, record: &Record) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (sent, answered, _) = record.counts();
        bar.set_length(sent.max(bar.length().unwrap_or_default()));
        bar.set_position(answered);
        bar.set_message(format!("{} open", sent - answered));
    }
}
