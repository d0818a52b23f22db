//! Every scenario renders: without a complaint, the same each time, and nothing half-filled.

use crate::helm::{self, CHART, objects, scenarios, text_of};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn lint_finds_nothing_in_any_scenario() {
    for scenario in scenarios() {
        let mut lint = helm::helm(&["lint", "--strict", "--quiet", CHART, "--values"]);
        let ended = lint.arg(&scenario.file).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        let clean = ended.status.success() && !said.contains("[WARNING]");
        assert!(clean, "{}: {said}", scenario.name);
    }
}

#[test]
fn a_second_rendering_differs_in_what_is_made_up_alone() {
    for scenario in scenarios() {
        let render = || text_of(Path::new(CHART), &scenario.name, &[]);
        let (one, other) = (render(), render());
        let pairs = one.lines().zip(other.lines());
        let changed: BTreeSet<&str> = pairs
            .filter(|(one, other)| one != other)
            .map(|(line, _)| line.trim_start().split(':').next().unwrap())
            .collect();
        let made_up = made_up(&objects(&scenario.name, &[]));
        assert_eq!(
            one.lines().count(),
            other.lines().count(),
            "{}",
            scenario.name
        );
        let made_up: BTreeSet<&str> = made_up.iter().map(String::as_str).collect();
        assert_eq!(changed, made_up, "{}", scenario.name);
        if scenario.name == "gitops" || scenario.name == "production" {
            assert!(made_up.is_empty(), "{}: {made_up:?}", scenario.name);
        }
    }
}

/// The keys of the Secret that the chart makes up.
fn made_up(objects: &[Value]) -> Vec<String> {
    let generated = objects
        .iter()
        .filter(|object| object["kind"] == "Secret" && helm::id(object).ends_with("-generated"));
    let data = generated.filter_map(|secret| secret["data"].as_object());
    data.flat_map(|data| data.keys().cloned()).collect()
}

#[test]
fn no_value_is_null_and_no_name_is_there_twice() {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        let mut names = BTreeSet::new();
        for object in &all {
            let id = helm::id(object);
            nothing_null(&format!("{} {id}", scenario.name), object);
            assert!(names.insert(id.clone()), "{}: {id} twice", scenario.name);
        }
    }
}

fn nothing_null(path: &str, value: &Value) {
    match value {
        Value::Null => panic!("{path} is null"),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| nothing_null(&format!("{path}.{name}"), value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| nothing_null(&format!("{path}[{index}]"), value)),
        _ => {}
    }
}

#[test]
fn labels_and_annotations_of_all_are_on_all() {
    for object in objects("everything", &[]) {
        // More objects are the user's own.
        let id = helm::id(&object);
        if id == "ConfigMap/bot-motd" || id == "ConfigMap/bot-gofrobot-more" {
            continue;
        }
        let meta = &object["metadata"];
        assert_eq!(meta["labels"]["example.org/tenant"], "games", "{id}");
        assert_eq!(meta["annotations"]["example.org/owner"], "games", "{id}");
        assert_eq!(meta["namespace"], "default", "{id}");
    }
}

#[test]
fn the_users_own_objects_may_hold_templates() {
    let all = objects("everything", &[]);
    assert_eq!(
        helm::find(&all, "ConfigMap/bot-motd")["data"]["text"],
        "hello"
    );
    assert_eq!(
        helm::find(&all, "ConfigMap/bot-gofrobot-more")["data"]["text"],
        "64"
    );
}
