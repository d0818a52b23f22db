//! One dead letter, as whole as it is.

use super::lifetime;
use chrono::{DateTime, SecondsFormat, Utc};
use gofrobot_shared::queue::{DeadLetters, Picked};
use std::io::Write;

pub(super) async fn show(
    letters: &mut DeadLetters,
    id: &str,
    out: &mut (dyn Write + Send),
    err: &mut (dyn Write + Send),
) -> anyhow::Result<bool> {
    while let Some(picked) = letters.next().await? {
        if picked.letter.id().eq_ignore_ascii_case(id) {
            write(&picked, Utc::now(), out)?;
            return Ok(true);
        }
    }
    writeln!(err, "{id}: there is no such letter")?;
    Ok(false)
}

fn write(picked: &Picked, now: DateTime<Utc>, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    let letter = &picked.letter;
    let envelope = &letter.envelope;
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut facts = vec![
        ("id", letter.id()),
        ("update", envelope.update_id.to_string()),
        ("key", envelope.key.to_string()),
        ("reason", letter.reason.clone()),
        ("attempts", letter.attempts.to_string()),
        ("age", super::age(now - envelope.received_at)),
        ("received", time(envelope.received_at)),
    ];
    facts.extend(letter.error_id.clone().map(|id| ("error", id)));
    facts.extend(letter.died_at().map(|at| ("died", time(at))));
    facts.extend(lifetime::too_old(envelope, now).map(|why| ("too old", why)));
    for (name, value) in facts {
        writeln!(out, "{:<10}{}", name, value.escape_debug())?;
    }
    writeln!(out, "\nheaders")?;
    let headers = &picked.headers;
    let width = headers.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or(0);
    for (name, value) in headers {
        let (name, value) = (name.escape_debug().to_string(), value.escape_debug());
        writeln!(out, "  {name:<width$}  {value}")?;
    }
    writeln!(out, "\nbody, {} bytes", envelope.body.len())?;
    match serde_json::from_slice::<serde_json::Value>(&envelope.body) {
        Ok(body) => writeln!(out, "{body:#}"),
        Err(problem) => {
            let text = String::from_utf8_lossy(&envelope.body);
            writeln!(out, "{}\n\nno JSON: {problem}", text.escape_debug())
        }
    }
}
