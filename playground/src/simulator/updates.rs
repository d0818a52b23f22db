//! From what happens to the bot: updates are made here and fetched here.
//!
//! An update is serialised once, when it happens, and handed out as those bytes for ever after.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::answer::ApiError;
use super::locked;
use super::queue::{Lane, Life, Queue, Update};
use super::webhook::Hook;

/// The queue between what happens and the bot.
pub(super) struct Updates {
    pub(super) queue: Mutex<Queue>,
    /// Wakes long polls: something arrived, or their turn is over.
    arrived: Notify,
}

/// What a bot asks `getUpdates` for.
pub(super) struct Poll {
    pub(super) offset: i64,
    pub(super) limit: usize,
    pub(super) timeout: Duration,
    pub(super) allowed: Option<Vec<&'static str>>,
}

impl Updates {
    pub(super) fn new(first_id: i64) -> Self {
        Self {
            queue: Mutex::new(Queue::starting_at(first_id)),
            arrived: Notify::new(),
        }
    }

    /// Makes an update of what happened and returns its id.
    pub(super) fn push(
        self: &Arc<Self>,
        kind: &str,
        payload: &impl Serialize,
        lane: Lane,
        life: Life,
    ) -> i64 {
        // Serialising our own types into memory does not fail.
        let payload = serde_json::to_vec(payload).unwrap_or_default();
        let mut queue = locked(&self.queue);
        queue.last_id += 1;
        let id = queue.last_id;
        let mut body = Vec::with_capacity(payload.len() + kind.len() + 36);
        body.extend_from_slice(format!("{{\"update_id\":{id},\"{kind}\":").as_bytes());
        body.extend_from_slice(&payload);
        body.push(b'}');
        self.insert(
            &mut queue,
            kind,
            Update {
                id,
                body: body.into(),
                lane,
                life,
            },
        );
        id
    }

    /// Takes an update as it is.
    pub(super) fn push_raw(self: &Arc<Self>, kind: &str, update: Update) {
        self.insert(&mut locked(&self.queue), kind, update);
    }

    /// Sends an update once more; `false` when it is too long ago.
    pub(super) fn push_again(self: &Arc<Self>, id: i64) -> bool {
        let mut queue = locked(&self.queue);
        let Some(update) = queue.recent(id) else {
            return false;
        };
        self.insert(&mut queue, "", update);
        true
    }

    fn insert(self: &Arc<Self>, queue: &mut Queue, kind: &str, update: Update) {
        let lane = update.lane;
        if let Some(sequence) = queue.add(kind, update) {
            queue.line_up(self, lane, sequence);
            self.arrived.notify_waiters();
        }
    }

    /// `getUpdates`. Waits until there is something, the time is up, another poll takes over, or the server closes.
    pub(super) async fn poll(
        &self,
        poll: Poll,
        closing: &CancellationToken,
    ) -> Result<Vec<Bytes>, ApiError> {
        let turn = {
            let mut queue = locked(&self.queue);
            if queue.hook.is_some() {
                return Err(ApiError::conflict(
                    "can't use getUpdates method while webhook is active; use deleteWebhook to \
                     delete the webhook first",
                ));
            }
            if let Some(allowed) = poll.allowed {
                queue.allowed = allowed;
            }
            queue.confirm(poll.offset);
            queue.turn += 1;
            queue.turn
        };
        self.arrived.notify_waiters();
        let deadline = tokio::time::Instant::now() + poll.timeout;
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            // From here on nothing that arrives is missed, even before the first await.
            arrived.as_mut().enable();
            {
                let mut queue = locked(&self.queue);
                if queue.turn != turn {
                    return Err(ApiError::conflict(if queue.hook.is_some() {
                        "terminated by setWebhook request"
                    } else {
                        "terminated by other getUpdates request; make sure that only one bot \
                         instance is running"
                    }));
                }
                let batch = queue.take(poll.limit);
                if !batch.is_empty() || tokio::time::Instant::now() >= deadline {
                    return Ok(batch);
                }
            }
            tokio::select! {
                () = &mut arrived => {}
                () = tokio::time::sleep_until(deadline) => {}
                () = closing.cancelled() => return Ok(Vec::new()),
            }
        }
    }

    /// Replaces the webhook, or takes it away. `false` when it was like that already.
    pub(super) fn set_hook(
        self: &Arc<Self>,
        hook: Option<Arc<Hook>>,
        allowed: Option<Vec<&'static str>>,
        drop_pending: bool,
    ) -> bool {
        let mut queue = locked(&self.queue);
        if let Some(allowed) = allowed {
            queue.allowed = allowed;
        }
        if drop_pending {
            queue.clear();
        } else if queue.hook == hook {
            return false;
        }
        queue.set_hook(self, hook);
        drop(queue);
        self.arrived.notify_waiters();
        true
    }

    /// Number of updates that wait, and of those forgotten because too many waited.
    pub(super) fn counts(&self) -> (usize, u64) {
        let queue = locked(&self.queue);
        (queue.pending.len(), queue.forgotten)
    }
}
