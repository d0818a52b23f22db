//! What a partition's consumer has been given but may not play: updates of another bot ([`super::strangers`]), and behind
//! each of them what the same player has sent since, so that nothing of his overtakes.
//!
//! They stay unacknowledged on the channel. When a worker of the other bot is there, closing the channel hands them over in
//! their order; a turn lasts [`TURN`] at least, lest two bots whose updates lie mixed pass the partition to and fro for
//! each single one. Half of what is wrong with giving back is that the broker counts it and gives up at a hundred.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::warn;

use super::strangers::{Heard, Strangers};
use super::{AmqpPublisher, Link};
use crate::identity::Identity;
use crate::queue::{Delivery, OTHER_BOT};

/// How long a worker who has updates of his own to play keeps a partition after it has met one that is not his.
const TURN: Duration = Duration::from_millis(500);

/// Time before another attempt at a dead letter that the broker did not take.
const AGAIN: Duration = Duration::from_secs(1);

/// What is put aside in one partition, in the order in which it came.
pub(super) struct Aside {
    number: u16,
    strangers: Arc<Strangers>,
    there: watch::Receiver<Heard>,
    waiting: VecDeque<Waiting>,
    /// What waited behind an update that has become a dead letter, and may be played now.
    freed: VecDeque<Delivery>,
    /// Whether anything was for us.
    served: bool,
    /// Not before this may anything be given up.
    rests_until: Instant,
}

struct Waiting {
    delivery: Delivery,
    tag: u64,
    /// Whose it is; ours, behind one that is not, where there is none.
    owner: Option<Identity>,
    since: Instant,
    /// How old it was then.
    age: Duration,
}

/// What is due for updates that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A worker who may play one of them is there: hand the partition over.
    HandOver,
    /// Nobody came: bury those that have waited long enough.
    Bury,
}

impl Aside {
    pub(super) fn new(number: u16, strangers: &Arc<Strangers>) -> Self {
        Self {
            number,
            strangers: Arc::clone(strangers),
            there: strangers.there(),
            waiting: VecDeque::new(),
            freed: VecDeque::new(),
            served: false,
            rests_until: Instant::now(),
        }
    }

    /// Gives the delivery back if it may be played now.
    pub(super) fn admit(&mut self, delivery: Delivery, tag: u64) -> Option<Delivery> {
        let owner = self.strangers.owner(&delivery.envelope);
        if owner.is_none() && !self.holds(delivery.envelope.key) {
            if !std::mem::replace(&mut self.served, true) {
                self.strangers.served();
            }
            return Some(delivery);
        }
        let age = (Utc::now() - delivery.envelope.received_at).to_std();
        self.waiting.push_back(Waiting {
            delivery,
            tag,
            owner,
            since: Instant::now(),
            age: age.unwrap_or_default(),
        });
        self.tell();
        None
    }

    /// What may be played after all.
    pub(super) fn freed(&mut self) -> Option<Delivery> {
        self.freed.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether anything was for us.
    pub(super) fn has_served(&self) -> bool {
        self.served
    }

    /// Waits until something is due. Safe to drop while it waits.
    pub(super) async fn due(&mut self) -> Due {
        loop {
            let (due, at) = self.next_due();
            let at = at.max(self.rests_until);
            if at <= Instant::now() {
                return due;
            }
            tokio::select! {
                () = tokio::time::sleep_until(at) => return due,
                Ok(()) = self.there.changed() => {}
            }
        }
    }

    fn next_due(&mut self) -> (Due, Instant) {
        let there = self.there.borrow_and_update().clone();
        let strangers = self.waiting.iter().filter_map(|it| Some((it.owner?, it)));
        let turn = if self.served { TURN } else { Duration::ZERO };
        let claimed = strangers.clone();
        let claimed = claimed
            .filter_map(|(owner, it)| Some((it.since + turn).max(*there.get(&owner)?)))
            .min();
        if let Some(at) = claimed {
            return (Due::HandOver, at);
        }
        let abandoned = strangers
            .map(|(owner, it)| self.strangers.abandoned_at(owner, it.since, it.age))
            .min();
        (Due::Bury, abandoned.unwrap_or_else(Instant::now))
    }

    /// Makes dead letters of what nobody came for; returns the deliveries that are done with.
    pub(super) async fn bury(&mut self, publisher: &AmqpPublisher, link: &Link) -> Vec<u64> {
        let mut buried = Vec::new();
        let mut place = 0;
        while let Some(waiting) = self.waiting.get(place) {
            let Some(owner) = waiting.owner else {
                place += 1;
                continue;
            };
            let there = self.there.borrow().contains_key(&owner);
            let abandoned = self
                .strangers
                .abandoned_at(owner, waiting.since, waiting.age);
            if there || abandoned > Instant::now() {
                place += 1;
                continue;
            }
            let (envelope, attempts) = (&waiting.delivery.envelope, waiting.delivery.attempts);
            if let Err(error) = publisher
                .dead_letter(envelope, OTHER_BOT, None, attempts)
                .await
            {
                warn!(queue.partition = self.number, %error, "a dead letter is not accepted yet");
                self.rests_until = Instant::now() + AGAIN;
                break;
            }
            link.died(OTHER_BOT);
            buried.push(waiting.tag);
            self.waiting.remove(place);
        }
        if !buried.is_empty() {
            let count = buried.len();
            warn!(
                queue.partition = self.number,
                count, "nobody came for updates of another bot; they are dead letters now"
            );
        }
        self.free();
        self.tell();
        buried
    }

    /// Takes out what is ours and has nothing before it any more.
    fn free(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            if waiting.owner.is_none() && !self.holds(waiting.delivery.envelope.key) {
                self.freed.push_back(waiting.delivery);
            } else {
                self.waiting.push_back(waiting);
            }
        }
    }

    /// Whether something of this key waits.
    fn holds(&self, key: i64) -> bool {
        self.waiting
            .iter()
            .any(|it| it.delivery.envelope.key == key)
    }

    fn tell(&self) {
        let owners = self.waiting.iter().filter_map(|it| it.owner).collect();
        self.strangers.wait_in(self.number, &owners);
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            self.strangers.wait_in(self.number, &BTreeSet::new());
        }
    }
}
