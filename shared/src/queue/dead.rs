//! Dead letters: updates that nobody could handle, put aside with what is known of their fate.

use chrono::{DateTime, TimeDelta, Utc};
use xxhash_rust::xxh3::Xxh3;

use super::{QueueConfig, QueueError, amqp};
use crate::envelope::Envelope;

/// A letter that nobody could handle, with what is known of its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The update as it was.
    pub envelope: Envelope,
    /// Why it died, from a small fixed vocabulary.
    pub reason: String,
    /// The error id that the log and the player have seen, if any.
    pub error_id: Option<String>,
    /// How often it had been tried.
    pub attempts: u32,
    /// How old the update was when it died, in milliseconds; unknown when the broker itself gave it up.
    pub age: Option<TimeDelta>,
}

impl DeadLetter {
    /// A letter about `envelope`, dying now.
    pub(super) fn of(
        envelope: Envelope,
        reason: &str,
        error_id: Option<&str>,
        attempts: u32,
    ) -> Self {
        let age = TimeDelta::milliseconds((Utc::now() - envelope.received_at).num_milliseconds());
        Self {
            envelope,
            reason: reason.to_owned(),
            error_id: error_id.map(str::to_owned),
            attempts,
            age: Some(age),
        }
    }

    /// Twelve characters `0-9a-f` by which an operator names the letter. They follow from its content, so they stay the
    /// same however often it is looked at; copies of one letter share them, and are replayed or dropped together.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Xxh3::new();
        hash.update(&self.envelope.update_id.to_le_bytes());
        for part in [&self.reason, self.error_id.as_deref().unwrap_or_default()] {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        hash.update(&self.envelope.body);
        format!("{:012x}", hash.digest() >> 16)
    }

    /// When it died, as far as that is known: a stranger's header may name an age that no calendar holds.
    #[must_use]
    pub fn died_at(&self) -> Option<DateTime<Utc>> {
        self.envelope.received_at.checked_add_signed(self.age?)
    }
}

/// Why the dead letters cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum DeadLettersError {
    /// The configuration names no broker.
    #[error(transparent)]
    Config(#[from] QueueError),
    /// The broker cannot be reached, or hung up; whatever was not removed yet is still there.
    #[error("the broker cannot be asked: {0}")]
    Broker(String),
    /// What the settings name is not there.
    #[error("there is no queue {0} on this broker; {1} may be mistyped, or no worker has run yet")]
    Missing(String, &'static str),
}

/// One look at the dead letters of a broker, oldest first, by one process at a time. See [`DeadLetters::open`].
pub struct DeadLetters(amqp::DeadLetters);

/// A dead letter in hand. Unless it is removed, it goes back to its place.
#[derive(Debug)]
pub struct Picked {
    /// The letter.
    pub letter: DeadLetter,
    /// All its headers, the broker's own included, as `(name, value)`.
    pub headers: Vec<(String, String)>,
    pub(super) tag: u64,
}

impl DeadLetters {
    /// Opens a look over a connection of its own; waits while another process holds one, so that nobody sees half of
    /// the letters. Creates no queue.
    ///
    /// # Errors
    /// [`DeadLettersError`]: no broker is configured, it cannot be reached, or has no queue of dead letters.
    pub async fn open(config: &QueueConfig) -> Result<Self, DeadLettersError> {
        Ok(Self(amqp::DeadLetters::open(config).await?))
    }

    /// Looks whether the queues that updates go to are there, so that publishing creates none.
    ///
    /// # Errors
    /// [`DeadLettersError`]: one is missing, or the connection was lost.
    pub async fn check_partitions(&self, config: &QueueConfig) -> Result<(), DeadLettersError> {
        self.0.check_partitions(config).await
    }

    /// How many letters this look will show: those that lay there when it began. Letters that come later, and
    /// replayed ones that die again, belong to the next look.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.waiting()
    }

    /// The next letter, or `None` when all have been seen.
    ///
    /// # Errors
    /// [`DeadLettersError::Broker`]: the connection was lost.
    pub async fn next(&mut self) -> Result<Option<Picked>, DeadLettersError> {
        self.0.next().await
    }

    /// Takes a letter away for good.
    ///
    /// # Errors
    /// [`DeadLettersError::Broker`]: the connection was lost, and the letter stays.
    pub async fn remove(&mut self, picked: Picked) -> Result<(), DeadLettersError> {
        self.0.remove(picked.tag).await
    }

    /// Gives back, in order, what was not removed, and waits until it lies there again.
    ///
    /// # Errors
    /// [`DeadLettersError::Broker`]: the connection was lost; then the broker takes everything back by itself.
    pub async fn close(self) -> Result<(), DeadLettersError> {
        self.0.close().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_stable_and_tells_letters_apart() {
        let letter = |body: &'static str, reason, error_id| {
            let envelope = Envelope::read(body.into()).expect("a good update");
            DeadLetter::of(envelope, reason, error_id, 3)
        };
        let (one, two) = (r#"{"update_id":1}"#, r#"{"update_id":2}"#);
        let id = letter(one, "failed", Some("E1")).id();
        assert!(id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let mut later = letter(one, "failed", Some("E1"));
        later.envelope.received_at += TimeDelta::days(1);
        later.attempts = 9;
        assert_eq!(later.id(), id, "only what it is about counts");
        for other in [
            letter(two, "failed", Some("E1")),
            letter(one, "unreadable", Some("E1")),
            letter(one, "failed", Some("E2")),
            letter(one, "failed", None),
            letter(one, "failedE1", None),
        ] {
            assert_ne!(other.id(), id, "{other:?}");
        }
    }
}
