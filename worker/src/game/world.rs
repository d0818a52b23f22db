//! The part of the world that a batch of turns may touch: loaded under locks before the rules run, written back after.
//!
//! The rules change it in memory; the store saves what is marked as changed, in the same transaction.

use super::outcome::Outcome;
use super::player::{ChatId, Player, UserId};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// What must be loaded and locked before a batch can be played.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    /// Update ids of the batch: those in the ledger were played before.
    pub updates: Vec<i64>,
    /// Players who act: created when missing, and locked.
    pub actors: Vec<UserId>,
    /// Players who are acted upon: locked when they exist, never created.
    pub others: Vec<UserId>,
    /// Proposals (update ids of `FindOpponent`) that are accepted; their opponents are locked too.
    pub proposals: Vec<i64>,
    /// Players who may start a duel: their duels of the last hour are needed.
    pub attackers: Vec<UserId>,
    /// Players who look for an opponent: candidates are needed.
    pub seekers: Vec<UserId>,
    /// Folded nicknames somebody wants: their owners are needed.
    pub nickname_keys: Vec<String>,
    /// Players who may change their nickname: their changes of the last hour are needed.
    pub renamers: Vec<UserId>,
}

/// A proposal to duel, read from the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The player who asked for it.
    pub owner: UserId,
    /// Whom he may fight.
    pub opponent: UserId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Whether its duel was fought.
    pub used: bool,
}

/// A duel of the last hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecentDuel {
    /// The one attacked.
    pub defender: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

/// A duel to be written to `duels`.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDuel {
    /// `duels.id`, see [`super::duel::duel_id`].
    pub id: i64,
    /// Who started it.
    pub attacker_id: UserId,
    /// Who was attacked.
    pub defender_id: UserId,
    /// The group where it was fought; `None` in private.
    pub chat_id: Option<ChatId>,
    /// The attacker's chance, percent.
    pub chance: f64,
    /// Who won.
    pub attacker_won: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// A player's activity in a group within this batch: added to `chats` and `chat_players`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatActivity {
    /// Davkas to add.
    pub davkas: i64,
    /// Grams to add.
    pub grams: i64,
    /// Time of the last press.
    pub at: DateTime<Utc>,
}

/// A row of `ledger`.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerEntry {
    /// The update; the key.
    pub update_id: i64,
    /// Who acted.
    pub user_id: UserId,
    /// Where: the group's id, or the user's in private.
    pub chat_id: ChatId,
    /// The handler's name, see `Action::name`.
    pub kind: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// When it was played.
    pub at: DateTime<Utc>,
}

/// Loaded rows, and what the rules made of them.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Outcomes of updates that were played before.
    pub played: HashMap<i64, Outcome>,
    /// Players, present and locked. Actors who did not exist are absent: the rules create them.
    pub players: HashMap<UserId, Player>,
    /// Proposals asked for in [`Needs::proposals`].
    pub proposals: HashMap<i64, Proposal>,
    /// Duels started in the last hour, by attacker, oldest first.
    pub recent_duels: HashMap<UserId, Vec<RecentDuel>>,
    /// Players near a seeker's strength.
    pub candidates: HashMap<UserId, Vec<Player>>,
    /// Owners of wanted nicknames, by folded nickname.
    pub nickname_owners: HashMap<String, UserId>,
    /// Times of nickname changes in the last hour, oldest first.
    pub nickname_changes: HashMap<UserId, Vec<DateTime<Utc>>>,

    /// Players that the rules changed or created.
    pub changed: HashSet<UserId>,
    /// Duels fought in this batch.
    pub duels: Vec<NewDuel>,
    /// Titles of groups seen in this batch.
    pub chat_titles: HashMap<ChatId, String>,
    /// Activity in groups in this batch.
    pub chat_activity: HashMap<(ChatId, UserId), ChatActivity>,
    /// Rows to append to the ledger.
    pub ledger: Vec<LedgerEntry>,
}
