//! The three tellings of the values agree: values.yaml, its schema and the README made of it.

use crate::helm::{CHART, helm, parse, tools};
use crate::objects::copy;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(CHART).join(file)).unwrap()
}

/// The paths of all values, those of free maps and lists left out.
fn of_values(path: &str, value: &Value, schema: &Value, paths: &mut BTreeSet<String>) {
    paths.insert(path.to_owned());
    if let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        for (name, value) in fields {
            let none = Value::Null;
            let schema = known.get(name).unwrap_or(&none);
            of_values(&format!("{path}.{name}"), value, schema, paths);
        }
    }
}

fn of_schema(path: &str, schema: &Value, paths: &mut BTreeSet<String>) {
    paths.insert(path.to_owned());
    assert!(
        schema["type"].is_string() || schema["type"].is_array(),
        "{path} has no type"
    );
    if let Some(fields) = schema["properties"].as_object() {
        assert_eq!(
            schema["additionalProperties"], false,
            "{path} is not strict"
        );
        for (name, schema) in fields {
            of_schema(&format!("{path}.{name}"), schema, paths);
        }
    }
}

#[test]
fn the_schema_knows_every_value_and_no_other() {
    let schema: Value = serde_json::from_str(&read("values.schema.json")).unwrap();
    let values = parse(&read("values.yaml")).remove(0);
    let (mut there, mut known) = (BTreeSet::new(), BTreeSet::new());
    of_values("", &values, &schema, &mut there);
    of_schema("", &schema, &mut known);
    assert_eq!(there, known);
    assert_eq!(
        schema["properties"]["global"],
        serde_json::json!({"type": "object"})
    );
}

#[test]
fn an_umbrella_chart_may_share_what_it_likes() {
    let all = crate::helm::objects("default", &["global.somebodyElses.value=1"]);
    assert!(!all.is_empty());
}

#[test]
fn the_readme_is_the_one_that_the_values_make() {
    let folder = copy();
    let made = Command::new(tools("bin/helm-docs"))
        .args(["--log-level", "error", "--chart-search-root"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let made = std::fs::read_to_string(folder.path().join("gofrobot/README.md")).unwrap();
    assert!(made == read("README.md"), "run `make chart-readme`");
}

#[test]
fn the_chart_has_the_programs_version_and_promises_what_it_needs() {
    let chart = parse(&read("Chart.yaml")).remove(0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        (&chart["version"], &chart["appVersion"]),
        (&version.into(), &version.into())
    );
    // The sleep before a stop is the kubelet's own from there on.
    assert_eq!(chart["kubeVersion"], ">=1.30.0-0");
    let old = helm(&[
        "template",
        "bot",
        CHART,
        "--set",
        "simulate=true",
        "--kube-version",
        "1.29.9",
    ]);
    let said = { old }.output().unwrap();
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("requires kubeVersion: >=1.30.0-0"), "{said}");
    let images = chart["annotations"]["artifacthub.io/images"]
        .as_str()
        .unwrap();
    let values = parse(&read("values.yaml")).remove(0);
    for server in ["rabbitmq", "redis", "postgres"] {
        let image = values[server]["server"]["image"].as_str().unwrap();
        assert!(images.contains(&format!("image: {image}\n")), "{image}");
    }
}
