//! The bench, in short: two builds (here the same one) are measured by turns, and every figure means something.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests panic as tests do"
)]

#[path = "cluster/programs.rs"]
mod programs;

use clap::Parser;
use gofrobot::bench::{self, Bench};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    bench: Bench,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_builds_are_measured_by_turns() {
    programs::program("gofrobot-ingress");
    let worker = programs::program("gofrobot-worker");
    let folder = worker.parent().unwrap().to_str().unwrap();
    let words = "bench --rounds 2 --workers 2 --partitions 4 --updates 1000 --users 100 --mix play";
    let words = words.split(' ');
    let settings = Settings::parse_from(words.chain(["--programs", folder, "--against", folder]));
    let report = bench::run(&settings.bench, CancellationToken::new()).await;
    let report = report.unwrap();
    eprintln!("{report}");
    assert!(report.is_clean(), "see above");
    let mut names = Vec::new();
    for (name, builds) in report.figures() {
        names.push(name);
        assert_eq!(builds.len(), 2, "{name}");
        for rounds in builds {
            assert_eq!(rounds.len(), 2, "{name}");
            // Redis is so quick that the kernel's clock may miss it.
            let least = if name.ends_with("Redis") { 0.0 } else { 0.1 };
            assert!(rounds.iter().all(|it| *it >= least), "{name}: {rounds:?}");
        }
    }
    let processes = ["workers", "ingress", "RabbitMQ", "PostgreSQL", "Redis"];
    for process in processes {
        assert!(names.iter().any(|it| it.ends_with(process)), "{process}");
    }
}
