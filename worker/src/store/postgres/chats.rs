//! Groups that become supergroups get another id: their books move there, and are added to what is there already.

use super::Postgres;
use crate::game::player::ChatId;
use sqlx::Error;

// Each is whole in itself, so a move that was cut off between them is simply done again.
const MOVES: [&str; 2] = [
    "WITH gone AS (DELETE FROM chats WHERE chat_id = $1 RETURNING title, davkas, grams, last_activity)
     INSERT INTO chats AS old (chat_id, title, davkas, grams, last_activity)
     SELECT $2, title, davkas, grams, last_activity FROM gone
     ON CONFLICT (chat_id) DO UPDATE SET
         davkas = old.davkas + excluded.davkas,
         grams = old.grams + excluded.grams,
         last_activity = greatest(old.last_activity, excluded.last_activity)",
    "WITH gone AS (DELETE FROM chat_players WHERE chat_id = $1 RETURNING user_id, grams, davkas, last_activity)
     INSERT INTO chat_players AS old (chat_id, user_id, grams, davkas, last_activity)
     SELECT $2, user_id, grams, davkas, last_activity FROM gone ORDER BY user_id
     ON CONFLICT (chat_id, user_id) DO UPDATE SET
         grams = old.grams + excluded.grams,
         davkas = old.davkas + excluded.davkas,
         last_activity = greatest(old.last_activity, excluded.last_activity)",
];

impl Postgres {
    pub(in crate::store) async fn move_chat(&self, from: ChatId, to: ChatId) -> Result<(), Error> {
        for statement in MOVES {
            self.execute(sqlx::query(statement).bind(from).bind(to))
                .await?;
        }
        Ok(())
    }
}
