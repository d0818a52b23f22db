//! The chart as helm renders it, without a cluster: what comes out for a scenario, or what helm says against it.

use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

/// The chart.
pub(crate) const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../helm/gofrobot");

/// The name under which it is rendered.
const RELEASE: &str = "bot";

/// Where `deploy/test-chart-tools` has put what is needed here.
static TOOLS: LazyLock<PathBuf> = LazyLock::new(|| {
    let given = std::env::var_os("CHART_TOOLS_DIR");
    let dir = given.map_or_else(|| "/var/tmp/gofrobot-chart-tools".into(), PathBuf::from);
    assert!(
        dir.join("bin/helm").exists() && dir.join("crds/prometheus").exists(),
        "{} lacks helm and what checks the chart: run deploy/test-chart-tools first, or `make test-chart`",
        dir.display()
    );
    dir
});

/// A path in the folder of the tools.
pub(crate) fn tools(path: &str) -> PathBuf {
    TOOLS.join(path)
}

/// One way to use the chart: a file of `ci/`.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

/// All of them, by name.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let files = std::fs::read_dir(Path::new(CHART).join("ci")).unwrap();
    let mut all: Vec<Scenario> = files
        .map(|file| {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            let name = name
                .strip_suffix("-values.yaml")
                .expect("chart-testing takes ci/*-values.yaml");
            Scenario {
                name: name.to_owned(),
                file: file.clone(),
            }
        })
        .collect();
    assert!(all.len() >= 12, "too few scenarios in ci/");
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The objects of a scenario with some more values, `key=value` each. Each is rendered once for all tests.
pub(crate) fn objects(scenario: &str, set: &[&str]) -> Vec<Value> {
    static RENDERED: LazyLock<Mutex<HashMap<String, Rendered>>> = LazyLock::new(Mutex::default);
    let key = format!("{scenario} {}", set.join(" "));
    let rendered = RENDERED.lock().unwrap().entry(key).or_default().clone();
    rendered
        .get_or_init(|| objects_of(Path::new(CHART), scenario, set))
        .clone()
}

type Rendered = Arc<OnceLock<Vec<Value>>>;

/// The same of another copy of the chart.
pub(crate) fn objects_of(chart: &Path, scenario: &str, set: &[&str]) -> Vec<Value> {
    parse(&text_of(chart, scenario, set))
}

/// What helm prints for a scenario.
pub(crate) fn text_of(chart: &Path, scenario: &str, set: &[&str]) -> String {
    let file = Path::new(CHART).join(format!("ci/{scenario}-values.yaml"));
    let ended = template(chart, Some(&file), set);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{scenario} {set:?}: {said}");
    String::from_utf8(ended.stdout).unwrap()
}

/// What helm says against values that it refuses.
pub(crate) fn refusal(set: &[&str]) -> String {
    let ended = template(Path::new(CHART), None, set);
    assert!(!ended.status.success(), "{set:?} is taken");
    String::from_utf8(ended.stderr).unwrap()
}

fn template(chart: &Path, file: Option<&Path>, set: &[&str]) -> Output {
    let mut helm = helm(&["template", RELEASE]);
    helm.arg(chart);
    if let Some(file) = file {
        helm.arg("--values").arg(file);
    }
    for pair in set {
        helm.args(["--set", pair]);
    }
    helm.output().unwrap()
}

/// A command of helm, which shall find nothing of the user's: no cluster, no configuration.
pub(crate) fn helm(arguments: &[&str]) -> Command {
    let mut helm = Command::new(tools("bin/helm"));
    helm.args(arguments).env("KUBECONFIG", "/dev/null");
    helm
}

/// The documents of a YAML text.
pub(crate) fn parse(text: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap();
    documents
        .into_iter()
        .filter(|document| !document.is_null())
        .collect()
}

/// `kind/name` of an object.
pub(crate) fn id(object: &Value) -> String {
    let part = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap();
    format!("{}/{}", part("/kind"), part("/metadata/name"))
}

/// The object of that name.
pub(crate) fn find<'a>(objects: &'a [Value], wanted: &str) -> &'a Value {
    let found = objects.iter().find(|object| id(object) == wanted);
    let names = || objects.iter().map(id).collect::<Vec<_>>();
    found.unwrap_or_else(|| panic!("{wanted} is not among {:?}", names()))
}

/// The pods' templates among the objects, each with the name of its owner; a bare pod is its own.
pub(crate) fn pods(objects: &[Value]) -> Vec<(String, &Value)> {
    let places = ["/spec/template", "/spec/jobTemplate/spec/template"];
    objects
        .iter()
        .filter_map(|object| {
            let pod = match object["kind"].as_str() {
                Some("Pod") => Some(object),
                _ => places.iter().find_map(|place| object.pointer(place)),
            };
            Some((
                id(object),
                pod.filter(|pod| pod["spec"]["containers"].is_array())?,
            ))
        })
        .collect()
}

/// The containers of a pod's template.
pub(crate) fn containers(pod: &Value) -> &[Value] {
    pod["spec"]["containers"].as_array().unwrap()
}

/// The list at `pointer`, empty where there is none.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
