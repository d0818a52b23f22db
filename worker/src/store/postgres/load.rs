//! What a batch needs, read from Postgres: proposals (they never change), then the players under locks, then all that
//! must not be older than the locks, in one statement.

use crate::game::player::{Language, Player, UserId};
use crate::game::world::{Needs, Proposal, World};
use crate::store::figures::Counters;
use crate::store::found::{self, Found, Questions};
use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Error, Row};
use std::collections::HashMap;

const PROPOSALS: &str = "
    SELECT update_id, user_id, at, outcome::text AS outcome FROM ledger WHERE update_id = ANY($1) AND kind = 'find'";

// Columns are named everywhere: with `*`, a column added by a newer worker's migration would break the prepared
// statements of the older ones.
const LOCK_PLAYERS: &str = "
    SELECT user_id, nickname, language, language_code, gofra_mm, cable_mm, atm, atm_since, zmiy_g, total_zmiy_g, davkas,
           best_g, duels, duel_wins, dialogue, created_at, updated_at
    FROM players WHERE user_id = ANY($1) ORDER BY user_id FOR UPDATE";

const QUESTIONS: &str = "
    SELECT 'played' AS what, update_id AS id, user_id AS other, at, outcome::text AS text
    FROM ledger WHERE update_id = ANY($1)
    UNION ALL
    SELECT 'used', id, defender_id, at, NULL
    FROM duels WHERE id = ANY($2)
    UNION ALL
    SELECT 'duel', attacker_id, defender_id, at, NULL
    FROM duels WHERE attacker_id = ANY($3) AND at > $6
    UNION ALL
    SELECT 'rename', user_id, user_id, at, NULL
    FROM ledger
    WHERE kind = 'nickname' AND user_id = ANY($4) AND at > $6 AND outcome ->> 'is' = 'nickname_changed'
    UNION ALL
    SELECT 'owner', user_id, user_id, updated_at, nickname_key
    FROM players WHERE nickname_key = ANY($5)";

/// Neighbours in the order of (strength, user id): the id gives each of the many equals, such as newcomers, neighbours of
/// his own, and leaves himself out. Only the nearest thousand on each side are looked at, so that a desert of
/// players who left costs a bounded time.
const CANDIDATES: &str = "
    SELECT seekers.seeker, user_id, nickname, language, language_code, gofra_mm, cable_mm, atm, atm_since, zmiy_g,
           total_zmiy_g, davkas, best_g, duels, duel_wins, dialogue, created_at, players.updated_at
    FROM UNNEST($1::bigint[], $2::double precision[]) AS seekers (seeker, strength)
    CROSS JOIN LATERAL (
        (SELECT user_id FROM (
            SELECT user_id, updated_at FROM players
            WHERE (gofra_mm + cable_mm, user_id) > (seekers.strength, seekers.seeker)
            ORDER BY gofra_mm + cable_mm, user_id LIMIT 1000
        ) AS stronger WHERE updated_at > $3 LIMIT 10)
        UNION ALL
        (SELECT user_id FROM (
            SELECT user_id, updated_at FROM players
            WHERE (gofra_mm + cable_mm, user_id) < (seekers.strength, seekers.seeker)
            ORDER BY gofra_mm + cable_mm DESC, user_id DESC LIMIT 1000
        ) AS weaker WHERE updated_at > $3 LIMIT 10)
    ) AS near
    JOIN players USING (user_id)";

/// Loads the world of a batch; players stay locked until the transaction ends.
pub(super) async fn world(
    connection: &mut PgConnection,
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
        let rows = sqlx::query(LOCK_PLAYERS).bind(everybody);
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
    if !needs.seekers.is_empty() {
        let seekers = found::seekers(needs, &world);
        world.candidates = candidates(connection, seekers, found::active_since(now)).await?;
    }
    Ok(world)
}

async fn proposals(
    connection: &mut PgConnection,
    update_ids: &[i64],
) -> Result<HashMap<i64, Proposal>, Error> {
    let mut proposals = HashMap::new();
    if update_ids.is_empty() {
        return Ok(proposals);
    }
    let rows = sqlx::query(PROPOSALS).bind(update_ids);
    for row in rows.fetch_all(connection).await? {
        let stored: &str = row.try_get("outcome")?;
        if let Some(proposal) = found::proposal(row.try_get("user_id")?, stored, row.try_get("at")?)
        {
            proposals.insert(row.try_get("update_id")?, proposal);
        }
    }
    Ok(proposals)
}

async fn ask(
    connection: &mut PgConnection,
    questions: &Questions<'_>,
) -> Result<Vec<Found>, Error> {
    let rows = sqlx::query(QUESTIONS)
        .bind(questions.updates)
        .bind(&questions.proposed_duels)
        .bind(questions.attackers)
        .bind(questions.renamers)
        .bind(&questions.nickname_keys)
        .bind(questions.since)
        .fetch_all(connection)
        .await?;
    let found = |row: &PgRow| {
        Ok(Found {
            what: row.try_get("what")?,
            id: row.try_get("id")?,
            other: row.try_get("other")?,
            at: row.try_get("at")?,
            text: row.try_get("text")?,
        })
    };
    rows.iter().map(found).collect()
}

async fn candidates(
    connection: &mut PgConnection,
    seekers: Vec<(UserId, f64)>,
    active_since: DateTime<Utc>,
) -> Result<HashMap<UserId, Vec<Player>>, Error> {
    let (ids, strengths): (Vec<_>, Vec<_>) = seekers.into_iter().unzip();
    let rows = sqlx::query(CANDIDATES)
        .bind(ids)
        .bind(strengths)
        .bind(active_since)
        .fetch_all(connection)
        .await?;
    let mut candidates = HashMap::<UserId, Vec<Player>>::new();
    for row in rows {
        let seeker = row.try_get("seeker")?;
        candidates.entry(seeker).or_default().push(player(&row)?);
    }
    Ok(candidates)
}

/// Reads a row of `players`.
pub(super) fn player(row: &PgRow) -> Result<Player, Error> {
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
        atm_since: row.try_get("atm_since")?,
        zmiy_g: row.try_get("zmiy_g")?,
        total_zmiy_g: row.try_get("total_zmiy_g")?,
        davkas: row.try_get("davkas")?,
        best_g: row.try_get("best_g")?,
        duels: row.try_get("duels")?,
        duel_wins: row.try_get("duel_wins")?,
        dialogue: dialogue.and_then(found::dialogue),
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
