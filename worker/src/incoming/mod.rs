//! Telegram's format, inward: the bytes of an update become what a player asks for and where the answer goes.
//!
//! Only the fields that the game needs are read, so an update of a newer Bot API is never an error: what the bot does
//! not know it ignores, and only what is no update at all is unreadable.

mod button;
mod command;
mod message;
mod update;
mod word;

#[cfg(test)]
mod tests;

pub use button::Press;
pub use command::{Command, Works};

use crate::game::action::{Action, Decline, Place, Turn};
use crate::game::player::{ChatId, Language, UserId};
use std::borrow::Cow;
use update::{CallbackQuery, Chat, ChatKind, Update, User};

/// Telegram's ids fit into 52 bits, says its manual: anything above is forged, and default nicknames rely on it.
const HIGHEST_ID: i64 = (1 << 52) - 1;

/// Longest title of a group that is kept, in characters; Telegram allows 255 bytes at most.
const LONGEST_TITLE: usize = 255;

/// The bot itself, as `getMe` told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bot {
    /// Its user id.
    pub id: UserId,
    /// Its username, without the `@`.
    pub username: String,
}

/// What an update means to the bot.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// A player asks for something.
    Play(Incoming),
    /// A group has become a supergroup, and got another id.
    Moved {
        /// The id that it had.
        from: ChatId,
        /// The id that it has.
        to: ChatId,
    },
    /// Nothing to do; the word says why, from a bounded set fit for a metric's label.
    Ignore(&'static str),
}

/// A player's turn, and where its answer goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// What he asks for.
    pub turn: Turn,
    /// Where the answer goes.
    pub reply: ReplyTo,
}

/// Where an answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyTo {
    /// A message was written: it is answered by one message.
    Message {
        /// The chat.
        chat_id: ChatId,
        /// The message that is answered.
        message_id: i32,
        /// The topic of a forum.
        thread_id: Option<i32>,
        /// Whether the chat is a group: there the answer quotes the message.
        in_group: bool,
    },
    /// A button was pressed: it is answered by its callback answer and one edit.
    Press {
        /// The id of the callback query.
        callback_id: String,
        /// The message that carries the button; `None` for one that was sent in some other bot's name or by nobody.
        menu: Option<Menu>,
    },
}

/// The message that carries a pressed button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Menu {
    /// Its chat.
    pub chat_id: ChatId,
    /// Its id; `None` when the bot can no longer reach it: a new message then takes its place.
    pub message_id: Option<i32>,
    /// The topic of a forum.
    pub thread_id: Option<i32>,
}

impl ReplyTo {
    /// The chat that the answer goes to, if it is known.
    pub fn chat_id(&self) -> Option<ChatId> {
        match self {
            Self::Message { chat_id, .. } => Some(*chat_id),
            Self::Press { menu, .. } => menu.map(|menu| menu.chat_id),
        }
    }
}

/// What is no update and goes to the dead letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unreadable update: {reason}")]
pub struct Unreadable {
    /// What is wrong with it, without any of its content.
    pub reason: String,
}

/// Reads one update.
///
/// # Errors
/// [`Unreadable`] when the bytes are no JSON, have no `update_id`, or hold a value that Telegram could not have sent.
pub fn decode(body: &[u8], bot: &Bot, admins: &[UserId]) -> Result<Decoded, Unreadable> {
    let update: Update<'_> = serde_json::from_slice(body).map_err(|error| Unreadable {
        reason: blame(&error),
    })?;
    if let Some(message) = update.message {
        return message::decode(update.update_id, message, bot, admins);
    }
    if let Some(query) = update.callback_query {
        return decode_press(update.update_id, query).map(Decoded::Play);
    }
    Ok(Decoded::Ignore(
        if update.edited_message.is_some() || update.edited_channel_post.is_some() {
            "edited"
        } else if update.channel_post.is_some() {
            "channel_post"
        } else {
            "other_kind"
        },
    ))
}

fn decode_press(update_id: i64, query: CallbackQuery<'_>) -> Result<Incoming, Unreadable> {
    let user_id = person_id(&query.from)?;
    let chat = query.message.as_ref().map(|message| &message.chat);
    let known = chat.map(place).transpose()?.flatten();
    let data = query.data.as_ref().map_or("", |data| data.0.as_ref());
    let action = match &known {
        Some(Place::Private) => button::pressed_in_private(data),
        Some(Place::Group { .. }) => {
            let keyboard = query.message.as_ref().and_then(|it| it.reply_markup);
            button::pressed_in_group(data, keyboard.and_then(button::owner), user_id)
        }
        // A press from nowhere: an inline message, or a chat in which the bot shows no buttons.
        None => Action::Decline(Decline::StaleButton),
    };
    let place = known.unwrap_or(Place::Private);
    let reply = ReplyTo::Press {
        callback_id: query.id.0.into_owned(),
        menu: query.message.map(|message| Menu {
            chat_id: message.chat.id,
            message_id: (message.date != 0).then_some(message.message_id),
            thread_id: message.topic(),
        }),
    };
    Ok(Incoming {
        turn: Turn {
            update_id,
            user_id,
            language_code: language(&query.from),
            place,
            action,
        },
        reply,
    })
}

/// Where a chat is, as the game sees it; `None` for channels and kinds of chats to come.
fn place(chat: &Chat<'_>) -> Result<Option<Place>, Unreadable> {
    if chat.id == 0 || chat.id.unsigned_abs() > HIGHEST_ID.unsigned_abs() {
        return Err(Unreadable {
            reason: "chat.id is out of range".to_owned(),
        });
    }
    Ok(match chat.kind {
        ChatKind::Private => Some(Place::Private),
        ChatKind::Group | ChatKind::Supergroup => Some(Place::Group {
            chat_id: chat.id,
            title: title(chat.title.as_ref().map_or("", |title| title.0.as_ref())),
        }),
        ChatKind::Channel | ChatKind::Other => None,
    })
}

/// A title fit to be stored: bounded, and without the control characters that no database wants.
fn title(told: &str) -> String {
    told.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_TITLE)
        .collect()
}

fn person_id(user: &User<'_>) -> Result<UserId, Unreadable> {
    if (1..=HIGHEST_ID).contains(&user.id) {
        Ok(user.id)
    } else {
        Err(Unreadable {
            reason: "from.id is out of range".to_owned(),
        })
    }
}

/// The language to speak to a user, if Telegram tells any: English for those that the bot does not speak.
fn language(user: &User<'_>) -> Option<Language> {
    let told = user.language_code.as_ref()?.0.as_ref();
    Some(Language::from_code(told).unwrap_or(Language::En))
}

/// Says what is wrong with the JSON in words of our own: serde's may quote the content, and that is a player's.
fn blame(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Syntax => "broken JSON",
        serde_json::error::Category::Eof => "JSON cut short",
        serde_json::error::Category::Data => "a field is missing or of a wrong type",
        serde_json::error::Category::Io => "cannot be read",
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

/// Text borrowed from the update where JSON needed no escapes.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
