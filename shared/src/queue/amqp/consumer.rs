//! Consuming: a supervisor that keeps one connection and a task for each partition.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::partition::{Health, PartitionTask};
use super::{AmqpPublisher, Condition, Link, connection};
use crate::queue::{CONSUME, Delivery};

/// Deliveries of all partitions that wait for the worker here; the rest of the prefetch waits with the partitions.
const CHANNEL: usize = 1_024;

/// Longest wait for the broker while closing: the acknowledgements are on their way, only the answer is missing.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Consumes every partition of a RabbitMQ broker. Dropping it closes it in the background.
#[derive(Debug)]
pub struct AmqpConsumer {
    deliveries: mpsc::Receiver<Delivery>,
    stop: CancellationToken,
    close: CancellationToken,
    supervisor: Option<JoinHandle<()>>,
}

impl AmqpConsumer {
    pub(super) fn start(link: &Arc<Link>, publisher: AmqpPublisher) -> Self {
        let (out, deliveries) = mpsc::channel(CHANNEL);
        let (stop, close) = (CancellationToken::new(), CancellationToken::new());
        let supervisor = Supervisor {
            link: Arc::clone(link),
            publisher,
            out,
            stop: stop.clone(),
            close: close.clone(),
        };
        Self {
            deliveries,
            stop,
            close,
            supervisor: Some(tokio::spawn(supervisor.run())),
        }
    }

    pub(crate) async fn next_batch(&mut self, max: usize, into: &mut Vec<Delivery>) -> usize {
        let before = into.len();
        while !self.stop.is_cancelled() && self.deliveries.recv_many(into, max.max(1)).await > 0 {
            // What a lost connection left here comes again, by a new one or to another worker.
            let mut place = 0;
            into.retain(|delivery| {
                place += 1;
                place <= before || !delivery.is_stale()
            });
            if into.len() > before {
                break;
            }
        }
        into.len() - before
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
    link: Arc<Link>,
    publisher: AmqpPublisher,
    out: mpsc::Sender<Delivery>,
    stop: CancellationToken,
    close: CancellationToken,
}

impl Supervisor {
    async fn run(self) {
        let condition = Arc::new(Condition::new(CONSUME, &self.link));
        let mut delays = connection::backoff();
        while !self.close.is_cancelled() {
            let reason = tokio::select! {
                () = self.close.cancelled() => return,
                opened = connection::open(&self.link.uri, "consumer") => match opened {
                    Ok(connection) => {
                        delays = connection::backoff();
                        self.serve(connection, &condition).await
                    }
                    Err(error) => connection::reason(&error),
                },
            };
            condition.set(Err(reason));
            tokio::select! {
                () = self.close.cancelled() => return,
                () = tokio::time::sleep(delays.next().unwrap_or_default()) => {}
            }
        }
    }

    /// Runs the partitions over one connection until it is lost or the consumer closes; returns why.
    async fn serve(&self, connection: lapin::Connection, condition: &Arc<Condition>) -> String {
        let mut events = connection.events_listener();
        let connection = Arc::new(connection);
        let health = Arc::new(Health::new(
            self.link.topology.partitions,
            Arc::clone(condition),
        ));
        // Stops the tasks of this connection when it is gone, without closing the consumer.
        let lost = CancellationToken::new();
        let tasks = TaskTracker::new();
        for number in 0..self.link.topology.partitions {
            let task = PartitionTask {
                number,
                link: Arc::clone(&self.link),
                connection: Arc::clone(&connection),
                publisher: self.publisher.clone(),
                out: self.out.clone(),
                stop: self.stop.clone(),
                close: self.close.clone(),
                health: Arc::clone(&health),
            };
            let lost = lost.clone();
            tasks.spawn(async move { lost.run_until_cancelled(task.run()).await });
        }
        tasks.close();
        let reason = tokio::select! {
            reason = connection::lost(&mut events) => reason,
            () = tasks.wait() => "closed".to_owned(),
        };
        lost.cancel();
        tasks.wait().await;
        connection::close(&connection).await;
        reason
    }
}
