//! Consuming: a supervisor that keeps the connections of a worker open, and its share of the partitions upon them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::assignment::MemberId;
use super::health::Health;
use super::membership::Membership;
use super::partition::Session;
use super::rebalance::Partitions;
use super::strangers::Strangers;
use super::trial::Trials;
use super::{AmqpPublisher, Link, agreement, connection};
use crate::queue::{Delivery, Share};

/// Deliveries of all partitions that wait for the worker here; the rest of the prefetch waits with the partitions.
const CHANNEL: usize = 1_024;

/// Longest wait for the broker while closing: the acknowledgements are on their way, only the answer is missing.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Consumes a share of the partitions of a RabbitMQ broker. Dropping it closes it in the background.
#[derive(Debug)]
pub struct AmqpConsumer {
    deliveries: mpsc::Receiver<Delivery>,
    share: watch::Receiver<Share>,
    strangers: watch::Receiver<Option<String>>,
    stop: CancellationToken,
    close: CancellationToken,
    supervisor: Option<JoinHandle<()>>,
}

impl AmqpConsumer {
    pub(super) fn start(link: &Arc<Link>, publisher: AmqpPublisher) -> Self {
        let (out, deliveries) = mpsc::channel(CHANNEL);
        let (stop, close) = (CancellationToken::new(), CancellationToken::new());
        let health = Arc::new(Health::new(link));
        let (share, strangers) = (health.share(), health.note());
        let supervisor = Supervisor {
            // The same over all connections, so that the same partitions come back after a short absence.
            own: rand::random(),
            link: Arc::clone(link),
            publisher,
            out,
            stop: stop.clone(),
            close: close.clone(),
            strangers: Arc::new(Strangers::new(link, Arc::clone(&health))),
            health,
            trials: Arc::default(),
        };
        Self {
            deliveries,
            share,
            strangers,
            stop,
            close,
            supervisor: Some(tokio::spawn(supervisor.run())),
        }
    }

    pub(crate) async fn next_batch(&mut self, max: usize, into: &mut Vec<Delivery>) -> usize {
        let before = into.len();
        while !self.stop.is_cancelled() && self.deliveries.recv_many(into, max.max(1)).await > 0 {
            // What a lost connection or a released partition left here comes again, here or to another worker.
            let mut place = 0;
            into.retain_mut(|delivery| {
                place += 1;
                place <= before || !delivery.is_lost()
            });
            if into.len() > before {
                break;
            }
        }
        into.len() - before
    }

    pub(crate) fn owned(&self) -> watch::Receiver<Share> {
        self.share.clone()
    }

    pub(crate) fn strangers(&self) -> watch::Receiver<Option<String>> {
        self.strangers.clone()
    }

    pub(crate) fn stop(&mut self) {
        self.stop.cancel();
    }

    pub(crate) async fn close(mut self) {
        self.stop.cancel();
        self.close.cancel();
        if let Some(supervisor) = self.supervisor.take() {
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, supervisor).await;
        }
    }
}

impl Drop for AmqpConsumer {
    fn drop(&mut self) {
        self.stop.cancel();
        self.close.cancel();
    }
}

struct Supervisor {
    own: MemberId,
    link: Arc<Link>,
    publisher: AmqpPublisher,
    out: mpsc::Sender<Delivery>,
    stop: CancellationToken,
    close: CancellationToken,
    health: Arc<Health>,
    strangers: Arc<Strangers>,
    trials: Arc<Trials>,
}

impl Supervisor {
    async fn run(self) {
        let mut delays = connection::backoff();
        while !self.stop.is_cancelled() {
            let opening = async {
                let connection = connection::open(&self.link.uri, "consumer").await?;
                agreement::agree(&connection, &self.link.topology).await?;
                Ok((connection, Membership::open(&self.link, self.own).await?))
            };
            let reason = match self.stop.run_until_cancelled(opening).await {
                None => "closed".to_owned(),
                Some(Ok((connection, membership))) => {
                    delays = connection::backoff();
                    self.serve(connection, membership).await
                }
                Some(Err::<_, lapin::Error>(error)) => connection::reason(&error),
            };
            self.health.lost(reason);
            let delay = tokio::time::sleep(delays.next().unwrap_or_default());
            self.stop.run_until_cancelled(delay).await;
        }
    }

    /// Works until a connection is lost or the consumer has handed everything over; returns why. The connections share
    /// one fate: a worker that the others cannot hear must not sit on partitions.
    async fn serve(&self, connection: lapin::Connection, mut membership: Membership) -> String {
        let mut events = connection.events_listener();
        let connection = Arc::new(connection);
        let mut partitions = Partitions::new(Session {
            link: Arc::clone(&self.link),
            connection: Arc::clone(&connection),
            publisher: self.publisher.clone(),
            out: self.out.clone(),
            stop: self.stop.clone(),
            close: self.close.clone(),
            health: Arc::clone(&self.health),
            strangers: Arc::clone(&self.strangers),
            trials: Arc::clone(&self.trials),
        });
        let (view, seen) = watch::channel(vec![self.own]);
        let lost = async {
            if connection.status().connected() {
                connection::lost(&mut events).await
            } else {
                "the connection was lost".to_owned()
            }
        };
        let reason = tokio::select! {
            () = self.stop.cancelled() => None,
            reason = lost => Some(reason),
            reason = membership.keep(&view, &self.health, &self.strangers) => Some(reason),
            reason = partitions.follow(self.own, seen) => Some(reason),
        };
        if reason.is_none() {
            // At once, so that the others stand by for our partitions while we finish what is in hand.
            tokio::join!(membership.leave(), partitions.handed_over());
        }
        tokio::join!(connection::close(&connection), membership.close());
        partitions.abandon().await;
        reason.unwrap_or_else(|| "closed".to_owned())
    }
}
