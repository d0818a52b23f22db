//! Servers in a folder of their own and on free ports: the machine's own are never touched.

mod postgres;
mod rabbitmq;
mod redis;

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{bail, ensure};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::processes::{Slot, Usage};

pub(crate) use postgres::Postgres;
pub(crate) use rabbitmq::{RabbitMq, SERVER as RABBITMQ_SERVER};
pub(crate) use redis::Redis;

/// A server may take this long to start on a machine that is busy with everything else.
const START: Duration = Duration::from_secs(120);

/// An orderly stop may take this long; then the server is killed.
pub(crate) const STOP: Duration = Duration::from_secs(20);

/// What the three servers have in common.
pub(crate) trait Service {
    /// Its process.
    fn slot(&self) -> &Slot;

    /// The signal that asks it to end in good order, and soon.
    fn farewell(&self) -> Signal {
        Signal::TERM
    }

    /// Whether it serves.
    fn serves(&self) -> impl Future<Output = bool> + Send;
}

/// PostgreSQL, Redis and RabbitMQ.
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
    pub(crate) rabbitmq: RabbitMq,
}

impl Servers {
    /// Prepares them in `folder`; nothing runs yet. `rabbitmq` is the command that becomes the broker.
    ///
    /// # Errors
    /// One is not installed, or the folder cannot be written.
    pub(crate) async fn new(folder: &Path, rabbitmq: &str) -> anyhow::Result<Self> {
        check_installed(rabbitmq)?;
        Ok(Self {
            postgres: Postgres::new(folder).await?,
            redis: Redis::new(folder)?,
            rabbitmq: RabbitMq::new(folder, rabbitmq)?,
        })
    }

    /// Starts them, with or without Redis, and waits until they serve.
    ///
    /// # Errors
    /// One does not start.
    pub(crate) async fn start(&self, with_redis: bool) -> anyhow::Result<()> {
        self.rabbitmq.prepare().await?;
        let redis = async {
            match with_redis {
                true => start(&self.redis).await,
                false => Ok(()),
            }
        };
        tokio::try_join!(start(&self.postgres), redis, start(&self.rabbitmq))?;
        Ok(())
    }

    /// What each has used of the machine so far.
    pub(crate) async fn usage(&self) -> [(&'static str, Usage); 3] {
        [
            ("RabbitMQ", self.rabbitmq.slot().usage().await),
            ("PostgreSQL", self.postgres.slot().usage().await),
            ("Redis", self.redis.slot().usage().await),
        ]
    }
}

/// Names all programs that are missing, rather than wait for servers that cannot come.
fn check_installed(rabbitmq: &str) -> anyhow::Result<()> {
    let broker = rabbitmq.split_whitespace().next().unwrap_or_default();
    let mut missing: Vec<&str> = ["setpriv", "redis-server", broker]
        .into_iter()
        .filter(|program| !is_installed(program))
        .collect();
    if postgres::programs().is_err() {
        missing.push("initdb in /usr/lib/postgresql");
    }
    ensure!(
        missing.is_empty(),
        "not installed: {}; servers of its own are started from Debian's packages postgresql, redis-server and \
         rabbitmq-server, and a container serves only on the usual ports",
        missing.join(", ")
    );
    Ok(())
}

/// Whether there is such a program: at its path, or in PATH.
fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // A path that is absolute stays what it is.
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

async fn start(service: &impl Service) -> anyhow::Result<()> {
    service.slot().start().await?;
    until_it_serves(service).await
}

/// Waits until a server serves; starts it again when it has given up.
///
/// # Errors
/// It does not start at all, or not in time.
pub(crate) async fn until_it_serves(service: &impl Service) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !service.serves().await {
        service.slot().revive().await?;
        if begun.elapsed() > START {
            let (name, seconds) = (service.slot().name(), START.as_secs());
            bail!("{name} does not serve after {seconds} s: see {name}.log");
        }
        sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// An address on loopback with such a port.
///
/// # Errors
/// See [`free_port`].
pub(crate) fn free_address() -> anyhow::Result<String> {
    Ok(format!("127.0.0.1:{}", free_port()?))
}

/// A port on loopback that is free, below those that systems give to outgoing connections: it must still be free when
/// its server comes back.
///
/// # Errors
/// None was found.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    for _ in 0..1_000 {
        let port = rand::random_range(10_000..32_000);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1 between 10000 and 32000")
}
