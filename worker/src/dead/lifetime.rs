//! How long an update is worth playing: afterwards Telegram no longer accepts its answer, or nobody waits for it.

use chrono::{DateTime, TimeDelta, Utc};
use gofrobot_shared::envelope::Envelope;
use serde::de::IgnoredAny;
use std::collections::HashMap;

/// What an update is, and how long it lives: Telegram itself keeps updates for 24 hours, answers to a button press for
/// about 150 s and those to an inline query for 30 s.
fn lifetime(kind: &str) -> TimeDelta {
    match kind {
        "callback_query" => TimeDelta::seconds(150),
        "inline_query" => TimeDelta::seconds(30),
        _ => TimeDelta::hours(24),
    }
}

/// The update's kind: the name of its one field beside the id. `None` when it cannot be read.
pub(super) fn kind(envelope: &Envelope) -> Option<String> {
    let fields: HashMap<String, IgnoredAny> = serde_json::from_slice(&envelope.body).ok()?;
    fields.into_keys().find(|name| name != "update_id")
}

/// Why the update is too old to be played, if it is.
pub(super) fn too_old(envelope: &Envelope, now: DateTime<Utc>) -> Option<String> {
    let kind = kind(envelope).unwrap_or_else(|| "update".to_owned());
    let (age, life) = (now - envelope.received_at, lifetime(&kind));
    (age > life).then(|| {
        let (kind, age, life) = (kind.replace('_', " "), super::age(age), super::age(life));
        format!("a {kind} lives {life}, this one is {age} old; --force replays it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_lifetime() {
        for (body, seconds) in [
            (r#"{"update_id":1,"message":{"text":"/start"}}"#, 86_400),
            (r#"{"update_id":1,"callback_query":{"id":"1"}}"#, 150),
            (r#"{"callback_query":{"id":"1"},"update_id":1}"#, 150),
            (r#"{"update_id":1,"inline_query":{"id":"1"}}"#, 30),
            (r#"{"update_id":1,"my_chat_member":{}}"#, 86_400),
            (r#"{"update_id":1}"#, 86_400),
        ] {
            let envelope = Envelope::read(body.into()).expect("a good update");
            let after = |seconds| envelope.received_at + TimeDelta::seconds(seconds);
            assert_eq!(too_old(&envelope, after(seconds)), None, "{body}");
            assert!(too_old(&envelope, after(seconds + 1)).is_some(), "{body}");
        }
    }
}
