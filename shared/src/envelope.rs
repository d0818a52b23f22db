//! What crosses the queue: the bytes of an update as Telegram sent them, and the few facts that routing needs.
//!
//! Ingress must not depend on how much of the Bot API this program understands, so it looks only for `update_id` and
//! for the key whose updates have to stay in order. Everything else is skipped without being stored; the worker
//! decodes the body later, and an update of a kind that nobody knows yet passes through unharmed.

mod head;

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use xxhash_rust::xxh3::xxh3_64;

use crate::identity::Identity;
use head::Head;

/// Version of the envelope's layout, sent with every message so that old and new processes can share a queue.
pub const VERSION: u32 = 1;

/// One update on its way from ingress to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Telegram's id of the update: what the ledger remembers.
    pub update_id: i64,
    /// Whose order has to be kept: the user who acts, a chat where there is no user, else the update itself.
    pub key: i64,
    /// When ingress received the update, to the millisecond: all that the header keeps.
    pub received_at: DateTime<Utc>,
    /// W3C trace context, if the request carried one.
    pub traceparent: Option<String>,
    /// The bot that it was sent to; unknown on its way into the queue, and of what was put in by hand.
    pub bot: Option<Identity>,
    /// The update's JSON exactly as it came.
    pub body: Bytes,
}

/// Why bytes cannot become an [`Envelope`].
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The body is not one JSON object.
    #[error("the update is not a JSON object: {0}")]
    BrokenJson(#[from] serde_json::Error),
    /// There is no `update_id`, or it is not an integer that fits 64 bits.
    #[error("the update has no usable update_id")]
    NoUpdateId,
}

impl EnvelopeError {
    /// Every [`EnvelopeError::reason`].
    pub const REASONS: [&'static str; 2] = ["broken_json", "no_update_id"];

    /// The reason written on a dead letter and in `bot_dead_letters_total{reason}`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BrokenJson(_) => "broken_json",
            Self::NoUpdateId => "no_update_id",
        }
    }
}

impl Envelope {
    /// Reads the id and the key of an update of any kind; the body is kept, not copied.
    ///
    /// # Errors
    /// [`EnvelopeError`] when the body is not a JSON object or has no update id.
    pub fn read(body: Bytes) -> Result<Self, EnvelopeError> {
        let head: Head = serde_json::from_slice(&body)?;
        let update_id = head.update_id.ok_or(EnvelopeError::NoUpdateId)?;
        let key = head.user.or(head.chat).unwrap_or(update_id);
        Ok(Self {
            update_id,
            key,
            received_at: Utc::now().trunc_subsecs(3),
            traceparent: None,
            bot: None,
            body,
        })
    }

    /// An envelope around bytes that cannot be read, so that they still reach the dead letters. Its id and key are 0.
    #[must_use]
    pub fn unreadable(body: Bytes) -> Self {
        Self {
            update_id: 0,
            key: 0,
            received_at: Utc::now().trunc_subsecs(3),
            traceparent: None,
            bot: None,
            body,
        }
    }
}

/// The partition of a key. The hash is part of the contract between ingresses: were it to change, updates of one
/// player would lie in two queues at once.
#[must_use]
pub fn partition(key: i64, partitions: u16) -> u16 {
    let place = xxh3_64(&key.to_le_bytes()) % u64::from(partitions.max(1));
    u16::try_from(place).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Envelope, EnvelopeError> {
        Envelope::read(Bytes::copy_from_slice(json.as_bytes()))
    }

    #[test]
    fn the_key_is_whoever_acts() {
        for (json, update_id, key) in [
            (
                r#"{"update_id":1,"message":{"message_id":9,"from":{"id":7,"is_bot":false},"chat":{"id":-100}}}"#,
                1,
                7,
            ),
            (
                r#"{"message":{"chat":{"id":-100},"from":{"id":7}},"update_id":1}"#,
                1,
                7,
            ),
            (
                r#"{"update_id":2,"edited_message":{"from":{"id":8},"chat":{"id":8}}}"#,
                2,
                8,
            ),
            (
                r#"{"update_id":3,"callback_query":{"id":"55","message":{"from":{"id":1},"chat":{"id":-5}},"from":{"id":9},"data":"x"}}"#,
                3,
                9,
            ),
            (
                r#"{"update_id":4,"inline_query":{"id":"1","from":{"id":10},"query":""}}"#,
                4,
                10,
            ),
            (
                r#"{"update_id":5,"my_chat_member":{"chat":{"id":-7},"from":{"id":11}}}"#,
                5,
                11,
            ),
            (
                r#"{"update_id":6,"channel_post":{"sender_chat":{"id":-1},"chat":{"id":-1001}}}"#,
                6,
                -1001,
            ),
            (
                r#"{"update_id":7,"poll_answer":{"poll_id":"1","user":{"id":12}}}"#,
                7,
                12,
            ),
            (
                r#"{"update_id":8,"message_reaction":{"chat":{"id":-3},"actor_chat":{"id":-3}}}"#,
                8,
                -3,
            ),
            (r#"{"update_id":9,"poll":{"id":"77","question":"?"}}"#, 9, 9),
            (r#"{"update_id":10}"#, 10, 10),
            (
                r#"{"update_id":11,"something_new":{"from":{"id":13},"parts":[{"from":{"id":1}}]}}"#,
                11,
                13,
            ),
            (
                r#"{"update_id":12,"odd":[1,{"from":2}],"worse":"x","none":null,"yes":true,"pi":3.5}"#,
                12,
                12,
            ),
            (
                r#"{"update_id":13,"message":{"from":"me","chat":{"id":14}}}"#,
                13,
                14,
            ),
            (
                r#"{"update_id":14,"message":{"from":{"id":1e300},"chat":{"id":15}}}"#,
                14,
                15,
            ),
            (
                r#"{"update_id":15,"message":{"from":{"id":9223372036854775808},"chat":{"id":16}}}"#,
                15,
                16,
            ),
            (
                r#"{"update_id":16,"message":{"fr\u006fm":{"id":17}}}"#,
                16,
                17,
            ),
            (
                r#"{"update_id":17,"business_message":{"reply_to_message":{"from":{"id":1}},"from":{"id":18}}}"#,
                17,
                18,
            ),
        ] {
            let envelope = read(json).unwrap_or_else(|error| panic!("{json}: {error}"));
            assert_eq!(
                (envelope.update_id, envelope.key),
                (update_id, key),
                "{json}"
            );
            assert_eq!(
                envelope.body,
                json.as_bytes(),
                "the bytes stay as they came"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (json, reason) in [
            ("", "broken_json"),
            ("[]", "broken_json"),
            ("7", "broken_json"),
            ("{\"update_id\":1", "broken_json"),
            ("{\"update_id\":1} tail", "broken_json"),
            ("{\"update_id\":1,\"message\":{\"from\":}}", "broken_json"),
            ("{}", "no_update_id"),
            ("{\"update_id\":null}", "no_update_id"),
            ("{\"update_id\":\"5\"}", "no_update_id"),
            ("{\"update_id\":1.5}", "no_update_id"),
            ("{\"update_id\":99999999999999999999}", "no_update_id"),
        ] {
            match read(json) {
                Err(error) => assert_eq!(error.reason(), reason, "{json}: {error}"),
                Ok(envelope) => panic!("{json} became {envelope:?}"),
            }
        }
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        let deep = format!(
            "{{\"update_id\":1,\"message\":{}1{}}}",
            "{\"message\":".repeat(10_000),
            "}".repeat(10_000)
        );
        assert_eq!(read(&deep).unwrap_err().reason(), "broken_json");
    }

    #[test]
    fn the_partition_never_drifts() {
        let vector = [
            0,
            1,
            7,
            42,
            136_817_688,
            5_000_000_000,
            -1_001_234_567_890,
            i64::MIN,
            i64::MAX,
        ];
        assert_eq!(
            vector.map(|key| partition(key, 32)),
            [25, 14, 15, 8, 19, 26, 24, 31, 6]
        );
    }
}
