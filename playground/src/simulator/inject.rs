//! Updates from outside: odd ones, broken ones, duplicates, and floods of prepared ones.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::chats::ChatKind;
use super::queue::{Lane, Life, Update};
use super::{Simulator, locked};

#[derive(Deserialize)]
struct Id {
    id: i64,
}

/// As much of an update as delivery needs.
#[derive(Deserialize)]
struct Happening<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    from: Option<Id>,
    chat: Option<Id>,
}

impl Simulator {
    /// Sends the bot any update. An `update_id` that is missing is filled in; one that is there is kept, so duplicates
    /// and ids out of order are possible. Nothing enters a chat's history.
    pub fn inject(&self, mut update: Value) -> i64 {
        let given = update.get("update_id").and_then(Value::as_i64);
        let id = given.unwrap_or_else(|| self.reserve_update_ids(1));
        if let Some(fields) = update.as_object_mut() {
            fields.insert("update_id".to_owned(), id.into());
        }
        self.inject_raw(id, update.to_string().into());
        id
    }

    /// Sends the bot an update as these bytes: one JSON object, whose `update_id` is this one. For the hot path of a
    /// load: it is looked through once, for its lane, and never copied. The person in whose name it comes must exist,
    /// or answers go nowhere.
    pub fn inject_raw(&self, update_id: i64, body: Bytes) {
        let (kind, happening) = look_into(&body);
        let (lane, life) = match (kind, &happening) {
            (
                "callback_query",
                Some(Happening {
                    from: Some(from),
                    id,
                    ..
                }),
            ) => {
                if let Some(id) = id {
                    self.state.queries.opened(id, from.id);
                }
                self.started(from.id);
                (Lane::Presses(from.id), Life::Press)
            }
            (
                _,
                Some(Happening {
                    chat: Some(chat), ..
                }),
            ) => {
                self.started(chat.id);
                (Lane::Chat(chat.id), Life::Message)
            }
            _ => (Lane::Alone(update_id), Life::Message),
        };
        let kind = kind.to_owned();
        drop(happening);
        let update = Update {
            id: update_id,
            body,
            lane,
            life,
        };
        self.state.updates.push_raw(&kind, update);
    }

    /// Sends the bot an update that it had before, byte for byte, as Telegram does after a lost answer.
    /// `false` when the update is not among the last ten thousand.
    pub fn deliver_again(&self, update_id: i64) -> bool {
        self.state.updates.push_again(update_id)
    }

    /// Sets `count` update ids aside for [`Simulator::inject_raw`] and returns the first of them.
    pub fn reserve_update_ids(&self, count: u32) -> i64 {
        let mut queue = locked(&self.state.updates.queue);
        let first = queue.last_id + 1;
        queue.last_id += i64::from(count);
        first
    }

    /// Somebody who talks to the bot may be written to.
    fn started(&self, chat: i64) {
        self.state.chats.with(chat, |chat| {
            if let ChatKind::Private { started, .. } = &mut chat.kind {
                *started = true;
            }
        });
    }
}

/// The kind of an update, and what is inside of it as far as it has the usual shape.
fn look_into(body: &[u8]) -> (&str, Option<Happening<'_>>) {
    let fields: HashMap<&str, &RawValue> = serde_json::from_slice(body).unwrap_or_default();
    let kind = fields.into_iter().find(|(name, _)| *name != "update_id");
    kind.map_or(("", None), |(name, inside)| {
        (name, serde_json::from_str(inside.get()).ok())
    })
}
