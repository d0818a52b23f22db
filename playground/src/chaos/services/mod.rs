//! Servers of the breaker's own, in a folder of its own and on free ports: the machine's own are never touched.

mod postgres;
mod rabbitmq;
mod redis;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use anyhow::bail;
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::slot::Slot;

pub(super) use postgres::Postgres;
pub(super) use rabbitmq::{RabbitMq, SERVER as RABBITMQ_SERVER};
pub(super) use redis::Redis;

/// A server may take this long to start on a machine that is busy with everything else.
const START: Duration = Duration::from_secs(120);

/// An orderly stop may take this long; then the server is killed.
pub(super) const STOP: Duration = Duration::from_secs(20);

/// What the three servers have in common.
pub(super) trait Service {
    /// Its process.
    fn slot(&self) -> &Slot;

    /// The signal that asks it to end in good order, and soon.
    fn farewell(&self) -> Signal {
        Signal::TERM
    }

    /// Whether it serves.
    fn serves(&self) -> impl Future<Output = bool> + Send;
}

/// Waits until a server serves; starts it again when it has given up.
///
/// # Errors
/// It does not start at all, or not in time.
pub(super) async fn until_it_serves(service: &impl Service) -> anyhow::Result<()> {
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

/// A port on loopback that is free, below those that systems give to outgoing connections: it must still be free when
/// its server comes back.
///
/// # Errors
/// None was found.
pub(super) fn free_port() -> anyhow::Result<u16> {
    for _ in 0..1_000 {
        let port = rand::random_range(10_000..32_000);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1 between 10000 and 32000")
}
