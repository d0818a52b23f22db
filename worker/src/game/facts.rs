//! Figures that a screen shows beside the player's own: read outside the batch's transaction, mostly from a cache.

use super::action::TopKey;
use super::player::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a screen shows beside the player himself.
#[derive(Debug, Clone, PartialEq)]
pub enum Facts {
    /// Nothing else.
    None,
    /// A leaderboard.
    Top(Leaderboard),
    /// Figures of a group.
    Chat(ChatFigures),
    /// A player's share in a group.
    Share(ChatShare),
    /// Last duels of a player, newest first.
    Duels(Vec<DuelRecord>),
    /// Figures for administrators.
    Admin(AdminFigures),
}

/// Ten rows, and the reader's own place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaderboard {
    /// What it is ordered by; `None` for grams in one group.
    pub key: Option<TopKey>,
    /// Up to ten rows, best first; ties by user id.
    pub rows: Vec<TopRow>,
    /// Number of players in all.
    pub players: i64,
    /// The reader's place and value, if he is outside the rows.
    pub own: Option<TopRow>,
}

/// One row of a leaderboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopRow {
    /// From 1.
    pub place: i64,
    /// User id.
    pub user_id: UserId,
    /// Nickname.
    pub nickname: String,
    /// mm, grams, atmospheres or wins, as the key says.
    pub value: f64,
}

/// Figures of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatFigures {
    /// Distinct players who ever pressed here.
    pub players: i64,
    /// Distinct players in the last 7 days.
    pub active: i64,
    /// Davkas in this chat.
    pub davkas: i64,
    /// Grams caught in this chat.
    pub grams: i64,
    /// The last activity of anybody but the reader, if there was any.
    pub last_activity: Option<DateTime<Utc>>,
}

/// A player's share in a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatShare {
    /// Grams he caught here.
    pub grams: i64,
    /// Davkas he made here.
    pub davkas: i64,
    /// His place by grams, from 1; `None` if he never pressed here.
    pub place: Option<i64>,
    /// Players here.
    pub players: i64,
    /// Grams of all.
    pub chat_grams: i64,
}

/// One past duel, as the reader sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DuelRecord {
    /// The other's nickname.
    pub opponent: String,
    /// Whether the reader attacked.
    pub attacked: bool,
    /// Whether the reader won.
    pub won: bool,
    /// The attacker's chance, percent.
    pub chance: f64,
    /// When.
    pub at: DateTime<Utc>,
}

/// Figures for administrators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdminFigures {
    /// Players in all.
    pub players: i64,
    /// Players with an own action in the last 24 hours.
    pub active_day: i64,
    /// Groups in all.
    pub chats: i64,
    /// Duels in all.
    pub duels: i64,
    /// The newest errors: id, handler, kind, when.
    pub errors: Vec<ErrorRecord>,
}

/// One row of `errors`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// The error id that the player was shown.
    pub id: String,
    /// The handler in which it happened.
    pub handler: String,
    /// Its kind.
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
}
