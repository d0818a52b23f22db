//! Every container of every scenario: safe, bounded, pinned, watched.

use crate::helm::{containers, list, objects, pods, scenarios};
use serde_json::{Value, json};

/// Seconds in which a program ends once it is asked to (README.md).
const DRAIN: u64 = 10;

/// Calls `check` with the scenario's name and the owner's, the pod and the container.
fn each(mut check: impl FnMut(&str, &Value, &Value)) {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        for (owner, pod) in pods(&all) {
            for container in containers(pod) {
                check(&format!("{}: {owner}", scenario.name), pod, container);
            }
        }
    }
}

#[test]
fn all_meet_the_restricted_standard_and_more() {
    each(|name, pod, container| {
        let (pod, own) = (&pod["spec"], &container["securityContext"]);
        let all = &pod["securityContext"];
        assert_eq!(all["runAsNonRoot"], true, "{name}");
        assert!(all["runAsUser"].as_u64() > Some(0), "{name}");
        assert!(all["runAsGroup"].as_u64() > Some(0), "{name}");
        assert_eq!(all["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(all["fsGroupChangePolicy"], "OnRootMismatch", "{name}");
        assert_eq!(own["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(own["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(own["capabilities"], json!({"drop": ["ALL"]}), "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        assert_eq!(pod["enableServiceLinks"], false, "{name}");
        for forbidden in ["hostNetwork", "hostPID", "hostIPC"] {
            assert_eq!(pod[forbidden], Value::Null, "{name}");
        }
        for volume in list(pod, "/volumes") {
            assert_eq!(volume["hostPath"], Value::Null, "{name}");
        }
    });
}

#[test]
fn all_ask_for_processor_and_memory_and_have_a_limit_of_memory() {
    each(|name, _, container| {
        let resources = &container["resources"];
        for asked in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
            assert!(resources.pointer(asked).is_some(), "{name}: {asked}");
        }
    });
}

#[test]
fn images_are_pinned_and_those_of_the_bot_have_its_version() {
    let version = env!("CARGO_PKG_VERSION");
    each(|name, _, container| {
        let image = container["image"].as_str().unwrap();
        let place = image.rsplit('/').next().unwrap();
        let (repository, tag) = place.split_once(':').expect(image);
        assert!(!tag.is_empty() && tag != "latest", "{name}: {image}");
        if repository.starts_with("gofrobot-") && !name.starts_with("everything") {
            assert_eq!(tag, version, "{name}");
        }
    });
}

#[test]
fn the_registry_and_a_digest_reach_the_images() {
    let all = objects("everything", &[]);
    let images: Vec<&str> = pods(&all)
        .into_iter()
        .flat_map(|(_, pod)| containers(pod))
        .map(|container| container["image"].as_str().unwrap())
        .collect();
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let ingress = format!("registry.example.org/games/gofrobot-ingress@{digest}");
    for wanted in [
        ingress.as_str(),
        "registry.example.org/games/gofrobot-worker:0.1.0-rc.1",
        "registry.example.org/postgres:17-alpine",
    ] {
        assert!(images.contains(&wanted), "{wanted} is not in {images:?}");
    }
}

#[test]
fn programs_are_probed_where_they_answer() {
    let source = include_str!("../../../shared/src/admin.rs");
    let mut probed = 0;
    each(|name, _, container| {
        if !["ingress", "worker"].contains(&container["name"].as_str().unwrap()) {
            return;
        }
        for (probe, path) in [
            ("startupProbe", "/health"),
            ("livenessProbe", "/health"),
            ("readinessProbe", "/ready"),
        ] {
            let get = &container[probe]["httpGet"];
            assert_eq!(get["path"], path, "{name}: {probe}");
            let route = format!(".route(\"{path}\"");
            assert!(source.contains(&route), "nothing serves {path}");
            assert_eq!(port(container, &get["port"]), Some(8000), "{name}");
            probed += 1;
        }
        let admin = variable(container, "ADMIN_ADDR");
        assert_eq!(admin["value"], "0.0.0.0:8000", "{name}");
    });
    assert!(probed > 60, "{probed} probes");
}

#[test]
fn whoever_serves_is_asked_whether_it_is_ready() {
    each(|name, _, container| {
        if !list(container, "/ports").is_empty() {
            assert!(container["readinessProbe"].is_object(), "{name}");
            let probe = container["readinessProbe"].as_object().unwrap();
            let named = probe.values().find_map(|how| how.get("port"));
            let known = named.is_none_or(|named| port(container, named).is_some());
            assert!(known, "{name}: {named:?} is no port of the container");
        }
    });
}

#[test]
fn the_kill_comes_after_the_drain() {
    let mut seen = 0;
    each(|name, pod, container| {
        let program = container["name"].as_str().unwrap();
        if !["ingress", "worker"].contains(&program) {
            return;
        }
        let sleep = container.pointer("/lifecycle/preStop/sleep/seconds");
        let sleep = sleep.and_then(Value::as_u64).unwrap_or(0);
        // Gateways go on sending to ingress for a moment; nobody sends to a worker.
        assert_eq!(sleep > 0, program == "ingress", "{name}");
        let grace = pod["spec"]["terminationGracePeriodSeconds"].as_u64();
        assert!(grace > Some(sleep + DRAIN), "{name}: {grace:?}");
        seen += 1;
    });
    assert!(seen > 20, "{seen} programs");
}

#[test]
fn a_changed_credential_changes_the_pods() {
    let checksum = |set: &[&str]| {
        let all = objects("polling", set);
        let worker = pods(&all)
            .into_iter()
            .find(|(owner, _)| owner == "Deployment/bot-gofrobot-worker");
        let pod = worker.unwrap().1;
        pod["metadata"]["annotations"]["checksum/credentials"].clone()
    };
    let before = checksum(&[]);
    assert!(before.is_string());
    assert_eq!(before, checksum(&[]));
    assert_ne!(before, checksum(&["redis.password=another"]));
}

/// The number of the port that a probe or a Service means.
pub(crate) fn port(container: &Value, wanted: &Value) -> Option<u64> {
    let ports = list(container, "/ports");
    let found = ports
        .iter()
        .find(|port| port["name"] == *wanted || port["containerPort"] == *wanted);
    found.and_then(|port| port["containerPort"].as_u64())
}

/// A variable of a container.
pub(crate) fn variable<'a>(container: &'a Value, name: &str) -> &'a Value {
    let found = list(container, "/env")
        .iter()
        .find(|variable| variable["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not set"))
}
