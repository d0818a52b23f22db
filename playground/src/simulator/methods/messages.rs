//! Sending, editing and deleting messages.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::chats::{Chat, ChatKind, Draft, Stored};
use crate::simulator::params::{Params, whole};
use crate::simulator::people::TEXT_LIMIT;
use crate::simulator::text::{self, Entity, Text};
use crate::simulator::view::Event;
use crate::simulator::wire;
use crate::simulator::{Simulator, now};

use super::keyboard::{inline_keyboard, keyboard};

/// The longest caption, in characters.
const CAPTION_LIMIT: usize = 1024;
/// The longest text or caption as it is written, with its markup, in bytes.
const RAW_LIMIT: usize = 32_768;

pub(super) fn send_message(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let chat_id = params.chat_id()?;
    let text = message_text(simulator, params)?;
    post(
        simulator,
        params,
        chat_id,
        Draft {
            text,
            ..Draft::default()
        },
    )
}

/// The message that a call names as the one it replies to.
pub(in crate::simulator) fn replied_to(params: &Params) -> Option<i64> {
    Some(Reply::of(params).ok()??.message_id)
}

/// Posts a message of the bot: keyboard and reply come from the parameters, all else from the draft.
pub(super) fn post(
    simulator: &Simulator,
    params: &Params,
    chat_id: i64,
    draft: Draft,
) -> Result<Answer, ApiError> {
    let keyboard = keyboard(params)?;
    let reply = Reply::of(params)?;
    in_chat(simulator, chat_id, |chat| {
        writable(chat)?;
        flood(simulator, chat)?;
        let reply_to = reply.map(|reply| reply.find(chat)).transpose()?.flatten();
        let draft = Draft {
            keyboard,
            reply_to,
            ..draft
        };
        let bot = simulator.state.bot.clone();
        let id = chat.post(bot, draft, simulator.state.options.history);
        let stored = chat.message(id).ok_or_else(ApiError::internal)?;
        simulator.announce(|| Event::MessageSent(Arc::new(chat.view(stored))));
        Ok(Answer::of(&wire::Message::of(chat, stored))?.about(id))
    })
}

pub(super) fn edit_message_text(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    let text = message_text(simulator, params)?;
    let keyboard = inline_keyboard(params)?;
    edit(simulator, params, |stored| {
        if stored.media.is_some() {
            return Err(ApiError::bad("there is no text in the message to edit"));
        }
        let same = stored.text == text.plain
            && stored.entities == text.entities
            && stored.keyboard == keyboard;
        stored.text = text.plain;
        stored.entities = text.entities;
        stored.keyboard = keyboard;
        Ok(same)
    })
}

pub(super) fn edit_message_reply_markup(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    let keyboard = inline_keyboard(params)?;
    edit(simulator, params, |stored| {
        let same = stored.keyboard == keyboard;
        stored.keyboard = keyboard;
        Ok(same)
    })
}

/// Changes a message of the bot. `change` tells whether it left everything as it was.
fn edit(
    simulator: &Simulator,
    params: &Params,
    change: impl FnOnce(&mut Stored) -> Result<bool, ApiError>,
) -> Result<Answer, ApiError> {
    let (chat_id, message_id) = (params.chat_id()?, params.message_id()?);
    in_chat(simulator, chat_id, |chat| {
        writable(chat)?;
        let stored = chat
            .message_mut(message_id)
            .ok_or_else(|| ApiError::bad("message to edit not found"))?;
        if stored.author.id != simulator.state.bot.id {
            return Err(ApiError::bad("message can't be edited"));
        }
        if matches!(chat.kind, ChatKind::Group { .. }) {
            flood(simulator, chat)?;
        }
        let stored = chat
            .message_mut(message_id)
            .ok_or_else(ApiError::internal)?;
        if change(stored)? {
            return Err(ApiError::bad(
                "message is not modified: specified new message content and reply markup are \
                 exactly the same as a current content and reply markup of the message",
            ));
        }
        stored.edited = Some(now());
        let stored = chat.message(message_id).ok_or_else(ApiError::internal)?;
        simulator.announce(|| Event::MessageEdited(Arc::new(chat.view(stored))));
        Ok(Answer::of(&wire::Message::of(chat, stored))?.about(message_id))
    })
}

pub(super) fn delete_message(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    if params.text("chat_id").is_none_or(|id| id.is_empty()) {
        return Err(ApiError::bad("chat identifier is not specified"));
    }
    let (chat_id, message_id) = (params.chat_id()?, params.message_id()?);
    in_chat(simulator, chat_id, |chat| {
        let stored = chat
            .message(message_id)
            .ok_or_else(|| ApiError::bad("message to delete not found"))?;
        // In groups the bot is a plain member.
        let is_group = matches!(chat.kind, ChatKind::Group { .. });
        if is_group && stored.author.id != simulator.state.bot.id {
            return Err(ApiError::bad("message can't be deleted"));
        }
        chat.delete(message_id);
        simulator.announce(|| Event::MessageDeleted {
            chat: chat_id,
            message_id,
        });
        Ok(Answer::yes().about(message_id))
    })
}

pub(super) fn set_message_reaction(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    #[derive(Deserialize)]
    struct Reaction {
        #[serde(rename = "type")]
        kind: String,
    }
    let (chat_id, message_id) = (params.chat_id()?, params.message_id()?);
    let reactions: Option<Vec<Reaction>> =
        params.nested("reaction", "can't parse reaction types JSON object")?;
    let mut reactions = reactions.iter().flatten();
    if reactions.any(|reaction| !matches!(reaction.kind.as_str(), "emoji" | "custom_emoji")) {
        return Err(ApiError::bad("REACTION_INVALID"));
    }
    in_chat(simulator, chat_id, |chat| match chat.message(message_id) {
        Some(_) => Ok(Answer::yes().about(message_id)),
        None => Err(ApiError::bad("message to react not found")),
    })
}

/// Does something with an existing chat.
pub(super) fn in_chat<T>(
    simulator: &Simulator,
    chat_id: i64,
    f: impl FnOnce(&mut Chat) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let done = simulator.state.chats.with(chat_id, f);
    done.unwrap_or_else(|| Err(ApiError::bad("chat not found")))
}

/// Refuses a private chat whose person does not want to hear from the bot.
pub(super) fn writable(chat: &Chat) -> Result<(), ApiError> {
    match chat.kind {
        ChatKind::Private { blocked: true, .. } => {
            Err(ApiError::forbidden("bot was blocked by the user"))
        }
        ChatKind::Private { started: false, .. } => Err(ApiError::forbidden(
            "bot can't initiate conversation with a user",
        )),
        _ => Ok(()),
    }
}

fn flood(simulator: &Simulator, chat: &mut Chat) -> Result<(), ApiError> {
    if !simulator.state.options.flood_limits {
        return Ok(());
    }
    chat.pass_flood(&simulator.state.flood)
        .map_err(ApiError::too_many)
}

fn message_text(simulator: &Simulator, params: &Params) -> Result<Text, ApiError> {
    if params.text("text").is_none_or(|text| text.is_empty()) {
        return Err(ApiError::bad("message text is empty"));
    }
    let text = marked_up(simulator, params, "text", "entities")?;
    if text.plain.is_empty() {
        return Err(ApiError::bad("text must be non-empty"));
    }
    if text.plain.chars().count() > TEXT_LIMIT {
        return Err(ApiError::bad("message is too long"));
    }
    Ok(text)
}

/// The caption of a file; none is an empty one.
pub(super) fn caption(simulator: &Simulator, params: &Params) -> Result<Text, ApiError> {
    let text = marked_up(simulator, params, "caption", "caption_entities")?;
    if text.plain.chars().count() > CAPTION_LIMIT {
        return Err(ApiError::bad("message caption is too long"));
    }
    Ok(text)
}

fn marked_up(
    simulator: &Simulator,
    params: &Params,
    name: &str,
    entities: &str,
) -> Result<Text, ApiError> {
    let raw = params.text(name).unwrap_or(Cow::Borrowed(""));
    if raw.len() > RAW_LIMIT {
        return Err(ApiError::bad("text is too long"));
    }
    let mode = params.text("parse_mode");
    let given = params.nested::<Vec<Entity>>(entities, "can't parse entities JSON object")?;
    let mut text = text::parse(&raw, mode.as_deref(), given)
        .map_err(|error| ApiError::bad(error.to_string()))?;
    mention_people(simulator, &mut text);
    Ok(text)
}

/// A link to `tg://user?id=` mentions that person, and so does an entity that says so; one who is unknown is not
/// mentioned at all.
fn mention_people(simulator: &Simulator, text: &mut Text) {
    text.entities.retain_mut(|entity| {
        let link = entity
            .url
            .as_deref()
            .and_then(|url| url.strip_prefix("tg://user?id="));
        let user = match (link, &entity.user) {
            (Some(id), _) => id.parse().ok(),
            (None, Some(user)) => Some(user.id),
            (None, None) => return true,
        };
        entity.user = user.and_then(|id| simulator.person(id));
        entity.kind = Cow::Borrowed("text_mention");
        entity.url = None;
        entity.user.is_some()
    });
}

/// The message to reply to, in the new and the old way of saying it.
#[derive(Deserialize)]
struct Reply {
    #[serde(deserialize_with = "whole")]
    message_id: i64,
    chat_id: Option<Value>,
    #[serde(default)]
    allow_sending_without_reply: bool,
}

impl Reply {
    fn of(params: &Params) -> Result<Option<Self>, ApiError> {
        let reply = params.nested(
            "reply_parameters",
            "can't parse reply parameters JSON object",
        )?;
        let old = || {
            let message_id = params
                .integer("reply_to_message_id")
                .filter(|id| *id != 0)?;
            let allow_sending_without_reply = params.flag("allow_sending_without_reply");
            Some(Self {
                message_id,
                chat_id: None,
                allow_sending_without_reply,
            })
        };
        Ok(reply.or_else(old))
    }

    /// Messages of other chats are not found: nothing is replied to from afar here.
    fn find(self, chat: &Chat) -> Result<Option<i64>, ApiError> {
        let here = chat.id.to_string();
        let is_here = |id: &Value| *id == chat.id || *id == here;
        let is_here = self.chat_id.as_ref().is_none_or(is_here);
        match chat.message(self.message_id) {
            Some(message) if is_here => Ok(Some(message.id)),
            _ if self.allow_sending_without_reply => Ok(None),
            _ => Err(ApiError::bad("message to be replied not found")),
        }
    }
}
