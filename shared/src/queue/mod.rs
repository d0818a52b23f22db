//! The queue between ingress and the workers, behind one seam: in process on a laptop, RabbitMQ in a cluster.
//!
//! Both adapters promise the same. Publishing resolves when the queue has accepted the update. Each partition is
//! consumed by one consumer at a time, in the order of acceptance; what it has not acknowledged when it goes away
//! is delivered again, in order, before anything newer. Acknowledging is the last step and never waits. A partition that
//! goes to another consumer in good order takes nothing along that has begun ([`Delivery::begin`]).
//!
//! The adapters are enums, not trait objects: there are two, and both are known here.

mod amqp;
mod config;
mod dead;
mod memory;
mod share;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lapin::uri::AMQPUri;
use secrecy::ExposeSecret;
use tokio::sync::watch;

use crate::envelope::Envelope;

pub use config::{QueueConfig, QueueError};
pub use dead::{DeadLetter, DeadLetters, DeadLettersError, Picked};
pub use share::Share;

/// Why an update was not accepted. The caller still owns it and must try again later or refuse it upstream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No connection to the broker, or it was lost before the confirm, or the broker asks publishers to wait.
    #[error("the queue is unavailable: {0}")]
    Unavailable(String),
    /// The partition holds as much as it may; RabbitMQ says the same of a queue that is down.
    #[error("the queue is full or down")]
    Full,
    /// The queue does not exist; it is declared again in the background.
    #[error("the queue does not exist")]
    Unroutable,
    /// The body exceeds [`MAX_BODY_BYTES`]; trying again is of no use.
    #[error("the update is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    /// No confirm in time; the update may or may not have been accepted.
    #[error("the queue did not confirm in time")]
    Timeout,
}

/// Largest body that is published: far above any legal update, far below RabbitMQ's own 16 MiB (4.x), which answers a
/// larger message by closing the channel under everybody else.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

fn check_size(envelope: &Envelope) -> Result<(), PublishError> {
    if envelope.body.len() > MAX_BODY_BYTES {
        return Err(PublishError::TooLarge);
    }
    Ok(())
}

/// A queue of updates; cheap to clone.
#[derive(Clone, Debug)]
pub enum Queue {
    /// In this process: nothing outlives it.
    Memory(memory::MemoryQueue),
    /// RabbitMQ.
    Amqp(amqp::AmqpQueue),
}

impl Queue {
    /// Opens the queue. A broker that is away is no error: it is tried again in the background, for ever, and
    /// `on_state` is told of every change (`"queue.publish"` or `"queue.consume"`, and why it is not ready).
    ///
    /// # Errors
    /// [`QueueError`] when the configuration makes no sense.
    pub fn connect(
        config: QueueConfig,
        on_state: impl Fn(&'static str, Result<(), String>) + Send + Sync + 'static,
    ) -> Result<Self, QueueError> {
        if config.partitions == 0 {
            return Err(QueueError::NoPartitions);
        }
        if config.url.expose_secret() == "memory:" {
            on_state(PUBLISH, Ok(()));
            on_state(CONSUME, Ok(()));
            return Ok(Self::Memory(memory::MemoryQueue::new(config)));
        }
        // The parser's own words may repeat the address, password and all.
        let uri: AMQPUri = config
            .url
            .expose_secret()
            .parse()
            .map_err(|_| QueueError::Address)?;
        Ok(Self::Amqp(amqp::AmqpQueue::new(
            uri,
            &config,
            Arc::new(on_state),
        )))
    }

    /// Updates that wait in this process and end with it. Those of a broker are its own: 0.
    #[must_use]
    pub fn waiting(&self) -> usize {
        match self {
            Self::Memory(queue) => queue.waiting(),
            Self::Amqp(_) => 0,
        }
    }

    /// A handle to publish with; clones share one connection.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        match self {
            Self::Memory(queue) => Publisher::Memory(queue.clone()),
            Self::Amqp(queue) => Publisher::Amqp(queue.publisher()),
        }
    }

    /// The oldest dead letters, at most `max`, left where they are.
    ///
    /// # Errors
    /// [`DeadLettersError::Broker`] when the broker cannot be asked.
    pub async fn dead_letters(&self, max: usize) -> Result<Vec<DeadLetter>, DeadLettersError> {
        match self {
            Self::Memory(queue) => Ok(queue.dead_letters(max)),
            Self::Amqp(queue) => queue.dead_letters(max).await,
        }
    }

    /// Tells `on_dead` of every message that is no update and becomes a dead letter before a consumer of this process
    /// sees it, by its reason. To be said once, before the first consumer. (In process everything is an update.)
    pub fn on_dead_letter(&self, on_dead: impl Fn(&'static str) + Send + Sync + 'static) {
        if let Self::Amqp(queue) = self {
            queue.on_dead_letter(on_dead);
        }
    }

    /// Starts to consume. The consumers of one prefix share the partitions out among themselves, as evenly as can be,
    /// and anew whenever one comes, goes or dies; [`Consumer::owned`] tells how it stands. (In process there is one
    /// consumer at a time, which has all, and the others wait.)
    #[must_use]
    pub fn consumer(&self) -> Consumer {
        match self {
            Self::Memory(queue) => Consumer::Memory(queue.consumer()),
            Self::Amqp(queue) => Consumer::Amqp(queue.consumer()),
        }
    }

    /// Waits until no other process holds the lock `name` and takes it. In process there are no others.
    pub async fn lock(&self, name: &str) -> Lock {
        match self {
            Self::Memory(_) => Lock::Memory,
            Self::Amqp(queue) => Lock::Amqp(queue.lock(name).await),
        }
    }
}

/// Held by one process at a time; dropping it lets go.
#[derive(Debug)]
pub enum Lock {
    /// In process: always held.
    Memory,
    /// By an exclusive queue.
    Amqp(amqp::Lock),
}

impl Lock {
    /// Resolves when the lock is lost with its connection: from now on another process may hold it.
    pub async fn lost(&self) {
        match self {
            Self::Memory => std::future::pending().await,
            Self::Amqp(lock) => lock.lost().await,
        }
    }
}

/// Name of the condition that says whether publishing works.
pub const PUBLISH: &str = "queue.publish";
/// Name of the condition that says whether consuming works.
pub const CONSUME: &str = "queue.consume";

/// Why an update becomes a dead letter that is meant for another bot, or for another Bot API server, and that nobody came for.
pub const OTHER_BOT: &str = "other_bot";

/// Publishes updates; cheap to clone.
#[derive(Clone)]
pub enum Publisher {
    /// Into this process.
    Memory(memory::MemoryQueue),
    /// To RabbitMQ.
    Amqp(amqp::AmqpPublisher),
}

impl Publisher {
    /// Publishes an update to the partition of its key and waits until the queue has accepted it.
    ///
    /// Updates of one key must be published one after another by the caller: then they are consumed in that order.
    /// Dropping the future leaves open whether the update is accepted.
    ///
    /// # Errors
    /// [`PublishError`]: the update was not accepted, or (on `Timeout`) perhaps not.
    pub async fn publish(&self, envelope: Envelope) -> Result<(), PublishError> {
        match self {
            Self::Memory(queue) => queue.publish(envelope),
            Self::Amqp(publisher) => publisher.publish(&envelope).await,
        }
    }

    /// Puts an update aside with the reason why nobody can handle it; acknowledge its delivery only afterwards.
    ///
    /// # Errors
    /// As [`Publisher::publish`].
    pub async fn dead_letter(
        &self,
        envelope: &Envelope,
        reason: &'static str,
        error_id: Option<&str>,
        attempts: u32,
    ) -> Result<(), PublishError> {
        match self {
            Self::Memory(queue) => queue.dead_letter(envelope, reason, error_id, attempts),
            Self::Amqp(publisher) => {
                publisher
                    .dead_letter(envelope, reason, error_id, attempts)
                    .await
            }
        }
    }
}

/// Takes deliveries of all partitions out of one bounded channel.
#[derive(Debug)]
pub enum Consumer {
    /// From this process.
    Memory(memory::MemoryConsumer),
    /// From RabbitMQ.
    Amqp(amqp::AmqpConsumer),
}

impl Consumer {
    /// Waits for at least one delivery, then appends what has arrived, at most `max`, to `into`. Deliveries of one
    /// partition keep their order. Returns how many there are: 0 means stopped. Safe to drop while it waits.
    pub async fn next_batch(&mut self, max: usize, into: &mut Vec<Delivery>) -> usize {
        match self {
            Self::Memory(consumer) => consumer.next_batch(max, into).await,
            Self::Amqp(consumer) => consumer.next_batch(max, into).await,
        }
    }

    /// This consumer's share of the partitions, as it changes.
    #[must_use]
    pub fn owned(&self) -> watch::Receiver<Share> {
        match self {
            Self::Memory(consumer) => consumer.owned(),
            Self::Amqp(consumer) => consumer.owned(),
        }
    }

    /// What an operator should know of updates in this consumer's hands that are not for its bot, as it changes; none where
    /// there are none. (In process there is one bot.)
    #[must_use]
    pub fn strangers(&self) -> watch::Receiver<Option<String>> {
        match self {
            Self::Memory(_) => watch::channel(None).1,
            Self::Amqp(consumer) => consumer.strangers(),
        }
    }

    /// Stops taking: [`Consumer::next_batch`] returns 0 from now on, and other consumers are told to take over. Of what
    /// has been taken nothing can begin any more (see [`Delivery::begin`]), and what has begun is waited for.
    pub fn stop(&mut self) {
        match self {
            Self::Memory(consumer) => consumer.stop(),
            Self::Amqp(consumer) => consumer.stop(),
        }
    }

    /// Sends the acknowledgements made so far, then lets go of the partitions: whoever consumes next goes on, in
    /// order, with what was not acknowledged. Acknowledging a delivery after this does nothing.
    pub async fn close(self) {
        match self {
            Self::Memory(consumer) => consumer.close(),
            Self::Amqp(consumer) => consumer.close().await,
        }
    }
}

/// One update in the hands of a worker. Dropped without [`Delivery::ack`], it is delivered again when its consumer
/// closes or dies.
#[must_use = "a delivery that is never acknowledged comes back"]
pub struct Delivery {
    /// The update.
    pub envelope: Envelope,
    /// Where it came from.
    pub partition: u16,
    /// Whether somebody may have seen it before.
    pub redelivered: bool,
    /// How often it was delivered before and came back; 0 the first time.
    pub attempts: u32,
    receipt: Receipt,
}

/// What acknowledging needs to know.
enum Receipt {
    Memory(memory::Receipt),
    Amqp(amqp::Receipt),
    /// Acknowledged already.
    Spent,
}

impl Delivery {
    /// Says that the update's fate is settled. Returns at once; acknowledgements travel together. After the
    /// consumer has closed or lost its connection this does nothing: the update has gone back already.
    pub fn ack(mut self) {
        self.ack_early();
    }

    /// Acknowledges an update whose fate is settled while it is still needed; [`Delivery::ack`] then does nothing.
    pub fn ack_early(&mut self) {
        match std::mem::replace(&mut self.receipt, Receipt::Spent) {
            Receipt::Memory(receipt) => receipt.ack(),
            Receipt::Amqp(receipt) => receipt.ack(),
            Receipt::Spent => {}
        }
    }

    /// Says that something of it becomes public now: a call that others see and that cannot be taken back. To be asked
    /// right before each such call. False if it must not be made, because the delivery has gone back to the queue or is
    /// about to: somebody else is given the update, and [`Delivery::ack`] does nothing any more.
    ///
    /// A partition that is handed over waits for what has begun, until it is acknowledged or dropped, 7 s at the most,
    /// and lets nothing else begin. So what consists of several calls can be finished.
    #[must_use = "the call must not be made if this is false"]
    pub fn begin(&self) -> bool {
        match &self.receipt {
            Receipt::Amqp(receipt) => receipt.begin(),
            Receipt::Memory(_) | Receipt::Spent => true,
        }
    }

    /// Whether it is not worth beginning with: its partition is handed over or the connection broke. It stays so, and
    /// [`Delivery::ack`] does nothing any more. In process a delivery is never lost.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        match &self.receipt {
            Receipt::Amqp(receipt) => receipt.is_lost(),
            Receipt::Memory(_) | Receipt::Spent => false,
        }
    }

    /// Waits before another try. If its partition is handed over meanwhile it goes back, at once, and this is false.
    #[must_use = "there is no other try if this is false"]
    pub async fn pause(&self, time: Duration) -> bool {
        if let Receipt::Amqp(receipt) = &self.receipt {
            return receipt.pause(time).await;
        }
        tokio::time::sleep(time).await;
        true
    }

    /// Whether it is the first that its partition handed to this consumer: where the consumer before stopped. In
    /// process, where no consumer outlives another, nobody asks.
    #[must_use]
    pub fn is_first(&self) -> bool {
        match &self.receipt {
            Receipt::Amqp(receipt) => receipt.is_first(),
            Receipt::Memory(_) | Receipt::Spent => false,
        }
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("update_id", &self.envelope.update_id)
            .field("partition", &self.partition)
            .field("redelivered", &self.redelivered)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
