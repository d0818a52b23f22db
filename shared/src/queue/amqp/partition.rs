//! One partition: a channel, its consumer, and the acknowledgements that go back.
//!
//! A worker gives a partition up by closing its channel, never by cancelling the consumer: after a cancel the next
//! worker would start while deliveries of this one are still open, and a player's updates would overtake each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::acks::Settled;
use super::{AmqpPublisher, Condition, Link, connection, headers};
use crate::envelope::Envelope;
use crate::queue::Delivery;

/// Acknowledgements that travel together at most; more simply take another round.
const ACK_BATCH: usize = 256;

/// Priority among the consumers of a partition. All are equal for now; from RabbitMQ 4.0 a higher one takes over.
const PRIORITY: i32 = 0;

/// The task of one partition on one connection.
pub(super) struct PartitionTask {
    pub(super) number: u16,
    pub(super) link: Arc<Link>,
    pub(super) connection: Arc<Connection>,
    pub(super) publisher: AmqpPublisher,
    pub(super) out: mpsc::Sender<Delivery>,
    pub(super) stop: CancellationToken,
    pub(super) close: CancellationToken,
    pub(super) health: Arc<Health>,
}

/// How many partitions of a connection are open.
pub(super) struct Health {
    open: AtomicU16,
    of: u16,
    condition: Arc<Condition>,
}

impl Health {
    pub(super) fn new(of: u16, condition: Arc<Condition>) -> Self {
        let open = AtomicU16::new(0);
        Self {
            open,
            of,
            condition,
        }
    }

    fn opened(&self) {
        if self.open.fetch_add(1, Ordering::AcqRel) + 1 == self.of {
            self.condition.set(Ok(()));
        }
    }

    fn failed(&self, was_open: bool, partition: u16, reason: &str) {
        if was_open {
            self.open.fetch_sub(1, Ordering::AcqRel);
        }
        self.condition
            .set(Err(format!("partition {partition}: {reason}")));
    }
}

impl PartitionTask {
    /// Consumes until the consumer closes; a channel that fails alone is opened again.
    pub(super) async fn run(self) {
        let mut delays = connection::backoff();
        while !self.stop.is_cancelled() {
            let (was_open, error) = match Partition::open(&self).await {
                Ok(partition) => {
                    delays = connection::backoff();
                    self.health.opened();
                    match partition.serve(&self).await {
                        Ok(()) => return,
                        Err(error) => (true, error),
                    }
                }
                Err(error) => (false, error),
            };
            self.health
                .failed(was_open, self.number, &connection::reason(&error));
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(delays.next().unwrap_or_default()) => {}
            }
        }
    }
}

/// A partition that is open.
struct Partition {
    number: u16,
    channel: Channel,
    consumer: lapin::Consumer,
    settled: Settled,
    /// Settled deliveries. Not bounded itself: the prefetch bounds how many can be open.
    acks: mpsc::UnboundedReceiver<u64>,
    receipts: mpsc::UnboundedSender<u64>,
}

impl Partition {
    async fn open(task: &PartitionTask) -> lapin::Result<Self> {
        let channel = task.connection.create_channel().await?;
        let queue = task
            .link
            .topology
            .declare_updates(&channel, task.number)
            .await?;
        let per_consumer = BasicQosOptions { global: false };
        channel.basic_qos(task.link.prefetch, per_consumer).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-priority".into(), PRIORITY.into());
        let options = BasicConsumeOptions::default();
        let consumer = channel
            .basic_consume(queue, ShortString::default(), options, arguments)
            .await?;
        let (receipts, acks) = mpsc::unbounded_channel();
        Ok(Self {
            number: task.number,
            channel,
            consumer,
            settled: Settled::default(),
            acks,
            receipts,
        })
    }

    /// Hands deliveries out and acknowledgements back; ends well only when the consumer closes.
    async fn serve(mut self, task: &PartitionTask) -> lapin::Result<()> {
        let mut tags = Vec::with_capacity(ACK_BATCH);
        let mut held: Option<Delivery> = None;
        loop {
            let taking = !task.stop.is_cancelled();
            tokio::select! {
                biased;
                _ = self.acks.recv_many(&mut tags, ACK_BATCH) => self.acknowledge(&mut tags).await?,
                () = task.close.cancelled() => return self.hand_over(tags).await,
                () = task.stop.cancelled(), if taking => {}
                permit = task.out.reserve(), if taking && held.is_some() => match (permit, held.take()) {
                    (Ok(permit), Some(delivery)) => permit.send(delivery),
                    // Nobody takes deliveries any more: the consumer is being dropped and will say `close`.
                    _ => task.close.cancelled().await,
                },
                message = self.consumer.next(), if taking && held.is_none() => match message {
                    Some(Ok(message)) => held = self.receive(message, task).await,
                    Some(Err(error)) => return Err(error),
                    None => return Err(std::io::Error::other("the broker cancelled the consumer").into()),
                },
            }
        }
    }

    /// Makes a delivery of a message; one that cannot be read goes to the dead letters, alone.
    async fn receive(
        &self,
        message: lapin::message::Delivery,
        task: &PartitionTask,
    ) -> Option<Delivery> {
        let headers = message.properties.headers().as_ref();
        let attempts = headers::attempts(headers);
        let receipt = Receipt {
            acks: self.receipts.clone(),
            tag: message.delivery_tag,
        };
        match headers::read(headers, message.data.into()) {
            Ok(envelope) => Some(Delivery {
                envelope,
                partition: self.number,
                redelivered: message.redelivered,
                attempts,
                receipt: super::super::Receipt::Amqp(receipt),
            }),
            Err((body, problem)) => {
                let letter = Envelope::unreadable(body);
                warn!(queue.partition = self.number, error = %problem, "a message is no update; moved to the dead letters");
                match task
                    .publisher
                    .dead_letter(&letter, problem.reason(), None, attempts)
                    .await
                {
                    Ok(()) => receipt.ack(),
                    Err(error) => {
                        error!(queue.partition = self.number, %error, "the dead letter was not accepted; it stays in its queue")
                    }
                }
                None
            }
        }
    }

    async fn acknowledge(&mut self, tags: &mut Vec<u64>) -> lapin::Result<()> {
        let acks = self.settled.settle(tags);
        tags.clear();
        if let Some(tag) = acks.up_to {
            let multiple = BasicAckOptions { multiple: true };
            self.channel.basic_ack(tag, multiple).await?;
        }
        let single = |tag| self.channel.basic_ack(tag, BasicAckOptions::default());
        try_join_all(acks.single.into_iter().map(single)).await?;
        Ok(())
    }

    /// Sends the last acknowledgements and closes the channel, upon which the broker serves the next consumer.
    async fn hand_over(mut self, mut tags: Vec<u64>) -> lapin::Result<()> {
        while let Ok(tag) = self.acks.try_recv() {
            tags.push(tag);
        }
        self.acknowledge(&mut tags).await?;
        self.channel.close(200, "OK".into()).await
    }
}

/// The right to acknowledge one delivery, for as long as its channel lives.
pub(crate) struct Receipt {
    acks: mpsc::UnboundedSender<u64>,
    tag: u64,
}

impl Receipt {
    /// Deliveries of a channel are numbered from 1.
    pub(crate) fn is_first(&self) -> bool {
        self.tag == 1
    }

    pub(crate) fn ack(self) {
        // Fails when the channel is gone; then the broker has taken the delivery back.
        let _ = self.acks.send(self.tag);
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.acks.is_closed()
    }
}
