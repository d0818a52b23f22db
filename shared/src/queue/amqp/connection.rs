//! Opening a connection, and how long to wait before the next attempt.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, ErrorKind, Event};

use crate::backoff::{self, Delays};

/// The broker drops a peer that is silent for two to three of these: a worker that hangs holds its partitions no longer
/// than that. One that dies holds nothing, since its system closes the connection.
const HEARTBEAT_SECONDS: u16 = 4;

/// A broker behind a firewall that drops packets would otherwise hold an attempt for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A broker that is up answers within milliseconds, but one that is short of file handles or in the middle of an
/// election may never answer a single question while its heartbeats go on.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that does not say good-bye in this time is dropped.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Largest frame where we receive nothing but what we have said ourselves. The library keeps room for 32 of them in each
/// direction of a connection, 8 MiB at RabbitMQ's own 128 KiB; an update fits into one of these, a longer body takes
/// several. RabbitMQ 4 refuses less than 8 KiB.
const FRAME_BYTES: u32 = 16 * 1024;

/// What the broker says of a queue without a leader, among other mishaps of its own; the cause is in its log.
const INTERNAL_ERROR: AMQPErrorKind = AMQPErrorKind::Hard(AMQPHardError::INTERNALERROR);

const REFUSED: AMQPErrorKind = AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED);
const NOT_ALLOWED: AMQPErrorKind = AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED);

/// Sets the heartbeat unless the address asks for another.
pub(super) fn tuned(mut uri: AMQPUri) -> AMQPUri {
    uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
    uri
}

/// Delays between attempts at the broker.
pub(super) fn backoff() -> Delays {
    backoff::delays(LONGEST_WAIT)
}

/// Opens a connection upon which we receive nothing but what we have said ourselves.
pub(super) async fn open_small(uri: &AMQPUri, purpose: &str) -> lapin::Result<Connection> {
    let mut uri = uri.clone();
    uri.query.frame_max.get_or_insert(FRAME_BYTES);
    open(&uri, purpose).await
}

/// Opens a connection that the management page shows under `purpose`. Its frames may be as large as the broker's: the
/// headers of a message travel in one, and one that is too large ends the connection, again at each delivery.
pub(super) async fn open(uri: &AMQPUri, purpose: &str) -> lapin::Result<Connection> {
    let name = format!("gofrobot {purpose}, process {}", std::process::id());
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let connecting = Connection::connect_uri(uri.clone(), properties);
    within(CONNECT_TIMEOUT, connecting).await
}

/// What the broker answers, or that it does not within `limit`.
pub(super) async fn within<T>(
    limit: Duration,
    asking: impl Future<Output = lapin::Result<T>>,
) -> lapin::Result<T> {
    let late = |_| {
        let words = format!("no answer from the broker within {} s", limit.as_secs());
        Err(std::io::Error::new(std::io::ErrorKind::TimedOut, words).into())
    };
    tokio::time::timeout(limit, asking)
        .await
        .unwrap_or_else(late)
}

/// Says good-bye, if the broker still listens.
pub(super) async fn close(connection: &Connection) {
    let farewell = connection.close(200, "OK".into());
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, farewell).await;
}

/// Waits until the connection is lost and says why.
pub(super) async fn lost(events: &mut (impl Stream<Item = Event> + Unpin)) -> String {
    while let Some(event) = events.next().await {
        if let Event::Error(error) = event {
            return reason(&error);
        }
    }
    "the connection was closed".to_owned()
}

/// An error in words for an operator: what the broker or the system said, without the library's wrapping.
pub(super) fn reason(error: &lapin::Error) -> String {
    match error.kind() {
        // Words of our own.
        ErrorKind::IOError(error) if error.kind() == std::io::ErrorKind::Other => error.to_string(),
        ErrorKind::IOError(error) => {
            format!("{error}; is RabbitMQ running, and can it be reached from here?")
        }
        ErrorKind::ProtocolError(error) if *error.kind() == REFUSED => {
            format!(
                "{}; are user, password and rights right?",
                error.get_message()
            )
        }
        ErrorKind::ProtocolError(error) if *error.kind() == NOT_ALLOWED => {
            format!(
                "{}; is the vhost right, and may the user open it?",
                error.get_message()
            )
        }
        ErrorKind::ProtocolError(error) if *error.kind() == INTERNAL_ERROR => {
            "INTERNAL_ERROR: a queue may be down, see `rabbitmqctl list_queues name state`"
                .to_owned()
        }
        ErrorKind::ProtocolError(error) => error.get_message().to_string(),
        _ => error.to_string(),
    }
}
