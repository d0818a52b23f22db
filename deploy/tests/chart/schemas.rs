//! Every object of every scenario against the schemas of the oldest and the newest Kubernetes that is promised, and
//! against the definitions of KEDA, Gateway API and Prometheus' operator; nothing is passed over for want of a schema.

use crate::helm::{CHART, parse, scenarios, text_of, tools};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const VERSIONS: [&str; 2] = ["v1.30.0", "v1.36.0"];

#[test]
fn every_object_fits_its_schema() {
    let foreign = tempfile::tempdir().unwrap();
    let written = write_definitions(foreign.path());
    assert!(written > 5, "{written} definitions");
    let mut all = String::new();
    for scenario in scenarios() {
        all += "---\n";
        all += &text_of(Path::new(CHART), &scenario.name, &[]);
    }
    for version in VERSIONS {
        let kubernetes = tools(&format!("kubernetes/{version}-local-strict"));
        let (valid, said) = kubeconform(&[&kubernetes, foreign.path()], &all);
        assert!(valid, "Kubernetes {version}: {said}");
    }
}

#[test]
fn a_misspelt_field_is_found() {
    let kubernetes = tools("kubernetes/v1.36.0-local-strict");
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n";
    let (valid, said) = kubeconform(&[&kubernetes], service);
    assert!(!valid && said.contains("prots"), "{said}");
}

/// Whether all of `text` fits the schemas in `folders`, and what is said about it.
fn kubeconform(folders: &[&Path], text: &str) -> (bool, String) {
    let mut command = Command::new(tools("bin/kubeconform"));
    command.args(["-strict", "-summary"]);
    for folder in folders {
        let place = folder.join("{{.ResourceKind}}{{.KindSuffix}}.json");
        command.arg("-schema-location").arg(place);
    }
    let mut running = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = running.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let ended = running.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    (ended.status.success(), said)
}

/// Makes schemas of the definitions in the tools' folder, as kubeconform names them: `scaledobject-keda-v1alpha1.json`.
fn write_definitions(to: &Path) -> usize {
    let mut written = 0;
    for folder in ["keda", "gateway-api", "prometheus"] {
        for file in std::fs::read_dir(tools("crds").join(folder)).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_none_or(|end| end != "yaml") {
                continue;
            }
            for definition in parse(&std::fs::read_to_string(&file).unwrap()) {
                if definition["kind"] == "CustomResourceDefinition" {
                    written += write_versions(&definition, to);
                }
            }
        }
    }
    written
}

fn write_versions(definition: &Value, to: &Path) -> usize {
    let spec = &definition["spec"];
    let kind = spec["names"]["kind"].as_str().unwrap().to_lowercase();
    let group = spec["group"].as_str().unwrap().split('.').next().unwrap();
    let versions = spec["versions"].as_array().unwrap();
    for version in versions {
        let mut schema = version["schema"]["openAPIV3Schema"].clone();
        forbid_unknown(&mut schema);
        let name = version["name"].as_str().unwrap();
        let file = to.join(format!("{kind}-{group}-{name}.json"));
        std::fs::write(file, schema.to_string()).unwrap();
    }
    versions.len()
}

/// The API server drops fields that a definition does not name; here they are faults.
fn forbid_unknown(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    let open = fields.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true));
    if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(forbid_unknown);
        if !open && !fields.contains_key("additionalProperties") {
            fields.insert("additionalProperties".to_owned(), json!(false));
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(inner) {
            forbid_unknown(inner);
        }
    }
}
