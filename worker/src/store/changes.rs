//! What the rules made of the loaded rows, put in the order in which every worker writes: the same order everywhere
//! means that two transactions wait for each other instead of blocking each other.

use crate::game::player::{ChatId, Dialogue, Player, UserId};
use crate::game::world::{ChatActivity, LedgerEntry, NewDuel, World};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashSet};

/// Everything a transaction writes; each list is sorted by its table's key.
#[derive(Debug)]
pub(super) struct Changes<'w> {
    /// Players that did not exist.
    pub(super) created: Vec<&'w Player>,
    /// Players that did.
    pub(super) updated: Vec<&'w Player>,
    pub(super) ledger: Vec<&'w LedgerEntry>,
    pub(super) duels: Vec<&'w NewDuel>,
    pub(super) chats: Vec<ChatRow>,
    pub(super) chat_players: Vec<(ChatId, UserId, &'w ChatActivity)>,
}

/// What is added to a row of `chats`.
#[derive(Debug)]
pub(super) struct ChatRow {
    pub(super) chat_id: ChatId,
    /// Empty when it was not told.
    pub(super) title: String,
    pub(super) davkas: i64,
    pub(super) grams: i64,
    pub(super) last_activity: DateTime<Utc>,
}

impl<'w> Changes<'w> {
    /// Collects them from a played world; `loaded` are those who were there before.
    pub(super) fn of(world: &'w World, loaded: &HashSet<UserId>) -> Self {
        let mut changed: Vec<&Player> = world
            .changed
            .iter()
            .filter_map(|id| world.players.get(id))
            .collect();
        changed.sort_unstable_by_key(|player| player.user_id);
        let (updated, created): (Vec<_>, Vec<_>) = changed
            .into_iter()
            .partition(|player| loaded.contains(&player.user_id));

        let mut ledger: Vec<_> = world.ledger.iter().collect();
        ledger.sort_unstable_by_key(|entry| entry.update_id);
        let mut duels: Vec<_> = world.duels.iter().collect();
        duels.sort_unstable_by_key(|duel| duel.id);
        let mut chat_players: Vec<_> = world
            .chat_activity
            .iter()
            .map(|((chat_id, user_id), activity)| (*chat_id, *user_id, activity))
            .collect();
        chat_players.sort_unstable_by_key(|(chat_id, user_id, _)| (*chat_id, *user_id));

        Self {
            created,
            updated,
            ledger,
            duels,
            chats: chats(world),
            chat_players,
        }
    }
}

fn chats(world: &World) -> Vec<ChatRow> {
    let mut chats = BTreeMap::new();
    for ((chat_id, _), activity) in &world.chat_activity {
        let chat = chats.entry(*chat_id).or_insert_with(|| ChatRow {
            chat_id: *chat_id,
            title: world
                .chat_titles
                .get(chat_id)
                .map(|title| without_nul(title))
                .unwrap_or_default(),
            davkas: 0,
            grams: 0,
            last_activity: activity.at,
        });
        chat.davkas += activity.davkas;
        chat.grams += activity.grams;
        chat.last_activity = chat.last_activity.max(activity.at);
    }
    chats.into_values().collect()
}

/// Postgres can hold every character but NUL, and would refuse the whole batch for one.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

/// What the bot waits for, as stored.
pub(super) fn dialogue(dialogue: Dialogue) -> String {
    match dialogue {
        Dialogue::Nickname { asked_by } => format!("nickname:{asked_by}"),
    }
}
