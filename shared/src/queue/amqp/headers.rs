//! The envelope as AMQP headers.
//!
//! | header | type | meaning |
//! |---|---|---|
//! | `gofrobot-version` | integer | layout of these headers, 1 |
//! | `gofrobot-update-id`, `gofrobot-key` | integer | as in [`Envelope`] |
//! | `gofrobot-received-at` | integer | milliseconds since 1970 |
//! | `traceparent` | text, optional | W3C trace context |
//! | `gofrobot-bot` | text | the bot and its Bot API server, an [`Identity`] |
//! | `gofrobot-reason`, `gofrobot-error-id` | text | on dead letters only |
//! | `gofrobot-attempts`, `gofrobot-age-ms` | integer | on dead letters only; the age at death |
//!
//! `x-delivery-count` is the broker's: how often the message came back. A message without our headers (put in by hand,
//! say) is read from its body.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};

use crate::envelope::{Envelope, EnvelopeError, VERSION};
use crate::identity::Identity;
use crate::queue::DeadLetter;

const PERSISTENT: u8 = 2;

/// `traceparent` is 55 characters in its only version. A longer one is none, and might not fit into our own frames.
const TRACEPARENT_LENGTH: usize = 55;

/// Properties of an update's message. What bears no mark yet is `own`.
pub(super) fn write(envelope: &Envelope, own: Option<Identity>) -> BasicProperties {
    properties(table(envelope, own))
}

/// Properties of a dead letter: those of the update, and its fate.
pub(super) fn write_dead(letter: &DeadLetter, own: Option<Identity>) -> BasicProperties {
    let mut headers = table(&letter.envelope, own);
    let mut text = |name: &'static str, value: &str| {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    text("gofrobot-reason", &letter.reason);
    if let Some(id) = &letter.error_id {
        text("gofrobot-error-id", id);
    }
    headers.insert(
        "gofrobot-attempts".into(),
        i64::from(letter.attempts).into(),
    );
    if let Some(age) = letter.age {
        headers.insert("gofrobot-age-ms".into(), age.num_milliseconds().into());
    }
    properties(headers)
}

/// The envelope of a message, or its bytes and why they are none.
pub(super) fn read(
    headers: Option<&FieldTable>,
    body: Bytes,
) -> Result<Envelope, (Bytes, EnvelopeError)> {
    let number = |name| headers.and_then(|headers| number(headers, name));
    let bot = headers.and_then(bot);
    let from_body = |body: Bytes| match Envelope::read(body.clone()) {
        Ok(envelope) => Ok(Envelope { bot, ..envelope }),
        Err(error) => Err((body, error)),
    };
    if number("gofrobot-version") != Some(i64::from(VERSION)) {
        return from_body(body);
    }
    let received_at = number("gofrobot-received-at").and_then(DateTime::from_timestamp_millis);
    match (
        number("gofrobot-update-id"),
        number("gofrobot-key"),
        received_at,
    ) {
        (Some(update_id), Some(key), Some(received_at)) => Ok(Envelope {
            update_id,
            key,
            received_at,
            traceparent: headers
                .and_then(|headers| text(headers, "traceparent"))
                .filter(|text| text.len() == TRACEPARENT_LENGTH),
            bot,
            body,
        }),
        _ => from_body(body),
    }
}

/// How often the broker has had the message back.
pub(super) fn attempts(headers: Option<&FieldTable>) -> u32 {
    headers
        .and_then(|headers| number(headers, "x-delivery-count"))
        .and_then(|count| u32::try_from(count).ok())
        .unwrap_or(0)
}

/// A message of the dead-letter queue. Those that the broker put there itself carry its reason, not ours.
pub(super) fn read_dead(delivery: Delivery) -> DeadLetter {
    let headers = delivery.properties.headers().clone().unwrap_or_default();
    let reason =
        text(&headers, "gofrobot-reason").or_else(|| text(&headers, "x-first-death-reason"));
    let envelope = read(Some(&headers), delivery.data.into())
        .unwrap_or_else(|(body, _)| Envelope::unreadable(body));
    DeadLetter {
        envelope,
        reason: reason.unwrap_or_else(|| "unknown".to_owned()),
        error_id: text(&headers, "gofrobot-error-id"),
        attempts: number(&headers, "gofrobot-attempts")
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(0),
        age: number(&headers, "gofrobot-age-ms").and_then(TimeDelta::try_milliseconds),
    }
}

fn properties(headers: FieldTable) -> BasicProperties {
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_headers(headers)
}

fn table(envelope: &Envelope, own: Option<Identity>) -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert("gofrobot-version".into(), i64::from(VERSION).into());
    headers.insert("gofrobot-update-id".into(), envelope.update_id.into());
    headers.insert("gofrobot-key".into(), envelope.key.into());
    let received_at = envelope.received_at.timestamp_millis();
    headers.insert("gofrobot-received-at".into(), received_at.into());
    if let Some(bot) = envelope.bot.or(own) {
        headers.insert(
            "gofrobot-bot".into(),
            AMQPValue::LongString(bot.to_string().into()),
        );
    }
    if let Some(traceparent) = &envelope.traceparent {
        headers.insert(
            "traceparent".into(),
            AMQPValue::LongString(traceparent.as_str().into()),
        );
    }
    headers
}

fn number(headers: &FieldTable, name: &str) -> Option<i64> {
    whole(headers.inner().get(name)?)
}

/// A whole number of any width.
pub(super) fn whole(value: &AMQPValue) -> Option<i64> {
    match value {
        AMQPValue::LongLongInt(number) => Some(*number),
        AMQPValue::LongInt(number) => Some(i64::from(*number)),
        AMQPValue::LongUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortUInt(number) => Some(i64::from(*number)),
        _ => None,
    }
}

fn text(headers: &FieldTable, name: &str) -> Option<String> {
    str_of(headers, name).map(str::to_owned)
}

fn str_of<'a>(headers: &'a FieldTable, name: &str) -> Option<&'a str> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        _ => None,
    }
}

/// The mark of the bot; one that nobody could have written is none.
fn bot(headers: &FieldTable) -> Option<Identity> {
    str_of(headers, "gofrobot-bot")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_survives_its_headers() {
        let body = Bytes::from_static(br#"{"update_id":5,"message":{"from":{"id":-3}}}"#);
        for traceparent in [
            None,
            Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ] {
            let mut envelope = Envelope::read(body.clone()).expect("a good update");
            envelope.traceparent = traceparent;
            let properties = write(&envelope, None);
            assert_eq!(properties.delivery_mode(), &Some(2));
            let read = read(properties.headers().as_ref(), body.clone()).expect("readable");
            assert_eq!(read, envelope);
        }
    }

    #[test]
    fn an_update_keeps_the_bot_that_it_was_sent_to() {
        let body = Bytes::from_static(br#"{"update_id":5}"#);
        let [ours, theirs] = [7, 8].map(|bot| Identity { bot, server: 0xabc });
        let mut envelope = Envelope::read(body.clone()).expect("a good update");
        for (marked, bot) in [(None, ours), (Some(theirs), theirs)] {
            envelope.bot = marked;
            let properties = write(&envelope, Some(ours));
            let header = properties
                .headers()
                .as_ref()
                .and_then(|all| text(all, "gofrobot-bot"));
            assert_eq!(header, Some(format!("{}@0000000000000abc", bot.bot)));
            let read = read(properties.headers().as_ref(), body.clone()).expect("readable");
            assert_eq!(read.bot, Some(bot));
        }
    }

    #[test]
    fn without_our_headers_the_body_speaks() {
        let body = Bytes::from_static(br#"{"update_id":5,"message":{"from":{"id":3}}}"#);
        let mut foreign = FieldTable::default();
        foreign.insert("gofrobot-version".into(), 99_i64.into());
        for headers in [None, Some(foreign)] {
            let envelope = read(headers.as_ref(), body.clone()).expect("readable");
            assert_eq!((envelope.update_id, envelope.key), (5, 3));
        }
        let (bytes, error) = read(None, Bytes::from_static(b"garbage")).unwrap_err();
        assert_eq!(
            (&bytes[..], error.reason()),
            (&b"garbage"[..], "broken_json")
        );
    }
}
