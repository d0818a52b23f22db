//! Who else is there, as far as this worker has heard. No clock and no broker in here: a round is a beat of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::assignment::MemberId;
use crate::identity::Identity;

/// Rounds of silence after which a member counts as gone. With [`super::membership::BEAT`] that is 2.25 to 3 s: long
/// enough to forgive a stall of two beats, short enough that a worker that was killed is replaced within 5 s.
const SILENT_ROUNDS: u8 = 3;

/// What a member says of itself, again and again; JSON on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beat {
    pub(super) member: MemberId,
    /// The member's last word: its partitions are free from now on.
    pub(super) leaving: bool,
    /// How many partitions it shares out. A member that does not say counts as one that agrees with us.
    pub(super) partitions: Option<u16>,
    /// The bot whose updates it plays. A member that does not say counts as one of ours.
    pub(super) bot: Option<Identity>,
}

/// Another member.
#[derive(Debug)]
struct Other {
    /// For how many rounds.
    silent: u8,
    partitions: u16,
    bot: Option<Identity>,
}

/// The members that this one knows of, itself among them.
#[derive(Debug)]
pub(super) struct Members {
    own: MemberId,
    partitions: u16,
    bot: Option<Identity>,
    others: BTreeMap<MemberId, Other>,
}

impl Members {
    pub(super) fn new(own: MemberId, partitions: u16, bot: Option<Identity>) -> Self {
        Self {
            own,
            partitions,
            bot,
            others: BTreeMap::new(),
        }
    }

    /// Takes in what was heard; true if it comes from a newcomer, who cannot know of us yet.
    pub(super) fn hear(&mut self, beat: Beat) -> bool {
        if beat.member == self.own {
            return false;
        }
        if beat.leaving {
            self.others.remove(&beat.member);
            return false;
        }
        let other = Other {
            silent: 0,
            partitions: beat.partitions.unwrap_or(self.partitions),
            bot: beat.bot.or(self.bot),
        };
        self.others.insert(beat.member, other).is_none()
    }

    /// Ends a round: whoever has been silent for too long is forgotten.
    pub(super) fn end_round(&mut self) {
        self.others.retain(|_, other| {
            other.silent += 1;
            other.silent <= SILENT_ROUNDS
        });
    }

    /// Everybody who plays the same bot's updates and shares out as many partitions as we do, in the order of their ids.
    /// Together with those of another bot, or of another number, some partition would be nobody's.
    pub(super) fn list(&self) -> Vec<MemberId> {
        let others = self.others.iter();
        let agreeing = others
            .filter(|(_, other)| other.partitions == self.partitions && other.bot == self.bot);
        let mut all: Vec<MemberId> = agreeing.map(|(id, _)| *id).chain([self.own]).collect();
        all.sort_unstable();
        all
    }

    /// The other bots of which somebody is there.
    pub(super) fn other_bots(&self) -> BTreeSet<Identity> {
        let others = self.others.values().filter_map(|other| other.bot);
        others.filter(|bot| Some(*bot) != self.bot).collect()
    }

    /// Another number of partitions than ours that somebody shares out.
    pub(super) fn disagreement(&self) -> Option<u16> {
        let others = self.others.values().map(|other| other.partitions);
        others.filter(|number| *number != self.partitions).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(member: MemberId) -> Beat {
        Beat {
            member,
            leaving: false,
            partitions: Some(4),
            bot: Some(OURS),
        }
    }

    const OURS: Identity = Identity { bot: 7, server: 1 };

    #[test]
    fn members_come_stay_silent_and_go() {
        let mut members = Members::new(5, 4, Some(OURS));
        assert_eq!(members.list(), [5]);
        assert!(!members.hear(beat(5)), "our own voice is no news");
        assert!(members.hear(beat(9)) && members.hear(beat(2)));
        assert!(!members.hear(beat(9)), "known already");
        assert_eq!(members.list(), [2, 5, 9]);
        for _ in 0..SILENT_ROUNDS {
            members.end_round();
            members.hear(beat(9));
        }
        assert_eq!(members.list(), [2, 5, 9], "silence is forgiven for a while");
        members.end_round();
        assert_eq!(members.list(), [5, 9]);
        assert!(
            members.hear(beat(2)),
            "who was only slow is a newcomer again"
        );
        let bye = Beat {
            member: 9,
            leaving: true,
            ..beat(9)
        };
        assert!(!members.hear(bye));
        assert_eq!(members.list(), [2, 5]);
        members.hear(Beat { member: 5, ..bye });
        assert_eq!(members.list(), [2, 5], "nobody else sends us away");
    }

    #[test]
    fn who_plays_another_bot_is_known_but_not_counted_with() {
        let mut members = Members::new(5, 4, Some(OURS));
        let theirs = Identity { server: 2, ..OURS };
        for (member, bot) in [(9, Some(theirs)), (2, Some(OURS)), (3, None)] {
            assert!(members.hear(Beat {
                bot,
                ..beat(member)
            }));
        }
        assert_eq!(members.list(), [2, 3, 5]);
        assert_eq!(members.other_bots(), BTreeSet::from([theirs]));
        for _ in 0..=SILENT_ROUNDS {
            members.end_round();
        }
        assert!(members.other_bots().is_empty());
    }

    #[test]
    fn who_shares_out_another_number_of_partitions_is_not_counted_with() {
        let mut members = Members::new(5, 4, Some(OURS));
        let odd = Beat {
            partitions: Some(8),
            ..beat(9)
        };
        assert!(members.hear(odd) && members.hear(beat(2)));
        assert_eq!(
            (members.list(), members.disagreement()),
            (vec![2, 5], Some(8))
        );
        let silent = r#"{"member": 9, "leaving": false}"#;
        members.hear(serde_json::from_str(silent).unwrap());
        assert_eq!(
            (members.list(), members.disagreement()),
            (vec![2, 5, 9], None)
        );
    }
}
