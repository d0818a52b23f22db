//! What a run does to the cluster while the players play.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Chaos;
use super::record::Account;
use super::scale;
use super::schedule::{Kind, Schedule};
use super::trial::Trial;
use super::verdict::Check;
use crate::processes::services::{STOP, Service, until_it_serves};

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Plan {
    /// Every kind of fault, again and again, overlapping.
    Everything,
    /// One worker, then three, then two, by leave and by death: how long until they share evenly, and who waits.
    Scale,
    /// PostgreSQL is away for half a minute: nobody sees an error, everybody is answered afterwards.
    PostgresOutage,
    /// All faults but without any Redis from beginning to end: limits hold all the same.
    WithoutRedis,
}

/// What a plan has found by itself.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Figures for the report, a line each.
    pub(super) notes: Vec<String>,
    /// Checks beyond those of every run.
    pub(super) checks: Vec<Check>,
}

/// How long PostgreSQL is away.
const OUTAGE: Duration = Duration::from_secs(30);

/// Quiet playing before and after.
const QUIET: Duration = Duration::from_secs(8);

/// Presses of a player who floods, against a limit of two thirds of it.
const FLOOD: u32 = 450;

impl Plan {
    /// About how long it takes.
    pub(super) fn length(self, chaos: &Chaos) -> Duration {
        match self {
            Self::Everything | Self::WithoutRedis => self.schedule(chaos).length,
            Self::Scale => Duration::from_secs(60),
            Self::PostgresOutage => OUTAGE + 2 * QUIET,
        }
    }

    /// Updates, where nobody has said how many.
    pub(super) fn updates(self, length: Duration) -> u64 {
        match self {
            Self::Everything => 100_000,
            _ => length.as_secs() * 100,
        }
    }

    /// Workers at the beginning.
    pub(super) fn workers(self) -> u32 {
        if self == Self::Scale { 1 } else { 2 }
    }

    /// Whether there is a Redis.
    pub(super) fn has_redis(self) -> bool {
        self != Self::WithoutRedis
    }

    /// MAX_REQUESTS_PER_MINUTE: out of the way, unless it is what is looked at.
    pub(super) fn limit(self) -> u32 {
        if self == Self::WithoutRedis {
            FLOOD * 2 / 3
        } else {
            1_000
        }
    }

    /// Carries it out.
    ///
    /// # Errors
    /// Something does not come back.
    pub(super) async fn perform(self, trial: &Trial<'_>) -> anyhow::Result<Findings> {
        match self {
            Self::Everything | Self::WithoutRedis => {
                trial.breaker.run(&self.schedule(trial.chaos)).await?;
                Ok(Findings::default())
            }
            Self::Scale => scale::measure(trial).await,
            Self::PostgresOutage => outage(trial).await,
        }
    }

    /// What is done when all have settled.
    pub(super) async fn afterwards(self, trial: &Trial<'_>) {
        if self == Self::WithoutRedis {
            trial.record.flood(&trial.cluster.simulator, FLOOD).await;
        }
    }

    /// What the record alone tells, beyond what is checked of every run.
    pub(super) fn judge(self, account: &Account) -> Option<Check> {
        let name = "answers that told a player of a failure";
        (self == Self::PostgresOutage)
            .then(|| Check::counted(name, account.troubles, account.complaints.clone()))
    }

    fn schedule(self, chaos: &Chaos) -> Schedule {
        let possible = |kind: &Kind| self.has_redis() || *kind != Kind::RestartRedis;
        let kinds: Vec<_> = Kind::ALL.into_iter().filter(possible).collect();
        Schedule::draw(chaos.seed, &kinds, chaos.faults)
    }
}

/// Takes PostgreSQL away and brings it back.
async fn outage(trial: &Trial<'_>) -> anyhow::Result<Findings> {
    let postgres = &trial.cluster.servers.postgres;
    sleep(QUIET).await;
    tracing::info!("PostgreSQL goes for {OUTAGE:?}");
    postgres
        .slot()
        .restart(postgres.farewell(), STOP, OUTAGE)
        .await?;
    until_it_serves(postgres).await?;
    let back = Instant::now();
    let (sent, ..) = trial.record.counts();
    while trial.record.first_open() < sent
        && back.elapsed() < Duration::from_secs(trial.chaos.patience)
    {
        sleep(Duration::from_millis(20)).await;
    }
    let took = back.elapsed();
    tracing::info!("PostgreSQL is back; all who had waited were answered {took:.1?} later");
    sleep(QUIET).await;
    Ok(Findings {
        notes: vec![format!(
            "all who waited were answered {took:.1?} after PostgreSQL was back"
        )],
        checks: Vec::new(),
    })
}
