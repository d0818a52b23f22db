//! What the rules changed, written to SQLite: one statement a table; the rows are a JSON array of arrays.

use super::micros;
use crate::game::nickname;
use crate::game::player::{Language, Player};
use crate::store::changes::{Changes, dialogue};
use crate::store::error::Failure;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnection;

const CREATE_PLAYERS: &str = "
    INSERT INTO players (user_id, nickname, nickname_key, language, language_code, gofra_mm, cable_mm, atm, atm_since,
        zmiy_g, total_zmiy_g, davkas, best_g, duels, duel_wins, dialogue, created_at, updated_at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
        value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15,
        value ->> 16, value ->> 17
    FROM json_each($1) WHERE true
    ON CONFLICT DO NOTHING";

const UPDATE_PLAYERS: &str = "
    UPDATE players SET nickname = new.value ->> 1, nickname_key = new.value ->> 2, language = new.value ->> 3,
        language_code = new.value ->> 4, gofra_mm = new.value ->> 5, cable_mm = new.value ->> 6, atm = new.value ->> 7,
        atm_since = new.value ->> 8, zmiy_g = new.value ->> 9, total_zmiy_g = new.value ->> 10,
        davkas = new.value ->> 11, best_g = new.value ->> 12, duels = new.value ->> 13, duel_wins = new.value ->> 14,
        dialogue = new.value ->> 15, updated_at = new.value ->> 17
    FROM json_each($1) AS new
    WHERE players.user_id = new.value ->> 0";

const APPEND_LEDGER: &str = "
    INSERT INTO ledger (update_id, user_id, chat_id, kind, outcome, at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, value ->> 5
    FROM json_each($1) WHERE true
    ON CONFLICT DO NOTHING";

const APPEND_DUELS: &str = "
    INSERT INTO duels (id, attacker_id, defender_id, chat_id, chance, attacker_won, at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
    FROM json_each($1) WHERE true
    ON CONFLICT DO NOTHING";

const ADD_TO_CHATS: &str = "
    INSERT INTO chats AS old (chat_id, title, davkas, grams, last_activity)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    FROM json_each($1) WHERE true
    ON CONFLICT (chat_id) DO UPDATE SET
        title = coalesce(nullif(excluded.title, ''), old.title),
        davkas = old.davkas + excluded.davkas,
        grams = old.grams + excluded.grams,
        last_activity = max(old.last_activity, excluded.last_activity)";

const ADD_TO_CHAT_PLAYERS: &str = "
    INSERT INTO chat_players AS old (chat_id, user_id, grams, davkas, last_activity)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
    FROM json_each($1) WHERE true
    ON CONFLICT (chat_id, user_id) DO UPDATE SET
        grams = old.grams + excluded.grams,
        davkas = old.davkas + excluded.davkas,
        last_activity = max(old.last_activity, excluded.last_activity)";

/// Writes everything; skips tables to which nothing happened.
pub(super) async fn changes(
    connection: &mut SqliteConnection,
    changes: &Changes<'_>,
) -> Result<(), Failure> {
    let created = changes.created.iter().map(|player| player_row(player));
    write(connection, CREATE_PLAYERS, created.collect()).await?;
    let updated = changes.updated.iter().map(|player| player_row(player));
    write(connection, UPDATE_PLAYERS, updated.collect()).await?;
    let ledger = changes.ledger.iter().map(|entry| {
        let at = micros(entry.at);
        json!([
            entry.update_id,
            entry.user_id,
            entry.chat_id,
            entry.kind,
            entry.outcome,
            at
        ])
    });
    write(connection, APPEND_LEDGER, ledger.collect()).await?;
    let duels = changes.duels.iter().map(|duel| {
        let at = micros(duel.at);
        let who = (duel.attacker_id, duel.defender_id);
        json!([
            duel.id,
            who.0,
            who.1,
            duel.chat_id,
            duel.chance,
            duel.attacker_won,
            at
        ])
    });
    write(connection, APPEND_DUELS, duels.collect()).await?;
    let chats = changes.chats.iter().map(|chat| {
        let at = micros(chat.last_activity);
        json!([chat.chat_id, chat.title, chat.davkas, chat.grams, at])
    });
    write(connection, ADD_TO_CHATS, chats.collect()).await?;
    let chat_players = changes.chat_players.iter().map(|(chat_id, user_id, add)| {
        json!([chat_id, user_id, add.grams, add.davkas, micros(add.at)])
    });
    write(connection, ADD_TO_CHAT_PLAYERS, chat_players.collect()).await
}

/// A row that was not written is somebody else's: a newcomer created twice, an update played twice.
async fn write(
    connection: &mut SqliteConnection,
    statement: &'static str,
    rows: Vec<Value>,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let expected = rows.len();
    let statement = sqlx::query(statement).bind(Value::Array(rows).to_string());
    let written = statement.execute(connection).await?.rows_affected();
    if written == expected as u64 {
        Ok(())
    } else {
        Err(Failure::Conflict(format!(
            "{written} of {expected} rows could be written"
        )))
    }
}

fn player_row(player: &Player) -> Value {
    let code = |language: Option<Language>| language.map(Language::code);
    json!([
        player.user_id,
        player.nickname,
        nickname::key(&player.nickname),
        code(player.language),
        code(player.language_code),
        player.gofra_mm,
        player.cable_mm,
        player.atm,
        micros(player.atm_since),
        player.zmiy_g,
        player.total_zmiy_g,
        player.davkas,
        player.best_g,
        player.duels,
        player.duel_wins,
        player.dialogue.map(dialogue),
        micros(player.created_at),
        micros(player.updated_at),
    ])
}
