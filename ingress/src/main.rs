//! The binary `gofrobot-ingress`: wires the configuration to [`gofrobot_ingress::run`].

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use gofrobot_ingress::{Ingress, Source};
use gofrobot_shared::admin::{self, Readiness, SideDoor};
use gofrobot_shared::bot_api::{BOT_API, BotApi};
use gofrobot_shared::config::{self, Invalid, Mode};
use gofrobot_shared::program;
use gofrobot_shared::queue::{self, Queue, QueueConfig};
use gofrobot_shared::shutdown;
use gofrobot_shared::telemetry::Metrics;
use secrecy::SecretString;
use tokio::net::TcpListener;

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

fn main() -> ExitCode {
    let cli: Cli = config::parse_checked(|cli: &Cli| match cli.command {
        Some(Command::Healthcheck) => Ok(()),
        Some(Command::Run) | None => cli.check().map(drop),
    });
    let failure = match cli.command {
        Some(Command::Healthcheck) => "the ingress is not ready",
        Some(Command::Run) | None => "the ingress ends",
    };
    program::run("gofrobot-ingress", &cli.logs.clone(), failure, start(cli))
}

async fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Some(Command::Healthcheck) => admin::check_health(cli.admin.admin_addr).await?,
        Some(Command::Run) | None => run(cli).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let Checked { token, mode } = cli.check()?;
    let shutdown = shutdown::on_signals();
    let (metrics, readiness) = (
        Metrics::new(),
        Readiness::new(["running", BOT_API, queue::PUBLISH]),
    );
    let source = match mode {
        Mode::Polling => Source::Polling,
        Mode::Webhook { url, secrets } => Source::Webhook {
            listener: bind("LISTEN_ADDR", cli.ingress.listen_addr).await?,
            url: url.expose().into(),
            secrets: secrets.accepted().to_vec(),
        },
    };
    let queue = QueueConfig::from(&cli.broker).serving(cli.telegram.own_bot()?);
    let api = BotApi::new(cli.telegram.telegram_api_url.expose(), &token)?;
    let side_door = SideDoor::open(cli.admin.admin_addr, &readiness, &metrics).await?;
    // Last, when nothing can fail any more: its tasks do not take an early end well.
    let on_state = {
        let readiness = readiness.clone();
        // A webhook ingress without its broker still has an answer for Telegram: 503 with Retry-After. Not ready, it would get
        // no request to give it to. One that polls serves nobody.
        let answers_alone = matches!(source, Source::Webhook { .. });
        move |name, state| match answers_alone {
            true => readiness.set_to_begin(name, state),
            false => readiness.set(name, state),
        }
    };
    let ingress = Ingress {
        source,
        api,
        queue: Queue::connect(queue, on_state)?,
        metrics,
        readiness: readiness.clone(),
    };
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
    side_door.close().await?;
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
