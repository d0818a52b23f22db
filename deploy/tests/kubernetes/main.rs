//! The chart on a real cluster: installed, played on, scaled, upgraded and broken with `helm` and `kubectl`, as an
//! operator would.
//!
//! The trials run one after another, in the order of the table below, because each wants the cluster for itself; names
//! given as arguments choose some of them. The first one begins from nothing. Most of the others share one release, which
//! plays with a crowd of its own: what it went through before is part of the trial. A trial that fails leaves a folder of
//! events, descriptions and logs, and the others go on.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "commands and figures as they come are what this program is for"
)]

mod cluster;
mod crowd;
mod door;
mod failure;
mod ledger;
mod release;
mod stage;
mod trials;
mod watch;

use stage::Stage;
use std::process::ExitCode;
use std::time::Instant;

/// Tries something, and says in one line what was seen.
type Trial = fn(&mut Option<Stage>) -> anyhow::Result<String>;

const TRIALS: [(&str, Trial); 11] = [
    ("try-out", trials::try_out::try_out),
    ("polling", trials::playing::polling),
    ("replicas-by-value", trials::playing::replicas_by_value),
    ("replicas-by-kubectl", trials::playing::replicas_by_kubectl),
    ("upgrade", trials::playing::upgrade),
    ("rollback", trials::playing::rollback),
    ("force", trials::playing::force),
    ("starved", trials::playing::starved),
    ("bad-input", trials::bad_input::bad_input),
    ("webhook", trials::webhook::webhook),
    ("queue-away", trials::webhook::queue_away),
];

fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    let known = |name: &String| TRIALS.iter().any(|(trial, _)| trial == name);
    if let Some(unknown) = chosen.iter().find(|name| !known(name)) {
        let names = TRIALS.map(|(name, _)| name).join(", ");
        eprintln!("no trial is called '{unknown}'; there are: {names}");
        return ExitCode::from(64);
    }
    let begun = Instant::now();
    let mut stage = None;
    let mut told = Vec::new();
    let mut failed = 0;
    for (name, trial) in TRIALS {
        if !chosen.is_empty() && !chosen.iter().any(|chosen| chosen == name) {
            continue;
        }
        println!("\n{name}");
        let begun = Instant::now();
        let seen = trial(&mut stage).unwrap_or_else(|error| {
            failed += 1;
            // What it left behind must not be held against the next one.
            if let Some(stage) = stage.take() {
                stage.abandon(name);
            }
            format!("FAILED: {error:#}")
        });
        let line = format!("{name:<20} {:>4} s  {seen}", begun.elapsed().as_secs());
        println!("{line}");
        told.push(line);
    }
    if let Some(stage) = stage {
        stage.leave();
    }
    println!("\n{}", told.join("\n"));
    println!(
        "{} trials, {failed} failed, {} s",
        told.len(),
        begun.elapsed().as_secs()
    );
    ExitCode::from(u8::from(failed > 0))
}
