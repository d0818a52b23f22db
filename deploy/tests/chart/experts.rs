//! What kube-score, which knows what experts look at, finds in every scenario; what it is told to pass over, with the
//! reason.

use crate::helm::{CHART, scenarios, text_of, tools};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PASSED_OVER: [(&str, &str); 5] = [
    (
        "container-ephemeral-storage-request-and-limit",
        "nothing but logs is written, and a limit would evict a pod for the logs that tell its trouble",
    ),
    (
        "container-image-pull-policy",
        "tags are versions or digests, and Always would tie each start to the registry",
    ),
    (
        "container-security-context-user-group-id",
        "the ids of the official images are what they are; ours is 65532",
    ),
    (
        "statefulset-has-servicename",
        "one pod each, which nobody asks for by its own name; its Service keeps one address over restarts",
    ),
    (
        "pod-probes-identical",
        "whether RabbitMQ takes a connection is all that can be asked cheaply; liveness asks it far more patiently",
    ),
];

/// It switches the policies off, which is what it shows.
const WITHOUT_POLICIES: &str = "minimal";

#[test]
fn kube_score_finds_nothing_critical() {
    for scenario in scenarios() {
        if scenario.name == WITHOUT_POLICIES {
            continue;
        }
        let said = critical(&text_of(Path::new(CHART), &scenario.name, &[]), true);
        assert!(said.is_empty(), "{}: {said:#?}", scenario.name);
    }
}

#[test]
fn nothing_is_passed_over_in_vain() {
    let said = critical(&text_of(Path::new(CHART), "default", &[]), false).join("\n");
    for sign in [
        "Ephemeral Storage limit",
        "ImagePullPolicy",
        "low user ID",
        "valid serviceName",
        "same readiness and liveness probe",
    ] {
        assert!(said.contains(sign), "{sign} is not found any more: {said}");
    }
}

/// The critical findings in some objects.
fn critical(objects: &str, pass_over: bool) -> Vec<String> {
    let mut command = Command::new(tools("bin/kube-score"));
    // A limit of processor would only make a worker late that has a backlog to work off.
    command.args([
        "score",
        "--output-format",
        "ci",
        "--ignore-container-cpu-limit",
    ]);
    for (test, _reason) in PASSED_OVER.iter().filter(|_| pass_over) {
        command.args(["--ignore-test", test]);
    }
    let running = command
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut running = running.spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    let objects = objects.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(objects.as_bytes()));
    let ended = running.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(
        said.contains("[OK]"),
        "kube-score has judged nothing: {said}"
    );
    let lines = said.lines().filter(|line| line.starts_with("[CRITICAL]"));
    lines.map(str::to_owned).collect()
}
