//! What a consumer shows of itself: whether it consumes what it should, and how much that is.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{Condition, Link};
use crate::queue::{CONSUME, Share};

/// The state of a consumer's partitions, for readiness and metrics.
pub(super) struct Health {
    condition: Condition,
    partitions: Mutex<Partitions>,
    share: watch::Sender<Share>,
    note: watch::Sender<Option<String>>,
    of: u16,
}

#[derive(Default)]
struct Partitions {
    /// What this worker should consume; none before it knows who else is there.
    assigned: Option<BTreeSet<u16>>,
    /// What it consumes, including what it is about to release.
    open: BTreeSet<u16>,
    /// Another number of partitions than ours, if another worker shares out so many.
    disagreement: Option<u16>,
    /// What there is to say of updates that are not for this worker.
    strangers: Option<String>,
    /// Whether anything was for this worker so far.
    served: bool,
}

impl Health {
    pub(super) fn new(link: &Link) -> Self {
        let of = link.topology.partitions;
        Self {
            condition: Condition::new(CONSUME, link),
            partitions: Mutex::default(),
            share: watch::Sender::new(Share::none(of)),
            note: watch::Sender::default(),
            of,
        }
    }

    pub(super) fn share(&self) -> watch::Receiver<Share> {
        self.share.subscribe()
    }

    /// What an operator should know although the worker works.
    pub(super) fn note(&self) -> watch::Receiver<Option<String>> {
        self.note.subscribe()
    }

    pub(super) fn assigned(&self, numbers: &BTreeSet<u16>) {
        let mut partitions = self.lock();
        partitions.assigned = Some(numbers.clone());
        self.show(&partitions);
    }

    pub(super) fn opened(&self, number: u16) {
        let mut partitions = self.lock();
        partitions.open.insert(number);
        self.show(&partitions);
    }

    pub(super) fn released(&self, number: u16) {
        let mut partitions = self.lock();
        partitions.open.remove(&number);
        self.show(&partitions);
    }

    /// A partition that should be open is not.
    pub(super) fn failed(&self, number: u16, reason: &str) {
        self.released(number);
        self.condition
            .set(Err(format!("partition {number}: {reason}")));
    }

    /// Another worker shares out this number of partitions instead of ours, or nobody does any more.
    pub(super) fn disagrees(&self, number: Option<u16>) {
        let mut partitions = self.lock();
        if partitions.disagreement != number {
            partitions.disagreement = number;
            self.show(&partitions);
        }
    }

    /// What there is to say of updates that are not for us, and whether any so far was.
    pub(super) fn strangers(&self, words: Option<String>, served: bool) {
        let mut partitions = self.lock();
        if (&partitions.strangers, partitions.served) != (&words, served) {
            (partitions.strangers, partitions.served) = (words, served);
            self.show(&partitions);
        }
    }

    /// The connection is gone, and all partitions with it.
    pub(super) fn lost(&self, reason: String) {
        let mut partitions = self.lock();
        *partitions = Partitions {
            served: partitions.served,
            ..Partitions::default()
        };
        self.show(&partitions);
        drop(partitions);
        self.condition.set(Err(reason));
    }

    fn show(&self, partitions: &Partitions) {
        let (open, assigned) = (&partitions.open, partitions.assigned.as_ref());
        if let Some(other) = partitions.disagreement {
            let words = format!("PARTITIONS is {} here and {other} elsewhere", self.of);
            self.condition.set(Err(words));
        } else if let (Some(words), false) = (&partitions.strangers, partitions.served) {
            // Whoever meets nothing else serves nobody.
            self.condition.set(Err(words.clone()));
        } else if assigned.is_some_and(|assigned| assigned.is_subset(open)) {
            self.condition.set(Ok(()));
        }
        self.note.send_if_modified(|before| {
            let changed = *before != partitions.strangers;
            before.clone_from(&partitions.strangers);
            changed
        });
        let share = Share {
            owned: u16::try_from(open.len()).unwrap_or(u16::MAX),
            of: self.of,
            spare: open.is_empty() && assigned.is_some_and(BTreeSet::is_empty),
        };
        self.share.send_if_modified(|before| {
            let changed = *before != share;
            *before = share;
            changed
        });
    }

    fn lock(&self) -> MutexGuard<'_, Partitions> {
        self.partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
