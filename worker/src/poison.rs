//! Updates over which workers die: a stack that overflows, memory that runs out, a loop that a probe ends.
//!
//! Such an update counts no failures, since whoever would count is gone; but the broker counts how often it came back.
//! Its neighbours come back with it, and some return with every worker that leaves. So a count alone convicts nobody:
//! from [`SUSPECT`] returns on, updates are taken one at a time, each to its acknowledgement, so that the next worker
//! finds the guilty one at the head of its partition; only there, after [`FATAL`] returns, it is given up.

use crate::game::action::Decline;
use crate::game::outcome::{Declined, Outcome};
use crate::incoming::{self, Decoded};
use crate::replies::Answer;
use crate::worker::{Worker, put_aside};
use chrono::Utc;
use gofrobot_shared::queue::Delivery;
use gofrobot_shared::telemetry::error_id;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Returns that no number of workers coming and going explains.
const SUSPECT: u32 = 20;

/// Returns after which the update at the head is given up: half of what the broker allows (100), which would then move
/// the neighbours as well.
const FATAL: u32 = 50;

/// Longest wait for an answer before the next suspect is taken; a chat that is frozen by flood control takes longer.
const ANSWER: Duration = Duration::from_secs(2);

/// Time for an acknowledgement to gather (50 ms in the queue) and to leave this process, in case the next update ends it.
const FLUSH: Duration = Duration::from_millis(150);

/// Whether workers may have died over it.
pub(crate) fn is_suspect(delivery: &Delivery) -> bool {
    delivery.attempts >= SUSPECT
}

impl Worker {
    /// Takes deliveries one at a time, and gives up the one over which workers die.
    pub(crate) async fn one_by_one(&self, deliveries: &mut Vec<Delivery>) {
        let count = deliveries.len();
        tracing::warn!(
            batch.size = count,
            "updates came back too often; each is taken alone"
        );
        for delivery in std::mem::take(deliveries) {
            if delivery.is_lost() {
                continue;
            }
            if delivery.attempts >= FATAL && delivery.is_first() {
                self.give_up_on(delivery).await;
            } else {
                self.play_batch(&mut vec![delivery]).await;
            }
            let answered = async {
                while self.lanes.busy() > 0 {
                    tokio::time::sleep(FLUSH).await;
                }
            };
            let _ = tokio::time::timeout(ANSWER, answered).await;
            tokio::time::sleep(FLUSH).await;
        }
    }

    /// Puts the update aside before anything looks at it; apologizes afterwards, when that can do no more harm.
    async fn give_up_on(&self, mut delivery: Delivery) {
        let (id, attempts) = (error_id(), delivery.attempts);
        let update_id = delivery.envelope.update_id;
        tracing::error!(error.id = %id, update.id = update_id, attempts, "workers die over this update; it becomes a dead letter");
        if !put_aside(&self.publisher, &delivery, "crash", Some(&id), attempts).await {
            return;
        }
        self.metrics.dead("crash");
        delivery.ack_early();
        tokio::time::sleep(FLUSH).await;
        self.metrics.error("unknown", "crash");
        let (now, detail) = (
            Utc::now(),
            format!("update {update_id} came back {attempts} times"),
        );
        if let Err(error) = self
            .store
            .record_error(&id, "unknown", "crash", &detail, now)
            .await
        {
            tracing::warn!(error.id = %id, %error, "the error could not be recorded");
        }
        let decoded = incoming::decode(&delivery.envelope.body, &self.bot, &self.admins);
        if let Ok(Decoded::Play(incoming)) = decoded {
            let apology = Answer {
                incoming,
                outcome: Outcome::Declined(Declined {
                    why: Decline::Trouble,
                }),
                player: None,
                error_id: Some(id),
                delivery: Arc::new(delivery),
                taken: now,
                since: Instant::now(),
            };
            self.give(apology);
        }
    }
}
