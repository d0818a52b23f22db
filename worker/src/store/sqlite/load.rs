//! What a batch needs, read from SQLite; the write lock is held already, so nothing can be older than it.

use super::{micros, moment};
use crate::game::player::{Language, Player, UserId};
use crate::game::world::{Needs, Proposal, World};
use crate::store::figures::Counters;
use crate::store::found::{self, Found, Questions};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Error, Row};
use std::collections::HashMap;

const PROPOSALS: &str = "
    SELECT update_id, user_id, at, outcome FROM ledger
    WHERE update_id IN (SELECT value FROM json_each($1)) AND kind = 'find'";

pub(super) const PLAYERS: &str = "
    SELECT user_id, nickname, language, language_code, gofra_mm, cable_mm, atm, atm_since, zmiy_g, total_zmiy_g, davkas,
           best_g, duels, duel_wins, dialogue, created_at, updated_at
    FROM players WHERE user_id IN (SELECT value FROM json_each($1)) ORDER BY user_id";

const QUESTIONS: &str = "
    SELECT 'played' AS what, update_id AS id, user_id AS other, at, outcome AS text
    FROM ledger WHERE update_id IN (SELECT value FROM json_each($1))
    UNION ALL
    SELECT 'used', id, defender_id, at, NULL
    FROM duels WHERE id IN (SELECT value FROM json_each($2))
    UNION ALL
    SELECT 'duel', attacker_id, defender_id, at, NULL
    FROM duels WHERE attacker_id IN (SELECT value FROM json_each($3)) AND at > $6
    UNION ALL
    SELECT 'rename', user_id, user_id, at, NULL
    FROM ledger
    WHERE kind = 'nickname' AND user_id IN (SELECT value FROM json_each($4)) AND at > $6
        AND CASE WHEN json_valid(outcome) THEN outcome ->> 'is' = 'nickname_changed' END
    UNION ALL
    SELECT 'owner', user_id, user_id, updated_at, nickname_key
    FROM players WHERE nickname_key IN (SELECT value FROM json_each($5))";

/// Neighbours of one seeker in the order of (strength, user id), as in Postgres: `$1` is his strength, `$2` his id.
const CANDIDATES: &str = "
    SELECT user_id, nickname, language, language_code, gofra_mm, cable_mm, atm, atm_since, zmiy_g, total_zmiy_g, davkas,
           best_g, duels, duel_wins, dialogue, created_at, updated_at
    FROM players WHERE user_id IN (
        SELECT user_id FROM (
            SELECT user_id FROM (
                SELECT user_id, updated_at FROM players
                WHERE gofra_mm + cable_mm >= $1 AND (gofra_mm + cable_mm > $1 OR user_id > $2)
                ORDER BY gofra_mm + cable_mm, user_id LIMIT 1000
            ) WHERE updated_at > $3 LIMIT 10)
        UNION ALL
        SELECT user_id FROM (
            SELECT user_id FROM (
                SELECT user_id, updated_at FROM players
                WHERE gofra_mm + cable_mm <= $1 AND (gofra_mm + cable_mm < $1 OR user_id < $2)
                ORDER BY gofra_mm + cable_mm DESC, user_id DESC LIMIT 1000
            ) WHERE updated_at > $3 LIMIT 10))";

/// Loads the world of a batch.
pub(super) async fn world(
    connection: &mut SqliteConnection,
    needs: &Needs,
    now: DateTime<Utc>,
    counters: &Counters,
) -> Result<World, Error> {
    let mut world = World {
        proposals: proposals(connection, &needs.proposals).await?,
        ..World::default()
    };
    let everybody = found::everybody(needs, &world.proposals);
    if !everybody.is_empty() {
        let rows = sqlx::query(PLAYERS).bind(array(&everybody));
        for row in rows.fetch_all(&mut *connection).await? {
            let player = player(&row)?;
            world.players.insert(player.user_id, player);
        }
    }
    let questions = Questions::of(needs, &world.proposals, now);
    if !questions.is_empty() {
        let rows = ask(connection, &questions).await?;
        found::answer(&mut world, rows, counters);
    }
    for (seeker, strength) in found::seekers(needs, &world) {
        let rows = sqlx::query(CANDIDATES)
            .bind(strength)
            .bind(seeker)
            .bind(micros(found::active_since(now)))
            .fetch_all(&mut *connection)
            .await?;
        let candidates: Vec<Player> = rows.iter().map(player).collect::<Result<_, _>>()?;
        if !candidates.is_empty() {
            world.candidates.insert(seeker, candidates);
        }
    }
    Ok(world)
}

async fn proposals(
    connection: &mut SqliteConnection,
    update_ids: &[i64],
) -> Result<HashMap<i64, Proposal>, Error> {
    let mut proposals = HashMap::new();
    if update_ids.is_empty() {
        return Ok(proposals);
    }
    let rows = sqlx::query(PROPOSALS).bind(array(update_ids));
    for row in rows.fetch_all(connection).await? {
        let at = moment(row.try_get("at")?);
        if let Some(proposal) =
            found::proposal(row.try_get("user_id")?, row.try_get("outcome")?, at)
        {
            proposals.insert(row.try_get("update_id")?, proposal);
        }
    }
    Ok(proposals)
}

async fn ask(
    connection: &mut SqliteConnection,
    questions: &Questions<'_>,
) -> Result<Vec<Found>, Error> {
    let rows = sqlx::query(QUESTIONS)
        .bind(array(questions.updates))
        .bind(array(&questions.proposed_duels))
        .bind(array(questions.attackers))
        .bind(array(questions.renamers))
        .bind(json!(questions.nickname_keys).to_string())
        .bind(micros(questions.since))
        .fetch_all(connection)
        .await?;
    let found = |row: &SqliteRow| {
        Ok(Found {
            what: row.try_get("what")?,
            id: row.try_get("id")?,
            other: row.try_get("other")?,
            at: moment(row.try_get("at")?),
            text: row.try_get("text")?,
        })
    };
    rows.iter().map(found).collect()
}

/// Ids as the JSON array that `json_each` reads.
pub(super) fn array(ids: &[UserId]) -> String {
    json!(ids).to_string()
}

/// Reads a row of `players`.
pub(super) fn player(row: &SqliteRow) -> Result<Player, Error> {
    let language = |column: &str| {
        let code: Option<&str> = row.try_get(column)?;
        Ok::<_, Error>(code.and_then(Language::from_code))
    };
    let dialogue: Option<&str> = row.try_get("dialogue")?;
    Ok(Player {
        user_id: row.try_get("user_id")?,
        nickname: row.try_get("nickname")?,
        language: language("language")?,
        language_code: language("language_code")?,
        gofra_mm: row.try_get("gofra_mm")?,
        cable_mm: row.try_get("cable_mm")?,
        atm: row.try_get("atm")?,
        atm_since: moment(row.try_get("atm_since")?),
        zmiy_g: row.try_get("zmiy_g")?,
        total_zmiy_g: row.try_get("total_zmiy_g")?,
        davkas: row.try_get("davkas")?,
        best_g: row.try_get("best_g")?,
        duels: row.try_get("duels")?,
        duel_wins: row.try_get("duel_wins")?,
        dialogue: dialogue.and_then(found::dialogue),
        created_at: moment(row.try_get("created_at")?),
        updated_at: moment(row.try_get("updated_at")?),
    })
}
