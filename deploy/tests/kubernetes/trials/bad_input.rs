//! Releases that cannot work: each pod stays unready, and where an operator looks first he is told which variable and
//! which address are wrong. A process that ends over it has said so in its last line.

use crate::cluster::{Cluster, until};
use crate::crowd::{BOT_API, TOKEN};
use crate::release::Release;
use crate::stage::{PATIENCE, Stage};
use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// A wrong value, and what must be told of it.
struct Case {
    release: &'static str,
    wrong: fn(&mut Value),
    /// Where to look: a container that never began has no log.
    look: Look,
    /// The pods of one component, and words that must all be told; in a log, by one line.
    told: &'static [(&'static str, &'static [&'static str])],
}

#[derive(Clone, Copy)]
enum Look {
    /// `kubectl describe` of the pod.
    Described,
    /// A line of its log, among the last: a program in several troubles tells each of them once.
    Logged,
}

const CASES: [Case; 3] = [
    Case {
        release: "no-secret",
        wrong: |values| {
            values["telegram"] =
                json!({"apiUrl": BOT_API, "existingSecret": {"name": "nobodys-secret"}})
        },
        look: Look::Described,
        told: &[
            ("worker", &["BOT_TOKEN", "nobodys-secret", "not found"]),
            ("ingress", &["BOT_TOKEN", "nobodys-secret", "not found"]),
        ],
    },
    Case {
        release: "unreachable",
        wrong: |values| {
            values["postgres"]["port"] = 5433.into();
            values["rabbitmq"]["port"] = 5673.into();
        },
        look: Look::Logged,
        told: &[
            ("worker", &["DATABASE_URL", "gofrobot-postgres:5433"]),
            ("ingress", &["QUEUE_URL", "gofrobot-rabbitmq:5673"]),
        ],
    },
    Case {
        release: "wrong-password",
        wrong: |_| {},
        look: Look::Logged,
        told: &[
            (
                "worker",
                &["DATABASE_URL", "gofrobot-postgres:5432", "password"],
            ),
            (
                "ingress",
                &["QUEUE_URL", "gofrobot-rabbitmq:5672", "password"],
            ),
        ],
    },
];

/// All of them at once, beside the release that plays.
pub(crate) fn bad_input(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let cluster = &stage.cluster;
    let releases = CASES.map(|case| case.release);
    let seen = stage.watch.excusing(&releases, || all(cluster));
    stage.watch.quiet(cluster)?;
    seen?;
    Ok("each pod stays unready and says why".to_owned())
}

fn all(cluster: &Cluster) -> anyhow::Result<()> {
    for case in &CASES {
        install(cluster, case)?;
    }
    let told: anyhow::Result<()> = CASES.iter().try_for_each(|case| {
        let mut told = case.told.iter();
        told.try_for_each(|(component, words)| tells(cluster, case, component, words))
    });
    for case in &CASES {
        cluster.helm(&["uninstall", case.release, "--wait"])?;
    }
    told
}

/// Services are those of the release that plays. The passwords are none of theirs, which shows only where nothing else is
/// wrong before.
fn install(cluster: &Cluster, case: &Case) -> anyhow::Result<()> {
    let service = |name: &str| json!({"inChart": false, "host": format!("gofrobot-{name}"), "password": "wrong"});
    let mut values = json!({
        "fullnameOverride": case.release,
        "config": {"queuePrefix": case.release},
        "telegram": {"apiUrl": BOT_API, "token": TOKEN},
        "worker": {"replicas": 1},
        "ingress": {"replicas": 1},
        "rabbitmq": service("rabbitmq"),
        "redis": service("redis"),
        "postgres": service("postgres"),
        "networkPolicy": {"enabled": false},
    });
    (case.wrong)(&mut values);
    Release::new(cluster, case.release, values)?.install_broken()
}

/// Waits until a pod tells all these words, and sees that it is unready.
fn tells(cluster: &Cluster, case: &Case, component: &str, words: &[&str]) -> anyhow::Result<()> {
    let release = case.release;
    let labels =
        format!("app.kubernetes.io/instance={release},app.kubernetes.io/component={component}");
    let what = format!("{release}'s {component} tells {}", words.join(", "));
    let told = until(&what, PATIENCE, || {
        let pods = cluster.pods(&labels)?;
        let pod = pods.first().context("no pod yet")?;
        let name = pod["metadata"]["name"]
            .as_str()
            .context("a pod without a name")?;
        let told = match case.look {
            Look::Described => cluster.look(["describe", "pod", name])?,
            Look::Logged => {
                let log = cluster.look(["logs", name, "--tail=10"])?;
                let line = log.lines().rfind(|line| all_in(words, line));
                line.unwrap_or(&log).to_owned()
            }
        };
        ensure!(all_in(words, &told), "it tells {told}");
        Ok(Some(told))
    })?;
    let line = told
        .lines()
        .rfind(|line| line.contains(words[words.len() - 1]));
    println!(
        "  {release} {component}: {}",
        line.unwrap_or_default().trim()
    );
    let pods = cluster.pods(&labels)?;
    let statuses = pods
        .iter()
        .filter_map(|pod| pod["status"]["containerStatuses"].as_array());
    for status in statuses.flatten() {
        ensure!(status["ready"] == false, "{release}'s {component} is ready");
    }
    Ok(())
}

fn all_in(words: &[&str], text: &str) -> bool {
    words.iter().all(|word| text.contains(word))
}
