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
            let logs = project.quietly(&format!("docker compose logs --no-log-prefix {service}"));
            logs.lines()
                .rfind(|line| line.contains(variable))
                .map(str::to_owned)
        },
    )
}

#[test]
fn a_password_that_does_not_fit_the_volume_is_told() {
    let mut project = Project::copied("passwords");
    for (name, value) in [
        ("BOT_TOKEN", "7000000001:simulated"),
        ("POSTGRES_PASSWORD", "first"),
        ("RABBITMQ_PASSWORD", "first"),
        ("REDIS_PASSWORD", "first"),
    ] {
        project.set(name, value);
    }
    project.sh("docker compose up -d --wait postgres rabbitmq");
    project.sh("docker compose down");
    project.set("POSTGRES_PASSWORD", "second");
    project.set("RABBITMQ_PASSWORD", "second");

    let ended = project.try_sh("docker compose up -d migrate ingress");
    let said = String::from_utf8_lossy(&ended.stderr);
    println!("{said}");
    let line = told(&project, "migrate", "DATABASE_URL");
    println!("{line}");
    for part in [
        "gofrobot:***@postgres:5432",
        "password authentication failed",
        "are user, password, database and rights right?",
    ] {
        assert!(line.contains(part), "{line}");
    }
    let line = told(&project, "ingress", "QUEUE_URL");
    println!("{line}");
    for part in [
        "gofrobot:***@rabbitmq:5672",
        "ACCESS_REFUSED",
        "are user, password and rights right?",
    ] {
        assert!(line.contains(part), "{line}");
    }
}
