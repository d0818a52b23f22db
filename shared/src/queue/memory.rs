//! The queue of the laptop size: partitions in this process, with the promises of the real one.
//!
//! It keeps RabbitMQ's semantics rather than its own simpler ones (one active consumer, prefetch, redelivery in
//! order, a bound that refuses), because the worker above must not be able to tell the difference. What it cannot
//! promise is durability: updates that are still inside when the process dies are gone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::{DeadLetter, Delivery, PublishError, QueueConfig, Share};
use crate::envelope::{Envelope, partition};

/// Dead letters kept for inspection; the oldest goes first, since nothing here outlives the process anyway.
const DEAD_LETTERS: usize = 1_000;

/// Partitions in memory; clones share them.
#[derive(Clone, Debug)]
pub struct MemoryQueue {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: QueueConfig,
    state: Mutex<State>,
    /// Something changed that a waiting consumer may want: an update, room under the prefetch, a free place.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    partitions: Vec<Partition>,
    dead: VecDeque<DeadLetter>,
    /// The one consumer that is served; the others stand by. Also tells its receipts from those of its predecessors.
    active: Option<u64>,
    last_consumer: u64,
    /// Where the next batch starts to look, so that no partition starves.
    next_partition: usize,
}

#[derive(Debug, Default)]
struct Partition {
    ready: VecDeque<Waiting>,
    unacked: BTreeMap<u64, Waiting>,
    last_tag: u64,
}

#[derive(Clone, Debug)]
struct Waiting {
    envelope: Envelope,
    attempts: u32,
}

impl MemoryQueue {
    pub(super) fn new(config: QueueConfig) -> Self {
        let partitions = (0..config.partitions)
            .map(|_| Partition::default())
            .collect();
        let state = State {
            partitions,
            ..State::default()
        };
        Self {
            shared: Arc::new(Shared {
                config,
                state: Mutex::new(state),
                changed: Notify::new(),
            }),
        }
    }

    pub(super) fn publish(&self, envelope: Envelope) -> Result<(), PublishError> {
        super::check_size(&envelope)?;
        let place = partition(envelope.key, self.shared.config.partitions);
        let mut state = self.shared.lock();
        let queue = &mut state.partitions[usize::from(place)];
        if queue.ready.len() + queue.unacked.len() >= self.shared.config.max_length as usize {
            return Err(PublishError::Full);
        }
        queue.ready.push_back(Waiting {
            envelope,
            attempts: 0,
        });
        drop(state);
        self.shared.changed.notify_waiters();
        Ok(())
    }

    pub(super) fn dead_letter(
        &self,
        envelope: &Envelope,
        reason: &'static str,
        error_id: Option<&str>,
        attempts: u32,
    ) -> Result<(), PublishError> {
        super::check_size(envelope)?;
        let letter = DeadLetter::of(envelope.clone(), reason, error_id, attempts);
        let mut state = self.shared.lock();
        if state.dead.len() >= DEAD_LETTERS {
            state.dead.pop_front();
        }
        state.dead.push_back(letter);
        Ok(())
    }

    pub(super) fn waiting(&self) -> usize {
        let state = self.shared.lock();
        state
            .partitions
            .iter()
            .map(|partition| partition.ready.len())
            .sum()
    }

    pub(super) fn dead_letters(&self, max: usize) -> Vec<DeadLetter> {
        self.shared.lock().dead.iter().take(max).cloned().collect()
    }

    pub(super) fn consumer(&self) -> MemoryConsumer {
        let mut state = self.shared.lock();
        state.last_consumer += 1;
        let id = state.last_consumer;
        state.active.get_or_insert(id);
        drop(state);
        MemoryConsumer {
            shared: Arc::clone(&self.shared),
            id,
            stopped: false,
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves what `consumer` may have now into `into`.
    fn take(self: &Arc<Self>, consumer: u64, max: usize, into: &mut Vec<Delivery>) -> usize {
        let mut state = self.lock();
        if *state.active.get_or_insert(consumer) != consumer {
            return 0;
        }
        let (count, before) = (state.partitions.len(), into.len());
        let start = state.next_partition;
        for place in (start..count).chain(0..start) {
            let queue = &mut state.partitions[place];
            while into.len() - before < max
                && queue.unacked.len() < usize::from(self.config.prefetch)
            {
                let Some(waiting) = queue.ready.pop_front() else {
                    break;
                };
                queue.last_tag += 1;
                let tag = queue.last_tag;
                queue.unacked.insert(tag, waiting.clone());
                into.push(Delivery {
                    envelope: waiting.envelope,
                    partition: u16::try_from(place).unwrap_or_default(),
                    redelivered: waiting.attempts > 0,
                    attempts: waiting.attempts,
                    receipt: super::Receipt::Memory(Receipt {
                        shared: Arc::clone(self),
                        consumer,
                        place,
                        tag,
                    }),
                });
            }
        }
        state.next_partition = (start + 1) % count;
        into.len() - before
    }

    /// Puts back, in order and before anything newer, what `consumer` had not acknowledged, and frees its place.
    fn release(&self, consumer: u64) {
        let mut state = self.lock();
        if state.active != Some(consumer) {
            return;
        }
        state.active = None;
        for queue in &mut state.partitions {
            for (_, mut waiting) in std::mem::take(&mut queue.unacked).into_iter().rev() {
                waiting.attempts += 1;
                queue.ready.push_front(waiting);
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }
}

/// One consumer of a [`MemoryQueue`]; dropping it lets go of the partitions.
#[derive(Debug)]
pub struct MemoryConsumer {
    shared: Arc<Shared>,
    id: u64,
    stopped: bool,
}

impl MemoryConsumer {
    pub(super) async fn next_batch(&mut self, max: usize, into: &mut Vec<Delivery>) -> usize {
        let max = max.max(1);
        if self.stopped {
            return 0;
        }
        loop {
            // Registered before looking, so that a change between looking and waiting is not missed.
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let taken = self.shared.take(self.id, max, into);
            if taken > 0 {
                return taken;
            }
            changed.await;
        }
    }

    /// All partitions, for good: whoever shares this process waits for the whole place.
    pub(super) fn owned(&self) -> watch::Receiver<Share> {
        let of = self.shared.config.partitions;
        let all = Share {
            owned: of,
            ..Share::none(of)
        };
        watch::channel(all).1
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) fn close(self) {}
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        self.shared.release(self.id);
    }
}

/// The right to acknowledge one delivery.
pub(super) struct Receipt {
    shared: Arc<Shared>,
    consumer: u64,
    place: usize,
    tag: u64,
}

impl Receipt {
    pub(super) fn ack(self) {
        let mut state = self.shared.lock();
        if state.active != Some(self.consumer) {
            return;
        }
        let queue = &mut state.partitions[self.place];
        let was_held_back = queue.unacked.len() >= usize::from(self.shared.config.prefetch);
        queue.unacked.remove(&self.tag);
        drop(state);
        if was_held_back {
            self.shared.changed.notify_waiters();
        }
    }
}
