//! Which worker consumes which partition: a pure function of who is there, so that all workers come to the same answer
//! without asking each other.
//!
//! Rendezvous hashing with bounded load: every pair of a member and a partition has a score, and the highest scores
//! are granted first, to members that still have room. The bound makes the shares even; the scores do not depend on
//! who else is there, so that most partitions stay where they are when somebody comes or goes.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A worker among the consumers of one prefix: a number drawn at random when it starts.
pub(super) type MemberId = u64;

/// The partitions of `own` among `members`, each of which is named once, in any order. Over all members the shares
/// differ by at most one and cover every partition exactly once.
pub(super) fn partitions_of(own: MemberId, members: &[MemberId], partitions: u16) -> BTreeSet<u16> {
    let owners = assign(members, partitions);
    (0..partitions)
        .zip(owners)
        .filter_map(|(partition, owner)| (owner == Some(own)).then_some(partition))
        .collect()
}

/// The owner of each partition; none only if there are no members.
fn assign(members: &[MemberId], partitions: u16) -> Vec<Option<MemberId>> {
    let count = members.len().max(1);
    let (even, mut larger) = (
        usize::from(partitions) / count,
        usize::from(partitions) % count,
    );
    let mut pairs: Vec<(u64, usize, u16)> = members
        .iter()
        .enumerate()
        .flat_map(|(place, member)| {
            (0..partitions).map(move |partition| (score(*member, partition), place, partition))
        })
        .collect();
    // Two pairs of one score are told apart by the member's id, not by its place in the caller's list.
    pairs.sort_unstable_by_key(|(score, place, partition)| {
        Reverse((*score, members[*place], *partition))
    });
    let mut owners = vec![None; usize::from(partitions)];
    let mut loads = vec![0; members.len()];
    for (_, place, partition) in pairs {
        let (owner, load) = (&mut owners[usize::from(partition)], &mut loads[place]);
        let has_room = *load < even || (*load == even && larger > 0);
        if owner.is_none() && has_room {
            larger -= usize::from(*load == even);
            *load += 1;
            *owner = Some(members[place]);
        }
    }
    owners
}

fn score(member: MemberId, partition: u16) -> u64 {
    xxh3_64_with_seed(&partition.to_le_bytes(), member)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn sizes(members: &[MemberId], partitions: u16) -> Vec<usize> {
        let mut sizes: Vec<usize> = members
            .iter()
            .map(|member| partitions_of(*member, members, partitions).len())
            .collect();
        sizes.sort_unstable();
        sizes
    }

    #[test]
    fn shares_are_even() {
        for (members, partitions, expected) in [
            (&[5][..], 32, &[32][..]),
            (&[5, 6], 32, &[16, 16]),
            (&[5, 6, 7], 32, &[10, 11, 11]),
            (&[5, 6, 7], 4, &[1, 1, 2]),
            (&[5, 6, 7, 8, 9], 4, &[0, 1, 1, 1, 1]),
            (&[5, 6], 1, &[0, 1]),
            (&[0, u64::MAX], 3, &[1, 2]),
            (&[], 3, &[]),
        ] {
            assert_eq!(
                sizes(members, partitions),
                expected,
                "{members:?} {partitions}"
            );
        }
        assert_eq!(assign(&[], 2), [None, None]);
        assert!(
            partitions_of(9, &[5, 6], 32).is_empty(),
            "who is not there owns nothing"
        );
    }

    /// All versions of the program must agree while one replaces the other.
    #[test]
    fn the_answer_is_part_of_the_protocol() {
        let owners: Vec<_> = assign(&[1, 2, 3], 8).into_iter().flatten().collect();
        assert_eq!(owners, [2, 2, 3, 2, 3, 1, 3, 1]);
    }

    #[test]
    fn who_comes_or_goes_moves_little() {
        let moved = |before: &[MemberId], after: &[MemberId]| {
            let pairs = assign(before, 32).into_iter().zip(assign(after, 32));
            pairs.filter(|(old, new)| old != new).count()
        };
        for count in 1..=8_u64 {
            let total: usize = (0..100)
                .map(|case| {
                    let members: Vec<MemberId> =
                        (0..=count).map(|number| case * 100 + number).collect();
                    let (newcomer, before) = members.split_last().unwrap();
                    let unavoidable = partitions_of(*newcomer, &members, 32).len();
                    let moved = moved(before, &members);
                    assert!(moved >= unavoidable);
                    moved - unavoidable
                })
                .sum();
            // Reshuffling everything would move some 20 beyond the unavoidable.
            assert!(total <= 4 * 100, "{count} members: {total} in 100 cases");
        }
    }

    proptest! {
        #[test]
        fn every_partition_has_one_owner_and_nobody_more_than_another(
            members in prop::collection::btree_set(any::<u64>(), 1..40),
            partitions in 1..200_u16,
        ) {
            let members: Vec<MemberId> = members.into_iter().collect();
            let owners = assign(&members, partitions);
            let mut loads: BTreeMap<MemberId, usize> = members.iter().map(|member| (*member, 0)).collect();
            for owner in owners {
                *loads.get_mut(&owner.unwrap()).unwrap() += 1;
            }
            let (least, most) = (loads.values().min().unwrap(), loads.values().max().unwrap());
            prop_assert!(most - least <= 1);
        }

        #[test]
        fn the_order_of_the_members_does_not_matter(
            members in prop::collection::btree_set(any::<u64>(), 1..20).prop_map(|set| set.into_iter().collect::<Vec<_>>()),
            shift in 0..20_usize,
        ) {
            let mut turned = members.clone();
            turned.rotate_left(shift % members.len());
            prop_assert_eq!(assign(&members, 32), assign(&turned, 32));
        }
    }
}
