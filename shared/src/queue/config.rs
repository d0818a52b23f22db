//! What a queue has to know, and what can be wrong with it before anything is opened.

use std::time::Duration;

use secrecy::SecretString;

use crate::config::Broker;
use crate::identity::OwnBot;

/// What a queue has to know. Two bots, or two tests, share a broker by different prefixes.
#[derive(Clone, Debug)]
pub struct QueueConfig {
    /// `memory:`, `amqp://…` or `amqps://…`; a secret, since it may hold a password.
    pub url: SecretString,
    /// First part of every queue's name.
    pub prefix: String,
    /// Number of update queues; every process of a bot must use the same.
    pub partitions: u16,
    /// Most unacknowledged deliveries a partition hands to its consumer at a time.
    pub prefetch: u16,
    /// Most updates waiting in one partition before publishing is refused as [`super::PublishError::Full`]. It is an
    /// argument of the queue's declaration: all processes must agree, and changing it needs new queues.
    pub max_length: u32,
    /// The bot that this process serves. Without one it plays whatever lies there and marks nothing.
    pub bot: Option<OwnBot>,
    /// How long an update of another bot waits for a worker of that bot before it becomes a dead letter.
    pub claim: Duration,
}

impl QueueConfig {
    /// Prefetch that keeps a worker busy over one commit (some milliseconds at 5,000 updates/s over 32 partitions).
    /// The same in all workers of a bot: what a consumer with a smaller one gives back, RabbitMQ puts behind the rest of what
    /// had been given back before, and the order is lost.
    pub const PREFETCH: u16 = 64;
    /// An hour of silence from every worker at 900 updates/s over 32 partitions; about 50 MB on disk each.
    pub const MAX_LENGTH: u32 = 100_000;
    /// Longer than a rollout needs to bring a worker of the new address up, where a node has to fetch its image first;
    /// not longer, since a press is worth nothing after 150 s.
    pub const CLAIM: Duration = Duration::from_secs(180);

    /// The usual figures for a queue at `url`.
    #[must_use]
    pub fn new(url: SecretString, prefix: impl Into<String>, partitions: u16) -> Self {
        Self {
            url,
            prefix: prefix.into(),
            partitions,
            prefetch: Self::PREFETCH,
            max_length: Self::MAX_LENGTH,
            bot: None,
            claim: Self::CLAIM,
        }
    }

    /// The same, serving `bot`.
    #[must_use]
    pub fn serving(self, bot: OwnBot) -> Self {
        Self {
            bot: Some(bot),
            ..self
        }
    }
}

impl From<&Broker> for QueueConfig {
    fn from(broker: &Broker) -> Self {
        let partitions = u16::try_from(broker.partitions).unwrap_or(u16::MAX);
        let url = SecretString::from(broker.queue_url.expose());
        Self::new(url, &broker.queue_prefix, partitions)
    }
}

/// Why a queue cannot be used at all: a mistake in the configuration, found before any socket opens.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The address is neither `memory:` nor `amqp://` nor `amqps://`. Its value is not repeated: it may be a secret.
    #[error("QUEUE_URL is not a queue address; expected memory:, amqp:// or amqps://")]
    Address,
    /// There must be at least one partition.
    #[error("PARTITIONS must be at least 1")]
    NoPartitions,
}
