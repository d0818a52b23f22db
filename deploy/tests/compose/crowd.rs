//! A crowd plays while workers are added and one is killed: the load generator takes the simulator's place, and its
//! report tells what became of every update.

use super::project::Project;
use gofrobot_deploy::docker::docker;
use gofrobot_deploy::wait::until_some;
use std::thread;
use std::time::Duration;

/// Forty seconds of them: long enough for what happens meanwhile.
const UPDATES: u64 = 10_000;
/// What one worker may have in hand when it is killed: its answers may come twice.
const IN_HAND: u64 = 512;

/// The number behind a word of the report.
fn count(report: &str, word: &str) -> u64 {
    let line = report
        .lines()
        .find(|line| line.starts_with(word))
        .expect(report);
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .expect(report)
}

pub(crate) fn plays_while_workers_come_and_die(project: &Project) {
    project.sh("docker compose stop simulator");
    let handled = || -> u64 {
        project
            .sql("SELECT count(*) FROM ledger")
            .trim()
            .parse()
            .unwrap()
    };
    let at_first = handled();
    let reached = |part: u64| {
        until_some("updates are handled", Duration::from_secs(120), || {
            (handled() - at_first >= part).then_some(())
        });
    };
    let load = format!(
        "docker compose run --rm --use-aliases --no-deps simulator load --listen 0.0.0.0:8081 \
         --users 3000 --updates {UPDATES} --rate 250 --patience 180 || true"
    );
    let report = thread::scope(|scope| {
        let playing = scope.spawn(|| project.sh(&load));
        reached(UPDATES / 6);
        project.sh("docker compose up -d --no-recreate --scale worker=4 worker");
        let workers = project.sh("docker compose ps -q worker");
        assert_eq!(workers.lines().count(), 4);
        reached(UPDATES / 2);
        docker(["kill", "--signal=KILL", workers.lines().next().unwrap()]).unwrap();
        assert!(!playing.is_finished(), "a worker is killed under load");
        playing.join().unwrap()
    });
    println!("{report}");
    assert_eq!(count(&report, "sent"), UPDATES);
    assert_eq!(count(&report, "lost"), 0, "nothing is lost");
    assert!(count(&report, "doubles") <= IN_HAND, "{report}");
    project.book("operate/compose.md", "Scale");
}
