//! What the rules changed, written to Postgres: one statement a table, arrays unnested, always in the same order of
//! tables and keys.

use crate::game::nickname;
use crate::game::player::{Language, Player};
use crate::game::world::{LedgerEntry, NewDuel};
use crate::store::changes::{Changes, ChatRow, dialogue};
use crate::store::error::Failure;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{Error, Postgres};

const CREATE_PLAYERS: &str = "
    INSERT INTO players (user_id, nickname, nickname_key, language, language_code, gofra_mm, cable_mm, atm, atm_since,
        zmiy_g, total_zmiy_g, davkas, best_g, duels, duel_wins, dialogue, created_at, updated_at)
    SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[],
        $7::double precision[], $8::integer[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::bigint[],
        $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::timestamptz[], $18::timestamptz[])
    ON CONFLICT DO NOTHING";

const UPDATE_PLAYERS: &str = "
    UPDATE players SET nickname = new.nickname, nickname_key = new.nickname_key, language = new.language,
        language_code = new.language_code, gofra_mm = new.gofra_mm, cable_mm = new.cable_mm, atm = new.atm,
        atm_since = new.atm_since, zmiy_g = new.zmiy_g, total_zmiy_g = new.total_zmiy_g, davkas = new.davkas,
        best_g = new.best_g, duels = new.duels, duel_wins = new.duel_wins, dialogue = new.dialogue,
        updated_at = new.updated_at
    FROM UNNEST($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[],
        $7::double precision[], $8::integer[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::bigint[],
        $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::timestamptz[], $18::timestamptz[])
        AS new (user_id, nickname, nickname_key, language, language_code, gofra_mm, cable_mm, atm, atm_since, zmiy_g,
            total_zmiy_g, davkas, best_g, duels, duel_wins, dialogue, created_at, updated_at)
    WHERE players.user_id = new.user_id";

const APPEND_LEDGER: &str = "
    INSERT INTO ledger (update_id, user_id, chat_id, kind, outcome, at)
    SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::jsonb[], $6::timestamptz[])
    ON CONFLICT DO NOTHING";

const APPEND_DUELS: &str = "
    INSERT INTO duels (id, attacker_id, defender_id, chat_id, chance, attacker_won, at)
    SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::double precision[], $6::boolean[],
        $7::timestamptz[])
    ON CONFLICT DO NOTHING";

const ADD_TO_CHATS: &str = "
    INSERT INTO chats AS old (chat_id, title, davkas, grams, last_activity)
    SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[])
    ON CONFLICT (chat_id) DO UPDATE SET
        title = coalesce(nullif(excluded.title, ''), old.title),
        davkas = old.davkas + excluded.davkas,
        grams = old.grams + excluded.grams,
        last_activity = greatest(old.last_activity, excluded.last_activity)";

const ADD_TO_CHAT_PLAYERS: &str = "
    INSERT INTO chat_players AS old (chat_id, user_id, grams, davkas, last_activity)
    SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
    ON CONFLICT (chat_id, user_id) DO UPDATE SET
        grams = old.grams + excluded.grams,
        davkas = old.davkas + excluded.davkas,
        last_activity = greatest(old.last_activity, excluded.last_activity)";

/// Writes everything; skips tables to which nothing happened.
pub(super) async fn changes(
    connection: &mut PgConnection,
    changes: &Changes<'_>,
) -> Result<(), Failure> {
    if !changes.created.is_empty() {
        let create = bind_players(CREATE_PLAYERS, &changes.created);
        all_written(create, connection, changes.created.len(), "players").await?;
    }
    if !changes.updated.is_empty() {
        let update = bind_players(UPDATE_PLAYERS, &changes.updated);
        all_written(update, connection, changes.updated.len(), "players").await?;
    }
    if !changes.ledger.is_empty() {
        let append = bind_ledger(&changes.ledger);
        let written = all_written(append, connection, changes.ledger.len(), "ledger").await;
        #[cfg(feature = "broken")]
        let written = crate::store::broken::forgive(written);
        written?;
    }
    if !changes.duels.is_empty() {
        let append = bind_duels(&changes.duels);
        all_written(append, connection, changes.duels.len(), "duels").await?;
    }
    if !changes.chats.is_empty() {
        add_to_chats(connection, &changes.chats).await?;
        add_to_chat_players(connection, changes).await?;
    }
    Ok(())
}

type Bound<'q> = Query<'q, Postgres, PgArguments>;

/// A row that was not written is somebody else's who was faster: a newcomer created twice, an update played twice.
async fn all_written(
    statement: Bound<'_>,
    connection: &mut PgConnection,
    rows: usize,
    table: &str,
) -> Result<(), Failure> {
    let written = statement.execute(connection).await?.rows_affected();
    if written == rows as u64 {
        Ok(())
    } else {
        Err(Failure::Conflict(format!(
            "{written} of {rows} rows of {table} could be written"
        )))
    }
}

fn column<'r, R, C>(rows: &[&'r R], value: impl Fn(&'r R) -> C) -> Vec<C> {
    rows.iter().map(|row| value(row)).collect()
}

fn bind_players<'q>(statement: &'static str, players: &[&'q Player]) -> Bound<'q> {
    let code = |language: Option<Language>| language.map(Language::code);
    sqlx::query(statement)
        .bind(column(players, |player| player.user_id))
        .bind(column(players, |player| player.nickname.as_str()))
        .bind(column(players, |player| nickname::key(&player.nickname)))
        .bind(column(players, |player| code(player.language)))
        .bind(column(players, |player| code(player.language_code)))
        .bind(column(players, |player| player.gofra_mm))
        .bind(column(players, |player| player.cable_mm))
        .bind(column(players, |player| player.atm))
        .bind(column(players, |player| player.atm_since))
        .bind(column(players, |player| player.zmiy_g))
        .bind(column(players, |player| player.total_zmiy_g))
        .bind(column(players, |player| player.davkas))
        .bind(column(players, |player| player.best_g))
        .bind(column(players, |player| player.duels))
        .bind(column(players, |player| player.duel_wins))
        .bind(column(players, |player| player.dialogue.map(dialogue)))
        .bind(column(players, |player| player.created_at))
        .bind(column(players, |player| player.updated_at))
}

fn bind_ledger<'q>(entries: &[&'q LedgerEntry]) -> Bound<'q> {
    sqlx::query(APPEND_LEDGER)
        .bind(column(entries, |entry| entry.update_id))
        .bind(column(entries, |entry| entry.user_id))
        .bind(column(entries, |entry| entry.chat_id))
        .bind(column(entries, |entry| entry.kind))
        .bind(column(entries, |entry| Json(&entry.outcome)))
        .bind(column(entries, |entry| entry.at))
}

fn bind_duels<'q>(duels: &[&'q NewDuel]) -> Bound<'q> {
    sqlx::query(APPEND_DUELS)
        .bind(column(duels, |duel| duel.id))
        .bind(column(duels, |duel| duel.attacker_id))
        .bind(column(duels, |duel| duel.defender_id))
        .bind(column(duels, |duel| duel.chat_id))
        .bind(column(duels, |duel| duel.chance))
        .bind(column(duels, |duel| duel.attacker_won))
        .bind(column(duels, |duel| duel.at))
}

async fn add_to_chats(connection: &mut PgConnection, chats: &[ChatRow]) -> Result<(), Error> {
    let chats: Vec<&ChatRow> = chats.iter().collect();
    sqlx::query(ADD_TO_CHATS)
        .bind(column(&chats, |chat| chat.chat_id))
        .bind(column(&chats, |chat| chat.title.as_str()))
        .bind(column(&chats, |chat| chat.davkas))
        .bind(column(&chats, |chat| chat.grams))
        .bind(column(&chats, |chat| chat.last_activity))
        .execute(connection)
        .await?;
    Ok(())
}

async fn add_to_chat_players(
    connection: &mut PgConnection,
    changes: &Changes<'_>,
) -> Result<(), Error> {
    let rows: Vec<_> = changes.chat_players.iter().collect();
    sqlx::query(ADD_TO_CHAT_PLAYERS)
        .bind(column(&rows, |(chat_id, _, _)| *chat_id))
        .bind(column(&rows, |(_, user_id, _)| *user_id))
        .bind(column(&rows, |(_, _, activity)| activity.grams))
        .bind(column(&rows, |(_, _, activity)| activity.davkas))
        .bind(column(&rows, |(_, _, activity)| activity.at))
        .execute(connection)
        .await?;
    Ok(())
}
