//! How the images run: as nobody, with a root that cannot be written to and without any capability.

use gofrobot_deploy::docker::{PROGRAMS, binary, docker, image, inspect};
use gofrobot_deploy::wait::until_some;
use std::process::{Command, Output};
use std::time::Duration;

/// All that a careful operator takes away.
const BOUND: [&str; 5] = [
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=128m",
    "--pids-limit=256",
];

fn run(flags: &[&str], program: &str, arguments: &[&str]) -> Output {
    let mut docker = Command::new("docker");
    docker
        .args(["run", "--rm", "--network=none"])
        .args(BOUND)
        .args(flags);
    docker.arg(image(program)).args(arguments).output().unwrap()
}

#[test]
fn each_program_tells_its_version() {
    for program in PROGRAMS {
        let ended = run(&[], program, &["--version"]);
        let said = String::from_utf8(ended.stdout).unwrap();
        let expected = format!("{} {}\n", binary(program), env!("CARGO_PKG_VERSION"));
        assert_eq!(
            said,
            expected,
            "{:?}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}

#[test]
fn wrong_configuration_is_one_line_and_code_64() {
    let cases = [
        ("ingress", "QUEUE_URL=nonsense", "QUEUE_URL"),
        ("ingress", "WEBHOOK_URL=nonsense", "WEBHOOK_URL"),
        ("worker", "PARTITIONS=many", "PARTITIONS"),
        ("worker", "DATABASE_URL=mysql://there", "DATABASE_URL"),
        ("playground", "LOG_LEVEL=loud", "LOG_LEVEL"),
    ];
    for (program, setting, variable) in cases {
        let ended = run(&["--env", setting], program, &[]);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(64), "{setting}: {said}");
        assert_eq!(said.lines().count(), 1, "{setting}: {said}");
        assert!(said.contains(variable), "{setting}: {said}");
    }
}

#[test]
fn the_program_itself_tells_the_engine_that_it_is_well() {
    let mut start = vec!["run", "--detach", "--network=none", "--health-interval=1s"];
    start.extend(BOUND);
    let playground = image("playground");
    start.push(&playground);
    let container = docker(start).unwrap();
    let container = container.trim();
    until_some("the simulator is healthy", Duration::from_secs(60), || {
        let state = inspect(container).unwrap()["State"].clone();
        assert_eq!(state["Running"], true, "{state}");
        (state["Health"]["Status"] == "healthy").then_some(())
    });
    let nobody = [
        "exec",
        container,
        "gofrobot",
        "healthcheck",
        "--address",
        "127.0.0.1:1",
    ];
    let refused = docker(nobody).unwrap_err().to_string();
    docker(["rm", "--force", container]).unwrap();
    assert!(refused.contains("127.0.0.1:1"), "{refused}");
}
