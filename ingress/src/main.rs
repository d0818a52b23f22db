//! The binary `gofrobot-ingress`: wires the configuration to [`gofrobot_ingress::run`].

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use gofrobot_ingress::{BotApi, Ingress, Source};
use gofrobot_shared::admin::{self, Readiness};
use gofrobot_shared::config::{self, Invalid, Mode};
use gofrobot_shared::queue::{self, Queue, QueueConfig};
use gofrobot_shared::shutdown;
use gofrobot_shared::telemetry::{Metrics, init_logs};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Takes a Telegram bot's updates, by webhook or by long polling, and puts them into the queue.
#[derive(Parser)]
#[command(name = "gofrobot-ingress", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    telegram: config::Telegram,
    #[command(flatten)]
    broker: config::Broker,
    #[command(flatten)]
    ingress: config::Ingress,
    #[command(flatten)]
    admin: config::Admin,
    #[command(flatten)]
    logs: config::Logs,
}

#[derive(Clone, Copy, Subcommand)]
enum Command {
    /// Take updates until SIGTERM (also without a command).
    Run,
    /// Ask the ingress at ADMIN_ADDR whether it is ready; exit code 0 if so.
    Healthcheck,
}

/// What running needs, checked.
struct Checked {
    token: SecretString,
    mode: Mode,
}

impl Cli {
    fn check(&self) -> Result<Checked, Invalid> {
        self.broker.required_network()?;
        Ok(Checked {
            token: self.telegram.required_token()?.clone(),
            mode: self.ingress.mode()?,
        })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli: Cli = config::parse_checked(|cli: &Cli| match cli.command {
        Some(Command::Healthcheck) => Ok(()),
        Some(Command::Run) | None => cli.check().map(drop),
    });
    let outcome = match cli.command {
        Some(Command::Healthcheck) => admin::check_health(cli.admin.admin_addr)
            .await
            .map_err(Into::into),
        Some(Command::Run) | None => run(cli).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gofrobot-ingress: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let Checked { token, mode } = cli.check()?;
    let _logs = match init_logs(&cli.logs) {
        Ok(logs) => logs,
        Err(invalid) => invalid.exit("gofrobot-ingress"),
    };
    let shutdown = shutdown::on_signals();
    let (metrics, readiness) = (Metrics::new(), Readiness::new(["running", queue::PUBLISH]));
    let on_state = {
        let readiness = readiness.clone();
        move |name, state| readiness.set(name, state)
    };
    let queue = Queue::connect(QueueConfig::from(&cli.broker), on_state)?;
    let source = match mode {
        Mode::Polling => Source::Polling,
        Mode::Webhook { url, secrets } => Source::Webhook {
            listener: bind("LISTEN_ADDR", cli.ingress.listen_addr).await?,
            url: url.expose().into(),
            secrets: secrets.accepted().to_vec(),
        },
    };
    let ingress = Ingress {
        source,
        api: BotApi::new(cli.telegram.telegram_api_url.expose(), &token)?,
        queue,
        metrics: metrics.clone(),
    };

    // The side door closes last: operators watch a process that drains.
    let drained = CancellationToken::new();
    let listener = bind("ADMIN_ADDR", cli.admin.admin_addr).await?;
    let side_door = tokio::spawn(admin::serve(
        listener,
        readiness.clone(),
        metrics,
        drained.clone(),
    ));
    readiness.set("running", Ok::<(), String>(()));
    let stopping = {
        let shutdown = shutdown.clone();
        async move {
            shutdown.cancelled().await;
            readiness.set("running", Err("stopping"));
        }
    };
    let stopping = tokio::spawn(stopping);
    let outcome = gofrobot_ingress::run(ingress, shutdown).await;
    stopping.abort();
    drained.cancel();
    side_door.await??;
    outcome
}

async fn bind(variable: &str, address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{variable}: cannot listen on {address}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
