//! The cluster under test: three private servers, ingresses and workers as real processes, and a simulated Telegram.

use std::path::Path;

use rustix::process::Signal;
use secrecy::ExposeSecret;
use sqlx::PgPool;

use super::schedule::MOST_WORKERS;
use crate::processes::services::{Servers, free_address};
use crate::processes::{End, LEAVE, Recipe, Slot, program};
use crate::simulator::Simulator;

/// Partitions: enough for four workers to share, few enough for the broker to recover quickly.
pub(super) const PARTITIONS: u32 = 16;

/// Ingresses: one polls, the other stands by.
const INGRESSES: u32 = 2;

/// First part of all queues.
const PREFIX: &str = "chaos";

/// Everything that runs.
pub(super) struct Cluster {
    pub(super) servers: Servers,
    pub(super) ingresses: Vec<Slot>,
    pub(super) workers: Vec<Slot>,
    /// Where the workers tell their metrics.
    pub(super) admin: Vec<String>,
    pub(super) simulator: Simulator,
}

/// What a cluster is made of.
pub(super) struct Parts<'a> {
    /// Where everything is kept and logged.
    pub(super) folder: &'a Path,
    /// Where the programs are.
    pub(super) programs: &'a Path,
    /// The worker's program.
    pub(super) worker: &'a str,
    /// Variables for the worker beyond the usual ones.
    pub(super) worker_variables: &'a [(&'a str, &'a str)],
    /// MAX_REQUESTS_PER_MINUTE.
    pub(super) requests_per_minute: u32,
    /// Whether there is a Redis; without it the workers have an address where nobody answers.
    pub(super) redis: bool,
    /// The command that becomes the broker.
    pub(super) rabbitmq_server: &'a str,
    /// The address of the simulator.
    pub(super) telegram: String,
    /// The bot's token.
    pub(super) token: &'a secrecy::SecretString,
}

impl Cluster {
    /// Starts the servers and prepares the programs.
    ///
    /// # Errors
    /// A server does not start, or a program is missing.
    pub(super) async fn start(parts: Parts<'_>, simulator: Simulator) -> anyhow::Result<Self> {
        let folder = parts.folder;
        let servers = Servers::new(folder, parts.rabbitmq_server).await?;
        let common = |recipe: Recipe, admin: &str| {
            recipe
                .var("BOT_TOKEN", parts.token.expose_secret())
                .var("TELEGRAM_API_URL", &parts.telegram)
                .var("QUEUE_URL", servers.rabbitmq.url())
                .var("QUEUE_PREFIX", PREFIX)
                .var("PARTITIONS", PARTITIONS.to_string())
                .var("ADMIN_ADDR", admin)
        };
        let ingress = program(parts.programs, "gofrobot-ingress")?;
        let ingresses = (1..=INGRESSES).map(|number| {
            let recipe = Recipe::new(&format!("ingress-{number}"), &ingress, folder);
            Ok(Slot::new(common(recipe, &free_address()?)))
        });
        let ingresses = ingresses.collect::<anyhow::Result<_>>()?;
        let worker = program(parts.programs, parts.worker)?;
        let addresses = (0..MOST_WORKERS).map(|_| free_address());
        let admin = addresses.collect::<anyhow::Result<Vec<_>>>()?;
        let workers = (1..=MOST_WORKERS).zip(&admin).map(|(number, admin)| {
            let recipe = Recipe::new(&format!("worker-{number}"), &worker, folder);
            let mut recipe = common(recipe, admin)
                .var("REDIS_URL", servers.redis.url())
                .var("DATABASE_URL", servers.postgres.url())
                .var(
                    "MAX_REQUESTS_PER_MINUTE",
                    parts.requests_per_minute.to_string(),
                );
            for (name, value) in parts.worker_variables {
                recipe = recipe.var(name, *value);
            }
            Slot::new(recipe)
        });
        let workers = workers.collect();
        servers.start(parts.redis).await?;
        Ok(Self {
            servers,
            ingresses,
            workers,
            admin,
            simulator,
        })
    }

    /// Starts the ingresses and so many workers.
    ///
    /// # Errors
    /// One cannot be started.
    pub(super) async fn run(&self, workers: u32) -> anyhow::Result<()> {
        for slot in self
            .ingresses
            .iter()
            .chain(&self.workers[..workers as usize])
        {
            slot.start().await?;
        }
        Ok(())
    }

    /// The database, for whoever looks.
    pub(super) fn pool(&self) -> &PgPool {
        &self.servers.postgres.pool
    }

    /// Names of the partitions' queues.
    pub(super) fn partitions() -> Vec<String> {
        let partition = |number| format!("{PREFIX}.updates.v1.{number:02}");
        (0..PARTITIONS).map(partition).collect()
    }

    /// Name of the queue of dead letters.
    pub(super) fn dead() -> String {
        format!("{PREFIX}.dead.v1")
    }

    /// Asks all ingresses and workers to leave, and tells how each did.
    pub(super) async fn leave(&self) -> Vec<(String, End)> {
        let mut ends = Vec::new();
        for slot in self.ingresses.iter().chain(&self.workers) {
            if let Some(end) = slot.stop(Signal::TERM, LEAVE).await {
                ends.push((slot.name().to_owned(), end));
            }
        }
        ends
    }
}
