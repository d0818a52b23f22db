//! The part of Telegram's update that the bot reads. Everything else is skipped without being built, so a big update
//! costs little, and a field of a newer Bot API costs nothing.

use super::Text;
use crate::game::player::{ChatId, UserId};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// An update: one of the kinds that the bot plays, or the trace of another.
#[derive(Debug, Deserialize)]
pub(super) struct Update<'a> {
    pub(super) update_id: i64,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) callback_query: Option<CallbackQuery<'a>>,
    pub(super) edited_message: Option<IgnoredAny>,
    pub(super) channel_post: Option<IgnoredAny>,
    pub(super) edited_channel_post: Option<IgnoredAny>,
}

/// A message. A text makes it a saying, one of the media fields a picture or the like; with neither it is a service
/// message, such as a new member's.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    pub(super) message_id: i32,
    message_thread_id: Option<i32>,
    #[serde(default)]
    is_topic_message: bool,
    #[serde(borrow)]
    pub(super) from: Option<User<'a>>,
    pub(super) sender_chat: Option<IgnoredAny>,
    #[serde(borrow)]
    pub(super) chat: Chat<'a>,
    #[serde(borrow)]
    pub(super) reply_to_message: Option<Replied<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    migrate_to_chat_id: Option<ChatId>,
    migrate_from_chat_id: Option<ChatId>,
    animation: Option<IgnoredAny>,
    audio: Option<IgnoredAny>,
    checklist: Option<IgnoredAny>,
    contact: Option<IgnoredAny>,
    dice: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    game: Option<IgnoredAny>,
    location: Option<IgnoredAny>,
    paid_media: Option<IgnoredAny>,
    photo: Option<IgnoredAny>,
    poll: Option<IgnoredAny>,
    sticker: Option<IgnoredAny>,
    story: Option<IgnoredAny>,
    venue: Option<IgnoredAny>,
    video: Option<IgnoredAny>,
    video_note: Option<IgnoredAny>,
    voice: Option<IgnoredAny>,
}

impl<'a> Message<'a> {
    /// Whether a person sent something that is not text.
    pub(super) fn has_media(&self) -> bool {
        let media = [
            self.animation,
            self.audio,
            self.checklist,
            self.contact,
            self.dice,
            self.document,
            self.game,
            self.location,
            self.paid_media,
            self.photo,
            self.poll,
            self.sticker,
            self.story,
            self.venue,
            self.video,
            self.video_note,
            self.voice,
        ];
        media.iter().any(Option::is_some)
    }

    /// The old and the new id of a group that has become a supergroup. Telegram tells it in both chats.
    pub(super) fn migration(&self) -> Option<(ChatId, ChatId)> {
        let here = self.chat.id;
        match (self.migrate_from_chat_id, self.migrate_to_chat_id) {
            (Some(from), _) => Some((from, here)),
            (_, Some(to)) => Some((here, to)),
            _ => None,
        }
    }

    /// The topic of a forum that it stands in.
    pub(super) fn topic(&self) -> Option<i32> {
        self.message_thread_id.filter(|_| self.is_topic_message)
    }

    /// The message that this one really replies to. In a forum Telegram lets every message of a topic "reply" to the
    /// topic's first, which nobody meant.
    pub(super) fn replied(&self) -> Option<&Replied<'a>> {
        self.reply_to_message.as_ref().filter(|replied| {
            !self.is_topic_message || Some(replied.message_id) != self.message_thread_id
        })
    }
}

/// A replied message: only its author matters.
#[derive(Debug, Deserialize)]
pub(super) struct Replied<'a> {
    message_id: i32,
    #[serde(borrow)]
    pub(super) from: Option<User<'a>>,
    pub(super) sender_chat: Option<IgnoredAny>,
}

/// A press on an inline button.
#[derive(Debug, Deserialize)]
pub(super) struct CallbackQuery<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) from: User<'a>,
    #[serde(borrow)]
    pub(super) message: Option<Pressed<'a>>,
    #[serde(borrow)]
    pub(super) data: Option<Text<'a>>,
}

/// The message that carries the button.
#[derive(Debug, Deserialize)]
pub(super) struct Pressed<'a> {
    pub(super) message_id: i32,
    /// Unix seconds; 0 for a message that the bot can no longer reach.
    #[serde(default)]
    pub(super) date: i64,
    #[serde(borrow)]
    pub(super) chat: Chat<'a>,
    message_thread_id: Option<i32>,
    #[serde(default)]
    is_topic_message: bool,
    /// Read only where it matters, and of whatever shape: it was the bot's own, but came by way of others.
    #[serde(borrow)]
    pub(super) reply_markup: Option<&'a RawValue>,
}

impl Pressed<'_> {
    /// The topic of a forum that the message stands in.
    pub(super) fn topic(&self) -> Option<i32> {
        self.message_thread_id.filter(|_| self.is_topic_message)
    }
}

/// An inline keyboard, as far as it tells what its buttons carry.
#[derive(Debug, Deserialize)]
pub(super) struct Markup<'a> {
    #[serde(borrow)]
    pub(super) inline_keyboard: Vec<Vec<Button<'a>>>,
}

/// A button of an inline keyboard.
#[derive(Debug, Deserialize)]
pub(super) struct Button<'a> {
    #[serde(borrow)]
    pub(super) callback_data: Option<Text<'a>>,
}

/// A user.
#[derive(Debug, Deserialize)]
pub(super) struct User<'a> {
    pub(super) id: UserId,
    #[serde(default)]
    pub(super) is_bot: bool,
    #[serde(borrow)]
    pub(super) language_code: Option<Text<'a>>,
}

/// A chat.
#[derive(Debug, Deserialize)]
pub(super) struct Chat<'a> {
    pub(super) id: ChatId,
    #[serde(rename = "type")]
    pub(super) kind: ChatKind,
    #[serde(borrow)]
    pub(super) title: Option<Text<'a>>,
}

/// The kind of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChatKind {
    Private,
    Group,
    Supergroup,
    Channel,
    #[serde(other)]
    Other,
}
