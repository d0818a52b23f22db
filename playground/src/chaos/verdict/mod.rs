//! The verdict: from the database, the ledger, the broker and the simulator's record, never from the bot's own word.

mod replay;
mod sums;

use std::collections::HashMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgPool, Row as _};

use super::players::{Deed, FIRST_PLAYER, group};
use super::record::{Account, number_of};
use replay::{Ledger, Player, Row, Sender, Wrong};

/// Examples of what a check found that are told.
const EXAMPLES: usize = 5;

/// One check, and how often it found something.
#[derive(Debug, Clone)]
pub struct Check {
    /// What must not be.
    pub name: &'static str,
    /// How often it was.
    pub found: u64,
    /// Some of it.
    pub examples: Vec<String>,
}

impl Check {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            found: 0,
            examples: Vec::new(),
        }
    }

    pub(super) fn find(&mut self, example: impl FnOnce() -> String) {
        self.found += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    pub(super) fn counted(name: &'static str, found: u64, examples: Vec<String>) -> Self {
        Self {
            name,
            found,
            examples: examples.into_iter().take(EXAMPLES).collect(),
        }
    }
}

/// All checks of a run.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Verdict {
    /// Whether no check found anything.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.found == 0)
    }

    /// How often the check of this name found something.
    pub fn found(&self, name: &str) -> u64 {
        let checks = self.checks.iter().filter(|check| check.name == name);
        checks.map(|check| check.found).sum()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let mark = if check.found == 0 { "ok  " } else { "FAIL" };
            writeln!(f, "{mark} {:>7} {}", check.found, check.name)?;
            for example in &check.examples {
                writeln!(f, "               {example}")?;
            }
        }
        Ok(())
    }
}

/// Updates without an effect that must have one.
pub const LOST: &str = "updates lost: no effect in the ledger";
/// Effects that happened more than once, seen by the totals.
pub const DOUBLE: &str =
    "effects doubled: players who own more or less than their updates gave them";
/// Rows that do not follow from those before them.
pub const ORDER: &str =
    "effects out of order: rows that do not follow from the player's earlier ones";
/// Updates that nobody answered.
pub const UNANSWERED: &str = "updates unanswered";

/// Judges by the tables and the record.
///
/// # Errors
/// The database is away.
pub(super) async fn judge(pool: &PgPool, account: &Account, limit: u32) -> sqlx::Result<Verdict> {
    let mut ledger = ledger(pool).await?;
    let mut lost = Check::new(LOST);
    let mut order = Check::new(ORDER);
    let mut other = Check::new("rows of the ledger that tell of another player, chat or action");
    let mut unanswered = Check::new(UNANSWERED);
    let mut contradicted = Check::new("answers that say something else than the ledger");
    let mut played_of_flood = 0;
    let mut players: HashMap<u32, Player> = HashMap::new();
    let mut notes: HashMap<i64, u64> = HashMap::new();
    for (index, sent) in account.sent.iter().enumerate() {
        let update_id = account.first_update + index as i64;
        let user_id = FIRST_PLAYER + i64::from(sent.player);
        let chat_id = if sent.step.way.in_group() {
            group(sent.player)
        } else {
            user_id
        };
        let what = || format!("update {update_id} of player {user_id}: {:?}", sent.step);
        let row = ledger.remove(&update_id);
        let player = players.entry(sent.player).or_default();
        match player.follow(Sender { user_id, chat_id }, &sent.step, row.as_ref()) {
            Ok(()) => played_of_flood += u32::from(sent.flood),
            Err(Wrong::Lost) if sent.flood && sent.answers > 0 => {}
            Err(Wrong::Lost) => lost.find(what),
            Err(Wrong::Other(row)) => other.find(|| format!("{}: {row}", what())),
            Err(Wrong::Order(row)) => order.find(|| format!("{}: {row}", what())),
        }
        if sent.answers == 0 {
            unanswered.find(what);
        } else if let Some(row) = &row {
            if !agrees(&sent.text, &row.outcome) {
                contradicted.find(|| format!("{}: {} but {}", what(), sent.text, row.outcome));
            }
            if let (Deed::Accept(_), Some(defender)) =
                (&sent.step.deed, row.outcome["defender"]["user_id"].as_i64())
            {
                *notes.entry(defender).or_default() += 1;
            }
        }
    }
    let mut strange = Check::new("rows of the ledger for updates that nobody sent");
    for update_id in ledger.keys() {
        strange.find(|| format!("update {update_id}"));
    }
    let doubled = owned(pool, &players).await?;
    let mut astray = Check::counted(
        "answers to somebody else, or to nothing",
        account.misdirected,
        account.complaints.clone(),
    );
    for chat in account
        .loose
        .keys()
        .filter(|chat| !notes.contains_key(chat))
    {
        astray.find(|| format!("a message to chat {chat} that answers no update"));
    }
    let mut silent = Check::new("defenders of private duels who were not told");
    for (defender, duels) in &notes {
        if account.loose.get(defender).copied().unwrap_or_default() < *duels {
            silent.find(|| format!("player {defender}: {duels} duels"));
        }
    }
    let flooded = account.sent.iter().filter(|sent| sent.flood).count();
    if flooded > 0 {
        tracing::info!(
            "of {flooded} presses of the player who floods {played_of_flood} were played"
        );
    }
    let beyond = Check::counted(
        "requests played beyond the limit",
        u64::from(played_of_flood.saturating_sub(limit)),
        Vec::new(),
    );
    let mut checks = vec![
        lost,
        doubled,
        order,
        unanswered,
        astray,
        other,
        strange,
        contradicted,
        silent,
        beyond,
    ];
    for (name, query) in sums::SUMS {
        let found = sums::count(pool, query).await?;
        checks.push(Check::counted(name, found.unsigned_abs(), Vec::new()));
    }
    Ok(Verdict { checks })
}

/// Whether an answer's text holds the figures of the outcome: grams are written out up to a kilogram.
fn agrees(text: &str, outcome: &Value) -> bool {
    let figure = match outcome["is"].as_str() {
        Some("davka") => outcome["grams"].as_i64(),
        _ => None,
    };
    figure
        .is_none_or(|grams| grams >= 1_000 || text.is_empty() || text.contains(&grams.to_string()))
}

async fn ledger(pool: &PgPool) -> sqlx::Result<Ledger> {
    let rows = sqlx::query("SELECT update_id, user_id, chat_id, kind, outcome, at FROM ledger");
    let rows = rows.fetch_all(pool).await?;
    let row = |row: &sqlx::postgres::PgRow| {
        let update_id: i64 = row.try_get("update_id")?;
        let at: DateTime<Utc> = row.try_get("at")?;
        let row = Row {
            user_id: row.try_get("user_id")?,
            chat_id: row.try_get("chat_id")?,
            kind: row.try_get("kind")?,
            outcome: row.try_get("outcome")?,
            at,
        };
        Ok((update_id, row))
    };
    rows.iter().map(row).collect()
}

/// Whether players own what the replay says.
async fn owned(pool: &PgPool, players: &HashMap<u32, Player>) -> sqlx::Result<Check> {
    let mut check = Check::new(DOUBLE);
    let rows = "SELECT user_id, zmiy_g, total_zmiy_g, davkas, language, nickname FROM players";
    for row in sqlx::query(rows).fetch_all(pool).await? {
        let user_id: i64 = row.try_get("user_id")?;
        let number = number_of(user_id).and_then(|number| u32::try_from(number).ok());
        let Some(expected) = number.and_then(|number| players.get(&number)) else {
            check.find(|| format!("player {user_id} is nobody who played"));
            continue;
        };
        let language: Option<String> = row.try_get("language")?;
        let nickname: String = row.try_get("nickname")?;
        let grams: [i64; 3] = [
            row.try_get("zmiy_g")?,
            row.try_get("total_zmiy_g")?,
            row.try_get("davkas")?,
        ];
        let same = grams == [expected.held_g, expected.total_g, expected.davkas]
            && language == expected.language
            && expected
                .nickname
                .as_ref()
                .is_none_or(|name| *name == nickname);
        if !same {
            check.find(|| format!("player {user_id} has {grams:?} {language:?} {nickname:?}, his updates gave {expected:?}"));
        }
    }
    Ok(check)
}
