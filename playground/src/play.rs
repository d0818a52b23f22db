//! `cargo run`: the whole bot in this process, the same code as in a cluster with other addresses.
//!
//! Without BOT_TOKEN the bot talks to the simulated Telegram, over HTTP like to the real one. Nothing has to be
//! installed: the queue is in memory, players are kept in one SQLite file.

use crate::telegram::{self, Telegram};
use anyhow::Context;
use gofrobot_ingress::config::Config as IngressConfig;
use gofrobot_shared::admin::{self, Readiness};
use gofrobot_shared::config::{self, Broker, Database, Game, Logs, Redis};
use gofrobot_shared::queue::{Queue, QueueConfig};
use gofrobot_shared::telemetry::Metrics;
use gofrobot_worker::config::Config as WorkerConfig;
use gofrobot_worker::store::{self, Store};
use rand::RngExt;
use secrecy::SecretString;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Settings of the laptop size.
#[derive(Debug, Clone, clap::Args)]
pub struct Play {
    /// Opens the chat page in a browser.
    #[arg(long)]
    pub open: bool,
    /// Address of the chat page. Default: 127.0.0.1:8080, or another port if that one is taken.
    ///
    /// Whoever reaches it can play as anybody: leave it on loopback. Example: 127.0.0.1:9000
    #[arg(long, env = "PAGE_ADDR")]
    pub page_addr: Option<SocketAddr>,
    /// Address of /health, /ready, /metrics and /stats. Default: 127.0.0.1:8000, or another port if that one is taken.
    #[arg(long, env = "ADMIN_ADDR")]
    pub admin_addr: Option<SocketAddr>,
    /// The bot.
    #[command(flatten)]
    pub telegram: config::Telegram,
    /// The queue.
    #[command(flatten)]
    pub broker: Broker,
    /// Shared state.
    #[command(flatten)]
    pub redis: Redis,
    /// The database.
    #[command(flatten)]
    pub database: Database,
    /// The game.
    #[command(flatten)]
    pub game: Game,
    /// Logs.
    #[command(flatten)]
    pub logs: Logs,
}

/// Plays until `shutdown`.
///
/// # Errors
/// An address that was asked for is taken, or the database cannot be opened.
pub async fn run(play: Play, shutdown: CancellationToken) -> anyhow::Result<()> {
    let metrics = Metrics::new();
    let readiness = Readiness::default();
    let side_door = bind(play.admin_addr, 8000).await.context("ADMIN_ADDR")?;
    let admin_address = side_door.local_addr()?;
    let store = Store::connect(&play.database.url(), &store::Options::default()).await?;
    store.migrate().await?;
    let states = readiness.clone();
    let queue = Queue::connect(QueueConfig::from(&play.broker), move |name, state| states.set(name, state))?;

    let mut telegram = play.telegram.clone();
    if telegram.bot_token.is_none() {
        let simulated = simulated(&play).await?;
        telegram = telegram.to_simulator(&simulated.url(), simulated.token);
    }
