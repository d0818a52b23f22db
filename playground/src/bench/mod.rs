//! `gofrobot bench`: how fast the bot is at its cluster size, and what that costs.
//!
//! A machine's own speed swings by a third within an hour, so one figure says little: there are several rounds, and
//! another build can be measured by turns with this one. The ratio of neighbours stays where the speed does not.

mod report;
mod round;

use std::path::{Path, PathBuf};

use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::load::Crowd;
use crate::processes;
use crate::processes::services::{self, Servers};
use round::{Programs, Round};

pub use report::Report;

/// Settings of a bench.
#[derive(Debug, Clone, Args)]
pub struct Bench {
    /// Rounds, each with a database of its own.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub rounds: u32,
    /// Workers.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub workers: u32,
    /// PARTITIONS of ingress and workers.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub partitions: u32,
    /// Who plays, and what.
    #[command(flatten)]
    pub crowd: Crowd,
    /// Folder of gofrobot-ingress and gofrobot-worker. Default: where this program is.
    #[arg(long)]
    pub programs: Option<PathBuf>,
    /// Folder of another build, to be measured by turns with the first.
    #[arg(long)]
    pub against: Option<PathBuf>,
    /// Command that becomes RabbitMQ, told by variables what to do: a program, then its arguments.
    #[arg(long, env = "TEST_RABBITMQ_SERVER", default_value = services::RABBITMQ_SERVER)]
    pub rabbitmq_server: String,
}

/// Runs all rounds and returns what was measured. Stops after a round that lost or doubled anything.
///
/// # Errors
/// Servers or programs cannot be started, or somebody asked to stop.
pub async fn run(bench: &Bench, shutdown: CancellationToken) -> anyhow::Result<Report> {
    let folder = processes::folder("gofrobot-bench-")?;
    let done = tokio::select! {
        done = rounds(bench, folder.path(), &shutdown) => done,
        () = shutdown.cancelled() => Err(anyhow::anyhow!("interrupted")),
    };
    if done.is_err() && !shutdown.is_cancelled() {
        tracing::info!("logs and data are in {}", folder.keep().display());
    }
    done
}

async fn rounds(
    bench: &Bench,
    folder: &Path,
    shutdown: &CancellationToken,
) -> anyhow::Result<Report> {
    let mut builds = vec![(Programs::of(bench.programs.as_deref())?, "")];
    if let Some(other) = &bench.against {
        builds.push((Programs::of(Some(other))?, "_against"));
    }
    tracing::info!("the servers start in {}", folder.display());
    let servers = Servers::new(folder, &bench.rabbitmq_server).await?;
    servers.start(true).await?;
    let mut report = Report::new(builds.len());
    for number in 1..=bench.rounds {
        for (build, (programs, suffix)) in builds.iter().enumerate() {
            let round = Round {
                bench,
                folder,
                servers: &servers,
                programs,
                name: format!("round_{number}{suffix}"),
            };
            let figures = round.run(shutdown).await?;
            tracing::info!("{}: {figures}", round.name);
            report.add(build, figures);
            if !report.is_clean() {
                return Ok(report);
            }
        }
    }
    Ok(report)
}
