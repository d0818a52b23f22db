//! Keeps the partitions that are open in step with those that are assigned.
//!
//! Acquiring is harmless, since a newcomer on a partition stands by until its holder lets go: it happens at once, and
//! whoever fails is replaced as soon as that is known. Releasing costs a hand-over: it waits until the view has been
//! still for a while, so that a member that blinks, or many that start together, do not send partitions around.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::assignment::{self, MemberId};
use super::partition::{PartitionTask, Session};

/// How long a newcomer listens before it takes anything: the others answer its first beat within milliseconds.
const LISTEN: Duration = Duration::from_millis(500);

/// How long the view must have been still before partitions are released: a rollout starts its workers closer together
/// than this, and it leaves most of a second for the hand-over itself.
const SETTLE: Duration = Duration::from_millis(500);

/// The partitions of one session.
pub(super) struct Partitions {
    session: Arc<Session>,
    /// Each open partition, or one that is being opened or released, and the token that releases it.
    open: BTreeMap<u16, CancellationToken>,
    tasks: JoinSet<u16>,
}

impl Partitions {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session: Arc::new(session),
            open: BTreeMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Follows `view`; ends, saying why, only when something is broken.
    pub(super) async fn follow(
        &mut self,
        own: MemberId,
        mut view: watch::Receiver<Vec<MemberId>>,
    ) -> String {
        tokio::time::sleep(LISTEN).await;
        let mut settled = Instant::now();
        loop {
            let members = view.borrow_and_update().clone();
            let count = self.session.link.topology.partitions;
            let share = assignment::partitions_of(own, &members, count);
            self.session.health.assigned(&share);
            self.acquire(&share);
            let surplus = self.surplus(&share);
            tokio::select! {
                changed = view.changed() => match changed {
                    Ok(()) => settled = Instant::now() + SETTLE,
                    Err(_) => return "the membership ended".to_owned(),
                },
                () = tokio::time::sleep_until(settled), if !surplus.is_empty() => {
                    tracing::debug!(queue.workers = members.len(), queue.released = surplus.len(), "partitions go to other workers");
                    surplus.iter().for_each(CancellationToken::cancel);
                }
                Some(ended) = self.tasks.join_next() => match ended {
                    Ok(number) => drop(self.open.remove(&number)),
                    Err(error) => return error.to_string(),
                },
            }
        }
    }

    /// Completes when all partitions are handed over; that they shall be is the session's `stop`.
    pub(super) async fn handed_over(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    /// Ends what is left. The connection must be closed: a consumer that is dropped cancels itself, upon which the
    /// broker would serve the next one while deliveries of this one are still open.
    pub(super) async fn abandon(mut self) {
        self.tasks.shutdown().await;
    }

    /// Opens what is missing; what is still being released comes when that is done.
    fn acquire(&mut self, share: &BTreeSet<u16>) {
        for number in share {
            if !self.open.contains_key(number) {
                let release = self.session.stop.child_token();
                let task = PartitionTask {
                    number: *number,
                    session: Arc::clone(&self.session),
                    release: release.clone(),
                };
                self.open.insert(*number, release);
                self.tasks.spawn(task.run());
            }
        }
    }

    /// The releases of what is open but not ours, unless they are under way.
    fn surplus(&self, share: &BTreeSet<u16>) -> Vec<CancellationToken> {
        let not_ours = self
            .open
            .iter()
            .filter(|(number, _)| !share.contains(number));
        let releases = not_ours.map(|(_, release)| release);
        releases
            .filter(|release| !release.is_cancelled())
            .cloned()
            .collect()
    }
}
