//! What people see: messages, chats and happenings as the chat page shows them.

use std::sync::Arc;

use serde::Serialize;

use super::Simulator;
use super::chats::{Chat, ChatKind, Media, Stored};
use super::people::Person;
use super::text::Entity;
use super::wire::WireButton;

/// A message as its readers see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Number of the message in its chat.
    pub id: i64,
    /// The chat; in a private chat the person's own id.
    pub chat: i64,
    /// Who wrote it.
    pub from: Author,
    /// Unix seconds.
    pub date: i64,
    /// Whether it was edited after it was sent.
    pub edited: bool,
    /// Plain text, or the caption of a photo or a document.
    pub text: String,
    /// Parts of the text with a meaning.
    pub entities: Vec<Entity>,
    /// Rows of buttons under the message.
    pub keyboard: Option<Vec<Vec<Button>>>,
    /// What it replies to.
    pub reply_to: Option<Quote>,
    /// Whether it shows a photo.
    pub photo: bool,
}

/// The author of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Author {
    /// User id.
    pub id: i64,
    /// Shown name.
    pub first_name: String,
    /// Whether it is the bot.
    pub is_bot: bool,
    /// Public name.
    pub username: Option<String>,
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Button {
    /// Label.
    pub text: String,
    /// Callback data, for a button that tells the bot.
    pub data: Option<String>,
    /// Address, for a button that opens one.
    pub url: Option<String>,
}

/// The message that another one replies to, in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quote {
    /// Number of that message.
    pub id: i64,
    /// Its author's name.
    pub from_name: String,
    /// Its text.
    pub text: String,
}

/// A row of somebody's list of chats.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChatSummary {
    /// Chat id; in a private chat the person's own id.
    pub id: i64,
    /// `private` or `supergroup`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The bot's name, or the group's title.
    pub title: String,
    /// Number of members of a group, the bot included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<usize>,
    /// Whether the person blocked the bot, in the private chat with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
    /// The newest message.
    pub last: Option<Message>,
}

/// Something that a reader of a page may see at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A new message, of the bot or of a person.
    MessageSent(Arc<Message>),
    /// A message has changed.
    MessageEdited(Arc<Message>),
    /// A message is gone.
    MessageDeleted {
        /// Its chat.
        chat: i64,
        /// Its number there.
        message_id: i64,
    },
    /// The bot answered a press: for that person alone.
    CallbackAnswered {
        /// Who pressed.
        user: i64,
        /// Id of the query.
        query: String,
        /// Notice to show; may be empty.
        text: String,
        /// As a dialog that must be closed, not as a passing notice.
        show_alert: bool,
    },
    /// The bot is busy in a chat.
    Typing {
        /// The chat.
        chat: i64,
    },
    /// A person blocked the bot, or unblocked it.
    Blocked {
        /// Who.
        user: i64,
        /// Whether the bot is blocked now.
        blocked: bool,
    },
    /// The command menu has changed.
    CommandsChanged,
}

impl Chat {
    /// A message of this chat as people see it.
    pub(super) fn view(&self, stored: &Stored) -> Message {
        let quote = stored.reply_to.and_then(|id| self.message(id));
        Message {
            id: stored.id,
            chat: self.id,
            from: Author::of(&stored.author),
            date: stored.date,
            edited: stored.edited.is_some(),
            text: match &stored.media {
                Some(Media::Document { name, .. }) => {
                    format!("📎 {name}\n{}", stored.text).trim_end().to_owned()
                }
                _ => stored.text.clone(),
            },
            entities: match &stored.media {
                // The offsets count from the caption, which the file's name has moved.
                Some(Media::Document { .. }) => Vec::new(),
                _ => stored.entities.clone(),
            },
            keyboard: stored.keyboard.as_ref().map(|keyboard| {
                let rows = keyboard.rows().inline_keyboard.into_iter();
                rows.map(|row| row.into_iter().map(Button::of).collect())
                    .collect()
            }),
            reply_to: quote.map(|quote| Quote {
                id: quote.id,
                from_name: quote.author.first_name.clone(),
                text: quote.text.clone(),
            }),
            photo: matches!(stored.media, Some(Media::Photo { .. })),
        }
    }
}

impl Author {
    fn of(person: &Person) -> Self {
        Self {
            id: person.id,
            first_name: person.first_name.clone(),
            is_bot: person.is_bot,
            username: person.username.clone(),
        }
    }
}

impl Button {
    fn of(button: WireButton) -> Self {
        Self {
            text: button.text,
            data: button.callback_data,
            url: button.url,
        }
    }
}

impl Simulator {
    /// The chats that somebody sees: the private one with the bot first, then the groups.
    pub fn chats_of(&self, user: i64) -> Vec<ChatSummary> {
        let groups = self.state.chats.groups();
        let seen = std::iter::once(user).chain(groups);
        seen.filter_map(|id| {
            self.state
                .chats
                .with(id, |chat| self.summary(chat, user))
                .flatten()
        })
        .collect()
    }

    fn summary(&self, chat: &Chat, user: i64) -> Option<ChatSummary> {
        if !chat.has(user) {
            return None;
        }
        let (kind, title, members) = match &chat.kind {
            ChatKind::Private { .. } => ("private", self.state.bot.first_name.clone(), None),
            ChatKind::Group { title, members, .. } => {
                ("supergroup", title.clone(), Some(members.len() + 1))
            }
        };
        let blocked = match &chat.kind {
            ChatKind::Private { blocked, .. } => Some(*blocked),
            ChatKind::Group { .. } => None,
        };
        let last = chat.newest(1).next().map(|message| chat.view(message));
        Some(ChatSummary {
            id: chat.id,
            kind,
            title,
            members,
            blocked,
            last,
        })
    }

    /// The newest `limit` messages of a chat, oldest first; none for somebody who is not in it.
    pub fn history(&self, viewer: i64, chat: i64, limit: usize) -> Vec<Message> {
        let view = |chat: &mut Chat| {
            let seen = chat.has(viewer).then(|| chat.newest(limit));
            seen.into_iter()
                .flatten()
                .map(|message| chat.view(message))
                .collect()
        };
        self.state.chats.with(chat, view).unwrap_or_default()
    }

    /// One message of a chat.
    pub fn message(&self, chat: i64, message_id: i64) -> Option<Message> {
        let view = |chat: &mut Chat| chat.message(message_id).map(|message| chat.view(message));
        self.state.chats.with(chat, view).flatten()
    }

    /// Whether somebody takes part in a chat.
    pub fn is_member(&self, user: i64, chat: i64) -> bool {
        self.state
            .chats
            .with(chat, |chat| chat.has(user))
            .unwrap_or(false)
    }

    /// What happens from now on. A reader that falls more than a thousand events behind is told that it lags.
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<Event> {
        self.state.events.subscribe()
    }

    /// Tells the readers, if there are any; the event is not even made when nobody listens.
    pub(super) fn announce(&self, event: impl FnOnce() -> Event) {
        if self.state.events.receiver_count() > 0 {
            // It fails only when the last reader has just left.
            let _ = self.state.events.send(event());
        }
    }
}
