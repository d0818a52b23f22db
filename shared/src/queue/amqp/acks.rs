//! Which acknowledgements to send when some have arrived.
//!
//! The broker numbers the deliveries of a channel 1, 2, 3 and so on, and one message can acknowledge everything up to
//! a number. Answers end in any order, but mostly soon after one another, so what is settled ahead of an older delivery
//! waits one round for it: nearly everything then travels as one message for a whole run. What is still ahead after
//! that (the older one's chat may be frozen by flood control) is acknowledged alone, or it would use up the prefetch
//! and stop the partition.

use std::collections::BTreeSet;

/// What has been settled on one channel.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Every delivery up to here is settled and acknowledged.
    prefix: u64,
    /// Settled in the last round, beyond the prefix; not acknowledged yet.
    waiting: BTreeSet<u64>,
    /// Acknowledged alone, beyond the prefix.
    alone: BTreeSet<u64>,
}

/// What to tell the broker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Acks {
    /// Acknowledge everything up to this delivery.
    pub(super) up_to: Option<u64>,
    /// Acknowledge these alone.
    pub(super) single: Vec<u64>,
}

impl Settled {
    /// One round: takes in newly settled deliveries, each at most once in the life of a channel.
    pub(super) fn settle(&mut self, tags: &[u64]) -> Acks {
        let mut overdue = std::mem::take(&mut self.waiting);
        self.waiting.extend(tags);
        let mut up_to = None;
        loop {
            let next = self.prefix + 1;
            if self.waiting.remove(&next) || overdue.remove(&next) {
                // A number may be named only while it is open.
                up_to = Some(next);
            } else if !self.alone.remove(&next) {
                break;
            }
            self.prefix = next;
        }
        self.alone.extend(&overdue);
        Acks {
            up_to,
            single: overdue.into_iter().collect(),
        }
    }

    /// Whether another round is due even if nothing more is settled.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Deliveries that the broker still counts as open, if it has delivered up to `newest`.
    pub(super) fn open(&self, newest: u64) -> u64 {
        newest - self.prefix - self.alone.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_comes_soon_travels_as_one() {
        let mut settled = Settled::default();
        for (tags, up_to, single, open) in [
            (&[1, 2, 3][..], Some(3), &[][..], 7),
            (&[6, 5], None, &[], 7),
            (&[4], Some(6), &[], 4),
            (&[9, 8], None, &[], 4),
            (&[], None, &[8, 9], 2),
            (&[7], Some(7), &[], 1),
            (&[10], Some(10), &[], 0),
        ] {
            let acks = settled.settle(tags);
            let single = single.to_vec();
            assert_eq!(acks, Acks { up_to, single }, "{tags:?}");
            assert_eq!(settled.open(10), open, "{tags:?}");
        }
    }

    proptest! {
        /// Against a broker that keeps the open deliveries: no order of settling names a closed one or closes an
        /// unsettled one, and nothing that is settled is left open for more than a round.
        #[test]
        fn any_order_is_understood(order in Just((1..=60_u64).collect::<Vec<_>>()).prop_shuffle(), sizes in prop::collection::vec(0..9_usize, 60)) {
            let mut settled = Settled::default();
            let mut open: BTreeSet<u64> = order.iter().copied().collect();
            let mut rest = &order[..];
            for size in sizes.into_iter().chain([60, 0]) {
                let overdue = rest;
                let (tags, later) = rest.split_at(size.min(rest.len()));
                rest = later;
                let acks = settled.settle(tags);
                if let Some(up_to) = acks.up_to {
                    prop_assert!(open.contains(&up_to));
                    open.retain(|tag| *tag > up_to);
                }
                for tag in acks.single {
                    prop_assert!(open.remove(&tag));
                }
                prop_assert_eq!(settled.open(60), open.len() as u64);
                prop_assert!(rest.iter().all(|tag| open.contains(tag)));
                prop_assert!(open.iter().all(|tag| overdue.contains(tag)));
                prop_assert_eq!(settled.waits(), open.len() > rest.len());
            }
            prop_assert!(open.is_empty());
        }
    }
}
