//! A dependency that no source names costs every build and every audit: there is none.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use gofrobot_deploy::command::run;
use serde_json::Value;

/// The words of all sources below a folder.
fn words(folder: &Path, into: &mut HashSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            words(&path, into);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let separates = |letter: char| !letter.is_alphanumeric() && letter != '_';
            into.extend(text.split(separates).map(str::to_owned));
        }
    }
}

/// What a package depends on, by the names that its sources call it. Dependencies of tests are left out: a file that
/// packages share may need them.
fn dependencies(package: &Value) -> impl Iterator<Item = String> {
    let all = package["dependencies"].as_array().unwrap().iter();
    let shipped = all.filter(|it| it["kind"] != "dev");
    shipped.map(|it| {
        let name = it["rename"].as_str().or(it["name"].as_str());
        name.unwrap().replace('-', "_")
    })
}

#[test]
fn every_dependency_is_named_by_a_source() {
    let question = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let metadata: Value = serde_json::from_str(&run(env!("CARGO"), question).unwrap()).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 3, "{packages:?}");
    for package in packages {
        let manifest = package["manifest_path"].as_str().unwrap();
        let mut named = HashSet::new();
        words(Path::new(manifest).parent().unwrap(), &mut named);
        let unused: Vec<String> = dependencies(package)
            .filter(|dependency| !named.contains(dependency))
            .collect();
        assert!(unused.is_empty(), "{manifest}: nothing uses {unused:?}");
    }
}
