//! A player as the rules see him: the row of `players`, without a database in sight.

use super::balance::{MAX_ATM, START_CABLE_MM, START_GOFRA_MM};
use super::nickname;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Telegram's id of a user.
pub type UserId = i64;

/// Telegram's id of a chat; for a private chat it equals the user's id.
pub type ChatId = i64;

/// A language in which the bot can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, also for every language the bot does not speak.
    En,
    /// Russian.
    Ru,
}

impl Language {
    /// Both languages, in the order in which menus show them.
    pub const ALL: [Self; 2] = [Self::En, Self::Ru];

    /// The two-letter code that is stored and that Telegram uses.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }

    /// The language for an IETF tag such as Telegram's `language_code`; `None` for one the bot does not speak.
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.code()))
    }
}

/// What the bot is waiting for from a player, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialogue {
    /// The next text message is the new nickname.
    Nickname {
        /// The update that asked for it.
        asked_by: i64,
    },
}

/// One player: his figures and what has to be remembered between two updates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Player {
    /// Telegram's user id; the key.
    pub user_id: UserId,
    /// The shown name, unique when case-folded.
    pub nickname: String,
    /// The language that the player has chosen; `None` follows `language_code`.
    pub language: Option<Language>,
    /// The last language Telegram told for this user, for messages that are not answers to an update of his own.
    pub language_code: Option<Language>,
    /// Length of the gofra, mm.
    pub gofra_mm: f64,
    /// Length of the cable, mm.
    pub cable_mm: f64,
    /// Whole atmospheres at `atm_since`, 0..=12.
    pub atm: i32,
    /// The moment at which `atm` was right and the clock of the next atmosphere started.
    pub atm_since: DateTime<Utc>,
    /// Grams of zmiy held now.
    pub zmiy_g: i64,
    /// Grams of zmiy in all.
    pub total_zmiy_g: i64,
    /// Number of successful davkas.
    pub davkas: i64,
    /// The best single catch, grams.
    pub best_g: i64,
    /// Duels fought, on either side.
    pub duels: i64,
    /// Duels won, on either side.
    pub duel_wins: i64,
    /// What the bot waits for.
    pub dialogue: Option<Dialogue>,
    /// When the player's first action created him.
    pub created_at: DateTime<Utc>,
    /// His last own action that was written down; being attacked does not count.
    pub updated_at: DateTime<Utc>,
}

impl Player {
    /// A player at his very first action.
    pub fn newcomer(user_id: UserId, language_code: Option<Language>, now: DateTime<Utc>) -> Self {
        Self {
            user_id,
            nickname: nickname::default_nickname(user_id),
            language: None,
            language_code,
            gofra_mm: START_GOFRA_MM,
            cable_mm: START_CABLE_MM,
            atm: MAX_ATM,
            atm_since: now,
            zmiy_g: 0,
            total_zmiy_g: 0,
            davkas: 0,
            best_g: 0,
            duels: 0,
            duel_wins: 0,
            dialogue: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The language to speak to him: the chosen one, else the one Telegram told last.
    pub fn speaks(&self) -> Option<Language> {
        self.language.or(self.language_code)
    }
}
