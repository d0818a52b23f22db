//! The worker's binary: reads the configuration and wires the parts.

use anyhow::Context;
use gofrobot_shared::admin::{self, Readiness};
use gofrobot_shared::config;
use gofrobot_shared::queue::{Queue, QueueConfig};
use gofrobot_shared::telemetry::{self, Metrics};
use gofrobot_shared::shutdown;
use gofrobot_worker::config::{Cli, Command, Config};
use gofrobot_worker::store::Store;
use std::process::ExitCode;
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let cli: Cli = config::parse_checked(Cli::check);
    let _logs = telemetry::init_logs(&cli.config.logs);
    let end = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime")
        .and_then(|runtime| runtime.block_on(start(&cli)));
    match end {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the worker ends");
            ExitCode::FAILURE
        }
    }
}

async fn start(cli: &Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Run { no_migrate: false }) {
        Command::Run { no_migrate } => run(&cli.config, !no_migrate).await?,
        Command::Migrate => {
            let store = Store::connect(&cli.config.database.database_url).await?;
            store.migrate().await.context("migrating the database")?;
            tracing::info!(database = %cli.config.database.database_url, "the tables are up to date");
        }
        Command::Healthcheck => return Ok(admin::check_health(cli.config.admin.admin_addr).await),
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(config: &Config, migrate: bool) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signals();
    let metrics = Metrics::new()?;
    let readiness = Readiness::default();
    let listener = TcpListener::bind(config.admin.admin_addr)
        .await
        .with_context(|| format!("ADMIN_ADDR {} cannot be listened on", config.admin.admin_addr))?;
    let side_door = tokio::spawn(admin::serve(listener, readiness.clone(), metrics.clone(), shutdown.clone()));
    let store = Store::connect(&config.database.database_url).await?;
    if migrate {
        store.migrate().await?;
    }
    let states = readiness.clone();
    let queue = Queue::connect(QueueConfig::from(&config.broker), move |name, state| states.set(name, state))?;
    gofrobot_worker::worker::run(config, store, &queue, metrics, readiness, shutdown).await?;
    side_door.abort();
    Ok(())
}
