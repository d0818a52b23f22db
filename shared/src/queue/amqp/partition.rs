//! One partition: a channel, its consumer, and the acknowledgements that go back.
//!
//! A worker gives a partition up by closing its channel, never by cancelling the consumer: after a cancel the next
//! worker would start while deliveries of this one are still open, and a player's updates would overtake each other.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::acks::Settled;
use super::aside::{Aside, Due};
use super::health::Health;
use super::receipt::{Receipt, Receipts};
use super::strangers::Strangers;
use super::trial::Trials;
use super::{AmqpPublisher, Link, connection, headers};
use crate::backoff;
use crate::envelope::Envelope;
use crate::queue::Delivery;

/// Acknowledgements that travel together at most; more simply take another round.
const ACK_BATCH: usize = 256;

/// How long acknowledgements gather before they travel: the broker writes each to disk like a message, whether it
/// settles one delivery or a run of them. A worker that dies leaves this much to be delivered again.
const ACK_PAUSE: Duration = Duration::from_millis(50);

/// The same while at least half of the prefetch is open, lest it run dry.
const SHORT_ACK_PAUSE: Duration = Duration::from_millis(10);

/// Priority among the consumers of a partition. All are equal: from RabbitMQ 4.0 a higher one would take over by
/// itself, which 3.10 does not know.
const PRIORITY: i32 = 0;

/// How long a hand-over waits for answers that have begun: the partition's players wait with it. A call takes a tenth of a
/// second, on a worker that is short of processor time perhaps a second; what hangs longer is said again by the next
/// owner. Below the grace that a worker has when it is asked to stop.
const BEGUN: Duration = Duration::from_secs(7);

/// Longest wait before a worker stands by again for a partition that he gave up to one of another bot who does not take it.
const LONGEST_TURN: Duration = Duration::from_secs(15);

/// What all partitions of one connection share.
pub(super) struct Session {
    pub(super) link: Arc<Link>,
    pub(super) connection: Arc<Connection>,
    pub(super) publisher: AmqpPublisher,
    pub(super) out: mpsc::Sender<Delivery>,
    /// Hand everything over.
    pub(super) stop: CancellationToken,
    /// Wait for nothing any more.
    pub(super) close: CancellationToken,
    pub(super) health: Arc<Health>,
    pub(super) strangers: Arc<Strangers>,
    pub(super) trials: Arc<Trials>,
}

/// The task of one partition, from its assignment to its release.
pub(super) struct PartitionTask {
    pub(super) number: u16,
    pub(super) session: Arc<Session>,
    /// Hand this one over; falls with the session's `stop`.
    pub(super) release: CancellationToken,
}

impl PartitionTask {
    /// Consumes until the release and returns the partition's number; a channel that fails alone is opened again.
    pub(super) async fn run(self) -> u16 {
        let Session {
            health,
            trials,
            connection,
            ..
        } = &*self.session;
        let mut delays = connection::backoff();
        let mut turns = backoff::delays(LONGEST_TURN);
        let mut troubled = false;
        loop {
            // What a worker of another bot is let have ends this one's turn, but not the task.
            let turn = Self {
                number: self.number,
                session: Arc::clone(&self.session),
                release: self.release.child_token(),
            };
            let mut aside = Aside::new(self.number, &self.session.strangers);
            let passing = trials.pass(&self.session, self.number);
            let Some(passed) = self.release.run_until_cancelled(passing).await else {
                break;
            };
            let served = async {
                passed?;
                let partition = Partition::open(&turn).await?;
                trials.opened(self.number);
                delays = connection::backoff();
                if std::mem::take(&mut troubled) {
                    info!(
                        queue.partition = self.number,
                        "the partition is consumed again"
                    );
                }
                health.opened(self.number);
                partition.serve(&turn, &mut aside).await
            };
            match served.await {
                Ok(()) if !self.release.is_cancelled() => {
                    if aside.has_served() {
                        turns = backoff::delays(LONGEST_TURN);
                    }
                    let pause = tokio::time::sleep(turns.next().unwrap_or_default());
                    self.release.run_until_cancelled(pause).await;
                }
                // Why it ended is told by the session, which ends with it.
                Err(_) if !connection.status().connected() => self.release.cancelled().await,
                Err(error) if !self.release.is_cancelled() => {
                    let reason = connection::reason(&error);
                    health.failed(self.number, &reason);
                    if !std::mem::replace(&mut troubled, true) {
                        warn!(
                            queue.partition = self.number,
                            reason, "a partition cannot be consumed; it is tried again"
                        );
                    }
                    let delay = tokio::time::sleep(delays.next().unwrap_or_default());
                    self.release.run_until_cancelled(delay).await;
                }
                _ => break,
            }
        }
        health.released(self.number);
        self.number
    }
}

/// A partition that is open.
struct Partition {
    number: u16,
    channel: Channel,
    consumer: lapin::Consumer,
    prefetch: u16,
    /// The newest delivery's number.
    newest: u64,
    settled: Settled,
}

/// Opens a channel upon which the broker delivers the partition's messages.
pub(super) async fn consume(
    connection: &Connection,
    link: &Link,
    number: u16,
) -> lapin::Result<(Channel, lapin::Consumer)> {
    let opening = async {
        let channel = connection.create_channel().await?;
        let queue = link.topology.declare_updates(&channel, number).await?;
        let per_consumer = BasicQosOptions { global: false };
        channel.basic_qos(link.prefetch, per_consumer).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-priority".into(), PRIORITY.into());
        let options = BasicConsumeOptions::default();
        let consumer = channel
            .basic_consume(queue, ShortString::default(), options, arguments)
            .await?;
        Ok((channel, consumer))
    };
    connection::within(connection::ANSWER_TIMEOUT, opening).await
}

impl Partition {
    async fn open(task: &PartitionTask) -> lapin::Result<Self> {
        let Session {
            link, connection, ..
        } = &*task.session;
        let (channel, consumer) = consume(connection, link, task.number).await?;
        Ok(Self {
            number: task.number,
            channel,
            consumer,
            prefetch: link.prefetch,
            newest: 0,
            settled: Settled::default(),
        })
    }

    /// Hands deliveries out and acknowledgements back; ends well only with the release.
    async fn serve(mut self, task: &PartitionTask, aside: &mut Aside) -> lapin::Result<()> {
        let (receipts, mut acks) = mpsc::unbounded_channel();
        let mut tags = Vec::with_capacity(ACK_BATCH);
        let mut held: Option<Delivery> = None;
        let gathered = tokio::time::sleep(ACK_PAUSE);
        tokio::pin!(gathered);
        let mut gathers = false;
        loop {
            held = held.or_else(|| aside.freed());
            tokio::select! {
                biased;
                () = task.release.cancelled() => break,
                _ = acks.recv_many(&mut tags, ACK_BATCH), if !gathers => {
                    gathered.as_mut().reset(Instant::now() + self.ack_pause());
                    gathers = true;
                }
                () = &mut gathered, if gathers => {
                    while let Ok(tag) = acks.try_recv() {
                        tags.push(tag);
                    }
                    self.acknowledge(&mut tags).await?;
                    gathers = self.settled.waits();
                    gathered.as_mut().reset(Instant::now() + self.ack_pause());
                }
                permit = task.session.out.reserve(), if held.is_some() => match (permit, held.take()) {
                    (Ok(permit), Some(delivery)) => permit.send(delivery),
                    // Nobody takes deliveries any more: the consumer has stopped, and the release follows.
                    _ => task.release.cancelled().await,
                },
                due = aside.due(), if !aside.is_empty() => match due {
                    Due::HandOver => task.release.cancel(),
                    Due::Bury => for tag in aside.bury(&task.session.publisher, &task.session.link).await {
                        let _ = receipts.send(tag);
                    },
                },
                message = self.consumer.next(), if held.is_none() => match message {
                    Some(Ok(message)) => {
                        let delivery = self.receive(message, &receipts, task).await;
                        held = delivery.and_then(|delivery| aside.admit(delivery, self.newest));
                    }
                    Some(Err(error)) => return Err(error),
                    None => return Err(std::io::Error::other("the broker cancelled the consumer").into()),
                },
            }
        }
        // From here on nothing begins, and `acks` ends with the last delivery that has begun.
        drop((held, receipts));
        self.hand_over(tags, acks, &task.session.close).await
    }

    fn ack_pause(&self) -> Duration {
        if self.settled.open(self.newest) * 2 < u64::from(self.prefetch) {
            ACK_PAUSE
        } else {
            SHORT_ACK_PAUSE
        }
    }

    /// Makes a delivery of a message; one that cannot be read goes to the dead letters, alone.
    async fn receive(
        &mut self,
        message: lapin::message::Delivery,
        receipts: &Receipts,
        task: &PartitionTask,
    ) -> Option<Delivery> {
        let headers = message.properties.headers().as_ref();
        let attempts = headers::attempts(headers);
        let tag = message.delivery_tag;
        self.newest = tag;
        match headers::read(headers, message.data.into()) {
            Ok(envelope) => Some(Delivery {
                envelope,
                partition: self.number,
                redelivered: message.redelivered,
                attempts,
                receipt: super::super::Receipt::Amqp(Receipt::new(tag, receipts, &task.release)),
            }),
            Err((body, problem)) => {
                let letter = Envelope::unreadable(body);
                warn!(queue.partition = self.number, error = %problem, "a message is no update; moved to the dead letters");
                match task
                    .session
                    .publisher
                    .dead_letter(&letter, problem.reason(), None, attempts)
                    .await
                {
                    Ok(()) => {
                        if let Some(on_dead) = task.session.link.on_dead.get() {
                            on_dead(problem.reason());
                        }
                        let _ = receipts.send(tag);
                    }
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

    /// Waits until what has begun is acknowledged or given back, then closes the channel, upon which the broker serves
    /// the next consumer with everything else.
    async fn hand_over(
        mut self,
        mut tags: Vec<u64>,
        mut acks: mpsc::UnboundedReceiver<u64>,
        close: &CancellationToken,
    ) -> lapin::Result<()> {
        let too_long = tokio::time::sleep(BEGUN);
        tokio::pin!(too_long);
        loop {
            let waits = tokio::select! {
                biased;
                count = acks.recv_many(&mut tags, ACK_BATCH) => count > 0,
                () = close.cancelled() => false,
                () = &mut too_long => {
                    let (deliveries, seconds) = (acks.sender_strong_count(), BEGUN.as_secs());
                    warn!(
                        queue.partition = self.number,
                        deliveries,
                        "answers hang for {seconds} s while their partition is handed over; its next owner gives them again"
                    );
                    false
                }
            };
            if !waits {
                break;
            }
            self.acknowledge(&mut tags).await?;
        }
        // What has begun makes no further call either.
        acks.close();
        while let Ok(tag) = acks.try_recv() {
            tags.push(tag);
        }
        self.acknowledge(&mut tags).await?;
        if self.settled.waits() {
            self.acknowledge(&mut tags).await?;
        }
        self.channel.close(200, "OK".into()).await
    }
}
