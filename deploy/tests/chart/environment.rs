//! The variables that the chart sets are those that the programs read, as their sources declare them.

use crate::containers::variable;
use crate::helm::{containers, find, list, objects, pods, scenarios};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const GROUPS: &str = include_str!("../../../shared/src/config/groups.rs");
const PROGRAMS: [(&str, &[&str]); 4] = [
    ("ingress", &[include_str!("../../../ingress/src/main.rs")]),
    ("worker", &[include_str!("../../../worker/src/config.rs")]),
    ("migrate", &[include_str!("../../../worker/src/config.rs")]),
    ("check", &[include_str!("../../../playground/src/check.rs")]),
];

/// The variables of each group of settings: those after `struct NAME` and before the next.
fn groups() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let parts = GROUPS.split("\npub struct ").skip(1);
    parts
        .map(|part| {
            let name = part.split([' ', '{']).next().unwrap();
            (name, variables(part))
        })
        .collect()
}

/// What stands after each `env = "`.
fn variables(source: &str) -> BTreeSet<&str> {
    let parts = source.split("env = \"").skip(1);
    parts.map(|part| part.split('"').next().unwrap()).collect()
}

/// All variables that a program reads: its own, and those of the groups that it flattens into its command line.
fn known(sources: &[&'static str]) -> BTreeSet<&'static str> {
    let groups = groups();
    let mut all = BTreeSet::new();
    for source in sources {
        all.extend(variables(source));
        for field in source.split("#[command(flatten)]").skip(1) {
            let kind = field.lines().nth(1).unwrap();
            let kind = kind.rsplit([':', ' ']).next().unwrap();
            if let Some(group) = groups.get(kind.trim_end_matches(',')) {
                all.extend(group);
            }
        }
    }
    all
}

#[test]
fn the_sources_are_read_as_they_are_meant() {
    let ingress = known(PROGRAMS[0].1);
    let worker = known(PROGRAMS[1].1);
    assert!(ingress.contains("WEBHOOK_URL") && !ingress.contains("DATABASE_URL"));
    assert!(worker.contains("DATABASE_URL") && !worker.contains("WEBHOOK_URL"));
    for shared in ["BOT_TOKEN", "QUEUE_URL", "ADMIN_ADDR", "LOG_LEVEL"] {
        assert!(ingress.contains(shared) && worker.contains(shared));
    }
}

#[test]
fn every_variable_is_known_to_the_program_or_part_of_another() {
    let mut seen = 0;
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        for (owner, pod) in pods(&all) {
            for container in containers(pod) {
                let name = container["name"].as_str().unwrap();
                let Some((_, sources)) = PROGRAMS.iter().find(|(program, _)| *program == name)
                else {
                    continue;
                };
                let known = known(sources);
                let set = list(container, "/env");
                for (index, one) in set.iter().enumerate() {
                    let variable = one["name"].as_str().unwrap();
                    // The user's own: the library's for traces, and OpenSSL's.
                    if ["OTEL_TRACES_SAMPLER", "SSL_CERT_FILE"].contains(&variable) {
                        continue;
                    }
                    let part = format!("$({variable})");
                    let used_later = set[index..].iter().any(|later| {
                        later["value"]
                            .as_str()
                            .is_some_and(|value| value.contains(&part))
                    });
                    assert!(
                        known.contains(variable) || used_later,
                        "{}: {owner}: nothing reads {variable}",
                        scenario.name
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 300, "{seen} variables");
}

#[test]
fn every_part_of_an_address_is_set_before_it() {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        for (owner, pod) in pods(&all) {
            for container in containers(pod) {
                let mut before = BTreeSet::new();
                for variable in list(container, "/env") {
                    let value = variable["value"].as_str().unwrap_or_default();
                    for part in value.split("$(").skip(1) {
                        let part = part.split(')').next().unwrap();
                        let place = format!("{}: {owner}: {part}", scenario.name);
                        assert!(before.contains(part), "{place}");
                    }
                    before.insert(variable["name"].as_str().unwrap());
                }
            }
        }
    }
}

/// The value of a worker's variable.
fn of_worker(scenario: &str, name: &str) -> Value {
    let all = objects(scenario, &[]);
    let worker = all.iter().find(|object| {
        object["kind"] == "Deployment" && crate::helm::id(object).ends_with("worker")
    });
    variable(&containers(&worker.unwrap()["spec"]["template"])[0], name).clone()
}

#[test]
fn addresses_are_put_together_from_plain_values() {
    for (scenario, name, value) in [
        (
            "default",
            "QUEUE_URL",
            "amqp://$(RABBITMQ_USER):$(RABBITMQ_PASSWORD)@bot-gofrobot-rabbitmq:5672/%2F",
        ),
        (
            "default",
            "REDIS_URL",
            "redis://:$(REDIS_PASSWORD)@bot-gofrobot-redis:6379/0",
        ),
        (
            "default",
            "DATABASE_URL",
            "postgres://$(POSTGRES_USER):$(POSTGRES_PASSWORD)@bot-gofrobot-postgres:5432/gofrobot?sslmode=disable",
        ),
        (
            "default",
            "TELEGRAM_API_URL",
            "http://bot-gofrobot-simulator:8081",
        ),
        ("operators", "REDIS_URL", "redis://redis:6379/0"),
        (
            "operators",
            "DATABASE_URL",
            "postgres://$(POSTGRES_USER):$(POSTGRES_PASSWORD)@db-rw:5432/gofrobot?sslmode=require",
        ),
        (
            "everything",
            "QUEUE_URL",
            "amqps://$(RABBITMQ_USER):$(RABBITMQ_PASSWORD)@rabbitmq.example.org:5671/bots%2Feu",
        ),
        (
            "everything",
            "REDIS_URL",
            "rediss://$(REDIS_USER):$(REDIS_PASSWORD)@redis.example.org:6380/3",
        ),
        ("polling", "TELEGRAM_API_URL", "https://api.telegram.org"),
        // As large as a user's id is today, and not 5e+09.
        ("polling", "ADMIN_IDS", "1001,5000000002"),
    ] {
        assert_eq!(
            of_worker(scenario, name)["value"],
            value,
            "{scenario}: {name}"
        );
    }
    let whole = of_worker("managed", "DATABASE_URL");
    let from = &whole["valueFrom"]["secretKeyRef"];
    assert_eq!(
        (&from["name"], &from["key"]),
        (&"bot-services".into(), &"database-url".into())
    );
}

#[test]
fn simulating_needs_no_token() {
    let all = objects("default", &[]);
    let worker = find(&all, "Deployment/bot-gofrobot-worker");
    let token = variable(&containers(&worker["spec"]["template"])[0], "BOT_TOKEN");
    assert_eq!(token["value"], "7000000001:simulated");
    // It is the one that the simulator takes by itself.
    assert!(include_str!("../../../playground/src/cli.rs").contains("\"7000000001:simulated\""));
}

#[test]
fn the_simulator_is_started_with_flags_that_it_knows() {
    let source = include_str!("../../../playground/src/cli.rs");
    for scenario in ["default", "webhook"] {
        let all = objects(scenario, &[]);
        let simulator = find(&all, "Deployment/bot-gofrobot-simulator");
        let arguments = list(
            &simulator["spec"]["template"]["spec"]["containers"][0],
            "/args",
        );
        assert_eq!(arguments[0], "simulate");
        let flags = arguments
            .iter()
            .filter_map(|flag| flag.as_str()?.strip_prefix("--"));
        for flag in flags {
            assert!(source.contains(&format!("pub {flag}:")), "--{flag}");
        }
        // A webhook inside the cluster has no certificate.
        let local = arguments.contains(&"--local".into());
        assert_eq!(local, scenario == "webhook");
    }
}
