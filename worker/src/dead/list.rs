//! The list of dead letters: a table for people, JSON for programs.

use super::command::Filter;
use super::lifetime;
use chrono::{DateTime, SecondsFormat, Utc};
use gofrobot_shared::queue::{DeadLetter, DeadLetters};
use serde::Serialize;
use std::io::Write;

const HEADER: [&str; 7] = ["ID", "UPDATE", "KEY", "REASON", "ERROR", "AGE", "ATTEMPTS"];

pub(super) async fn list(
    letters: &mut DeadLetters,
    filter: &Filter,
    limit: usize,
    json: bool,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> anyhow::Result<bool> {
    let now = Utc::now();
    let (mut table, mut rows, mut beyond) = (Table::default(), Vec::new(), 0);
    while let Some(picked) = letters.next().await? {
        let letter = picked.letter;
        if !filter.takes(&letter, now) {
            continue;
        }
        if table.rows.len().max(rows.len()) == limit {
            beyond += 1;
        } else if json {
            rows.push(Row::of(&letter, now));
        } else {
            table.add(&letter, now);
        }
    }
    if json {
        serde_json::to_writer_pretty(&mut *out, &rows)?;
        writeln!(out)?;
    } else if table.rows.is_empty() {
        writeln!(err, "no dead letters")?;
    } else {
        table.write(out)?;
    }
    if beyond > 0 {
        writeln!(err, "{beyond} more; --limit lists more of them")?;
    }
    Ok(true)
}

/// A letter for programs.
#[derive(Serialize)]
struct Row {
    id: String,
    update_id: i64,
    key: i64,
    kind: Option<String>,
    reason: String,
    error_id: Option<String>,
    attempts: u32,
    received_at: String,
    died_at: Option<String>,
    age_seconds: i64,
    too_old: bool,
}

impl Row {
    fn of(letter: &DeadLetter, now: DateTime<Utc>) -> Self {
        let envelope = &letter.envelope;
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        Self {
            id: letter.id(),
            update_id: envelope.update_id,
            key: envelope.key,
            kind: lifetime::kind(envelope),
            reason: letter.reason.clone(),
            error_id: letter.error_id.clone(),
            attempts: letter.attempts,
            received_at: text(envelope.received_at),
            died_at: letter.died_at().map(text),
            age_seconds: (now - envelope.received_at).num_seconds(),
            too_old: lifetime::too_old(envelope, now).is_some(),
        }
    }
}

/// Letters for people, in aligned columns.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<[String; HEADER.len()]>,
}

impl Table {
    pub(super) fn add(&mut self, letter: &DeadLetter, now: DateTime<Utc>) {
        let envelope = &letter.envelope;
        self.rows.push([
            letter.id(),
            envelope.update_id.to_string(),
            envelope.key.to_string(),
            // A stranger's reason must not reach the terminal as a command.
            letter.reason.escape_debug().to_string(),
            match &letter.error_id {
                Some(id) => id.escape_debug().to_string(),
                None => "-".to_owned(),
            },
            super::age(now - envelope.received_at),
            letter.attempts.to_string(),
        ]);
    }

    pub(super) fn write(&self, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
        let header = HEADER.map(str::to_owned);
        let rows = || std::iter::once(&header).chain(&self.rows);
        let widths: [usize; HEADER.len()] = std::array::from_fn(|column| {
            let lengths = rows().map(|row| row[column].chars().count());
            lengths.max().unwrap_or(0)
        });
        for row in rows() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line.push_str(&format!("{cell:<width$}  "));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
