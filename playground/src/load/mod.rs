//! `gofrobot load`: drives any Bot API client as thousands of players would, and says what became of every update.
//!
//! It is the Bot API server that the bot under test talks to, so nothing of the bot is simulated or shared: updates go
//! out by long polling or webhook, replies come in as `sendMessage` and `answerCallbackQuery`, and each is matched with
//! the update it answers.

mod generator;
mod report;
mod rounds;
mod tally;
mod workload;

use crate::simulator::serve_router;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use generator::Generator;
use secrecy::SecretString;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use workload::Mix;

pub use report::Report;

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
    /// How the report is worded.
    #[arg(long, value_enum, default_value_t)]
    pub report: Format,
    /// Serve the Bot API until stopped, and play a round whenever `POST /load` asks for one: {"updates": 9000, "rate": 300}.
    /// Its answer is the report as JSON. For a bot on a cluster.
    #[arg(long)]
    pub on_request: bool,
    /// Who plays, and what.
    #[command(flatten)]
    pub crowd: Crowd,
}

/// How a report is worded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for a person.
    #[default]
    Text,
    /// One line of JSON for a program.
    Json,
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
    let listener = listen(load).await?;
    let generator = Generator::new(load, listener.local_addr()?);
    let server = tokio::spawn(
        generator
            .simulator
            .clone()
            .serve(listener, shutdown.clone()),
    );
    let report = generator.play(&load.crowd, || shutdown.clone()).await;
    server.abort();
    let Some(report) = report? else {
        bail!("another round is being played"); // nobody else can ask for one
    };
    Ok(report)
}

/// Plays rounds whenever somebody asks for one, until `shutdown`.
///
/// # Errors
/// The address cannot be listened on.
pub async fn on_request(load: &Load, shutdown: CancellationToken) -> anyhow::Result<()> {
    let listener = listen(load).await?;
    let address = listener.local_addr()?;
    let generator = Generator::new(load, address);
    let simulator = generator.simulator.clone();
    let router = rounds::router(generator, load, shutdown.clone());
    tracing::info!("ready for rounds: POST http://{address}/load");
    serve_router(simulator, listener, router, shutdown).await?;
    Ok(())
}

async fn listen(load: &Load) -> anyhow::Result<TcpListener> {
    TcpListener::bind(load.listen)
        .await
        .with_context(|| format!("--listen {} cannot be listened on", load.listen))
}
