//! The right to acknowledge one delivery, and what becomes of it when its partition is handed over.
//!
//! The next owner starts when this one closes its channel, and is given whatever is not acknowledged by then. Whoever
//! closes too early says things twice, whoever closes too late lets the partition's players wait. So a delivery is in
//! one of three states:
//!
//! - Nothing of it was made public yet: it goes back at once, and nothing of it begins here any more. What was played
//!   already is in the ledger, from where the next owner says it.
//! - It has begun: the hand-over waits for it, since a call that is on its way cannot be taken back.
//! - It is settled: its acknowledgement travels before the channel closes.
//!
//! The delivery as a whole is the unit, because the whole comes back. Of several calls that make one answer the first
//! begins it, and the others follow even during a hand-over: otherwise the next owner would make the first one again.
//! A try that failed is not on its way, whatever was accepted before it: the delivery goes back instead of being tried
//! again, for flood control alone may ask for minutes, and the partition's players would wait with it. Then, as after a
//! call that ends in doubt and a worker that dies, what was accepted of it is said twice; that is better than never.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where receipts send what they acknowledge. Not bounded itself: the prefetch bounds how many can be open.
pub(super) type Receipts = mpsc::UnboundedSender<u64>;

/// The right to acknowledge one delivery, for as long as its channel lives.
pub(crate) struct Receipt {
    tag: u64,
    release: CancellationToken,
    state: Mutex<State>,
}

/// A hand-over waits for those who hold `Receipts`, and for nobody else.
enum State {
    NotBegun(mpsc::WeakUnboundedSender<u64>),
    Begun(Receipts),
    /// For good: of several who share the delivery none begins when another has been refused.
    GivenBack,
}

impl Receipt {
    pub(super) fn new(tag: u64, receipts: &Receipts, release: &CancellationToken) -> Self {
        Self {
            tag,
            release: release.clone(),
            state: Mutex::new(State::NotBegun(receipts.downgrade())),
        }
    }

    /// Deliveries of a channel are numbered from 1.
    pub(crate) fn is_first(&self) -> bool {
        self.tag == 1
    }

    pub(crate) fn begin(&self) -> bool {
        let mut state = self.lock();
        let receipts = self.still_ours(&state);
        let begins = receipts.is_some();
        *state = receipts.map_or(State::GivenBack, State::Begun);
        begins
    }

    pub(crate) fn is_lost(&self) -> bool {
        let mut state = self.lock();
        let is_lost = self.still_ours(&state).is_none();
        if is_lost {
            *state = State::GivenBack;
        }
        is_lost
    }

    pub(crate) async fn pause(&self, time: Duration) -> bool {
        let pause = tokio::time::sleep(time);
        let paused = self.release.run_until_cancelled(pause).await.is_some();
        if !paused {
            *self.lock() = State::GivenBack;
        }
        paused
    }

    pub(crate) fn ack(self) {
        let state = self.state.into_inner();
        let receipts = match state.unwrap_or_else(PoisonError::into_inner) {
            State::NotBegun(receipts) => receipts.upgrade(),
            State::Begun(receipts) => Some(receipts),
            State::GivenBack => None,
        };
        if let Some(receipts) = receipts {
            // Fails when the channel is gone; then the broker has taken the delivery back.
            let _ = receipts.send(self.tag);
        }
    }

    /// The way to acknowledge it, if a part of it may begin now.
    fn still_ours(&self, state: &State) -> Option<Receipts> {
        let receipts = match state {
            // In this order: a hand-over that begins between the two questions waits for whoever holds `Receipts`.
            State::NotBegun(receipts) => receipts
                .upgrade()
                .filter(|_| !self.release.is_cancelled())?,
            State::Begun(receipts) => receipts.clone(),
            State::GivenBack => return None,
        };
        Some(receipts).filter(|receipts| !receipts.is_closed())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
