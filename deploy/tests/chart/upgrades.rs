//! From one version of the chart to the next: what Kubernetes lets nobody change stays as it is, and what is not the bot's
//! is not restarted.

use crate::helm::{CHART, id, objects, objects_of, scenarios};
use crate::objects::copy;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Fields of a StatefulSet that may change; all others may not.
const CHANGEABLE: [&str; 6] = [
    "replicas",
    "template",
    "updateStrategy",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "revisionHistoryLimit",
];

/// What can never change in an object: hooks are made anew each time.
fn immutable(object: &Value) -> Option<Value> {
    if object["metadata"]["annotations"]["helm.sh/hook"].is_string() {
        return None;
    }
    let spec = &object["spec"];
    match object["kind"].as_str().unwrap() {
        "Deployment" => Some(json!({"selector": spec["selector"]})),
        "StatefulSet" => {
            let mut fixed = spec.as_object().unwrap().clone();
            fixed.retain(|name, _| !CHANGEABLE.contains(&name.as_str()));
            Some(fixed.into())
        }
        "Service" => Some(json!({"clusterIP": spec["clusterIP"], "type": spec["type"]})),
        "PersistentVolumeClaim" => {
            let mut fixed = spec.as_object().unwrap().clone();
            fixed.remove("resources");
            Some(fixed.into())
        }
        _ => None,
    }
}

fn all_immutable(objects: &[Value]) -> Map<String, Value> {
    let fixed = objects
        .iter()
        .filter_map(|object| Some((id(object), immutable(object)?)));
    fixed.collect()
}

/// The chart and its program, one version on.
fn next() -> tempfile::TempDir {
    let folder = copy();
    let file = folder.path().join("gofrobot/Chart.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let raised = text.replace(&format!("ersion: {version}"), "ersion: 99.1.0");
    let raised = raised.replace(&format!("ersion: \"{version}\""), "ersion: \"99.2.0\"");
    assert_eq!(raised.matches("99.").count(), 2, "{text}");
    std::fs::write(file, raised).unwrap();
    folder
}

#[test]
fn the_next_version_changes_nothing_that_cannot_change() {
    let folder = next();
    for scenario in scenarios() {
        let before = all_immutable(&objects(&scenario.name, &[]));
        let after = objects_of(&folder.path().join("gofrobot"), &scenario.name, &[]);
        assert_eq!(before, all_immutable(&after), "{}", scenario.name);
    }
}

#[test]
fn the_next_version_restarts_the_programs_and_not_the_services_in_the_chart() {
    let folder = next();
    let before = objects("default", &[]);
    let after = objects_of(&folder.path().join("gofrobot"), "default", &[]);
    for (before, after) in before.iter().zip(&after) {
        let same = before["spec"]["template"] == after["spec"]["template"];
        match before["kind"].as_str().unwrap() {
            "StatefulSet" => assert!(same, "{} restarts", id(before)),
            "Deployment" => assert!(!same, "{} keeps its image", id(before)),
            _ => {}
        }
    }
}

/// `immutable.json` holds these fields as they were released, so that a change of the templates is seen that an installed
/// release could not follow. It may change for what no release had.
#[test]
fn releases_that_are_installed_can_follow() {
    let mut now = Map::new();
    for scenario in ["default", "webhook", "everything"] {
        let fixed = all_immutable(&objects(scenario, &[]));
        now.insert(scenario.to_owned(), fixed.into());
    }
    let file = Path::new(CHART).join("../../deploy/tests/chart/immutable.json");
    let released: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let now = Value::from(now);
    assert!(
        released == now,
        "these fields cannot change in an installed release; they were {released:#} and are {now:#}"
    );
}
