//! Chats and their messages, in shards: a chat's lock is held for the moment of one change, and chats of different
//! shards never wait for each other.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Instant;

use super::flood::{self, Bucket};
use super::people::Person;
use super::text::{Entity, Text};
use super::wire::Keyboard;
use super::{locked, now, read, write};

/// Shards: a few times the threads that a machine has.
const SHARDS: usize = 64;

/// All chats.
pub(super) struct Chats {
    shards: Vec<Mutex<HashMap<i64, Chat>>>,
    groups: RwLock<BTreeSet<i64>>,
}

/// A chat of the bot.
pub(super) struct Chat {
    pub(super) id: i64,
    pub(super) kind: ChatKind,
    /// Oldest first; ids grow.
    messages: VecDeque<Stored>,
    last_message_id: i64,
    /// The chat's bucket and the group's, once flood limits are on.
    flood: Option<(Bucket, Bucket)>,
}

pub(super) enum ChatKind {
    /// With one person. `started` when that person ever wrote: before that a bot may not write.
    Private {
        person: Arc<Person>,
        started: bool,
        blocked: bool,
    },
    Group {
        title: String,
        members: BTreeSet<i64>,
        owner: Option<i64>,
    },
}

/// A message as it is kept: plain text, entities beside it.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) author: Arc<Person>,
    pub(super) date: i64,
    pub(super) edited: Option<i64>,
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
    pub(super) keyboard: Option<Keyboard>,
    pub(super) reply_to: Option<i64>,
    pub(super) media: Option<Media>,
}

/// A file of a message. Only its description is kept.
#[derive(Clone)]
pub(super) enum Media {
    Photo {
        file_id: String,
        size: usize,
    },
    Document {
        file_id: String,
        name: String,
        mime_type: Option<String>,
        size: usize,
    },
}

/// A message that is about to be posted.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) text: Text,
    pub(super) keyboard: Option<Keyboard>,
    pub(super) reply_to: Option<i64>,
    pub(super) media: Option<Media>,
}

impl Media {
    pub(super) fn photo(file_id: String, size: usize) -> Self {
        Self::Photo { file_id, size }
    }

    pub(super) fn file_id(&self) -> &str {
        match self {
            Self::Photo { file_id, .. } | Self::Document { file_id, .. } => file_id,
        }
    }
}

impl Stored {
    pub(super) fn has_button(&self, data: &str) -> bool {
        let rows = self
            .keyboard
            .as_ref()
            .map(Keyboard::rows)
            .unwrap_or_default();
        let mut buttons = rows.inline_keyboard.iter().flatten();
        buttons.any(|button| button.callback_data.as_deref() == Some(data))
    }
}

impl Chats {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            groups: RwLock::default(),
        }
    }

    fn shard(&self, id: i64) -> &Mutex<HashMap<i64, Chat>> {
        // Ids of neighbours differ in their low bits, which is all that spreading needs.
        &self.shards[id.unsigned_abs() as usize % SHARDS]
    }

    /// Does something with a chat, alone.
    pub(super) fn with<T>(&self, id: i64, f: impl FnOnce(&mut Chat) -> T) -> Option<T> {
        locked(self.shard(id)).get_mut(&id).map(f)
    }

    pub(super) fn add_private(&self, person: Arc<Person>) {
        match locked(self.shard(person.id)).entry(person.id) {
            Entry::Occupied(mut chat) => {
                if let ChatKind::Private { person: known, .. } = &mut chat.get_mut().kind {
                    *known = person;
                }
            }
            Entry::Vacant(place) => {
                let id = person.id;
                let kind = ChatKind::Private {
                    person,
                    started: false,
                    blocked: false,
                };
                place.insert(Chat::new(id, kind));
            }
        }
    }

    pub(super) fn add_group(&self, id: i64, title: &str, members: &[i64]) {
        let kind = ChatKind::Group {
            title: title.to_owned(),
            members: members.iter().copied().collect(),
            owner: members.first().copied(),
        };
        locked(self.shard(id)).insert(id, Chat::new(id, kind));
        write(&self.groups).insert(id);
    }

    /// Ids of all groups.
    pub(super) fn groups(&self) -> Vec<i64> {
        read(&self.groups).iter().copied().collect()
    }
}

impl Chat {
    fn new(id: i64, kind: ChatKind) -> Self {
        Self {
            id,
            kind,
            messages: VecDeque::new(),
            last_message_id: 0,
            flood: None,
        }
    }

    /// Whether somebody takes part.
    pub(super) fn has(&self, user: i64) -> bool {
        match &self.kind {
            ChatKind::Private { person, .. } => person.id == user,
            ChatKind::Group { members, .. } => members.contains(&user),
        }
    }

    /// Adds a message and lets go of the oldest ones above `keep`.
    pub(super) fn post(&mut self, author: Arc<Person>, draft: Draft, keep: usize) -> i64 {
        self.last_message_id += 1;
        self.messages.push_back(Stored {
            id: self.last_message_id,
            author,
            date: now(),
            edited: None,
            text: draft.text.plain,
            entities: draft.text.entities,
            keyboard: draft.keyboard,
            reply_to: draft.reply_to,
            media: draft.media,
        });
        while self.messages.len() > keep.max(1) {
            self.messages.pop_front();
        }
        self.last_message_id
    }

    fn position(&self, id: i64) -> Option<usize> {
        self.messages
            .binary_search_by_key(&id, |message| message.id)
            .ok()
    }

    pub(super) fn message(&self, id: i64) -> Option<&Stored> {
        self.messages.get(self.position(id)?)
    }

    pub(super) fn message_mut(&mut self, id: i64) -> Option<&mut Stored> {
        let position = self.position(id)?;
        self.messages.get_mut(position)
    }

    pub(super) fn delete(&mut self, id: i64) {
        if let Some(position) = self.position(id) {
            self.messages.remove(position);
        }
    }

    /// The newest `limit` messages, oldest first.
    pub(super) fn newest(&self, limit: usize) -> impl Iterator<Item = &Stored> {
        self.messages
            .range(self.messages.len().saturating_sub(limit)..)
    }

    /// Lets a message of the bot through flood control, or says how many seconds to wait.
    pub(super) fn pass_flood(&mut self, overall: &Mutex<Bucket>) -> Result<(), u32> {
        let now = Instant::now();
        let is_group = matches!(self.kind, ChatKind::Group { .. });
        let (chat, group) = self.flood.get_or_insert_with(|| {
            (
                Bucket::new(flood::CHAT, now),
                Bucket::new(flood::GROUP, now),
            )
        });
        let overall = &mut *locked(overall);
        if is_group {
            flood::pass(&mut [chat, group, overall], now)
        } else {
            flood::pass(&mut [chat, overall], now)
        }
    }
}
