//! One round: ingress and workers are started, the crowd plays, and everything that ran is asked what it has used.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use rustix::process::Signal;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Bench;
use super::report::{Figures, Used};
use crate::load::{self, Format, Load};
use crate::processes::services::{Servers, free_address};
use crate::processes::{LEAVE, Recipe, Slot, own_cpu, program, programs};

/// MAX_REQUESTS_PER_MINUTE, as far out of the way as it goes: what is sent is to be played.
const REQUESTS_PER_MINUTE: &str = "1000";

/// A worker may take this long to make its tables and find its partitions.
const START: Duration = Duration::from_secs(60);

/// One build of the programs.
pub(super) struct Programs {
    ingress: PathBuf,
    worker: PathBuf,
}

impl Programs {
    /// Those of a folder; without one, those beside this program.
    ///
    /// # Errors
    /// One is missing.
    pub(super) fn of(folder: Option<&Path>) -> anyhow::Result<Self> {
        let folder = programs(folder)?;
        Ok(Self {
            ingress: program(&folder, "gofrobot-ingress")?,
            worker: program(&folder, "gofrobot-worker")?,
        })
    }
}

/// What a round is made of.
pub(super) struct Round<'a> {
    pub(super) bench: &'a Bench,
    pub(super) folder: &'a Path,
    pub(super) servers: &'a Servers,
    pub(super) programs: &'a Programs,
    /// Name of its database, and the first part of its keys and logs.
    pub(super) name: String,
}

/// The programs of a round.
struct Running {
    ingress: Slot,
    /// Each with the address of its side door.
    workers: Vec<(Slot, String)>,
}

impl Round<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// A program does not start, or does not get ready.
    pub(super) async fn run(&self, shutdown: &CancellationToken) -> anyhow::Result<Figures> {
        let load = Load {
            listen: free_address()?.parse()?,
            token: SecretString::from("4300:token-of-the-bench"),
            report: Format::Text,
            on_request: false,
            crowd: self.bench.crowd.clone(),
        };
        let running = self.programs(&load).await?;
        let begin = async {
            for (slot, door) in &running.workers {
                slot.start().await?;
                until_ready(slot, door).await?;
            }
            let before = self.used(&running).await;
            // With it the updates begin to flow.
            running.ingress.start().await?;
            Ok(before)
        };
        let (before, played) = tokio::try_join!(begin, load::run(&load, shutdown.clone()))?;
        let after = self.used(&running).await;
        running.leave().await;
        Ok(Figures::new(&played, &before, &after))
    }

    async fn programs(&self, load: &Load) -> anyhow::Result<Running> {
        let recipe = |role: &str, program: &Path| {
            let log = format!("{}_{role}", self.name);
            Recipe::new(&log, program, self.folder)
                .var("BOT_TOKEN", load.token.expose_secret())
                .var("TELEGRAM_API_URL", format!("http://{}", load.listen))
                .var("QUEUE_URL", self.servers.rabbitmq.url())
                // The same in all rounds: they leave nothing behind, and a broker bears only so many queues.
                .var("QUEUE_PREFIX", "bench")
                .var("PARTITIONS", self.bench.partitions.to_string())
        };
        let ingress = recipe("ingress", &self.programs.ingress);
        let ingress = Slot::new(ingress.var("ADMIN_ADDR", free_address()?));
        let database = self.servers.postgres.new_database(&self.name).await?;
        let mut workers = Vec::new();
        for number in 1..=self.bench.workers {
            let door = free_address()?;
            let worker = recipe(&format!("worker_{number}"), &self.programs.worker)
                .var("ADMIN_ADDR", &door)
                .var("REDIS_URL", self.servers.redis.url())
                .var("REDIS_PREFIX", format!("{}:", self.name))
                .var("DATABASE_URL", &database)
                .var("MAX_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE);
            workers.push((Slot::new(worker), door));
        }
        Ok(Running { ingress, workers })
    }

    async fn used(&self, running: &Running) -> Used {
        let mut workers = Vec::new();
        for (slot, _) in &running.workers {
            workers.push(slot.usage().await);
        }
        let mut cpu = vec![
            ("workers", workers.iter().map(|worker| worker.cpu).sum()),
            ("ingress", running.ingress.usage().await.cpu),
        ];
        let servers = self.servers.usage().await;
        cpu.extend(servers.map(|(name, usage)| (name, usage.cpu)));
        cpu.push(("load generator", own_cpu()));
        let peaks = workers.iter().map(|worker| worker.peak_bytes);
        Used {
            cpu,
            worker_peak_bytes: peaks.max().unwrap_or_default(),
        }
    }
}

impl Running {
    async fn leave(&self) {
        self.ingress.stop(Signal::TERM, LEAVE).await;
        for (slot, _) in &self.workers {
            slot.stop(Signal::TERM, LEAVE).await;
        }
    }
}

async fn until_ready(slot: &Slot, door: &str) -> anyhow::Result<()> {
    let (begun, url) = (Instant::now(), format!("http://{door}/ready"));
    while !matches!(reqwest::get(&url).await, Ok(answer) if answer.status().is_success()) {
        let name = slot.name();
        ensure!(!slot.has_ended().await, "{name} has ended: see {name}.log");
        let seconds = START.as_secs();
        ensure!(
            begun.elapsed() < START,
            "{name} is not ready after {seconds} s: see {name}.log"
        );
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
