//! What goes wrong and when: drawn from a seed before the run begins, so that a failure can be run again.
//!
//! Every kind of fault gets equal stretches of the run and strikes once in each, at a moment of its own: so each kind
//! occurs as often as was asked for, and the kinds interleave and overlap in ever new ways.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The stretch of time that each kind of fault has for one occurrence: the longest ones, a broker that is away and
/// boots, must end within it.
const STRETCH: Duration = Duration::from_secs(20);

/// The most workers that are run.
pub(super) const MOST_WORKERS: u32 = 4;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// SIGKILL to a worker, and a new one a little later.
    KillWorker,
    /// SIGKILL to an ingress, and a new one a little later.
    KillIngress,
    /// RabbitMQ ends, in good order or by SIGKILL, and comes back with the same data.
    RestartRabbitmq,
    /// Redis ends and comes back empty.
    RestartRedis,
    /// PostgreSQL ends, in good order or by SIGKILL, and comes back with the same data.
    RestartPostgres,
    /// SIGSTOP to a worker or an ingress, and SIGCONT later: perhaps after everybody took it for dead.
    PauseProcess,
    /// SIGSTOP to a service: its connections stay, and nothing answers.
    PauseService,
    /// More workers, or fewer, which leave in good order.
    Scale,
    /// The Bot API answers 429 to a part of the calls.
    TooMany,
    /// The Bot API answers 500 to a part of the calls.
    ServerError,
    /// The Bot API closes connections without an answer, half of them after the effect.
    Silence,
    /// Updates are delivered again.
    Twice,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::KillWorker,
        Self::KillIngress,
        Self::RestartRabbitmq,
        Self::RestartRedis,
        Self::RestartPostgres,
        Self::PauseProcess,
        Self::PauseService,
        Self::Scale,
        Self::TooMany,
        Self::ServerError,
        Self::Silence,
        Self::Twice,
    ];

    /// Shortest and longest duration, milliseconds.
    fn holds_ms(self) -> (u64, u64) {
        match self {
            Self::KillWorker | Self::KillIngress => (100, 3_000),
            Self::RestartRabbitmq | Self::RestartPostgres | Self::RestartRedis => (1_000, 6_000),
            // Above ten seconds the broker misses two heartbeats, and a worker wakes up without its partitions.
            Self::PauseProcess => (1_000, 14_000),
            Self::PauseService => (500, 4_000),
            Self::Scale | Self::Twice => (0, 0),
            Self::TooMany | Self::ServerError | Self::Silence => (1_000, 5_000),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::KillWorker => "kill -9 a worker",
            Self::KillIngress => "kill -9 an ingress",
            Self::RestartRabbitmq => "restart RabbitMQ",
            Self::RestartRedis => "restart Redis",
            Self::RestartPostgres => "restart PostgreSQL",
            Self::PauseProcess => "pause a worker or ingress",
            Self::PauseService => "pause a service",
            Self::Scale => "scale the workers",
            Self::TooMany => "Bot API answers 429",
            Self::ServerError => "Bot API answers 500",
            Self::Silence => "Bot API does not answer",
            Self::Twice => "deliver updates twice",
        })
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What goes wrong.
    pub(super) kind: Kind,
    /// When, after the beginning.
    pub(super) at: Duration,
    /// For how long.
    pub(super) hold: Duration,
    /// To whom, counted around among those whom it can happen to; for a scale: how many workers there are then; for
    /// updates delivered again: how many.
    pub(super) target: u32,
    /// Whether all workers are killed, and not one; whether a service is killed, and not asked to stop; whether updates come again while they are still on their way,
    /// and not long after.
    pub(super) violent: bool,
}

/// The faults of a run, in order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    /// The faults.
    pub(super) faults: Vec<Fault>,
    /// When the last of them should be over.
    pub(super) length: Duration,
}

impl Schedule {
    /// Each of these kinds that many times.
    pub(super) fn draw(seed: u64, kinds: &[Kind], each: u32) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut faults = Vec::new();
        for number in 0..each {
            for kind in kinds {
                faults.push(Fault::draw(*kind, number, &mut random));
            }
            if number.is_multiple_of(3) {
                let first = number as usize * kinds.len();
                kill_during_outage(&mut faults[first..], STRETCH * number);
            }
        }
        faults.sort_by_key(|fault| fault.at);
        Self {
            faults,
            length: STRETCH * each,
        }
    }
}

impl Fault {
    fn draw(kind: Kind, number: u32, random: &mut StdRng) -> Self {
        let (shortest, longest) = kind.holds_ms();
        let hold = Duration::from_millis(random.random_range(shortest..=longest));
        let stretch = u64::try_from(STRETCH.as_millis()).unwrap_or(u64::MAX);
        let within = Duration::from_millis(random.random_range(0..stretch));
        let target = match kind {
            // Up to the most, down to one, and something between.
            Kind::Scale => [MOST_WORKERS, 1, 3, 2][number as usize % 4],
            Kind::Twice => random.random_range(20..=200),
            _ => random.random_range(0..1_000),
        };
        Self {
            kind,
            at: STRETCH * number + within,
            hold,
            target,
            violent: kind != Kind::KillWorker && random.random_bool(0.5),
        }
    }
}

/// Lets all workers die while PostgreSQL is away: what they have taken is uncommitted then, and must come back. Nothing
/// else strikes before, so that they have surely taken something.
fn kill_during_outage(round: &mut [Fault], begins: Duration) {
    let Some(outage) = round.iter_mut().find(|it| it.kind == Kind::RestartPostgres) else {
        return;
    };
    outage.at = begins + UNDER_WAY + (outage.at - begins) / 8;
    let (middle, end) = (outage.at + outage.hold / 2, outage.at + outage.hold);
    for fault in round.iter_mut() {
        match fault.kind {
            Kind::RestartPostgres => {}
            Kind::KillWorker => (fault.at, fault.violent) = (middle, true),
            _ => fault.at = end + (fault.at - begins) / 2,
        }
    }
}

/// By then workers that start with the run have taken their partitions.
const UNDER_WAY: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schedule: &Schedule, kind: Kind) -> Vec<&Fault> {
        let faults = schedule.faults.iter();
        faults.filter(|fault| fault.kind == kind).collect()
    }

    #[test]
    fn every_kind_occurs_as_often_as_asked_for() {
        let schedule = Schedule::draw(7, &Kind::ALL, 30);
        for kind in Kind::ALL {
            assert_eq!(of(&schedule, kind).len(), 30, "{kind}");
        }
        assert!(schedule.faults.is_sorted_by_key(|fault| fault.at));
        let before_the_end = |it: &Fault| it.at <= schedule.length + STRETCH / 2;
        assert!(schedule.faults.iter().all(before_the_end));
    }

    #[test]
    fn the_seed_decides() {
        let draw = |seed| Schedule::draw(seed, &Kind::ALL, 5);
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn kinds_interleave_and_overlap() {
        let schedule = Schedule::draw(7, &Kind::ALL, 30);
        let pairs = || schedule.faults.windows(2);
        assert!(pairs().filter(|it| it[0].kind != it[1].kind).count() > 300);
        let overlaps = |it: &&[Fault]| it[0].at + it[0].hold > it[1].at;
        assert!(pairs().filter(overlaps).count() > 100);
    }

    #[test]
    fn a_worker_dies_while_postgres_is_away() {
        for seed in 0..50 {
            let schedule = Schedule::draw(seed, &Kind::ALL, 1);
            let outage = of(&schedule, Kind::RestartPostgres)[0];
            let kill = of(&schedule, Kind::KillWorker)[0];
            assert!(kill.violent && outage.at < kill.at && kill.at < outage.at + outage.hold);
        }
    }

    #[test]
    fn workers_are_scaled_to_four_and_back_to_one() {
        let schedule = Schedule::draw(3, &[Kind::Scale], 4);
        let sizes: Vec<_> = schedule.faults.iter().map(|it| it.target).collect();
        assert_eq!(sizes, [4, 1, 3, 2]);
    }
}
