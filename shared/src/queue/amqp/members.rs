//! Who else is there, as far as this worker has heard. No clock and no broker in here: a round is a beat of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::assignment::MemberId;

/// Rounds of silence after which a member counts as gone. With [`super::membership::BEAT`] that is 2.25 to 3 s: long
/// enough to forgive a stall of two beats, short enough that a worker that was killed is replaced within 5 s.
const SILENT_ROUNDS: u8 = 3;

/// What a member says of itself, again and again; JSON on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beat {
    pub(super) member: MemberId,
    /// The member's last word: its partitions are free from now on.
    pub(super) leaving: bool,
}

/// The members that this one knows of, itself among them.
#[derive(Debug)]
pub(super) struct Members {
    own: MemberId,
    /// The others, and for how many rounds they have been silent.
    others: BTreeMap<MemberId, u8>,
}

impl Members {
    pub(super) fn new(own: MemberId) -> Self {
        Self {
            own,
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
        self.others.insert(beat.member, 0).is_none()
    }

    /// Ends a round: whoever has been silent for too long is forgotten.
    pub(super) fn end_round(&mut self) {
        self.others.retain(|_, silent| {
            *silent += 1;
            *silent <= SILENT_ROUNDS
        });
    }

    /// Everybody, in the order of their ids.
    pub(super) fn list(&self) -> Vec<MemberId> {
        let mut all: Vec<MemberId> = self.others.keys().copied().chain([self.own]).collect();
        all.sort_unstable();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(member: MemberId) -> Beat {
        Beat {
            member,
            leaving: false,
        }
    }

    #[test]
    fn members_come_stay_silent_and_go() {
        let mut members = Members::new(5);
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
        };
        assert!(!members.hear(bye));
        assert_eq!(members.list(), [2, 5]);
        members.hear(Beat { member: 5, ..bye });
        assert_eq!(members.list(), [2, 5], "nobody else sends us away");
    }
}
