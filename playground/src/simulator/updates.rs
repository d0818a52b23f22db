//! Updates that the bot has not confirmed yet, and who may fetch them.
//!
//! An update is serialised once, when it happens, and handed out as those bytes for ever after. Sequence numbers keep the
//! order of arrival, because an update id may come twice: that is what a redelivery is.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::answer::ApiError;
use super::locked;
use super::webhook::Hook;

/// Undelivered updates kept, some hundred megabytes at worst. Telegram forgets the oldest too, after a day.
const UNDELIVERED: usize = 200_000;
/// Updates kept for [`Simulator::deliver_again`](super::Simulator::deliver_again).
const RECENT: usize = 10_000;
/// What Telegram leaves out unless `allowed_updates` asks for it.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// Deliveries of one lane follow one another; lanes do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    /// Messages and all else that happens in a chat.
    Chat(i64),
    /// Button presses of one user.
    Presses(i64),
    /// An update of an unknown shape, by itself.
    Alone(i64),
}

/// How long an update waits for the bot before Telegram gives it up.
#[derive(Clone, Copy)]
pub(super) enum Life {
    Message,
    Press,
}

impl Life {
    fn span(self) -> Duration {
        match self {
            Self::Message => Duration::from_secs(24 * 60 * 60),
            Self::Press => Duration::from_secs(150),
        }
    }
}

/// The queue between what happens and the bot.
pub(super) struct Updates {
    pub(super) queue: Mutex<Queue>,
    /// Wakes long polls: something arrived, or their turn is over.
    arrived: Notify,
}

#[derive(Default)]
pub(super) struct Queue {
    /// The last id given away.
    pub(super) last_id: i64,
    /// The highest id ever pending: what comes at or below it is late.
    highest_pushed: i64,
    next_sequence: u64,
    /// By sequence number.
    pub(super) pending: BTreeMap<u64, Pending>,
    /// Pending updates whose id is not above those before them.
    late: usize,
    recent: VecDeque<Recent>,
    dropped: u64,
    /// Grows with every poll and every change of the webhook: a poll that sees another number was cut off.
    turn: u64,
    /// Empty: the default kinds.
    pub(super) allowed: Vec<String>,
    pub(super) hook: Option<Arc<Hook>>,
    pub(super) lanes: HashMap<Lane, VecDeque<u64>>,
}

pub(super) struct Pending {
    id: i64,
    pub(super) body: Bytes,
    lane: Lane,
    expires: Instant,
    /// Made late by a redelivery: no offset confirms it before it was handed out once.
    late: bool,
    handed_out: bool,
}

struct Recent {
    id: i64,
    body: Bytes,
    lane: Lane,
    life: Life,
}

/// What a bot asks `getUpdates` for.
pub(super) struct Poll {
    pub(super) offset: i64,
    pub(super) limit: usize,
    pub(super) timeout: Duration,
    pub(super) allowed: Option<Vec<String>>,
}

impl Updates {
    pub(super) fn new(first_id: i64) -> Self {
        let queue = Queue {
            last_id: first_id - 1,
            ..Queue::default()
        };
        Self {
            queue: Mutex::new(queue),
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
            Recent {
                id,
                body: body.into(),
                lane,
                life,
            },
        );
        id
    }

    /// Takes an update as it is. An id that is not above the last one makes it late.
    pub(super) fn push_raw(
        self: &Arc<Self>,
        id: i64,
        kind: &str,
        body: Bytes,
        lane: Lane,
        life: Life,
    ) {
        self.insert(
            &mut locked(&self.queue),
            kind,
            Recent {
                id,
                body,
                lane,
                life,
            },
        );
    }

    /// Sends an update once more; `false` when it is too long ago.
    pub(super) fn push_again(self: &Arc<Self>, id: i64) -> bool {
        let mut queue = locked(&self.queue);
        let Some(recent) = queue.recent.iter().rev().find(|recent| recent.id == id) else {
            return false;
        };
        let again = Recent {
            body: recent.body.clone(),
            ..*recent
        };
        self.insert(&mut queue, "", again);
        true
    }

    fn insert(self: &Arc<Self>, queue: &mut Queue, kind: &str, update: Recent) {
        if !queue.allows(kind) {
            return;
        }
        let Recent {
            id,
            ref body,
            lane,
            life,
        } = update;
        let late = id <= queue.highest_pushed;
        queue.highest_pushed = queue.highest_pushed.max(id);
        queue.last_id = queue.last_id.max(id);
        let sequence = queue.next_sequence;
        queue.next_sequence += 1;
        let expires = Instant::now() + life.span();
        let pending = Pending {
            id,
            body: body.clone(),
            lane,
            expires,
            late,
            handed_out: false,
        };
        queue.late += usize::from(late);
        queue.pending.insert(sequence, pending);
        queue.recent.push_back(update);
        if queue.recent.len() > RECENT {
            queue.recent.pop_front();
        }
        if queue.pending.len() > UNDELIVERED {
            queue.pending.pop_first();
            queue.dropped += 1;
            if queue.dropped == 1 {
                tracing::warn!(
                    limit = UNDELIVERED,
                    "undelivered updates: forgetting the oldest"
                );
            }
        }
        match queue.hook.clone() {
            Some(hook) => queue.line_up(self, &hook, lane, sequence),
            None => self.arrived.notify_waiters(),
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

    /// Replaces the webhook, or takes it away. Lanes start anew from what is pending.
    pub(super) fn set_hook(
        self: &Arc<Self>,
        hook: Option<Arc<Hook>>,
        allowed: Option<Vec<String>>,
        drop_pending: bool,
    ) {
        let mut queue = locked(&self.queue);
        if let Some(old) = queue.hook.take() {
            old.close();
        }
        queue.lanes.clear();
        queue.turn += 1;
        if drop_pending {
            queue.pending.clear();
            queue.late = 0;
        }
        if let Some(allowed) = allowed {
            queue.allowed = allowed;
        }
        queue.hook = hook.clone();
        if let Some(hook) = hook {
            let waiting: Vec<_> = queue
                .pending
                .iter()
                .map(|(sequence, update)| (*sequence, update.lane))
                .collect();
            for (sequence, lane) in waiting {
                queue.line_up(self, &hook, lane, sequence);
            }
        }
        drop(queue);
        self.arrived.notify_waiters();
    }

    /// Number of updates that wait, and of those forgotten because too many waited.
    pub(super) fn counts(&self) -> (usize, u64) {
        let queue = locked(&self.queue);
        (queue.pending.len(), queue.dropped)
    }
}

impl Queue {
    fn allows(&self, kind: &str) -> bool {
        // A redelivery and an unknown shape have no kind.
        kind.is_empty()
            || if self.allowed.is_empty() {
                !ON_REQUEST.contains(&kind)
            } else {
                self.allowed.iter().any(|allowed| allowed == kind)
            }
    }

    /// A positive offset confirms everything below it; a negative one leaves only that many of the newest.
    fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            while self.pending.len() > keep {
                self.pending.pop_first();
            }
            return;
        }
        let confirmed =
            |update: &Pending| update.id < offset && (!update.late || update.handed_out);
        if self.late > 0 {
            self.pending.retain(|_, update| !confirmed(update));
            self.late = self.pending.values().filter(|update| update.late).count();
            return;
        }
        // Without late ones the oldest come first.
        while self
            .pending
            .first_key_value()
            .is_some_and(|(_, update)| confirmed(update))
        {
            self.pending.pop_first();
        }
    }

    fn take(&mut self, limit: usize) -> Vec<Bytes> {
        let now = Instant::now();
        let mut expired = Vec::new();
        let mut batch = Vec::new();
        for (sequence, update) in &mut self.pending {
            if batch.len() == limit {
                break;
            }
            if update.expires < now {
                expired.push(*sequence);
                continue;
            }
            update.handed_out = true;
            batch.push(update.body.clone());
        }
        for sequence in expired {
            self.pending.remove(&sequence);
        }
        batch
    }

    fn line_up(&mut self, updates: &Arc<Updates>, hook: &Arc<Hook>, lane: Lane, sequence: u64) {
        let line = self.lanes.entry(lane).or_insert_with(|| {
            hook.run_lane(updates.clone(), lane);
            VecDeque::new()
        });
        line.push_back(sequence);
    }

    /// The update that a lane has to deliver next. A lane with nothing left is gone.
    pub(super) fn head_of(&mut self, lane: Lane) -> Option<(u64, Bytes)> {
        let now = Instant::now();
        let line = self.lanes.get_mut(&lane)?;
        while let Some(sequence) = line.front().copied() {
            match self.pending.entry(sequence) {
                Entry::Occupied(update) if update.get().expires >= now => {
                    return Some((sequence, update.get().body.clone()));
                }
                Entry::Occupied(update) => {
                    update.remove();
                }
                Entry::Vacant(_) => {}
            }
            line.pop_front();
        }
        self.lanes.remove(&lane);
        None
    }

    /// The bot has taken an update.
    pub(super) fn delivered(&mut self, lane: Lane, sequence: u64) {
        self.pending.remove(&sequence);
        if let Some(line) = self.lanes.get_mut(&lane)
            && line.front() == Some(&sequence)
        {
            line.pop_front();
        }
    }
}
