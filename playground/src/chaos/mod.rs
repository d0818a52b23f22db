//! `gofrobot chaos`: the breaker. Breaks everything that can break around the bot while many players play, and then
//! checks that each of their updates had exactly one effect, in order, and an answer.
//!
//! It starts servers, ingresses and workers of its own as real processes, is the Bot API server that they talk to, and
//! judges from outside only: by the tables, the broker and what the simulator saw, never by the bot's own code.

mod cluster;
mod faults;
mod load;
mod plan;
mod players;
mod record;
mod refill;
mod report;
mod scale;
mod schedule;
mod trial;
mod verdict;
mod witness;
mod wording;

use std::path::PathBuf;

use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::processes::{self, services};

pub use plan::Plan;
pub use report::Report;
pub use schedule::Kind;
pub use verdict::{DOUBLE, LOST, ORDER, UNANSWERED, Verdict};

/// Settings of a run of the breaker.
#[derive(Debug, Clone, Args)]
pub struct Chaos {
    /// Seed of everything random but the timing of processes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What is done to the cluster.
    #[arg(long, value_enum, default_value_t = Plan::Everything)]
    pub plan: Plan,
    /// Updates in all, at least. Default: 100000 for `everything`, else a hundred a second.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub updates: Option<u64>,
    /// Players.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub players: u32,
    /// Faults of each kind, where the plan has any; each takes a stretch of 20 seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub faults: u32,
    /// Folder of gofrobot-ingress and gofrobot-worker. Default: where this program is.
    #[arg(long)]
    pub programs: Option<PathBuf>,
    /// Command that becomes RabbitMQ, told by variables what to do: a program, then its arguments.
    #[arg(long, env = "TEST_RABBITMQ_SERVER", default_value = services::RABBITMQ_SERVER)]
    pub rabbitmq_server: String,
    /// Seconds without any answer, at the end, after which what is unanswered counts as such.
    #[arg(long, default_value_t = 90)]
    pub patience: u64,
    /// Keeps the folder with all logs and data even when nothing was found.
    #[arg(long)]
    pub keep: bool,
    /// Program of the workers; a wrong one must be found out.
    #[arg(skip = "gofrobot-worker".to_owned())]
    pub worker: String,
    /// Variables for the workers beyond the usual ones.
    #[arg(skip)]
    pub worker_variables: Vec<(&'static str, &'static str)>,
}

/// Runs the breaker and returns what it found.
///
/// # Errors
/// Servers or programs cannot be started, do not come back, or somebody asked to stop.
pub async fn run(chaos: &Chaos, shutdown: CancellationToken) -> anyhow::Result<Report> {
    let folder = processes::folder("gofrobot-chaos-")?;
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let done = tokio::select! {
        done = trial::run(chaos, folder.path(), &stop) => done,
        () = shutdown.cancelled() => Err(anyhow::anyhow!("interrupted")),
    };
    let clean = done.as_ref().is_ok_and(|report| report.verdict.is_clean());
    if chaos.keep || !(clean || shutdown.is_cancelled()) {
        let kept = folder.keep();
        tracing::info!("logs and data are in {}", kept.display());
        return done.map(|report| Report {
            folder: Some(kept),
            ..report
        });
    }
    done
}
