//! Figures for screens, from the cache where they may be a little old: the local tier, then Redis, then the database.
//!
//! A player's own row is as fresh as his last committed update, because every commit refreshes it. Leaderboards and
//! sums are the same for all readers and may lag by seconds: they are computed once per lifetime, not once per look.

use crate::game::action::{Place, TopKey, Turn, View};
use crate::game::facts::{ChatFigures, Facts, Leaderboard};
use crate::game::player::{ChatId, Player, UserId};
use crate::store::{Store, StoreError};
use chrono::Utc;
use gofrobot_shared::cache::Cache;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How old a leaderboard or a group's sums may be.
const SUMS_TTL: Duration = Duration::from_secs(10);

/// Rows of "my duels".
const DUELS_SHOWN: i64 = 10;

/// The database seen through the cache.
pub struct Reads {
    /// The truth.
    pub store: Arc<Store>,
    /// The cache before it.
    pub cache: Cache,
}

impl Reads {
    /// Players by id; who does not exist, or cannot be read just now, is absent and goes the way of a transaction.
    pub async fn players(&self, ids: &[UserId]) -> HashMap<UserId, Player> {
        self.cache.get_many("player", ids).await
    }

    /// Puts rows that were just committed into the cache, here and for the other workers.
    pub async fn refresh(&self, players: &[Player]) {
        let entries: Vec<_> = players.iter().map(|player| (player.user_id, player)).collect();
        self.cache.refresh("player", &entries).await;
    }

    /// What a screen shows beside the player himself.
    ///
    /// # Errors
    /// The database did not answer and the cache did not know.
    pub async fn facts(&self, view: View, turn: &Turn) -> Result<Facts, StoreError> {
        let user = turn.user_id;
        let chat = match &turn.place {
            Place::Group { chat_id, .. } => *chat_id,
            Place::Private => user,
        };
        Ok(match view {
            View::Top(key) => Facts::Top(self.top(key, user).await?),
            View::ChatTop => Facts::Top(self.store.chat_top(chat, user).await?),
            View::ChatStats => Facts::Chat(self.chat_figures(chat).await?),
            View::ChatMe => Facts::Share(self.store.chat_share(chat, user).await?),
            View::MyDuels => Facts::Duels(self.store.my_duels(user, DUELS_SHOWN).await?),
            View::Admin => Facts::Admin(self.store.admin_figures(Utc::now()).await?),
            _ => Facts::None,
        })
    }
}
