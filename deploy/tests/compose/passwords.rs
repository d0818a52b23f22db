//! A password that the servers do not know: told by the programs, with the variable, the address and the remedy.

use super::project::Project;
use gofrobot_deploy::wait::until_some;
use std::time::Duration;

/// The last line of a service's log that names a variable.
fn told(project: &Project, service: &str, variable: &str) -> String {
    until_some(
        &format!("{service} names {variable}"),
        Duration::from_secs(60),
        || {
            let logs = project.sh(&format!("docker compose logs --no-log-prefix {service}"));
            logs.lines()
                .rfind(|line| line.contains(variable))
                .map(str::to_owned)
        },
    )
}

pub(crate) fn that_do_not_fit_the_volumes_are_told(project: &mut Project) {
    project.sh("docker compose down");
    project.set("POSTGRES_PASSWORD", "another");
    let ended = project.try_sh("docker compose up -d");
    assert!(!ended.status.success(), "migrate fails");
    let line = told(project, "migrate", "DATABASE_URL");
    println!("{line}");
    for part in [
        "postgres:5432",
        "password authentication failed",
        "gofrobot:***@",
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("another"), "{line}");

    project.sh("docker compose down");
    project.set("RABBITMQ_PASSWORD", "another");
    project.sh("docker compose up -d ingress");
    let line = told(project, "ingress", "QUEUE_URL");
    println!("{line}");
    for part in ["rabbitmq:5672", "gofrobot:***@"] {
        assert!(line.contains(part), "{line}");
    }
}
