//! The queue of the cluster size: RabbitMQ, one quorum queue a partition.
//!
//! Publishing and consuming have a connection each: a broker that is short of memory stops reading from connections
//! that publish, and acknowledgements must not wait behind that. lapin's own recovery is not used: a supervisor per
//! connection opens everything anew, so that a delivery of an old connection can never acknowledge one of the new.
//!
//! RabbitMQ 3.x gives every partition to the first worker and leaves it there, so the workers share the partitions out
//! themselves, in three steps: `membership` tells who is there, `assignment` who should consume what, and `rebalance`
//! opens and releases partitions accordingly. Two workers that disagree for a moment hurt nobody: a queue serves one
//! consumer at a time, and the other stands by. Each bot's workers share all partitions out among themselves, and pass one on
//! to another bot's when its updates are theirs (`strangers`, `aside`). All must mean the same number of partitions
//! (`agreement`).

mod acks;
mod agreement;
mod aside;
mod assignment;
mod connection;
mod consumer;
mod dead;
mod headers;
mod health;
mod lock;
mod members;
mod membership;
mod partition;
mod publisher;
mod rebalance;
mod receipt;
mod strangers;
mod topology;
mod trial;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use lapin::uri::AMQPUri;
use secrecy::ExposeSecret;

pub(super) use consumer::AmqpConsumer;
pub(super) use dead::DeadLetters;
pub(super) use lock::Lock;
pub(super) use publisher::AmqpPublisher;
pub(super) use receipt::Receipt;

use super::{DeadLetter, DeadLettersError, PublishError, QueueConfig};
use crate::config::SecretUrl;
use crate::identity::{Identity, OwnBot};
use topology::Topology;

/// Told of every change of a condition: its name, and why it is not met.
type OnState = dyn Fn(&'static str, Result<(), String>) + Send + Sync;

/// Told of every dead letter that is made here: its reason.
type OnDead = dyn Fn(&'static str) + Send + Sync;

/// A RabbitMQ broker; clones share the publishing connection.
#[derive(Clone)]
pub struct AmqpQueue {
    link: Arc<Link>,
    publisher: AmqpPublisher,
}

/// How to reach the broker, and what lies there.
struct Link {
    uri: AMQPUri,
    /// The address for people, without the password.
    address: String,
    topology: Topology,
    prefetch: u16,
    bot: Option<OwnBot>,
    claim: Duration,
    on_state: Arc<OnState>,
    on_dead: OnceLock<Box<OnDead>>,
}

impl Link {
    /// The mark of our own updates.
    fn identity(&self) -> Option<Identity> {
        self.bot.as_ref().map(|bot| bot.identity)
    }

    /// A dead letter was made here.
    fn died(&self, reason: &'static str) {
        if let Some(on_dead) = self.on_dead.get() {
            on_dead(reason);
        }
    }
}

impl AmqpQueue {
    pub(super) fn new(uri: AMQPUri, config: &QueueConfig, on_state: Arc<OnState>) -> Self {
        let link = Arc::new(Link {
            uri: connection::tuned(uri),
            address: match config.url.expose_secret().parse::<SecretUrl>() {
                Ok(url) => url.to_string(),
                Err(_) => String::new(),
            },
            topology: Topology::new(&config.prefix, config.partitions, config.max_length),
            prefetch: config.prefetch,
            bot: config.bot.clone(),
            claim: config.claim,
            on_state,
            on_dead: OnceLock::new(),
        });
        let publisher = AmqpPublisher::start(&link);
        Self { link, publisher }
    }

    pub(super) fn publisher(&self) -> AmqpPublisher {
        self.publisher.clone()
    }

    pub(super) fn consumer(&self) -> AmqpConsumer {
        AmqpConsumer::start(&self.link, self.publisher.clone())
    }

    pub(super) fn on_dead_letter(&self, on_dead: impl Fn(&'static str) + Send + Sync + 'static) {
        let _ = self.link.on_dead.set(Box::new(on_dead));
    }

    pub(super) async fn lock(&self, name: &str) -> Lock {
        let queue = self.link.topology.lock(name);
        Lock::acquire(&self.link, &queue).await
    }

    pub(super) async fn dead_letters(
        &self,
        max: usize,
    ) -> Result<Vec<DeadLetter>, DeadLettersError> {
        let mut look = DeadLetters::on(&self.link.uri, &self.link.topology).await?;
        let mut letters = Vec::new();
        while letters.len() < max
            && let Some(picked) = look.next().await?
        {
            letters.push(picked.letter);
        }
        look.close().await?;
        Ok(letters)
    }
}

impl std::fmt::Debug for AmqpQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AmqpQueue")
            .field("topology", &self.link.topology)
            .finish_non_exhaustive()
    }
}

/// One condition; passes on changes only, so that a broker that stays away is reported once.
struct Condition {
    name: &'static str,
    address: String,
    on_state: Arc<OnState>,
    last: Mutex<Option<Result<(), String>>>,
}

impl Condition {
    fn new(name: &'static str, link: &Link) -> Self {
        Self {
            name,
            address: link.address.clone(),
            on_state: Arc::clone(&link.on_state),
            last: Mutex::new(None),
        }
    }

    fn set(&self, state: Result<(), String>) {
        let state = state.map_err(|reason| format!("{reason} (QUEUE_URL {})", self.address));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&state) {
            (self.on_state)(self.name, state.clone());
            *last = Some(state);
        }
    }
}

impl From<lapin::Error> for PublishError {
    fn from(error: lapin::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}
