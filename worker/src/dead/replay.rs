//! Putting dead letters back into the queue.
//!
//! One after another, so that one player's letters keep their order; each is taken away only after the queue has
//! confirmed it. A crash between the two leaves a letter behind whose update was replayed, which does no harm: an update
//! takes effect once.

use super::command::{Also, Selection};
use super::{lifetime, tell_missing};
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use gofrobot_shared::envelope::Envelope;
use gofrobot_shared::queue::{
    DeadLetter, DeadLetters, PUBLISH, PublishError, Publisher, Queue, QueueConfig,
};
use std::io::Write;
use std::time::Duration;
use tokio::sync::watch;

/// Longest wait for the publishing connection, whose broker has just been reached by another one.
const CONNECT: Duration = Duration::from_secs(15);

/// Letters between two words of progress.
const PROGRESS: usize = 1_000;

pub(super) async fn replay(
    letters: &mut DeadLetters,
    config: &QueueConfig,
    selection: &Selection,
    also: Also,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> anyhow::Result<bool> {
    letters
        .check_partitions(config)
        .await
        .context("QUEUE_URL")?;
    let publisher = publisher(config).await?;
    let now = Utc::now();
    let (mut found, mut replayed) = (Vec::new(), 0);
    while found.len() < selection.limit.unwrap_or(usize::MAX)
        && let Some(picked) = letters.next().await?
    {
        if !selection.takes(&picked.letter, now) {
            continue;
        }
        let id = picked.letter.id();
        found.push(id.clone());
        let envelope = match playable(&picked.letter, also, now) {
            Ok(envelope) => envelope,
            Err(why) => {
                writeln!(err, "{id}: kept: {why}")?;
                continue;
            }
        };
        match publisher.publish(envelope).await {
            Ok(()) => {
                letters.remove(picked).await?;
                replayed += 1;
                if replayed % PROGRESS == 0 {
                    writeln!(err, "replayed {replayed} of at most {}", letters.waiting())?;
                }
            }
            // Of no use to the others either: what is left stays as it is.
            Err(problem @ (PublishError::Unavailable(_) | PublishError::Timeout)) => {
                writeln!(out, "replayed {replayed}")?;
                return Err(problem).with_context(|| format!("{id} and those after it are kept"));
            }
            Err(problem) => writeln!(err, "{id}: kept: {problem}")?,
        }
    }
    let kept = found.len() - replayed;
    writeln!(out, "replayed {replayed}, kept {kept}")?;
    let all_found = tell_missing(selection, &found, err)?;
    Ok(kept == 0 && all_found)
}

/// The update to replay, or why there is none. What was never read is read again: this version may know better.
fn playable(letter: &DeadLetter, also: Also, now: DateTime<Utc>) -> Result<Envelope, String> {
    let read = Envelope::read(letter.envelope.body.clone())
        .map_err(|problem| format!("it would only come back: {problem}"))?;
    match lifetime::too_old(&letter.envelope, now) {
        Some(why) if !also.force => Err(why),
        _ => Ok(Envelope {
            received_at: letter.envelope.received_at,
            traceparent: letter.envelope.traceparent.clone(),
            bot: letter.envelope.bot.filter(|_| !also.any_bot),
            ..read
        }),
    }
}

/// A publisher that is ready.
async fn publisher(config: &QueueConfig) -> anyhow::Result<Publisher> {
    let (state, mut states) = watch::channel(Err("connecting".to_owned()));
    let queue = Queue::connect(config.clone(), move |name, now| {
        if name == PUBLISH {
            let _ = state.send(now);
        }
    })?;
    let publisher = queue.publisher();
    let ready = states.wait_for(Result::is_ok);
    if tokio::time::timeout(CONNECT, ready).await.is_err() {
        let why = states.borrow().clone();
        bail!(
            "QUEUE_URL: the queue takes nothing: {}",
            why.err().unwrap_or_default()
        );
    }
    Ok(publisher)
}
