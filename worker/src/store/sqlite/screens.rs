//! Figures for screens, read from Sqlite outside any transaction.

use super::{Sqlite, load, micros, moment};
use crate::game::action::TopKey;
use crate::game::facts::{AdminFigures, ChatFigures, ChatShare, DuelRecord, ErrorRecord, TopRow};
use crate::game::player::{ChatId, Player, UserId};
use crate::store::screens::{
    ACTIVE_DAY, ACTIVE_IN_CHAT, ADMIN_FIGURES, CHAT_FIGURES, CHAT_SHARE, ERRORS, MY_DUELS,
    NEWEST_ERRORS, Placed, Regeneration, chat_top, column, top, top_by_column,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

/// Whole atmospheres at `$2` with the levels `$3` (from, mm; speed, tenths), `$5` for one and `$4` for all. Times are
/// microseconds, so the division is exact; below the first level its speed counts.
const ATM_NOW: &str = "MATERIALIZED (
    SELECT user_id, min($4, max(atm, 0) + max(0, ($2 - atm_since) * coalesce(
        (SELECT value ->> 1 FROM json_each($3) WHERE value ->> 0 <= gofra_mm ORDER BY value ->> 0 DESC LIMIT 1),
        $3 ->> '$[0][1]') / $5)) AS value
    FROM players)";

impl Sqlite {
    pub(in crate::store) async fn players(&self, ids: &[UserId]) -> Result<Vec<Player>, Error> {
        let rows = sqlx::query(load::PLAYERS)
            .bind(load::array(ids))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(load::player).collect()
    }

    pub(in crate::store) async fn top(
        &self,
        key: TopKey,
        reader: Option<UserId>,
        regeneration: &Regeneration,
        now: DateTime<Utc>,
    ) -> Result<Vec<Placed>, Error> {
        let rows = match column(key) {
            Some(column) => {
                sqlx::query(&top_by_column(column))
                    .bind(reader)
                    .fetch_all(&self.readers)
                    .await?
            }
            None => {
                sqlx::query(&top(ATM_NOW))
                    .bind(reader)
                    .bind(micros(now))
                    .bind(levels(regeneration))
                    .bind(regeneration.full)
                    .bind(regeneration.step())
                    .fetch_all(&self.readers)
                    .await?
            }
        };
        rows.iter().map(placed).collect()
    }

    pub(in crate::store) async fn chat_top(
        &self,
        chat_id: ChatId,
        reader: Option<UserId>,
    ) -> Result<Vec<Placed>, Error> {
        let rows = sqlx::query(&chat_top())
            .bind(reader)
            .bind(chat_id)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(placed).collect()
    }

    pub(in crate::store) async fn chat_figures(
        &self,
        chat_id: ChatId,
        reader: UserId,
        now: DateTime<Utc>,
    ) -> Result<ChatFigures, Error> {
        let row = sqlx::query(CHAT_FIGURES)
            .bind(chat_id)
            .bind(micros(now - ACTIVE_IN_CHAT))
            .bind(reader)
            .fetch_one(&self.readers)
            .await?;
        let last_activity: Option<i64> = row.try_get("last_activity")?;
        Ok(ChatFigures {
            players: row.try_get("players")?,
            active: row.try_get("active")?,
            davkas: row.try_get("davkas")?,
            grams: row.try_get("grams")?,
            last_activity: last_activity.map(moment),
        })
    }

    pub(in crate::store) async fn chat_share(
        &self,
        chat_id: ChatId,
        user_id: UserId,
    ) -> Result<ChatShare, Error> {
        let row = sqlx::query(CHAT_SHARE)
            .bind(chat_id)
            .bind(user_id)
            .fetch_one(&self.readers)
            .await?;
        Ok(ChatShare {
            grams: row.try_get("grams")?,
            davkas: row.try_get("davkas")?,
            place: row.try_get("place")?,
            players: row.try_get("players")?,
            chat_grams: row.try_get("chat_grams")?,
        })
    }

    pub(in crate::store) async fn my_duels(
        &self,
        user_id: UserId,
        limit: u32,
    ) -> Result<Vec<DuelRecord>, Error> {
        let rows = sqlx::query(MY_DUELS)
            .bind(user_id)
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        let record = |row: &SqliteRow| {
            Ok(DuelRecord {
                opponent: row.try_get("opponent")?,
                attacked: row.try_get("attacked")?,
                won: row.try_get("won")?,
                chance: row.try_get("chance")?,
                at: moment(row.try_get("at")?),
            })
        };
        rows.iter().map(record).collect()
    }

    pub(in crate::store) async fn admin_figures(
        &self,
        now: DateTime<Utc>,
    ) -> Result<AdminFigures, Error> {
        let counts = sqlx::query(ADMIN_FIGURES)
            .bind(micros(now - ACTIVE_DAY))
            .fetch_one(&self.readers)
            .await?;
        let errors = sqlx::query(NEWEST_ERRORS)
            .bind(ERRORS)
            .fetch_all(&self.readers)
            .await?;
        let error = |row: &SqliteRow| {
            Ok::<_, Error>(ErrorRecord {
                id: row.try_get("id")?,
                handler: row.try_get("handler")?,
                kind: row.try_get("kind")?,
                at: moment(row.try_get("at")?),
            })
        };
        Ok(AdminFigures {
            players: counts.try_get("players")?,
            active_day: counts.try_get("active_day")?,
            chats: counts.try_get("chats")?,
            duels: counts.try_get("duels")?,
            errors: errors.iter().map(error).collect::<Result<_, _>>()?,
        })
    }

    pub(in crate::store) async fn record_error(
        &self,
        [id, handler, kind, detail]: [String; 4],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let insert =
            "INSERT INTO errors (id, handler, kind, detail, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING";
        sqlx::query(insert)
            .bind(id)
            .bind(handler)
            .bind(kind)
            .bind(detail)
            .bind(micros(at))
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// One chunk of each table.
    pub(in crate::store) async fn sweep(
        &self,
        ledger: DateTime<Utc>,
        errors: DateTime<Utc>,
        chunk: i64,
    ) -> Result<u64, Error> {
        let of_ledger = "DELETE FROM ledger WHERE update_id IN (
            SELECT update_id FROM ledger WHERE at < $1 ORDER BY at LIMIT $2)";
        let of_errors = "DELETE FROM errors WHERE id IN (
            SELECT id FROM errors WHERE at < $1 ORDER BY at LIMIT $2)";
        let mut rows = 0;
        for (statement, before) in [(of_ledger, ledger), (of_errors, errors)] {
            let delete = sqlx::query(statement).bind(micros(before)).bind(chunk);
            rows += delete.execute(&self.writer).await?.rows_affected();
        }
        Ok(rows)
    }
}

fn placed(row: &SqliteRow) -> Result<Placed, Error> {
    let own = TopRow {
        place: row.try_get("place")?,
        user_id: row.try_get("user_id")?,
        nickname: row.try_get("nickname")?,
        value: row.try_get("value")?,
    };
    Ok((own, row.try_get("players")?))
}

fn levels(regeneration: &Regeneration) -> String {
    let levels = regeneration.from_mm.iter().zip(&regeneration.speed_tenths);
    json!(levels.collect::<Vec<_>>()).to_string()
}
