//! Updates that wait, in the order of their arrival.
//!
//! Sequence numbers keep that order, because an update id may come twice: that is what a redelivery is.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::updates::Updates;
use super::webhook::Hook;

/// Undelivered updates kept, some hundred megabytes at worst. Telegram forgets the oldest too, after a day.
const UNDELIVERED: usize = 200_000;
/// Updates kept for [`Simulator::deliver_again`](super::Simulator::deliver_again).
const RECENT: usize = 10_000;
/// How far above the next id an offset may be.
const AHEAD: i64 = 10;
/// Kinds of updates that can be asked for.
pub(super) const KINDS: [&str; 23] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "message_reaction",
    "message_reaction_count",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "purchased_paid_media",
];
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

/// Something that the bot is to hear of.
#[derive(Clone)]
pub(super) struct Update {
    pub(super) id: i64,
    pub(super) body: Bytes,
    pub(super) lane: Lane,
    pub(super) life: Life,
}

/// Everything undelivered, and the lanes to the webhook.
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
    recent: VecDeque<Update>,
    pub(super) forgotten: u64,
    /// Grows with every poll and every new webhook: a poll that sees another number was cut off.
    pub(super) turn: u64,
    /// Empty: the default kinds.
    pub(super) allowed: Vec<&'static str>,
    pub(super) hook: Option<Arc<Hook>>,
    lanes: HashMap<Lane, VecDeque<u64>>,
}

pub(super) struct Pending {
    id: i64,
    body: Bytes,
    pub(super) lane: Lane,
    expires: Instant,
    /// Its id is not above those before it: no offset confirms it before it was handed out once.
    late: bool,
    handed_out: bool,
}

impl Queue {
    pub(super) fn starting_at(first_id: i64) -> Self {
        Self {
            last_id: first_id - 1,
            ..Self::default()
        }
    }

    /// Adds an update, unless its kind is not wanted, and returns its sequence number.
    pub(super) fn add(&mut self, kind: &str, update: Update) -> Option<u64> {
        if !self.allows(kind) {
            return None;
        }
        let late = update.id <= self.highest_pushed;
        self.highest_pushed = self.highest_pushed.max(update.id);
        self.last_id = self.last_id.max(update.id);
        self.late += usize::from(late);
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let pending = Pending {
            id: update.id,
            body: update.body.clone(),
            lane: update.lane,
            expires: Instant::now() + update.life.span(),
            late,
            handed_out: false,
        };
        self.pending.insert(sequence, pending);
        self.recent.push_back(update);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        if self.pending.len() > UNDELIVERED {
            self.pending.pop_first();
            self.forgotten += 1;
            if self.forgotten == 1 {
                tracing::warn!(
                    limit = UNDELIVERED,
                    "undelivered updates: forgetting the oldest"
                );
            }
        }
        Some(sequence)
    }

    /// An update of not long ago.
    pub(super) fn recent(&self, id: i64) -> Option<Update> {
        self.recent
            .iter()
            .rev()
            .find(|update| update.id == id)
            .cloned()
    }

    /// Forgets all that is undelivered.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.late = 0;
    }

    /// Points the queue at a webhook, or at none: lanes start anew from what is pending.
    pub(super) fn set_hook(&mut self, updates: &Arc<Updates>, hook: Option<Arc<Hook>>) {
        if let Some(old) = self.hook.take() {
            old.close();
        }
        self.lanes.clear();
        // Only a new webhook cuts polls off.
        self.turn += u64::from(hook.is_some());
        self.hook = hook;
        let waiting: Vec<_> = self
            .pending
            .iter()
            .map(|(sequence, update)| (*sequence, update.lane))
            .collect();
        for (sequence, lane) in waiting {
            self.line_up(updates, lane, sequence);
        }
    }

    /// Puts an update into its lane, and starts the lane if it is new. Without a webhook there are no lanes.
    pub(super) fn line_up(&mut self, updates: &Arc<Updates>, lane: Lane, sequence: u64) {
        let Some(hook) = &self.hook else { return };
        let line = self.lanes.entry(lane).or_insert_with(|| {
            hook.run_lane(updates.clone(), lane);
            VecDeque::new()
        });
        line.push_back(sequence);
    }

    fn allows(&self, kind: &str) -> bool {
        // A redelivery and an unknown shape have no kind.
        kind.is_empty()
            || if self.allowed.is_empty() {
                !ON_REQUEST.contains(&kind)
            } else {
                self.allowed.contains(&kind)
            }
    }

    /// A positive offset confirms everything below it; a negative one leaves only that many of the newest. One that is
    /// far ahead of everything confirms nothing.
    pub(super) fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            while self.pending.len() > keep {
                self.pending.pop_first();
            }
            return;
        }
        if offset > self.last_id + 1 + AHEAD {
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

    pub(super) fn take(&mut self, limit: usize) -> Vec<Bytes> {
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
