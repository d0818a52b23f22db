//! Looking at the dead letters and picking some of them.
//!
//! All are taken without an acknowledgement, through one consumer; those to be removed are acknowledged, and closing the
//! channel gives the others back. One consumer rather than many gets: what a consumer held returns in its order,
//! while each get counts as a consumer of its own and the broker returns those in any order.

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ErrorKind};
use secrecy::ExposeSecret;

use super::topology::Topology;
use super::{connection, headers, lock};
use crate::queue::{DeadLettersError, Picked, QueueConfig, QueueError};

/// Most letters of one look: the highest prefetch there is. A later look shows the others, once these are gone.
const MOST: u16 = u16::MAX;

/// A letter that the broker counted but does not hand out is in the hands of somebody else, such as the management page.
const PATIENCE: Duration = Duration::from_secs(3);

/// The broker takes acknowledgements in the background, and forgets with the channel those that it still holds back.
const SETTLE: Duration = Duration::from_millis(300);

/// How often the lock and the return of the letters are asked for.
const POLL: Duration = Duration::from_millis(50);

/// One look at the dead letters.
pub(in crate::queue) struct DeadLetters {
    connection: Connection,
    channel: Channel,
    consumer: lapin::Consumer,
    queue: ShortString,
    waiting: usize,
    seen: usize,
    removed: usize,
}

impl DeadLetters {
    pub(in crate::queue) async fn open(config: &QueueConfig) -> Result<Self, DeadLettersError> {
        let uri: AMQPUri = match config.url.expose_secret().parse() {
            Ok(uri) => connection::tuned(uri),
            Err(_) => return Err(QueueError::Address.into()),
        };
        Self::on(&uri, &topology(config)).await
    }

    /// Opens a look at the letters of `topology`.
    pub(super) async fn on(uri: &AMQPUri, topology: &Topology) -> Result<Self, DeadLettersError> {
        let connection = connection::open(uri, "dead letters").await?;
        let channel = connection.create_channel().await?;
        let queue = topology.dead();
        ready(&channel, &queue, "QUEUE_PREFIX").await?;
        let mut told = false;
        while !lock::declare(&connection, &topology.lock("dead-letters")).await? {
            if !told {
                tracing::info!("somebody else looks at the dead letters; waiting");
                told = true;
            }
            tokio::time::sleep(POLL).await;
        }
        let waiting = ready(&channel, &queue, "QUEUE_PREFIX").await?;
        let waiting = waiting.min(MOST.into());
        let per_consumer = BasicQosOptions { global: false };
        channel.basic_qos(MOST, per_consumer).await?;
        let options = BasicConsumeOptions::default();
        let consumer = channel
            .basic_consume(
                queue.clone(),
                ShortString::default(),
                options,
                FieldTable::default(),
            )
            .await?;
        Ok(Self {
            connection,
            channel,
            consumer,
            queue,
            waiting,
            seen: 0,
            removed: 0,
        })
    }

    pub(in crate::queue) async fn check_partitions(
        &self,
        config: &QueueConfig,
    ) -> Result<(), DeadLettersError> {
        let channel = self.connection.create_channel().await?;
        for partition in 0..config.partitions {
            let queue = topology(config).updates(partition);
            ready(&channel, &queue, "QUEUE_PREFIX or PARTITIONS").await?;
        }
        Ok(channel.close(200, "OK".into()).await?)
    }

    pub(in crate::queue) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(in crate::queue) async fn next(&mut self) -> Result<Option<Picked>, DeadLettersError> {
        if self.seen == self.waiting {
            return Ok(None);
        }
        match tokio::time::timeout(PATIENCE, self.consumer.next()).await {
            Err(_) => Ok(None),
            Ok(None) => Err(DeadLettersError::Broker("it hung up".to_owned())),
            Ok(Some(message)) => {
                let message = message?;
                self.seen += 1;
                let tag = message.delivery_tag;
                let headers = message.properties.headers().as_ref().map(all_headers);
                Ok(Some(Picked {
                    letter: headers::read_dead(message),
                    headers: headers.unwrap_or_default(),
                    tag,
                }))
            }
        }
    }

    pub(in crate::queue) async fn remove(&mut self, tag: u64) -> Result<(), DeadLettersError> {
        self.channel
            .basic_ack(tag, BasicAckOptions::default())
            .await?;
        self.removed += 1;
        Ok(())
    }

    pub(in crate::queue) async fn close(self) -> Result<(), DeadLettersError> {
        if self.removed > 0 {
            tokio::time::sleep(SETTLE).await;
        }
        self.channel.close(200, "OK".into()).await?;
        // The letters return a moment after the channel is gone. Whoever looks next shall see them all, so the
        // connection, and with it the lock, outlives that moment.
        let channel = self.connection.create_channel().await?;
        let returned = async {
            let left = self.waiting - self.removed;
            while ready(&channel, &self.queue, "QUEUE_PREFIX").await? < left {
                tokio::time::sleep(POLL).await;
            }
            Ok(())
        };
        let returned = tokio::time::timeout(PATIENCE, returned).await;
        connection::close(&self.connection).await;
        returned.unwrap_or(Ok(()))
    }
}

fn topology(config: &QueueConfig) -> Topology {
    Topology::new(&config.prefix, config.partitions, config.max_length)
}

/// How many messages lie in a queue, those in somebody's hands aside. Never creates it: where there is none, the settings
/// `mistyped` may be at fault.
async fn ready(
    channel: &Channel,
    queue: &ShortString,
    mistyped: &'static str,
) -> Result<usize, DeadLettersError> {
    let passive = QueueDeclareOptions {
        passive: true,
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let declared = channel.queue_declare(queue.clone(), passive, FieldTable::default());
    match declared.await {
        Ok(queue) => Ok(usize::try_from(queue.message_count()).unwrap_or(usize::MAX)),
        Err(error) => match error.kind() {
            ErrorKind::ProtocolError(refusal)
                if *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND) =>
            {
                Err(DeadLettersError::Missing(queue.to_string(), mistyped))
            }
            _ => Err(error.into()),
        },
    }
}

fn all_headers(table: &FieldTable) -> Vec<(String, String)> {
    let headers = table.inner().iter();
    headers
        .map(|(name, value)| (name.to_string(), words(value)))
        .collect()
}

/// A header's value in words for an operator.
fn words(value: &AMQPValue) -> String {
    match value {
        AMQPValue::Boolean(value) => value.to_string(),
        AMQPValue::LongString(text) => String::from_utf8_lossy(text.as_bytes()).into_owned(),
        AMQPValue::ShortString(text) => text.to_string(),
        AMQPValue::Timestamp(seconds) => seconds.to_string(),
        AMQPValue::FieldArray(values) => {
            let values: Vec<String> = values.as_slice().iter().map(words).collect();
            format!("[{}]", values.join(", "))
        }
        AMQPValue::FieldTable(table) => {
            let pairs = all_headers(table).into_iter();
            let pairs: Vec<String> = pairs
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        AMQPValue::Void => String::new(),
        other => {
            headers::whole(other).map_or_else(|| format!("{other:?}"), |whole| whole.to_string())
        }
    }
}

impl From<lapin::Error> for DeadLettersError {
    fn from(error: lapin::Error) -> Self {
        Self::Broker(connection::reason(&error))
    }
}
