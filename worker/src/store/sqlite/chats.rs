//! Groups that become supergroups get another id: their books move there, and are added to what is there already.

use super::Sqlite;
use crate::game::player::ChatId;
use sqlx::Error;

const MOVES: [&str; 4] = [
    "INSERT INTO chats AS old (chat_id, title, davkas, grams, last_activity)
     SELECT $2, title, davkas, grams, last_activity FROM chats WHERE chat_id = $1
     ON CONFLICT (chat_id) DO UPDATE SET
         davkas = old.davkas + excluded.davkas,
         grams = old.grams + excluded.grams,
         last_activity = max(old.last_activity, excluded.last_activity)",
    "DELETE FROM chats WHERE chat_id = $1",
    "INSERT INTO chat_players AS old (chat_id, user_id, grams, davkas, last_activity)
     SELECT $2, user_id, grams, davkas, last_activity FROM chat_players WHERE chat_id = $1
     ON CONFLICT (chat_id, user_id) DO UPDATE SET
         grams = old.grams + excluded.grams,
         davkas = old.davkas + excluded.davkas,
         last_activity = max(old.last_activity, excluded.last_activity)",
    "DELETE FROM chat_players WHERE chat_id = $1",
];

impl Sqlite {
    pub(in crate::store) async fn move_chat(&self, from: ChatId, to: ChatId) -> Result<(), Error> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        for statement in MOVES {
            let query = sqlx::query(statement).bind(from).bind(to);
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await
    }
}
