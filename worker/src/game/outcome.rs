//! What came of an action: plain data that says all a screen needs, so that a redelivered update can be answered from
//! the ledger without playing it again.

use super::action::{Decline, View};
use super::player::{Language, UserId};
use serde::{Deserialize, Serialize};

/// What came of one action. Stored as `ledger.outcome`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// `/start`.
    Started {
        /// Whether this very action created the player.
        newcomer: bool,
    },
    /// A catch.
    Davka(Catch),
    /// Not enough atmospheres for a davka.
    DavkaRefused {
        /// Whole atmospheres now.
        atm: i32,
        /// Seconds until there are 12.
        full_in_s: i64,
    },
    /// The held zmiy is gone.
    Uletet {
        /// Grams sent off.
        grams: i64,
        /// Grams in all, unchanged by this.
        total_zmiy_g: i64,
    },
    /// There was no zmiy to send off.
    UletetRefused,
    /// An opponent was found; the ledger row of this update is the proposal.
    Proposed {
        /// Whom to fight.
        opponent: Rival,
        /// The attacker's chance, percent.
        chance: f64,
    },
    /// Nobody suitable plays just now.
    NoOpponent,
    /// A duel was fought.
    Duel(Duel),
    /// A duel was not fought.
    DuelRefused(DuelRefusal),
    /// The bot now waits for a nickname.
    NicknameAsked {
        /// The present one.
        nickname: String,
    },
    /// The nickname was changed.
    NicknameChanged {
        /// The old one.
        from: String,
        /// The new one.
        to: String,
    },
    /// The nickname was not changed; the bot goes on waiting unless the reason is `TooOften`.
    NicknameRefused(NicknameRefusal),
    /// Something else than text came while a nickname is awaited; the wait goes on.
    NicknameStillAwaited,
    /// A dialogue was left, or there was none.
    Cancelled {
        /// Whether there was one.
        was_waiting: bool,
    },
    /// A language was chosen.
    LanguageSet {
        /// Which.
        language: Language,
    },
    /// A private text that means nothing to the game.
    Chatter,
    /// A screen: rendered from the figures at the time of rendering.
    Show(Shown),
    /// Declined before the rules were asked.
    Declined(Declined),
}

/// Names the screen of [`Outcome::Show`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The screen.
    pub view: View,
}

/// Names the reason of [`Outcome::Declined`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// The reason.
    pub why: Decline,
}

/// A successful davka.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Catch {
    /// Grams caught.
    pub grams: i64,
    /// Growth of the gofra, mm.
    pub gofra_grown_mm: f64,
    /// Growth of the cable, mm.
    pub cable_grown_mm: f64,
    /// The gofra now, mm.
    pub gofra_mm: f64,
    /// The cable now, mm.
    pub cable_mm: f64,
    /// Grams held now.
    pub zmiy_g: i64,
    /// The level reached by this catch, if it is a new one.
    pub new_level: Option<u8>,
    /// Seconds until the next davka.
    pub full_in_s: i64,
}

/// The other side of a duel, as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    /// User id.
    pub user_id: UserId,
    /// Nickname at that moment.
    pub nickname: String,
    /// Gofra, mm.
    pub gofra_mm: f64,
    /// Cable, mm.
    pub cable_mm: f64,
}

/// A duel that was fought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Duel {
    /// `duels.id`.
    pub id: i64,
    /// The attacker after the duel.
    pub attacker: Rival,
    /// The defender after the duel.
    pub defender: Rival,
    /// The defender's language, for the note sent to him.
    pub defender_language: Option<Language>,
    /// The attacker's chance, percent, one decimal shown.
    pub chance: f64,
    /// Who won.
    pub attacker_won: bool,
    /// Growth of the winner's gofra, mm.
    pub gofra_grown_mm: f64,
    /// Growth of the winner's cable, mm.
    pub cable_grown_mm: f64,
    /// The level the winner reached by it, if it is a new one.
    pub new_level: Option<u8>,
}

/// Why a duel was not fought or proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum DuelRefusal {
    /// Ten duels in the last hour.
    TooMany {
        /// The bound.
        limit: u32,
        /// Seconds until the oldest leaves the hour.
        retry_after_s: i64,
    },
    /// Three against this player in the last hour.
    TooManyAgainst {
        /// His nickname.
        nickname: String,
        /// The bound.
        limit: u32,
        /// Seconds until the oldest leaves the hour.
        retry_after_s: i64,
    },
    /// Oneself.
    Yourself,
    /// A bot.
    Bot,
    /// The other has never played.
    NoSuchPlayer,
    /// There is no such proposal of this player (unknown, or somebody else's).
    NoProposal,
    /// The proposal is older than ten minutes.
    Expired,
    /// The proposal was used.
    Used,
}

/// Why a nickname was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum NicknameRefusal {
    /// Shorter than the minimum.
    TooShort,
    /// Longer than the maximum.
    TooLong,
    /// Something else than letters, digits, space, `_` and `-`.
    Character,
    /// No letter at all.
    NoLetter,
    /// A space at an end, or two in a row.
    Spaces,
    /// A reserved word, or another player's default nickname.
    Reserved,
    /// Somebody has it.
    Taken,
    /// Three changes in the last hour.
    TooOften {
        /// The bound.
        limit: u32,
        /// Seconds until the oldest leaves the hour.
        retry_after_s: i64,
    },
}

impl DuelRefusal {
    /// Seconds until it may be tried again, for refusals that pass with time.
    pub fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::TooMany { retry_after_s, .. } | Self::TooManyAgainst { retry_after_s, .. } => {
                Some(*retry_after_s)
            }
            _ => None,
        }
    }
}
