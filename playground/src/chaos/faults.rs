//! Doing what the schedule says, and undoing it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use rustix::process::Signal;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::cluster::Cluster;
use super::record::Record;
use super::schedule::{Fault, Kind, Schedule};
use crate::processes::services::{STOP, Service, until_it_serves};
use crate::processes::{LEAVE, Slot};
use crate::simulator::Faults;

/// Share of the calls that a fault of the Bot API meets. All three together leave some that pass.
const SHARE: f64 = 0.3;

/// Updates that have come since one that counts as settled; the simulator remembers ten thousand.
const LONG_AGO: u32 = 1_000;

/// Until somebody else is looked for, when the one who was meant has gone.
const AGAIN: Duration = Duration::from_millis(200);

/// Does faults to a cluster and keeps count.
pub(super) struct Breaker {
    cluster: Arc<Cluster>,
    record: Arc<Record>,
    done: Mutex<BTreeMap<Kind, u32>>,
    /// Processes that were asked to leave and did it wrongly.
    bad_ends: Mutex<Vec<String>>,
    scaling: tokio::sync::Mutex<()>,
}

impl Breaker {
    pub(super) fn new(cluster: Arc<Cluster>, record: Arc<Record>) -> Self {
        Self {
            cluster,
            record,
            done: Mutex::default(),
            bad_ends: Mutex::default(),
            scaling: tokio::sync::Mutex::default(),
        }
    }

    /// Does all faults of a schedule, each when its time has come, and returns when all are undone.
    ///
    /// # Errors
    /// Something that was taken down does not come back.
    pub(super) async fn run(self: &Arc<Self>, schedule: &Schedule) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut under_way = JoinSet::new();
        for fault in &schedule.faults {
            sleep_until(begun + fault.at).await;
            while let Some(undone) = under_way.try_join_next() {
                undone??;
            }
            let (breaker, fault) = (Arc::clone(self), fault.clone());
            under_way.spawn(async move { breaker.perform(&fault).await });
        }
        while let Some(undone) = under_way.join_next().await {
            undone??;
        }
        Ok(())
    }

    /// How often each kind was done.
    pub(super) fn done(&self) -> BTreeMap<Kind, u32> {
        let done = self.done.lock();
        done.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who left wrongly.
    pub(super) fn bad_ends(&self) -> Vec<String> {
        let ends = self.bad_ends.lock();
        ends.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn perform(&self, fault: &Fault) -> anyhow::Result<()> {
        let cluster = &self.cluster;
        match fault.kind {
            Kind::KillWorker => {
                if fault.violent {
                    kill_all(&cluster.workers, fault).await?;
                } else {
                    Self::kill(&cluster.workers, fault).await?;
                }
            }
            Kind::KillIngress => {
                Self::kill(&cluster.ingresses, fault).await?;
            }
            Kind::RestartRabbitmq => restart(&cluster.servers.rabbitmq, fault).await?,
            Kind::RestartRedis => restart(&cluster.servers.redis, fault).await?,
            Kind::RestartPostgres => restart(&cluster.servers.postgres, fault).await?,
            Kind::PauseProcess => {
                let slots: Vec<_> = cluster.workers.iter().chain(&cluster.ingresses).collect();
                pause(&slots, fault).await;
            }
            Kind::PauseService => {
                let services = [
                    cluster.servers.rabbitmq.slot(),
                    cluster.servers.redis.slot(),
                    cluster.servers.postgres.slot(),
                ];
                pause(&services, fault).await;
            }
            Kind::Scale => self.scale(fault.target).await?,
            Kind::TooMany => {
                self.trouble(fault, |faults, share| {
                    (faults.too_many_rate, faults.retry_after) = (share, 1);
                })
                .await
            }
            Kind::ServerError => {
                self.trouble(fault, |faults, share| faults.error_rate = share)
                    .await
            }
            Kind::Silence => {
                self.trouble(fault, |faults, share| faults.drop_rate = share)
                    .await
            }
            Kind::Twice => {
                // Those on their way, or such as were settled long ago.
                let skip = if fault.violent { 0 } else { LONG_AGO };
                let updates = self.record.some(fault.target, skip);
                tracing::info!("{}: {} of them", fault.kind, updates.len());
                for update in updates {
                    cluster.simulator.deliver_again(update);
                }
            }
        }
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done.entry(fault.kind).or_default() += 1;
        Ok(())
    }

    /// Kills one and brings it back.
    async fn kill(slots: &[Slot], fault: &Fault) -> anyhow::Result<()> {
        let slots: Vec<_> = slots.iter().collect();
        loop {
            let slot = one_of(&slots, fault.target);
            tracing::info!("{}: {}, back in {:?}", fault.kind, slot.name(), fault.hold);
            let killed = slot.restart(Signal::KILL, STOP, fault.hold).await?;
            if killed.is_some() {
                return Ok(());
            }
            sleep(AGAIN).await;
        }
    }

    /// Starts or stops workers until there are so many.
    async fn scale(&self, size: u32) -> anyhow::Result<()> {
        let _one = self.scaling.lock().await;
        tracing::info!("{}: {size} from now on", Kind::Scale);
        let (stay, leave) = self.cluster.workers.split_at(size as usize);
        for slot in stay {
            slot.start().await?;
        }
        for slot in leave {
            if let Some(end) = slot.stop(Signal::TERM, LEAVE).await
                && !end.is_good()
            {
                let words = format!("{} left: {end}", slot.name());
                tracing::warn!("{words}");
                let mut ends = self.bad_ends.lock().unwrap_or_else(PoisonError::into_inner);
                ends.push(words);
            }
        }
        Ok(())
    }

    async fn trouble(&self, fault: &Fault, set: impl Fn(&mut Faults, f64)) {
        tracing::info!("{}: for {:?}", fault.kind, fault.hold);
        self.switch(|faults| set(faults, SHARE));
        sleep(fault.hold).await;
        self.switch(|faults| set(faults, 0.0));
    }

    fn switch(&self, change: impl FnOnce(&mut Faults)) {
        // One at a time, or one of two changes would be lost.
        let _one = self.done.lock();
        let simulator = &self.cluster.simulator;
        let mut faults = simulator.faults();
        change(&mut faults);
        if let Err(error) = simulator.set_faults(faults) {
            tracing::error!(%error, "a fault of the Bot API");
        }
    }
}

/// Kills all that run, as when their machine fails, and brings them back.
async fn kill_all(slots: &[Slot], fault: &Fault) -> anyhow::Result<()> {
    tracing::info!("{}: all, back in {:?}", fault.kind, fault.hold);
    let restarts = slots
        .iter()
        .map(|slot| slot.restart(Signal::KILL, STOP, fault.hold));
    try_join_all(restarts).await?;
    Ok(())
}

/// Lets one of them stand still.
async fn pause(slots: &[&Slot], fault: &Fault) {
    loop {
        let slot = one_of(slots, fault.target);
        tracing::info!("{}: {} for {:?}", fault.kind, slot.name(), fault.hold);
        if slot.pause(fault.hold).await {
            return;
        }
        sleep(AGAIN).await;
    }
}

/// The one that is meant among those that run; among all, when none is free.
fn one_of<'a>(slots: &[&'a Slot], target: u32) -> &'a Slot {
    let free: Vec<_> = slots.iter().filter(|slot| slot.is_free()).collect();
    match free.len() {
        0 => slots[target as usize % slots.len()],
        some => free[target as usize % some],
    }
}

/// Stops a service, in good order or not, and brings it back.
async fn restart(service: &impl Service, fault: &Fault) -> anyhow::Result<()> {
    let (signal, manner) = match fault.violent {
        true => (Signal::KILL, "killed"),
        false => (service.farewell(), "stopped"),
    };
    tracing::info!("{}: {manner}, back in {:?}", fault.kind, fault.hold);
    let begun = Instant::now();
    service.slot().restart(signal, STOP, fault.hold).await?;
    until_it_serves(service).await?;
    let away: Duration = begun.elapsed();
    tracing::info!("{}: serves again after {away:.1?}", fault.kind);
    Ok(())
}
