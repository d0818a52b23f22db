//! Which acknowledgements to send when some have arrived.
//!
//! The broker numbers the deliveries of a channel 1, 2, 3 and so on, and one message can acknowledge everything up to
//! a number. So the settled prefix travels as one; what is settled ahead of an older delivery that is still open (its
//! chat may be frozen by flood control) is acknowledged alone, or it would use up the prefetch and stop the partition.

use std::collections::BTreeSet;

/// What has been settled on one channel.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Every delivery up to here is settled.
    prefix: u64,
    /// Settled deliveries beyond the prefix.
    ahead: BTreeSet<u64>,
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
    /// Takes in newly settled deliveries, each at most once in the life of a channel.
    pub(super) fn settle(&mut self, tags: &[u64]) -> Acks {
        self.ahead.extend(tags);
        while self.ahead.remove(&(self.prefix + 1)) {
            self.prefix += 1;
        }
        // A number may be named only while it is open, so the prefix is named by its newest delivery of this round.
        let up_to = tags.iter().copied().filter(|tag| *tag <= self.prefix).max();
        let single = tags
            .iter()
            .copied()
            .filter(|tag| *tag > self.prefix)
            .collect();
        Acks { up_to, single }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_prefix_travels_as_one() {
        let mut settled = Settled::default();
        for (tags, up_to, single) in [
            (&[1, 2, 3][..], Some(3), &[][..]),
            (&[6, 5], None, &[6, 5]),
            (&[4], Some(4), &[]),
            (&[9, 7], Some(7), &[9]),
            (&[8], Some(8), &[]),
            (&[10], Some(10), &[]),
        ] {
            let acks = settled.settle(tags);
            assert_eq!(
                acks,
                Acks {
                    up_to,
                    single: single.to_vec()
                },
                "{tags:?}"
            );
        }
    }

    proptest! {
        /// Against a broker that keeps the open deliveries: no order of settling names a closed one, closes an
        /// unsettled one or leaves a settled one open.
        #[test]
        fn any_order_is_understood(order in Just((1..=60_u64).collect::<Vec<_>>()).prop_shuffle(), sizes in prop::collection::vec(1..9_usize, 60)) {
            let mut settled = Settled::default();
            let mut open: BTreeSet<u64> = order.iter().copied().collect();
            let mut rest = &order[..];
            for size in sizes {
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
                prop_assert_eq!(&open, &rest.iter().copied().collect::<BTreeSet<_>>());
            }
            prop_assert!(open.is_empty());
        }
    }
}
