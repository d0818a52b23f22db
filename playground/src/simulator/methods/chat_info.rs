//! Who is who: the bot, its chats and their members.

use serde_json::{Value, json};

use crate::simulator::Simulator;
use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::chats::{Chat, ChatKind};
use crate::simulator::params::Params;

use super::messages::in_chat;

pub(super) fn get_me(simulator: &Simulator) -> Result<Answer, ApiError> {
    let bot = &simulator.state.bot;
    Answer::of(&json!({
        "id": bot.id,
        "is_bot": true,
        "first_name": bot.first_name,
        "username": bot.username,
        "can_join_groups": true,
        // The bot hears everything in its groups.
        "can_read_all_group_messages": true,
        "supports_inline_queries": false,
        "can_connect_to_business": false,
        "has_main_web_app": false,
        "has_topics_enabled": false,
    }))
}

pub(super) fn get_chat(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    in_chat(simulator, params.chat_id()?, |chat| {
        let mut info = json!({
            "id": chat.id,
            "accent_color_id": chat.id.rem_euclid(7),
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": false, "limited_gifts": false,
                "unique_gifts": false, "premium_subscription": false,
                "gifts_from_channels": false,
            },
        });
        match &chat.kind {
            ChatKind::Private { person, .. } => {
                info["type"] = "private".into();
                info["first_name"] = person.first_name.as_str().into();
                if let Some(username) = &person.username {
                    info["username"] = username.as_str().into();
                }
            }
            ChatKind::Group { title, .. } => {
                info["type"] = "supergroup".into();
                info["title"] = title.as_str().into();
                info["permissions"] = json!({
                    "can_send_messages": true, "can_send_photos": true,
                    "can_send_documents": true, "can_send_other_messages": true,
                });
            }
        }
        Answer::of(&info)
    })
}

pub(super) fn get_chat_member(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let chat_id = params.chat_id()?;
    let user = params
        .integer("user_id")
        .ok_or_else(|| ApiError::bad("invalid user_id specified"))?;
    let bot = &simulator.state.bot;
    let person = if user == bot.id {
        Some(bot.clone())
    } else {
        simulator.person(user)
    };
    let person = person.ok_or_else(|| ApiError::bad("user not found"));
    in_chat(simulator, chat_id, |chat| {
        let member: Value = match status(chat, user, bot.id) {
            "creator" => json!({ "user": person?, "status": "creator", "is_anonymous": false }),
            status => json!({ "user": person?, "status": status }),
        };
        Answer::of(&member)
    })
}

fn status(chat: &Chat, user: i64, bot: i64) -> &'static str {
    match &chat.kind {
        ChatKind::Group { owner, .. } if *owner == Some(user) => "creator",
        _ if user == bot || chat.has(user) => "member",
        _ => "left",
    }
}

pub(super) fn get_chat_member_count(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    in_chat(simulator, params.chat_id()?, |chat| match &chat.kind {
        ChatKind::Private { .. } => Answer::of(&2),
        ChatKind::Group { members, .. } => Answer::of(&(members.len() + 1)),
    })
}
