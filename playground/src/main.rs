//! The playground's binary: reads the configuration and wires the parts.

use anyhow::Context;
use gofrobot::cli::{Cli, Command};
use gofrobot::load::Format;
use gofrobot::telegram::Telegram;
use gofrobot::{bench, chaos, check, load, play};
use gofrobot_shared::{config, program, shutdown};
use gofrobot_worker::config::{Config, check_database};
use std::io::Write;
use std::process::ExitCode;
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let cli: Cli = config::parse_checked(|cli: &Cli| match cli.command {
        None => {
            let Config {
                broker, database, ..
            } = &cli.play.worker;
            check_database(database)?;
            match broker.required_network() {
                Ok(_) => database.required_network().map(drop),
                Err(_) => Ok(()),
            }
        }
        Some(_) => Ok(()),
    });
    program::run(
        "gofrobot",
        &cli.play.logs.clone(),
        "gofrobot ends",
        start(cli),
    )
}

async fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    let shutdown = shutdown::on_signals();
    match cli.command {
        None => play::run(cli.play, shutdown).await?,
        Some(Command::Simulate(simulate)) => {
            let listener = TcpListener::bind(simulate.listen)
                .await
                .with_context(|| format!("--listen {} cannot be listened on", simulate.listen))?;
            let telegram = Telegram::start(listener, simulate.options(), shutdown.clone())?;
            let url = telegram.url();
            writeln!(
                std::io::stdout(),
                "Chat page: {url}\nBot API:   TELEGRAM_API_URL={url}"
            )?;
            shutdown.cancelled().await;
        }
        Some(Command::Check(check)) => {
            if !check::run(&check, &mut std::io::stdout()).await? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Some(Command::Healthcheck(healthcheck)) => healthcheck.run().await?,
        Some(Command::Load(load)) if load.on_request => load::on_request(&load, shutdown).await?,
        Some(Command::Load(load)) => {
            let report = load::run(&load, shutdown).await?;
            match load.report {
                Format::Text => writeln!(std::io::stdout(), "{report}")?,
                Format::Json => writeln!(std::io::stdout(), "{}", report.json())?,
            }
            if !report.is_clean() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Some(Command::Bench(bench)) => {
            let report = bench::run(&bench, shutdown).await?;
            writeln!(std::io::stdout(), "{report}")?;
            if !report.is_clean() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Some(Command::Chaos(chaos)) => {
            let report = chaos::run(&chaos, shutdown).await?;
            writeln!(std::io::stdout(), "{report}")?;
            if !report.verdict.is_clean() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
