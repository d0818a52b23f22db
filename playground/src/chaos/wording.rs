//! What players do, in the words in which Telegram would tell it.

use bytes::Bytes;
use serde_json::{Value, json};

use super::players::{Deed, Player, Step, Way, name};

/// Message ids of what players write: above all ids that the simulator gives to the bot's messages.
const FIRST_MESSAGE: i64 = 1_000_000_000;

/// The update of a step, as Telegram would word it. `menu` is the message whose button is pressed.
///
/// Each private message is written in a topic of its own, which the answer must name, as the answer in a group must
/// quote the message: so it is plain which update an answer belongs to.
pub(super) fn update(player: &Player, step: &Step, update_id: i64, index: u32, menu: i64) -> Bytes {
    let chat = if step.way.in_group() {
        json!({"id": player.group, "type": "supergroup", "title": format!("Garage {}", -player.group)})
    } else {
        json!({"id": player.id, "type": "private", "first_name": name(player.id)})
    };
    let from = user(player.id);
    let date = chrono::Utc::now().timestamp();
    let words = words(step);
    let body = if step.way.is_press() {
        let owner = if step.way.in_group() {
            format!(":{}", player.id)
        } else {
            String::new()
        };
        json!({"update_id": update_id, "callback_query": {
            "id": update_id.to_string(), "from": from, "chat_instance": "1", "data": format!("v1:{words}{owner}"),
            "message": {"message_id": menu, "date": date, "chat": chat, "text": "menu"}}})
    } else {
        let mut message = json!({
            "message_id": FIRST_MESSAGE + i64::from(index), "from": from, "chat": chat, "date": date});
        if let Deed::Say(text) = &step.deed {
            message["text"] = json!(text);
        } else {
            message["text"] = json!(format!("/{words}"));
            message["entities"] =
                json!([{"type": "bot_command", "offset": 0, "length": words.len() + 1}]);
        }
        if let Deed::Fight(other) = step.deed {
            message["reply_to_message"] =
                json!({"message_id": 1, "from": user(other), "chat": chat, "date": date});
        }
        if !step.way.in_group() {
            message["is_topic_message"] = json!(true);
            message["message_thread_id"] = json!(topic(index));
        }
        json!({"update_id": update_id, "message": message})
    };
    body.to_string().into()
}

/// What is typed behind the slash, or stands behind the version in a button's data.
fn words(step: &Step) -> String {
    let group = step.way.in_group();
    match &step.deed {
        Deed::Start => "start".to_owned(),
        Deed::Davka if step.way == Way::Group => "gdavka".to_owned(),
        Deed::Davka => "davka".to_owned(),
        Deed::Uletet => "uletet".to_owned(),
        Deed::Language(code) => format!("lang_{code}"),
        Deed::AskNickname => "nickname".to_owned(),
        Deed::Say(text) => text.clone(),
        Deed::Fight(_) => "fight".to_owned(),
        Deed::Find => "find".to_owned(),
        Deed::Accept(proposal) => format!("duel:{proposal}"),
        Deed::Look("menu", _) if group => "gmenu".to_owned(),
        Deed::Look(name, _) => (*name).to_owned(),
    }
}

/// The topic of the private message of this number.
fn topic(index: u32) -> i64 {
    i64::from(index) + 1
}

/// The number of the message written in this topic.
pub(super) fn topic_index(topic: i64) -> i64 {
    topic - 1
}

/// The number of the message with this id.
pub(super) fn message_index(message_id: i64) -> i64 {
    message_id - FIRST_MESSAGE
}

fn user(id: i64) -> Value {
    json!({"id": id, "is_bot": false, "first_name": name(id), "language_code": "en"})
}
