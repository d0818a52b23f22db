//! Messages: which of them ask for something. In private chats every message is for the bot; in groups only commands and
//! replies to the bot are.

use super::command::{self, Command};
use super::update::Message;
use super::{
    Bot, Decoded, HIGHEST_ID, Incoming, ReplyTo, Unreadable, language, person_id, place, word,
};
use crate::game::action::{Action, Decline, Place, Turn};
use crate::game::player::UserId;

/// Longest text handed to the game, in characters: enough to tell that a nickname is too long.
pub(super) const LONGEST_TEXT: usize = 256;

/// Reads a message: what it asks for and where the answer goes, or why it is ignored.
pub(super) fn decode(
    update_id: i64,
    message: Message<'_>,
    bot: &Bot,
    admins: &[UserId],
) -> Result<Decoded, Unreadable> {
    if let Some((from, to)) = message.migration() {
        let groups = -HIGHEST_ID..0;
        return Ok(if groups.contains(&from) && groups.contains(&to) {
            Decoded::Moved { from, to }
        } else {
            Decoded::Ignore("service_message")
        });
    }
    // An automatic forward of a linked channel comes from a user of Telegram's own who is not marked as a bot.
    if message.sender_chat.is_some() {
        return Ok(Decoded::Ignore("on_behalf_of_a_chat"));
    }
    let Some(from) = &message.from else {
        return Ok(Decoded::Ignore("no_sender"));
    };
    if from.is_bot {
        return Ok(Decoded::Ignore("bot"));
    }
    let user_id = person_id(from)?;
    let Some(place) = place(&message.chat)? else {
        return Ok(Decoded::Ignore("other_chat"));
    };
    let action = match asked(&message, &place, user_id, bot, admins) {
        Ok(action) => action,
        Err(reason) => return Ok(Decoded::Ignore(reason)),
    };
    let reply = ReplyTo::Message {
        chat_id: message.chat.id,
        message_id: message.message_id,
        thread_id: message.topic(),
        in_group: place != Place::Private,
    };
    let language_code = language(from);
    Ok(Decoded::Play(Incoming {
        turn: Turn {
            update_id,
            user_id,
            language_code,
            place,
            action,
        },
        reply,
    }))
}

/// What a message asks for, or why it is ignored.
fn asked(
    message: &Message<'_>,
    place: &Place,
    user_id: UserId,
    bot: &Bot,
    admins: &[UserId],
) -> Result<Action, &'static str> {
    let in_group = *place != Place::Private;
    let text = message.text.as_ref().map(|text| text.0.as_ref());
    let Some(text) = text else {
        return match (message.has_media(), in_group) {
            (true, false) => Ok(Action::Media),
            (true, true) => Err("group_chatter"),
            (false, _) => Err("service_message"),
        };
    };
    if let Some(called) = command::called(text) {
        if called
            .bot
            .is_some_and(|name| !name.eq_ignore_ascii_case(&bot.username))
        {
            return Err("other_bot");
        }
        return match Command::named(called.name) {
            Some(command) if in_group => Ok(command.in_group(message.replied())),
            Some(command) => Ok(command.in_private(admins.contains(&user_id))),
            // In a group, only if it names this bot: else some other bot may know it.
            None if in_group && called.bot.is_none() => Err("unknown_command"),
            None => Ok(Action::Decline(Decline::UnknownCommand)),
        };
    }
    if !in_group {
        return Ok(said(text));
    }
    let to_the_bot = message
        .replied()
        .and_then(|replied| replied.from.as_ref())
        .is_some_and(|author| author.id == bot.id);
    if !to_the_bot {
        return Err("group_chatter");
    }
    Ok(match word::meaning(text) {
        Some(command) => command.in_group(None),
        None => said(text),
    })
}

fn said(text: &str) -> Action {
    Action::Say(text.chars().take(LONGEST_TEXT).collect())
}
