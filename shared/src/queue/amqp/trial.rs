//! Keeps one broken partition from stopping the others.
//!
//! RabbitMQ answers a consumer of a queue that is down (no leader, and none can be elected) with an error that ends the
//! whole connection, and with it the consumption of every other partition. So whatever was being opened when a connection
//! ended is under suspicion: it is tried on a connection of its own, again and again, before it comes back to the shared
//! one.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::partition::{Session, consume};
use super::{Link, connection};

/// The partitions that may cost a connection; outlives the connections of a worker.
#[derive(Debug, Default)]
pub(super) struct Trials {
    suspects: Mutex<BTreeSet<u16>>,
    /// A worker opens one connection for this at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Trials {
    /// Completes when the partition may be opened on the session's connection. From then on it is under suspicion until
    /// [`Trials::opened`], unless that connection has ended already.
    ///
    /// # Errors
    /// It was tried apart, and failed.
    pub(super) async fn pass(&self, session: &Session, number: u16) -> lapin::Result<()> {
        if self.suspects().contains(&number) {
            let _turn = self.turn.lock().await;
            try_apart(&session.link, number).await?;
        }
        if session.connection.status().connected() {
            self.suspects().insert(number);
        }
        Ok(())
    }

    /// The partition is open, and has hurt nobody.
    pub(super) fn opened(&self, number: u16) {
        self.suspects().remove(&number);
    }

    fn suspects(&self) -> MutexGuard<'_, BTreeSet<u16>> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Consumes the partition for a moment. What is delivered goes back, and keeps its order only if it is as much as a
/// worker takes: a part of what others gave back would be put behind the rest.
async fn try_apart(link: &Link, number: u16) -> lapin::Result<()> {
    let connection = connection::open(&link.uri, "trial").await?;
    let outcome = consume(&connection, link, number).await;
    connection::close(&connection).await;
    outcome.map(drop)
}
