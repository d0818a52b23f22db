//! `cargo run`: the whole bot in this process, the same code as in a cluster with other addresses.
//!
//! Without BOT_TOKEN the bot talks to the simulated Telegram, over HTTP like to the real one. Nothing has to be
//! installed: the queue is in memory, players are kept in one SQLite file.

use crate::chatpage::Book;
use crate::simulator::Options;
use crate::telegram::Telegram;
use anyhow::Context;
use gofrobot_ingress::{Ingress, Source};
use gofrobot_shared::admin::{self, Readiness};
use gofrobot_shared::bot_api::{BOT_API, BotApi};
use gofrobot_shared::config::{self, Logs};
use gofrobot_shared::queue::{self, Queue, QueueConfig};
use gofrobot_shared::telemetry::Metrics;
use gofrobot_worker::config::Config;
use rand::RngExt;
use secrecy::SecretString;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long the worker may take over what is still in the queue when the program ends.
const LAST_UPDATES: Duration = Duration::from_secs(5);

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
    /// The bot, the same as in a cluster.
    #[command(flatten)]
    pub worker: Config,
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
    let readiness = Readiness::new([BOT_API, "database", queue::CONSUME, queue::PUBLISH]);
    let listener = bind("ADMIN_ADDR", play.admin_addr, 8000).await?;
    let admin_address = listener.local_addr()?;

    // The simulated Telegram outlives the bot, which says its last words after the signal.
    let after_the_bot = CancellationToken::new();
    let _ends_last = after_the_bot.clone().drop_guard();
    let side_door = admin::serve(
        listener,
        readiness.clone(),
        metrics.clone(),
        after_the_bot.clone(),
    );
    tokio::spawn(side_door);
    let mut worker = play.worker;
    let mut telegram = None;
    if worker.telegram.bot_token.is_none() {
        let book = Book::open(&worker.database.users_dir)?;
        let (simulated, bot) = simulated(book, play.page_addr, after_the_bot.clone()).await?;
        worker.telegram = bot;
        telegram = Some(simulated);
    }
    let invitation = {
        let (shutdown, readiness) = (shutdown.clone(), readiness.clone());
        async move {
            let ready = shutdown.run_until_cancelled(until_ready(&readiness)).await;
            match telegram {
                Some(telegram) if ready.is_some() => invite(&telegram, play.open),
                _ => Ok(()),
            }
        }
    };
    tracing::info!(address = %admin_address, "/health, /ready, /metrics and /stats");
    let states = readiness.clone();
    let queue = QueueConfig::from(&worker.broker).serving(worker.telegram.own_bot()?);
    let queue = Queue::connect(queue, move |name, state| states.set(name, state))?;
    let ingress = Ingress {
        source: Source::Polling,
        api: BotApi::new(
            worker.telegram.telegram_api_url.expose(),
            worker.telegram.required_token()?,
        )?,
        queue: queue.clone(),
        metrics: metrics.clone(),
        readiness: readiness.clone(),
    };
    let worker_stop = CancellationToken::new();
    let ingress = async {
        gofrobot_ingress::run(ingress, shutdown).await?;
        // Telegram will not send again what ingress has taken: it is played before the worker goes.
        let played = async {
            while queue.waiting() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(LAST_UPDATES, played).await;
        worker_stop.cancel();
        Ok(())
    };
    let stop = worker_stop.clone();
    tokio::try_join!(
        invitation,
        ingress,
        gofrobot_worker::run(&worker, true, &queue, metrics, readiness, stop)
    )?;
    Ok(())
}

/// Who opens the page before the bot is ready would talk to nobody.
async fn until_ready(readiness: &Readiness) {
    while !readiness.is_ready() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts a simulated Telegram, and tells how a bot talks to it.
async fn simulated(
    book: Book,
    address: Option<SocketAddr>,
    shutdown: CancellationToken,
) -> anyhow::Result<(Telegram, config::Telegram)> {
    let listener = bind("PAGE_ADDR", address, 8080).await?;
    let token = SecretString::from(format!("7000000001:{:016x}", rand::rng().random::<u64>()));
    let options = Options {
        token: token.clone(),
        seed: rand::rng().random(),
        ..Options::default()
    };
    let telegram = Telegram::with_newcomers(book, listener, options, shutdown)?;
    let bot = config::Telegram::at(&telegram.url(), token)?;
    Ok((telegram, bot))
}

/// Tells the user where the page is.
fn invite(telegram: &Telegram, open: bool) -> anyhow::Result<()> {
    let url = telegram.url();
    let everywhere = if telegram.address.ip().is_unspecified() {
        "  It listens on all addresses of this machine: whoever reaches one can play as anybody.\n"
    } else {
        ""
    };
    writeln!(
        std::io::stdout(),
        "\n  Gofrobot plays at {url}\n{everywhere}  Ctrl-C ends it; players are kept.\n"
    )?;
    if open {
        // A browser of the terminal stays until the user leaves it; nothing waits for it, not even the end.
        std::thread::spawn(move || {
            if let Err(error) = webbrowser::open(&url) {
                tracing::warn!(%error, %url, "no browser could be opened; open the address yourself");
            }
        });
    }
    Ok(())
}

/// Listens where the user wants, or else on loopback: on the usual port if it is free, on any other if not.
async fn bind(
    name: &str,
    wanted: Option<SocketAddr>,
    usual_port: u16,
) -> anyhow::Result<TcpListener> {
    if let Some(address) = wanted {
        let bound = TcpListener::bind(address).await;
        return bound.with_context(|| format!("{name}: cannot listen on {address}"));
    }
    let bound = match TcpListener::bind((Ipv4Addr::LOCALHOST, usual_port)).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
        }
        bound => bound,
    };
    bound.context("cannot listen on loopback")
}
