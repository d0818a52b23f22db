//! A lock that one process of the bot holds at a time: an exclusive queue, which lives and dies with its connection.

use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{FieldTable, ShortString};
use lapin::{Connection, ErrorKind};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::connection::{ANSWER_TIMEOUT, within};
use super::{Link, agreement, connection};

/// How often a process that waits asks again: short enough that nobody notices a change of leader.
const RETRY: Duration = Duration::from_secs(1);

/// Proof that no other process holds the lock, until [`Lock::lost`]. Dropping it lets go.
#[derive(Debug)]
pub struct Lock {
    lost: CancellationToken,
    _release: DropGuard,
}

impl Lock {
    /// Waits, for ever if need be, until the lock is ours.
    pub(super) async fn acquire(link: &Link, queue: &ShortString) -> Self {
        let mut delays = connection::backoff();
        loop {
            let opening = connection::open_small(&link.uri, "leader election").await;
            // Who means another number of partitions must not keep the lock from those who are right.
            if let Ok(connection) = opening
                && agreement::agree(&connection, &link.topology).await.is_ok()
            {
                delays = connection::backoff();
                let asking = || within(ANSWER_TIMEOUT, declare(&connection, queue));
                while let Ok(taken) = asking().await {
                    if taken {
                        return Self::hold(connection);
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
            tokio::time::sleep(delays.next().unwrap_or_default()).await;
        }
    }

    fn hold(connection: Connection) -> Self {
        let (lost, release) = (CancellationToken::new(), CancellationToken::new());
        let (gone, released) = (lost.clone().drop_guard(), release.clone());
        tokio::spawn(async move {
            let mut events = connection.events_listener();
            if connection.status().connected() {
                tokio::select! {
                    _ = connection::lost(&mut events) => {}
                    () = released.cancelled() => {}
                }
            }
            drop(gone);
            connection::close(&connection).await;
        });
        Self {
            lost,
            _release: release.drop_guard(),
        }
    }

    /// Resolves when the lock is lost: somebody else may hold it from now on.
    pub(crate) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

/// Whether the exclusive queue is ours now.
pub(super) async fn declare(connection: &Connection, queue: &ShortString) -> lapin::Result<bool> {
    let channel = connection.create_channel().await?;
    let options = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    match channel
        .queue_declare(queue.clone(), options, FieldTable::default())
        .await
    {
        Ok(_) => {
            // The queue belongs to the connection, not to this channel, which may go.
            Ok(true)
        }
        Err(error) => match error.kind() {
            ErrorKind::ProtocolError(refusal)
                if *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::RESOURCELOCKED) =>
            {
                Ok(false)
            }
            _ => Err(error),
        },
    }
}
