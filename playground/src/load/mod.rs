//! `gofrobot load`: drives any Bot API client as thousands of players would, and says what became of every update.
//!
//! It is the Bot API server that the bot under test talks to, so nothing of the bot is simulated or shared: updates go
//! out by long polling or webhook, replies come in as `sendMessage` and `answerCallbackQuery`, and each is matched with
//! the update it answers.

mod report;
mod tally;
mod workload;

use crate::simulator::{Options, Simulator};
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::StdRng;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tally::Tally;
use tokio::net::TcpListener;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use workload::{Mix, Workload};

pub use report::Report;

/// Messages kept of a chat: a player presses only the last one, and there are many players.
const HISTORY: usize = 8;

/// Settings of a load run.
#[derive(Debug, Clone, Args)]
pub struct Load {
    /// Address of the Bot API server; point the bot's TELEGRAM_API_URL here.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
    /// Token that the bot uses.
    #[arg(
        long,
        env = "BOT_TOKEN",
        hide_env_values = true,
        default_value = "1:load"
    )]
    pub token: SecretString,
    /// Who plays, and what.
    #[command(flatten)]
    pub crowd: Crowd,
}

/// Players, and what they do.
#[derive(Debug, Clone, Args)]
pub struct Crowd {
    /// Players; each sends one update after another.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: u32,
    /// Updates in all.
    #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub updates: u64,
    /// Updates a second, whether or not the earlier ones were answered. Without it: closed loop, see --in-flight.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Updates without an answer at any time in the closed loop: the next goes out when one is answered.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=100_000), conflicts_with = "rate")]
    pub in_flight: u32,
    /// What players do, as name:weight pairs; a press is a name behind `press-`. `durable` and `play` are ready mixes: only
    /// such actions as change the database, and all kinds.
    #[arg(long, default_value = "durable")]
    pub mix: Mix,
    /// Seed of everything random, so that a run can be repeated.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Seconds to wait for the bot at the beginning and for missing answers at the end.
    #[arg(long, default_value_t = 30)]
    pub patience: u64,
}

/// Runs the load and returns what became of it.
///
/// # Errors
/// The address cannot be listened on, or no bot came within the patience.
pub async fn run(load: &Load, shutdown: CancellationToken) -> anyhow::Result<Report> {
    let crowd = &load.crowd;
    let listener = TcpListener::bind(load.listen)
        .await
        .with_context(|| format!("--listen {} cannot be listened on", load.listen))?;
    let address = listener.local_addr()?;
    let simulator = Simulator::new(Options {
        token: load.token.clone(),
        seed: crowd.seed,
        history: HISTORY,
        ..Options::default()
    });
    for user in 0..crowd.users {
        simulator.add_person(workload::person(user));
    }
    let tally = Arc::new(Tally::new(crowd.users, crowd.in_flight));
    simulator.observe(tally.clone());
    let server = tokio::spawn(simulator.clone().serve(listener, shutdown.clone()));

    let bar = progress_bar(crowd.updates);
    bar.set_message(format!(
        "waiting for a bot: TELEGRAM_API_URL=http://{address}"
    ));
    tokio::time::timeout(Duration::from_secs(crowd.patience), tally.bot_came())
        .await
        .with_context(|| {
            format!(
                "no bot asked http://{address} for updates within {} s",
                crowd.patience
            )
        })?;
    let progress = tokio::spawn(show_progress(bar.clone(), Arc::clone(&tally)));

    let workload = Workload::new(crowd.mix.clone(), StdRng::seed_from_u64(crowd.seed));
    let started = Instant::now();
    tokio::select! {
        () = send_all(crowd, &simulator, &tally, workload) => {}
        () = shutdown.cancelled() => {}
    }
    tally.settled(Duration::from_secs(crowd.patience)).await;
    progress.abort();
    bar.finish_and_clear();
    server.abort();
    Ok(tally.report(started))
}

async fn send_all(crowd: &Crowd, simulator: &Simulator, tally: &Tally, mut workload: Workload) {
    match crowd.rate {
        Some(rate) => {
            // A tick of 5 ms keeps bursts small without a wake-up for every update.
            let mut tick = tokio::time::interval(Duration::from_millis(5));
            tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let started = Instant::now();
            let mut sent = 0;
            while sent < crowd.updates {
                tick.tick().await;
                let due = (started.elapsed().as_secs_f64() * f64::from(rate)) as u64;
                while sent < due.min(crowd.updates) {
                    tally.send(
                        simulator,
                        &mut workload,
                        workload::any_user(crowd.users, sent),
                    );
                    sent += 1;
                }
            }
        }
        None => {
            for _ in 0..crowd.updates {
                let user = tally.idle_user().await;
                tally.send(simulator, &mut workload, user);
            }
        }
    }
}

fn progress_bar(updates: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed_precise} [{wide_bar}] {pos}/{len} {msg}");
    ProgressBar::new(updates).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

async fn show_progress(bar: ProgressBar, tally: Arc<Tally>) {
    let mut last = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (answered, open) = tally.progress();
        bar.set_position(answered);
        bar.set_message(format!("{}/s, {open} open", (answered - last) * 2));
        last = answered;
    }
}
