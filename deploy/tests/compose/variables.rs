//! Every variable of the programs reaches them through docker-compose.yml, and .env.example explains it.

use super::project::{Project, root};
use gofrobot_deploy::docker::{docker, image};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Those that docker-compose.yml does not take from outside, and why.
const FIXED: [(&str, &str); 4] = [
    ("ADMIN_ADDR", "the health check asks there"),
    ("LISTEN_ADDR", "the published port leads there"),
    (
        "LOG_DIR",
        "the root cannot be written to; the engine keeps the logs and rotates them",
    ),
    (
        "USERS_DIR",
        "players are in PostgreSQL, and the simulator keeps nobody",
    ),
];

/// The variables that .env.example names, with or without a `#`.
pub(crate) fn explained() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(".env.example")).unwrap();
    let name = |line: &str| {
        let (name, _) = line.trim_start_matches('#').split_once('=')?;
        let good = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        (!name.is_empty() && name.bytes().all(good)).then(|| name.to_owned())
    };
    text.lines().filter_map(name).collect()
}

/// The variables that a program's help names.
fn known(program: &str, command: &[&str]) -> BTreeSet<String> {
    let image = image(program);
    let mut arguments = vec!["run", "--rm", "--network=none", image.as_str()];
    arguments.extend(command);
    arguments.push("--help");
    let help = docker(arguments).unwrap();
    let names = help
        .split("[env: ")
        .skip(1)
        .filter_map(|rest| rest.split(['=', ']']).next());
    names.map(str::to_owned).collect()
}

/// The environment of each service when `settings` stand in the shell.
fn environments(project: &Project) -> Value {
    let config = project.sh("docker compose --profile '*' config --format json");
    serde_json::from_str::<Value>(&config).unwrap()["services"].clone()
}

#[test]
fn every_variable_of_the_programs_reaches_them() {
    let mut project = Project::copied("variables");
    let fixed: BTreeMap<_, _> = FIXED.into();
    let programs = [
        ("ingress", known("ingress", &[])),
        ("worker", known("worker", &[])),
        ("simulator", known("playground", &["simulate"])),
    ];
    for (service, names) in &programs {
        assert!(names.contains("BOT_TOKEN"), "{service}: {names:?}");
    }
    let all = programs.iter().flat_map(|(_, names)| names).cloned();
    let all: BTreeSet<_> = all.chain(explained()).collect();
    for name in &all {
        project.set(name, &format!("value-of-{name}"));
    }
    for name in [
        "WORKERS",
        "BACKUP_KEEP",
        "PAGE_PORT",
        "INGRESS_PORT",
        "RABBITMQ_PORT",
    ] {
        project.set(name, "7");
    }
    project.set("BACKUP_DIR", "./elsewhere");
    project.set("COMPOSE_PROJECT_NAME", "variables");
    let services = environments(&project);
    for (service, names) in &programs {
        for name in names {
            let value = &services[service]["environment"][name];
            match fixed.get(name.as_str()) {
                None => assert_eq!(*value, format!("value-of-{name}"), "{service} {name}"),
                Some(why) => assert_ne!(*value, format!("value-of-{name}"), "{service}: {why}"),
            }
        }
    }
    for (name, why) in fixed {
        assert!(
            all.contains(name),
            "{name} is no variable of any program any more: {why}"
        );
    }
}

#[test]
fn every_variable_is_explained_and_none_is_invented() {
    let explained = explained();
    let compose = fs::read_to_string(root().join("docker-compose.yml")).unwrap();
    let asked_for = compose
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split([':', '}']).next());
    let mut used: BTreeSet<String> = asked_for.map(str::to_owned).collect();
    used.extend(known("ingress", &[]));
    used.extend(known("worker", &[]));
    used.extend(known("playground", &[]));
    let missing: Vec<_> = used.difference(&explained).collect();
    assert!(missing.is_empty(), "not in .env.example: {missing:?}");
    // What is passed on by its bare name, and compose's own.
    let passed_on = |name: &&&String| !compose.contains(&format!("  {name}:\n"));
    let unused: Vec<_> = explained
        .difference(&used)
        .filter(|name| passed_on(&name))
        .collect();
    assert_eq!(
        unused,
        ["COMPOSE_PROFILES"],
        "in .env.example, and used by nothing"
    );
}
