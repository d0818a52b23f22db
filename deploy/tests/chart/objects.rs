//! Objects beside the pods: budgets, hooks, what is kept, plain files, credentials.

use crate::helm::{CHART, find, id, list, objects, objects_of, scenarios};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// The selector of an object, where it has one that selects pods.
fn selector(object: &Value) -> Option<&Value> {
    let spec = &object["spec"];
    match object["kind"].as_str().unwrap() {
        "Service" => spec.get("selector"),
        "Deployment" | "StatefulSet" | "PodDisruptionBudget" | "PodMonitor" | "ServiceMonitor" => {
            spec.pointer("/selector/matchLabels")
        }
        "NetworkPolicy" => spec.pointer("/podSelector/matchLabels"),
        _ => None,
    }
}

#[test]
fn selectors_hold_nothing_that_an_upgrade_changes() {
    for scenario in scenarios() {
        for object in objects(&scenario.name, &[]) {
            let Some(selector) = selector(&object) else {
                continue;
            };
            let mut names: Vec<&String> = selector.as_object().unwrap().keys().collect();
            names.retain(|name| *name != "app.kubernetes.io/component");
            let stable = ["app.kubernetes.io/instance", "app.kubernetes.io/name"];
            assert_eq!(names, stable, "{}: {}", scenario.name, id(&object));
        }
    }
}

#[test]
fn a_budget_lets_one_go_and_exists_where_there_are_two() {
    let all = objects("default", &[]);
    for component in ["ingress", "worker"] {
        let budget = &find(
            &all,
            &format!("PodDisruptionBudget/bot-gofrobot-{component}"),
        )["spec"];
        assert_eq!(budget["maxUnavailable"], 1);
        assert_eq!(budget["unhealthyPodEvictionPolicy"], "AlwaysAllow");
    }
    let budgets = |scenario, set: &[&str]| {
        let all = objects(scenario, set);
        let budgets = all
            .iter()
            .filter(|object| object["kind"] == "PodDisruptionBudget");
        budgets.map(id).collect::<Vec<_>>()
    };
    assert!(budgets("minimal", &[]).is_empty());
    // What scales has at least two, whatever `replicas` says.
    let scaled = budgets("hpa", &["worker.replicas=1", "ingress.replicas=1"]);
    assert_eq!(scaled, ["PodDisruptionBudget/bot-gofrobot-worker"]);
}

#[test]
fn hooks_go_before_they_come_again_and_after_success() {
    let mut hooks = 0;
    for scenario in scenarios() {
        for object in objects(&scenario.name, &[]) {
            let notes = &object["metadata"]["annotations"];
            if notes["helm.sh/hook"].is_string() {
                let policy = &notes["helm.sh/hook-delete-policy"];
                let wanted = "before-hook-creation,hook-succeeded";
                assert_eq!(policy, wanted, "{}: {}", scenario.name, id(&object));
                hooks += 1;
            }
        }
    }
    assert!(hooks > scenarios().len(), "{hooks} hooks");
}

#[test]
fn the_migration_brings_all_that_it_needs_as_hooks_before_it() {
    let all = objects("everything", &[]);
    let job = find(&all, "Job/bot-gofrobot-migrate");
    let weight = |object: &Value| {
        let weight = &object["metadata"]["annotations"]["helm.sh/hook-weight"];
        weight.as_str().unwrap().parse::<i32>().unwrap()
    };
    let spec = &job["spec"]["template"]["spec"];
    let account = spec["serviceAccountName"].as_str().unwrap();
    let password = &list(&spec["containers"][0], "/env")
        .iter()
        .find(|variable| variable["name"] == "POSTGRES_PASSWORD")
        .unwrap()["valueFrom"]["secretKeyRef"];
    let secret = format!("Secret/{}", password["name"].as_str().unwrap());
    for needed in [
        format!("ServiceAccount/{account}"),
        secret.clone(),
        "NetworkPolicy/bot-gofrobot-migrate".to_owned(),
    ] {
        let object = find(&all, &needed);
        assert_eq!(
            object["metadata"]["annotations"]["helm.sh/hook"],
            "pre-install,pre-upgrade"
        );
        assert!(weight(object) < weight(job), "{needed}");
    }
    let key = password["key"].as_str().unwrap();
    assert!(find(&all, &secret)["data"][key].is_string());
    let worker = find(&all, "Deployment/bot-gofrobot-worker");
    let arguments = &worker["spec"]["template"]["spec"]["containers"][0]["args"];
    assert_eq!(*arguments, json!(["run", "--no-migrate"]));
}

#[test]
fn what_is_made_up_stays_as_long_as_the_volumes() {
    let kept = |set: &[&str]| {
        let all = objects("default", set);
        let secret = find(&all, "Secret/bot-gofrobot-generated");
        secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    };
    assert!(kept(&[]));
    assert!(!kept(&["persistence.whenDeleted=Delete"]));
    assert!(!kept(&["persistence.enabled=false"]));
    let all = objects("default", &["persistence.whenDeleted=Delete"]);
    let policy = &find(&all, "StatefulSet/bot-gofrobot-postgres")["spec"]["persistentVolumeClaimRetentionPolicy"];
    assert_eq!(
        *policy,
        json!({"whenDeleted": "Delete", "whenScaled": "Retain"})
    );
}

#[test]
fn every_credential_that_is_asked_for_is_there_or_the_users_own() {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        let text = serde_json::to_string(&all).unwrap();
        for part in text.split("\"secretKeyRef\":{").skip(1) {
            let part = part.split('}').next().unwrap();
            let asked: Value = serde_json::from_str(&format!("{{{part}}}")).unwrap();
            let (name, key) = (
                asked["name"].as_str().unwrap(),
                asked["key"].as_str().unwrap(),
            );
            let own = all
                .iter()
                .find(|object| id(object) == format!("Secret/{name}"));
            let there = own.map(|secret| secret["data"][key].is_string());
            let foreign = !name.contains("gofrobot");
            assert!(there.unwrap_or(foreign), "{}: {name}: {key}", scenario.name);
        }
    }
}

/// A copy of the chart in a folder of its own.
pub(crate) fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp")
        .arg("-r")
        .arg(CHART)
        .arg(folder.path())
        .status();
    assert!(copied.unwrap().success());
    folder
}

#[test]
fn rules_and_dashboards_are_taken_up_as_plain_files() {
    let folder = copy();
    let chart = folder.path().join("gofrobot");
    let rule = "groups:\n  - name: a\n    rules:\n      - alert: Late\n        expr: up == 0\n        annotations: {summary: \"{{ $value }} late\"}\n";
    std::fs::write(chart.join("rules/late.yaml"), rule).unwrap();
    std::fs::write(
        chart.join("dashboards/players.json"),
        "{\"title\": \"{{name}}\"}",
    )
    .unwrap();
    let all = objects_of(&chart, "production", &[]);
    let rules = find(&all, "PrometheusRule/bot-gofrobot-rules-late");
    // The file's own templates are Prometheus', not helm's.
    let summary = "/spec/groups/0/rules/0/annotations/summary";
    assert_eq!(rules.pointer(summary).unwrap(), "{{ $value }} late");
    assert_eq!(rules["metadata"]["labels"]["release"], "prometheus");
    let dashboard = find(&all, "ConfigMap/bot-gofrobot-dashboard-players");
    assert_eq!(dashboard["metadata"]["labels"]["grafana_dashboard"], "1");
    let shown = dashboard["data"]["players.json"].as_str().unwrap();
    assert_eq!(shown.trim(), "{\"title\": \"{{name}}\"}");
    let without = objects_of(&chart, "default", &[]);
    assert!(
        without
            .iter()
            .all(|object| object["kind"] != "PrometheusRule")
    );
}

#[test]
fn the_notes_name_three_steps_of_this_release() {
    let folder = copy();
    let chart = folder.path().join("gofrobot");
    // helm prints notes only at an install; shown as an object they are seen without a cluster.
    std::fs::copy(chart.join("templates/NOTES.txt"), chart.join("notes")).unwrap();
    let shown = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata: {text: {{ tpl (.Files.Get \"notes\") . | quote }}}\n";
    std::fs::write(chart.join("templates/notes.yaml"), shown).unwrap();
    for scenario in scenarios() {
        let all = objects_of(Path::new(&chart), &scenario.name, &[]);
        let notes = find(&all, "ConfigMap/notes")["data"]["text"]
            .as_str()
            .unwrap();
        let commands: Vec<&str> = notes
            .lines()
            .filter_map(|line| line.strip_prefix("     "))
            .collect();
        for command in &commands {
            let begun = command.starts_with("kubectl --namespace default ")
                || command.starts_with("helm --namespace default ");
            assert!(begun, "{}: {command}", scenario.name);
            for word in command.split_whitespace() {
                if let Some(("deployment" | "service", name)) = word.split_once('/') {
                    let wanted = format!("/{name}");
                    let there = all.iter().any(|object| id(object).ends_with(&wanted));
                    assert!(there, "{}: {word}", scenario.name);
                }
            }
        }
        for step in ["1. ", "2. ", "3. "] {
            assert_eq!(notes.matches(&format!("\n{step}")).count(), 1, "{notes}");
        }
        assert!(commands.len() >= 3, "{}: {notes}", scenario.name);
        let claims = all.iter().filter(|object| object["kind"] == "StatefulSet");
        for owner in claims {
            let volume = list(owner, "/spec/volumeClaimTemplates").first();
            let name = owner["metadata"]["name"].as_str().unwrap();
            let told = notes.contains(&format!("persistentvolumeclaim/data-{name}-0"));
            assert_eq!(told, volume.is_some(), "{}: {name}: {notes}", scenario.name);
        }
    }
}
