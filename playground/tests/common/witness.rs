//! Sees every call that the Bot API server accepted, and forgets none.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use gofrobot::simulator::{Call, Observer};

#[derive(Default)]
struct Seen {
    said: HashMap<i64, Vec<i64>>,
    edited: HashMap<(i64, i64), usize>,
    answered: HashMap<String, Vec<String>>,
}

/// What the bot did.
#[derive(Default)]
pub struct Witness {
    seen: Mutex<Seen>,
}

impl Witness {
    /// Ids of the messages that the bot sent to a chat, in order.
    pub fn said_in(&self, chat: i64) -> Vec<i64> {
        self.seen().said.get(&chat).cloned().unwrap_or_default()
    }

    /// Number of messages that the bot sent to all chats.
    pub fn said(&self) -> usize {
        self.seen().said.values().map(Vec::len).sum()
    }

    /// How often a message was edited.
    pub fn edits(&self, chat: i64, message: i64) -> usize {
        self.seen()
            .edited
            .get(&(chat, message))
            .copied()
            .unwrap_or(0)
    }

    /// How often any message of a chat was edited.
    pub fn edits_in(&self, chat: i64) -> usize {
        let seen = self.seen();
        let edited = seen.edited.iter().filter(|((of, _), _)| *of == chat);
        edited.map(|(_, count)| count).sum()
    }

    /// How often a query was answered.
    pub fn answers(&self, query: &str) -> usize {
        self.seen().answered.get(query).map_or(0, Vec::len)
    }

    /// Number of queries that were answered.
    pub fn answered(&self) -> usize {
        self.seen().answered.len()
    }

    /// The text of the first answer to a query; empty when it had none.
    pub fn notice(&self, query: &str) -> Option<String> {
        self.seen().answered.get(query)?.first().cloned()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

impl Observer for Witness {
    fn accepted(&self, call: &Call<'_>) {
        let mut seen = self.seen();
        match (call.method, call.chat_id, call.message_id) {
            ("sendmessage", Some(chat), Some(id)) => seen.said.entry(chat).or_default().push(id),
            ("editmessagetext", Some(chat), Some(id)) => {
                *seen.edited.entry((chat, id)).or_default() += 1;
            }
            ("answercallbackquery", ..) => {
                let query = call.callback_query_id.unwrap_or_default().to_owned();
                let text = call.text.unwrap_or_default().to_owned();
                seen.answered.entry(query).or_default().push(text);
            }
            _ => {}
        }
    }
}
