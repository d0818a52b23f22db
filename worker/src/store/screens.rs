//! Statements behind the screens that both databases understand, and what they share of reading the rows.

use crate::game::action::TopKey;
use crate::game::balance::{CHAT_ACTIVE_DAYS, TOP_ROWS};
use crate::game::facts::{Leaderboard, TopRow};
use chrono::TimeDelta;

/// Newest errors that administrators are shown.
pub(super) const ERRORS: i64 = 10;

/// How far back somebody counts as active in a group.
pub(super) const ACTIVE_IN_CHAT: TimeDelta = TimeDelta::days(CHAT_ACTIVE_DAYS);

/// How far back somebody counts as active for administrators.
pub(super) const ACTIVE_DAY: TimeDelta = TimeDelta::days(1);

/// How atmospheres come back, for a leaderboard that counts them as of now: the table of the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Regeneration {
    /// The gofra from which each level counts, mm, ascending.
    pub from_mm: Vec<f64>,
    /// The speed of each level, tenths.
    pub speed_tenths: Vec<i64>,
    /// Seconds for one atmosphere at speed 1.0.
    pub period_s: i64,
    /// Atmospheres when full.
    pub full: i64,
}

impl Regeneration {
    /// One atmosphere, in microseconds times tenths of speed.
    pub(super) fn step(&self) -> i64 {
        self.period_s * 1_000_000 * 10
    }
}

/// The column that a key orders by; atmospheres have none, they are computed.
pub(super) fn column(key: TopKey) -> Option<&'static str> {
    match key {
        TopKey::Gofra => Some("gofra_mm"),
        TopKey::Cable => Some("cable_mm"),
        TopKey::Zmiy => Some("total_zmiy_g"),
        TopKey::Wins => Some("duel_wins"),
        TopKey::Atm => None,
    }
}

/// A leaderboard by the column of a key.
pub(super) fn top_by_column(column: &str) -> String {
    top(&format!(
        "NOT MATERIALIZED (SELECT user_id, {column} AS value FROM players)"
    ))
}

/// A leaderboard of the group `$2`.
pub(super) fn chat_top() -> String {
    top("NOT MATERIALIZED (SELECT user_id, grams AS value FROM chat_players WHERE chat_id = $2)")
}

/// The best rows of `valued` and the reader's (`$1`) own, in one statement and so of one moment. The two counts of his place
/// are ranges of the index; one comparison with OR would not be.
pub(super) fn top(valued: &str) -> String {
    format!(
        "WITH valued AS {valued},
         best AS (SELECT user_id, value FROM valued ORDER BY value DESC, user_id LIMIT {TOP_ROWS}),
         own AS (
             SELECT user_id, value FROM valued
             WHERE user_id = $1 AND user_id NOT IN (SELECT user_id FROM best)
         ),
         placed AS (
             SELECT row_number() OVER (ORDER BY value DESC, user_id) AS place, user_id, value FROM best
             UNION ALL
             SELECT 1 + (SELECT count(*) FROM valued WHERE valued.value > own.value)
                      + (SELECT count(*) FROM valued WHERE valued.value = own.value AND valued.user_id < own.user_id),
                    user_id, value
             FROM own
         )
         SELECT placed.place, placed.user_id, players.nickname, CAST(placed.value AS double precision) AS value,
                (SELECT count(*) FROM valued) AS players
         FROM placed JOIN players ON players.user_id = placed.user_id
         ORDER BY placed.place"
    )
}

/// `$1` chat, `$2` the moment after which somebody is active, `$3` the reader: his look itself is the newest press.
pub(super) const CHAT_FIGURES: &str = "
    SELECT pressed.players, pressed.active, coalesce(chats.davkas, 0) AS davkas, coalesce(chats.grams, 0) AS grams,
           pressed.last_activity
    FROM (SELECT count(*) AS players, count(*) FILTER (WHERE last_activity > $2) AS active,
                 max(last_activity) FILTER (WHERE user_id <> $3) AS last_activity
          FROM chat_players WHERE chat_id = $1) AS pressed
    LEFT JOIN chats ON chats.chat_id = $1";

/// `$1` chat, `$2` player.
pub(super) const CHAT_SHARE: &str = "
    SELECT coalesce(own.grams, 0) AS grams, coalesce(own.davkas, 0) AS davkas,
           CASE WHEN own.user_id IS NOT NULL THEN
               1 + (SELECT count(*) FROM chat_players WHERE chat_id = $1 AND grams > own.grams)
                 + (SELECT count(*) FROM chat_players
                    WHERE chat_id = $1 AND grams = own.grams AND user_id < own.user_id)
           END AS place,
           (SELECT count(*) FROM chat_players WHERE chat_id = $1) AS players,
           coalesce((SELECT grams FROM chats WHERE chat_id = $1), 0) AS chat_grams
    FROM (SELECT 1) AS always
    LEFT JOIN chat_players AS own ON own.chat_id = $1 AND own.user_id = $2";

/// `$1` player, `$2` limit.
pub(super) const MY_DUELS: &str = "
    SELECT coalesce(players.nickname, '') AS opponent, fought.attacked, fought.won, fought.chance, fought.at
    FROM (
        SELECT * FROM (SELECT id, defender_id AS other, true AS attacked, attacker_won AS won, chance, at
                       FROM duels WHERE attacker_id = $1 ORDER BY at DESC LIMIT $2) AS attacks
        UNION ALL
        SELECT * FROM (SELECT id, attacker_id AS other, false AS attacked, NOT attacker_won AS won, chance, at
                       FROM duels WHERE defender_id = $1 ORDER BY at DESC LIMIT $2) AS defences
    ) AS fought
    LEFT JOIN players ON players.user_id = fought.other
    ORDER BY fought.at DESC, fought.id DESC
    LIMIT $2";

/// `$1` the moment after which a player is active.
pub(super) const ADMIN_FIGURES: &str = "
    SELECT (SELECT count(*) FROM players) AS players,
           (SELECT count(*) FROM players WHERE updated_at > $1) AS active_day,
           (SELECT count(*) FROM chats) AS chats,
           (SELECT count(*) FROM duels) AS duels";

/// `$1` limit.
pub(super) const NEWEST_ERRORS: &str =
    "SELECT id, handler, kind, at FROM errors ORDER BY at DESC, id DESC LIMIT $1";

/// One row of [`top`]: the row itself and the number of players in all.
pub(super) type Placed = (TopRow, i64);

/// Tells the best rows from the reader's own: a row with a place beyond them is his.
pub(super) fn leaderboard(key: Option<TopKey>, placed: Vec<Placed>) -> Leaderboard {
    let players = placed.first().map_or(0, |(_, players)| *players);
    let mut rows: Vec<TopRow> = placed.into_iter().map(|(row, _)| row).collect();
    let own = rows.pop_if(|row| row.place > TOP_ROWS as i64);
    Leaderboard {
        key,
        rows,
        players,
        own,
    }
}
