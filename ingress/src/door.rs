//! The door to the queue, the same for updates that Telegram posts and for those that were asked for.

use std::time::Instant;

use bytes::Bytes;
use gofrobot_shared::envelope::{Envelope, EnvelopeError};
use gofrobot_shared::queue::{PublishError, Publisher};
use gofrobot_shared::telemetry::{Metrics, traces};

/// Puts updates into the queue and counts them.
#[derive(Clone)]
pub(crate) struct Door {
    publisher: Publisher,
    pub(crate) metrics: Metrics,
}

impl Door {
    pub(crate) fn new(publisher: Publisher, metrics: Metrics) -> Self {
        metrics.may_die(EnvelopeError::REASONS);
        Self { publisher, metrics }
    }

    /// Publishes an update and returns once the queue has accepted it.
    pub(crate) async fn publish(&self, mut envelope: Envelope) -> Result<(), PublishError> {
        let started = Instant::now();
        let _span = traces::queueing(&mut envelope);
        self.publisher.publish(envelope).await?;
        self.metrics.publish(started.elapsed().as_secs_f64());
        Ok(())
    }

    /// Puts aside what Telegram sent but nobody can read. Refused, it would be sent again for ever and hold up
    /// whatever comes after it.
    pub(crate) async fn put_aside(
        &self,
        body: Bytes,
        problem: &EnvelopeError,
    ) -> Result<(), PublishError> {
        let letter = Envelope::unreadable(body);
        self.publisher
            .dead_letter(&letter, problem.reason(), None, 0)
            .await?;
        tracing::warn!(update.bytes = letter.body.len(), error = %problem, "an update cannot be read; moved to the dead letters");
        self.metrics.dead(problem.reason());
        Ok(())
    }
}

/// The outcome to count when the queue refused an update for now.
pub(crate) fn refusal(error: &PublishError) -> &'static str {
    match error {
        PublishError::Full => "full",
        _ => "unavailable",
    }
}
