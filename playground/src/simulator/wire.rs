//! The Bot API's JSON: what bots read in updates and results.
//!
//! Everything borrows from the chat it describes and is serialised once, under that chat's lock.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::chats::{Chat, ChatKind, Media, Stored};
use super::people::Person;
use super::text::Entity;

/// A chat as it stands in messages.
#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum WireChat<'a> {
    #[serde(rename = "private")]
    Private {
        id: i64,
        first_name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        username: Option<&'a str>,
    },
    #[serde(rename = "supergroup")]
    Group { id: i64, title: &'a str },
}

impl<'a> WireChat<'a> {
    pub(super) fn of(chat: &'a Chat) -> Self {
        match &chat.kind {
            ChatKind::Private { person, .. } => Self::Private {
                id: chat.id,
                first_name: &person.first_name,
                username: person.username.as_deref(),
            },
            ChatKind::Group { title, .. } => Self::Group { id: chat.id, title },
        }
    }
}

/// A message in full. The message it replies to is inside, without what that one replies to.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    message_id: i64,
    from: &'a Person,
    chat: WireChat<'a>,
    date: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit_date: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to_message: Option<Box<Message<'a>>>,
    #[serde(flatten)]
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<&'a Keyboard>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        entities: &'a [Entity],
    },
    Media {
        #[serde(skip_serializing_if = "Option::is_none")]
        photo: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        document: Option<Value>,
        #[serde(skip_serializing_if = "str::is_empty")]
        caption: &'a str,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        caption_entities: &'a [Entity],
    },
}

impl<'a> Message<'a> {
    pub(super) fn of(chat: &'a Chat, stored: &'a Stored) -> Self {
        let replied = stored.reply_to.and_then(|id| chat.message(id));
        Self {
            reply_to_message: replied.map(|replied| Box::new(Self::alone(chat, replied))),
            ..Self::alone(chat, stored)
        }
    }

    fn alone(chat: &'a Chat, stored: &'a Stored) -> Self {
        Self {
            message_id: stored.id,
            from: &stored.author,
            chat: WireChat::of(chat),
            date: stored.date,
            edit_date: stored.edited,
            reply_to_message: None,
            content: Content::of(stored),
            reply_markup: stored.keyboard.as_ref(),
        }
    }
}

impl<'a> Content<'a> {
    fn of(stored: &'a Stored) -> Self {
        let (text, entities) = (stored.text.as_str(), stored.entities.as_slice());
        let (photo, document) = match &stored.media {
            None => return Self::Text { text, entities },
            Some(Media::Photo { file_id, size }) => {
                let photo = json!([{
                    "file_id": file_id, "file_unique_id": format!("u{file_id}"),
                    "width": 800, "height": 600, "file_size": size,
                }]);
                (Some(photo), None)
            }
            Some(Media::Document {
                file_id,
                name,
                mime_type,
                size,
            }) => {
                let mut document = json!({
                    "file_id": file_id, "file_unique_id": format!("u{file_id}"),
                    "file_name": name, "file_size": size,
                });
                if let Some(mime_type) = mime_type {
                    document["mime_type"] = mime_type.as_str().into();
                }
                (None, Some(document))
            }
        };
        Self::Media {
            photo,
            document,
            caption: text,
            caption_entities: entities,
        }
    }
}

/// A press of a button.
#[derive(Serialize)]
pub(super) struct CallbackQuery<'a> {
    pub(super) id: &'a str,
    pub(super) from: &'a Person,
    pub(super) message: Pressable<'a>,
    pub(super) chat_instance: String,
    pub(super) data: &'a str,
}

/// The message of a pressed button: itself, or what is left of it when it is gone.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Pressable<'a> {
    Whole(Box<Message<'a>>),
    Gone(Inaccessible<'a>),
}

/// A message that the bot can no longer read; its date is 0.
#[derive(Serialize)]
pub(super) struct Inaccessible<'a> {
    pub(super) chat: WireChat<'a>,
    pub(super) message_id: i64,
    pub(super) date: i64,
}

impl<'a> From<Result<Message<'a>, Inaccessible<'a>>> for Pressable<'a> {
    fn from(message: Result<Message<'a>, Inaccessible<'a>>) -> Self {
        match message {
            Ok(message) => Self::Whole(Box::new(message)),
            Err(gone) => Self::Gone(gone),
        }
    }
}

/// The bot was blocked or unblocked.
#[derive(Serialize)]
pub(super) struct MemberUpdate<'a> {
    chat: WireChat<'a>,
    from: &'a Person,
    date: i64,
    old_chat_member: Value,
    new_chat_member: Value,
}

impl<'a> MemberUpdate<'a> {
    pub(super) fn new(
        chat: &'a Chat,
        from: &'a Person,
        bot: &Arc<Person>,
        date: i64,
        blocked: bool,
    ) -> Self {
        let member = json!({ "user": bot, "status": "member" });
        let kicked = json!({ "user": bot, "status": "kicked", "until_date": 0 });
        let (old, new) = if blocked {
            (member, kicked)
        } else {
            (kicked, member)
        };
        let chat = WireChat::of(chat);
        Self {
            chat,
            from,
            date,
            old_chat_member: old,
            new_chat_member: new,
        }
    }
}

/// An inline keyboard, kept as the JSON it is sent as: chats hold a great many of them, and few are ever looked into.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Keyboard(Box<RawValue>);

/// The rows of an inline keyboard.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Rows {
    pub(super) inline_keyboard: Vec<Vec<WireButton>>,
}

/// A button of an inline keyboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WireButton {
    #[serde(default)]
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) callback_data: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) web_app: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) copy_text: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) switch_inline_query: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) switch_inline_query_current_chat: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) switch_inline_query_chosen_chat: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) login_url: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) style: Option<String>,
}

impl Keyboard {
    pub(super) fn new(rows: &Rows) -> serde_json::Result<Self> {
        to_raw_value(rows).map(Self)
    }

    pub(super) fn rows(&self) -> Rows {
        // It was made from rows.
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }
}

impl PartialEq for Keyboard {
    fn eq(&self, other: &Self) -> bool {
        // Both were written by the same serialiser, so equal buttons are equal texts.
        self.0.get() == other.0.get()
    }
}
