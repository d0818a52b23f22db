//! The worker's binary: reads the configuration and wires the parts.

use anyhow::anyhow;
use gofrobot_shared::admin::{self, Readiness, SideDoor};
use gofrobot_shared::bot_api::BOT_API;
use gofrobot_shared::config::{self, SecretUrl};
use gofrobot_shared::program;
use gofrobot_shared::queue::{self, Queue, QueueConfig};
use gofrobot_shared::shutdown;
use gofrobot_shared::telemetry::Metrics;
use gofrobot_worker::config::{Cli, Command};
use gofrobot_worker::dead;
use gofrobot_worker::store::{self, Store, StoreError};
use std::process::ExitCode;

pub(crate) fn main() -> ExitCode {
    let cli: Cli = config::parse_checked(Cli::check);
    let failure = match &cli.command {
        None | Some(Command::Run { .. }) => "the worker ends",
        Some(Command::Migrate) => "the tables were not brought up to date",
        Some(Command::Dead { .. }) => "the command for dead letters failed",
        Some(Command::Healthcheck) => "the worker is not ready",
    };
    program::run("gofrobot-worker", &cli.logs.clone(), failure, start(cli))
}

async fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = cli.command.clone();
    match command.unwrap_or(Command::Run { no_migrate: false }) {
        Command::Run { no_migrate } => run(cli, !no_migrate).await?,
        Command::Migrate => {
            let url = cli.config.database.url();
            migrate(&url)
                .await
                .map_err(|error| anyhow!("DATABASE_URL {url}: {error}{}", error.remedy()))?;
            tracing::info!(database = %url, "the tables are up to date");
        }
        Command::Dead { command } => {
            let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
            let broker = &cli.config.broker;
            if !dead::run(&command, broker, &mut out, &mut err).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Healthcheck => admin::check_health(cli.admin.admin_addr).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(url: &SecretUrl) -> Result<(), StoreError> {
    let store = Store::connect(&url.expose().into(), &store::Options::default()).await?;
    store.migrate().await
}

async fn run(cli: Cli, migrate: bool) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signals();
    let metrics = Metrics::new();
    let readiness = Readiness::new([BOT_API, "database", queue::CONSUME, queue::PUBLISH]);
    let side_door = SideDoor::open(cli.admin.admin_addr, &readiness, &metrics).await?;
    let states = readiness.clone();
    let broker = &cli.config.broker;
    let queue = QueueConfig::from(broker).serving(cli.config.telegram.own_bot()?);
    let queue = Queue::connect(queue, move |name, state| states.set(name, state))?;
    gofrobot_worker::run(&cli.config, migrate, &queue, metrics, readiness, shutdown).await?;
    side_door.close().await
}
