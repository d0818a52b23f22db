//! `gofrobot-worker dead`: what an operator does with the updates that nobody could handle.
//!
//! Results go to standard output, progress and errors to standard error. Nothing here speaks to the database or to
//! Telegram: replayed updates take the way of all updates, and the ledger knows those that have been played.

mod command;
mod lifetime;
mod list;
mod replay;
mod show;

use crate::dead::list::Table;
use anyhow::Context;
use chrono::{TimeDelta, Utc};
pub use command::{Command, Filter, Selection};
use gofrobot_shared::config::Broker;
use gofrobot_shared::queue::{DeadLetters, QueueConfig};
use std::io::{ErrorKind, Write};
use std::time::Duration;

/// Does what was asked; results go to `out`, problems and progress to `err`. Returns whether all could be done.
///
/// # Errors
/// The broker cannot be reached or hangs up, or the output cannot be written.
pub async fn run(
    command: &Command,
    broker: &Broker,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> anyhow::Result<bool> {
    let config = QueueConfig::from(broker);
    let open = DeadLetters::open(&config);
    let mut letters = open.await.context("QUEUE_URL")?;
    let done = match command {
        Command::List {
            filter,
            limit,
            json,
        } => list::list(&mut letters, filter, *limit, *json, out, err).await,
        Command::Show { id } => show::show(&mut letters, id, out, err).await,
        Command::Replay { selection, also } => {
            replay::replay(&mut letters, &config, selection, *also, out, err).await
        }
        Command::Drop { selection, yes } => {
            drop_letters(&mut letters, selection, *yes, out, err).await
        }
    };
    // What was not removed goes back, whatever happened.
    let closed = letters.close().await;
    let looks = matches!(command, Command::List { .. } | Command::Show { .. });
    let done = match done {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if looks && is_broken_pipe(&error) => true,
        done => done?,
    };
    closed.context("QUEUE_URL")?;
    Ok(done)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = Some(ErrorKind::BrokenPipe);
    let written = error.downcast_ref::<std::io::Error>();
    let serialized = error.downcast_ref::<serde_json::Error>();
    written.map(std::io::Error::kind) == broken
        || serialized.and_then(serde_json::Error::io_error_kind) == broken
}

/// Removes the letters that were selected, or with no `yes` counts them.
async fn drop_letters(
    letters: &mut DeadLetters,
    selection: &Selection,
    yes: bool,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> anyhow::Result<bool> {
    let now = Utc::now();
    let (mut found, mut table) = (Vec::new(), Table::default());
    while found.len() < selection.limit.unwrap_or(usize::MAX)
        && let Some(picked) = letters.next().await?
    {
        if selection.takes(&picked.letter, now) {
            found.push(picked.letter.id());
            if yes {
                letters.remove(picked).await?;
            } else {
                table.add(&picked.letter, now);
            }
        }
    }
    if yes {
        writeln!(out, "dropped {}", found.len())?;
    } else {
        table.write(out)?;
        writeln!(
            err,
            "nothing was dropped; --yes drops these {}",
            found.len()
        )?;
    }
    let all_found = tell_missing(selection, &found, err)?;
    Ok(yes && all_found)
}

/// Names the ids that no letter has; returns whether there were none.
fn tell_missing(
    selection: &Selection,
    found: &[String],
    err: &mut (dyn Write + Send),
) -> std::io::Result<bool> {
    let mut all = true;
    for id in selection.missing(found) {
        writeln!(err, "{id}: there is no such letter")?;
        all = false;
    }
    Ok(all)
}

/// An age in words, by its two largest units.
fn age(age: TimeDelta) -> String {
    let seconds = u64::try_from(age.num_seconds()).unwrap_or(0);
    let coarse = match seconds {
        0..3_600 => seconds,
        3_600..86_400 => seconds / 60 * 60,
        _ => seconds / 3_600 * 3_600,
    };
    humantime::format_duration(Duration::from_secs(coarse)).to_string()
}
