//! Figures for screens, read from Postgres outside any transaction.

use super::{Postgres, load};
use crate::game::action::TopKey;
use crate::game::facts::{AdminFigures, ChatFigures, ChatShare, DuelRecord, ErrorRecord, TopRow};
use crate::game::player::{ChatId, Player, UserId};
use crate::store::screens::{
    ACTIVE_DAY, ACTIVE_IN_CHAT, ADMIN_FIGURES, CHAT_FIGURES, CHAT_SHARE, ERRORS, MY_DUELS,
    NEWEST_ERRORS, Placed, Regeneration, chat_top, column, top, top_by_column,
};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{Error, Row};

const PLAYERS: &str = "
    SELECT user_id, nickname, language, language_code, gofra_mm, cable_mm, atm, atm_since, zmiy_g, total_zmiy_g, davkas,
           best_g, duels, duel_wins, dialogue, created_at, updated_at
    FROM players WHERE user_id = ANY($1) ORDER BY user_id";

/// Whole atmospheres at `$2` with the levels `$3` (from, mm) and `$4` (speed, tenths), `$5` for one and `$6` for all.
/// Computed once for everybody: no index can know what time brings. Floating point is several times faster than
/// Postgres's exact numbers and still exact here: whole microseconds of a century are far below 2^53.
const ATM_NOW: &str = "MATERIALIZED (
    SELECT user_id, least($6::double precision, greatest(atm, 0) + greatest(0, floor(
        round(date_part('epoch', $2::timestamptz - atm_since) * 1000000)
        * ($4::bigint[])[greatest(1, width_bucket(gofra_mm, $3::double precision[]))] / $5::double precision))) AS value
    FROM players)";

impl Postgres {
    pub(in crate::store) async fn players(&self, ids: &[UserId]) -> Result<Vec<Player>, Error> {
        let rows = self.rows(sqlx::query(PLAYERS).bind(ids)).await?;
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
                let by_column = top_by_column(column);
                self.rows(sqlx::query(&by_column).bind(reader)).await?
            }
            None => {
                let by_atmospheres = top(ATM_NOW);
                let query = sqlx::query(&by_atmospheres)
                    .bind(reader)
                    .bind(now)
                    .bind(&regeneration.from_mm)
                    .bind(&regeneration.speed_tenths)
                    .bind(regeneration.step() as f64)
                    .bind(regeneration.full as f64);
                self.rows(query).await?
            }
        };
        rows.iter().map(placed).collect()
    }

    pub(in crate::store) async fn chat_top(
        &self,
        chat_id: ChatId,
        reader: Option<UserId>,
    ) -> Result<Vec<Placed>, Error> {
        let of_chat = chat_top();
        let query = sqlx::query(&of_chat).bind(reader).bind(chat_id);
        let rows = self.rows(query).await?;
        rows.iter().map(placed).collect()
    }

    pub(in crate::store) async fn chat_figures(
        &self,
        chat_id: ChatId,
        reader: UserId,
        now: DateTime<Utc>,
    ) -> Result<ChatFigures, Error> {
        let query = sqlx::query(CHAT_FIGURES)
            .bind(chat_id)
            .bind(now - ACTIVE_IN_CHAT)
            .bind(reader);
        let row = self.row(query).await?;
        Ok(ChatFigures {
            players: row.try_get("players")?,
            active: row.try_get("active")?,
            davkas: row.try_get("davkas")?,
            grams: row.try_get("grams")?,
            last_activity: row.try_get("last_activity")?,
        })
    }

    pub(in crate::store) async fn chat_share(
        &self,
        chat_id: ChatId,
        user_id: UserId,
    ) -> Result<ChatShare, Error> {
        let query = sqlx::query(CHAT_SHARE).bind(chat_id).bind(user_id);
        let row = self.row(query).await?;
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
        let query = sqlx::query(MY_DUELS).bind(user_id).bind(i64::from(limit));
        let rows = self.rows(query).await?;
        let record = |row: &PgRow| {
            Ok(DuelRecord {
                opponent: row.try_get("opponent")?,
                attacked: row.try_get("attacked")?,
                won: row.try_get("won")?,
                chance: row.try_get("chance")?,
                at: row.try_get("at")?,
            })
        };
        rows.iter().map(record).collect()
    }

    pub(in crate::store) async fn admin_figures(
        &self,
        now: DateTime<Utc>,
    ) -> Result<AdminFigures, Error> {
        let query = sqlx::query(ADMIN_FIGURES).bind(now - ACTIVE_DAY);
        let counts = self.row(query).await?;
        let query = sqlx::query(NEWEST_ERRORS).bind(ERRORS);
        let errors = self.rows(query).await?;
        let error = |row: &PgRow| {
            Ok::<_, Error>(ErrorRecord {
                id: row.try_get("id")?,
                handler: row.try_get("handler")?,
                kind: row.try_get("kind")?,
                at: row.try_get("at")?,
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
        let query = sqlx::query(insert)
            .bind(id)
            .bind(handler)
            .bind(kind)
            .bind(detail)
            .bind(at);
        self.execute(query).await?;
        Ok(())
    }

    /// One chunk of each table; rows that another sweeper is at are left to it.
    pub(in crate::store) async fn sweep(
        &self,
        ledger: DateTime<Utc>,
        errors: DateTime<Utc>,
        chunk: i64,
    ) -> Result<u64, Error> {
        let of_ledger = "DELETE FROM ledger WHERE update_id = ANY(ARRAY(
            SELECT update_id FROM ledger WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))";
        let of_errors = "DELETE FROM errors WHERE id = ANY(ARRAY(
            SELECT id FROM errors WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))";
        let mut rows = 0;
        for (statement, before) in [(of_ledger, ledger), (of_errors, errors)] {
            let delete = sqlx::query(statement).bind(before).bind(chunk);
            rows += self.execute(delete).await?;
        }
        Ok(rows)
    }
}

fn placed(row: &PgRow) -> Result<Placed, Error> {
    let own = TopRow {
        place: row.try_get("place")?,
        user_id: row.try_get("user_id")?,
        nickname: row.try_get("nickname")?,
        value: row.try_get("value")?,
    };
    Ok((own, row.try_get("players")?))
}
