//! The breaker, in short: the bot stands what it does, and a bot with a grave mistake is found out.
//!
//! Each brings servers, processes and players of its own; side by side they mostly wait.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests panic as tests do"
)]

#[path = "../cluster/programs.rs"]
mod programs;

use std::path::Path;
use std::process::Command;
use std::sync::Once;

use clap::Parser;
use gofrobot::chaos::{self, Chaos, DOUBLE, Kind, LOST, Report};
use gofrobot_shared::config::Logs;
use gofrobot_shared::telemetry::init_logs;
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    chaos: Chaos,
    #[command(flatten)]
    logs: Logs,
}

/// Settings of a run of about a minute.
fn short(seed: &str, faults: &str) -> Chaos {
    let beside = Path::new(env!("CARGO_BIN_EXE_gofrobot"));
    let programs = beside.parent().unwrap().to_str().unwrap();
    let words = "chaos --updates 4000 --players 200 --patience 60 --programs";
    let words = words
        .split(' ')
        .chain([programs, "--seed", seed, "--faults", faults]);
    let settings = Settings::parse_from(words);
    let _logs = init_logs(&settings.logs).unwrap();
    settings.chaos
}

async fn run(chaos: &Chaos) -> Report {
    let report = chaos::run(chaos, CancellationToken::new()).await.unwrap();
    eprintln!("{report}");
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_mixed_up_or_unanswered() {
    programs::program("gofrobot-ingress");
    programs::program("gofrobot-worker");
    let report = run(&short("11", "2")).await;
    assert!(report.verdict.is_clean(), "see above");
    for kind in Kind::ALL {
        assert!(report.faults[&kind] >= 2, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_acknowledges_before_it_commits_is_found_out() {
    let found = found_with("ack-first", LOST).await;
    assert!(found > 0, "nothing was lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_does_not_look_into_the_ledger_is_found_out() {
    let found = found_with("no-ledger", DOUBLE).await;
    assert!(found > 0, "nothing was doubled");
}

/// What a check finds when the worker makes a mistake on purpose.
async fn found_with(mistake: &'static str, check: &str) -> u64 {
    build_broken();
    let chaos = Chaos {
        worker: "gofrobot-worker-broken".to_owned(),
        worker_variables: vec![("BROKEN", mistake)],
        patience: 10,
        ..short("12", "1")
    };
    let report = run(&chaos).await;
    // It was to fail, so nobody will read the logs.
    std::fs::remove_dir_all(report.folder.expect("a failure keeps its logs")).unwrap();
    report.verdict.found(check)
}

/// Builds the wrong worker beside the right one, as this test was built; only the worker itself is compiled anew. With a
/// test among its targets, a small one, cargo takes the dependencies that it has built for tests: without, they have
/// fewer features and are all built a second time.
fn build_broken() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_gofrobot"));
        let profile = beside.parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        let words = "build --workspace --locked --features gofrobot-worker/broken --bin gofrobot-worker-broken --test dependencies";
        cargo
            .args(words.split(' '))
            .arg("--target-dir")
            .arg(profile.parent().unwrap())
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        // What cargo tells a test about its package would make some dependencies believe that they must be built again.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start)) {
                cargo.env_remove(name);
            }
        }
        assert!(cargo.status().unwrap().success());
    });
}
