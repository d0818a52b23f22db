//! What the store did, counted where it happens and taken away by whoever keeps the metrics: the store needs to know
//! nothing of Prometheus.

use super::changes::Changes;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since they were last taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Transactions that were committed.
    pub transactions: u64,
    /// Attempts that met a conflict and were played again.
    pub conflicts: u64,
    /// Stored outcomes that this version cannot read.
    pub unreadable_outcomes: u64,
    /// Rows written to `players`.
    pub players: u64,
    /// Rows written to `ledger`.
    pub ledger: u64,
    /// Rows written to `duels`.
    pub duels: u64,
    /// Rows written to `chats`.
    pub chats: u64,
    /// Rows written to `chat_players`.
    pub chat_players: u64,
}

impl Figures {
    /// Rows by table, with the tables' names.
    pub fn rows(&self) -> [(&'static str, u64); 5] {
        [
            ("players", self.players),
            ("ledger", self.ledger),
            ("duels", self.duels),
            ("chats", self.chats),
            ("chat_players", self.chat_players),
        ]
    }
}

/// How the connections of the pool are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolFigures {
    /// Open and free.
    pub idle: u32,
    /// Open and at work.
    pub used: u32,
    /// How many there may be.
    pub max: u32,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    transactions: AtomicU64,
    conflicts: AtomicU64,
    unreadable_outcomes: AtomicU64,
    players: AtomicU64,
    ledger: AtomicU64,
    duels: AtomicU64,
    chats: AtomicU64,
    chat_players: AtomicU64,
}

impl Counters {
    pub(super) fn committed(&self, changes: &Changes<'_>) {
        let add = |counter: &AtomicU64, rows: usize| counter.fetch_add(rows as u64, Relaxed);
        add(&self.transactions, 1);
        add(&self.players, changes.created.len() + changes.updated.len());
        add(&self.ledger, changes.ledger.len());
        add(&self.duels, changes.duels.len());
        add(&self.chats, changes.chats.len());
        add(&self.chat_players, changes.chat_players.len());
    }

    pub(super) fn conflict(&self) {
        self.conflicts.fetch_add(1, Relaxed);
    }

    pub(super) fn unreadable_outcome(&self) {
        self.unreadable_outcomes.fetch_add(1, Relaxed);
    }

    pub(super) fn take(&self) -> Figures {
        Figures {
            transactions: self.transactions.swap(0, Relaxed),
            conflicts: self.conflicts.swap(0, Relaxed),
            unreadable_outcomes: self.unreadable_outcomes.swap(0, Relaxed),
            players: self.players.swap(0, Relaxed),
            ledger: self.ledger.swap(0, Relaxed),
            duels: self.duels.swap(0, Relaxed),
            chats: self.chats.swap(0, Relaxed),
            chat_players: self.chat_players.swap(0, Relaxed),
        }
    }
}
