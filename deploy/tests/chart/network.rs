//! Who may speak with whom: the ports in the policies are those on which the pods listen, and every way that a program
//! needs is open.

use crate::containers::port;
use crate::helm::{containers, find, id, list, objects, pods, scenarios};
use serde_json::Value;
use std::collections::BTreeSet;

/// The ports of a rule.
fn ports(rule: &Value) -> BTreeSet<u64> {
    list(rule, "/ports")
        .iter()
        .map(|port| {
            port["port"]
                .as_u64()
                .expect("a number: policies see the pod's port")
        })
        .collect()
}

/// Whether a pod has these labels.
fn selected(pod: &Value, labels: &Value) -> bool {
    let labels = labels.as_object().unwrap();
    let own = &pod["metadata"]["labels"];
    !labels.is_empty() && labels.iter().all(|(name, value)| own[name] == *value)
}

#[test]
fn every_pod_is_under_exactly_one_policy() {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        if scenario.name == "minimal" {
            assert!(all.iter().all(|object| object["kind"] != "NetworkPolicy"));
            continue;
        }
        for (owner, pod) in pods(&all) {
            let policies = all.iter().filter(|object| {
                object["kind"] == "NetworkPolicy"
                    && selected(pod, &object["spec"]["podSelector"]["matchLabels"])
            });
            let policies: Vec<String> = policies.map(id).collect();
            assert_eq!(
                policies.len(),
                1,
                "{}: {owner}: {policies:?}",
                scenario.name
            );
        }
    }
}

#[test]
fn policies_open_the_ports_on_which_the_pods_listen_and_no_others() {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        for policy in all
            .iter()
            .filter(|object| object["kind"] == "NetworkPolicy")
        {
            let name = format!("{}: {}", scenario.name, id(policy));
            let spec = &policy["spec"];
            assert_eq!(
                spec["policyTypes"],
                serde_json::json!(["Ingress", "Egress"]),
                "{name}"
            );
            let selector = &spec["podSelector"]["matchLabels"];
            let chosen = pods(&all);
            let chosen = chosen.iter().find(|(_, pod)| selected(pod, selector));
            let Some((_, pod)) = chosen else {
                panic!("{name} selects nothing")
            };
            let listens: BTreeSet<u64> = containers(pod)
                .iter()
                .flat_map(|container| list(container, "/ports"))
                .map(|port| port["containerPort"].as_u64().unwrap())
                .collect();
            let rules = list(spec, "/ingress").iter();
            let open: BTreeSet<u64> = rules.flat_map(ports).collect();
            assert_eq!(open, listens, "{name}");
        }
    }
}

#[test]
fn a_way_to_a_pod_of_the_release_is_open_at_both_ends() {
    let mut ways = 0;
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        let policies: Vec<&Value> = all
            .iter()
            .filter(|object| object["kind"] == "NetworkPolicy")
            .collect();
        for from in &policies {
            for rule in list(from, "/spec/egress") {
                for peer in list(rule, "/to") {
                    let Some(labels) = peer.pointer("/podSelector/matchLabels") else {
                        continue;
                    };
                    let component = &labels["app.kubernetes.io/component"];
                    let to = policies
                        .iter()
                        .find(|policy| policy["spec"]["podSelector"]["matchLabels"] == *labels);
                    let to = to.unwrap_or_else(|| panic!("{}: no {component}", id(from)));
                    let own = &from["spec"]["podSelector"];
                    let let_in: BTreeSet<u64> = list(to, "/spec/ingress")
                        .iter()
                        .filter(|rule| {
                            let peers = list(rule, "/from");
                            peers.iter().any(|peer| peer["podSelector"] == *own)
                        })
                        .flat_map(ports)
                        .collect();
                    // A polling ingress listens for nobody, and the way to it does no harm.
                    let polling = component == "ingress" && ports(rule) == [8080].into();
                    let open = ports(rule).is_subset(&let_in);
                    assert!(
                        open || polling,
                        "{}: {} -> {component}",
                        scenario.name,
                        id(from)
                    );
                    ways += 1;
                }
            }
        }
    }
    assert!(ways > 50, "{ways} ways");
}

#[test]
fn the_worker_may_go_where_its_addresses_lead() {
    for (scenario, ports_out) in [
        ("default", vec![53, 5353, 5672, 6379, 5432, 8081]),
        ("production", vec![53, 5353, 5672, 6379, 5432, 443]),
        ("managed", vec![53, 5353, 5671, 6380, 5432, 443]),
        // The Service of the Bot API maps 80 to 8081, and RabbitMQ's 5671 to 15671.
        ("bot-api", vec![53, 5353, 5672, 6379, 5432, 8081]),
        (
            "everything",
            vec![53, 5353, 15671, 6380, 5432, 443, 4318, 3128],
        ),
    ] {
        let all = objects(scenario, &[]);
        let policy = all
            .iter()
            .find(|object| object["kind"] == "NetworkPolicy" && id(object).ends_with("-worker"));
        let rules = list(policy.unwrap(), "/spec/egress").iter();
        let open: BTreeSet<u64> = rules.flat_map(ports).collect();
        assert_eq!(open, ports_out.into_iter().collect(), "{scenario}");
    }
}

#[test]
fn services_lead_to_ports_that_their_pods_have() {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        for service in all.iter().filter(|object| object["kind"] == "Service") {
            let name = format!("{}: {}", scenario.name, id(service));
            let chosen = pods(&all);
            let chosen = chosen
                .iter()
                .find(|(_, pod)| selected(pod, &service["spec"]["selector"]));
            let (_, pod) = chosen.unwrap_or_else(|| panic!("{name} selects nothing"));
            for one in list(service, "/spec/ports") {
                let wanted = &one["targetPort"];
                let there = containers(pod)
                    .iter()
                    .any(|container| port(container, wanted).is_some());
                assert!(there, "{name}: {wanted}");
            }
        }
    }
}

#[test]
fn a_route_leads_to_the_path_that_ingress_serves() {
    assert!(include_str!("../../../ingress/src/webhook.rs").contains("\"/telegram\""));
    let all = objects("production", &[]);
    let route = find(&all, "HTTPRoute/bot-gofrobot-ingress");
    assert_eq!(route["spec"]["hostnames"][0], "bot.example.org");
    let rule = &route["spec"]["rules"][0];
    assert_eq!(rule["matches"][0]["path"]["value"], "/telegram");
    assert_eq!(rule["filters"], Value::Null);
    let backend = &rule["backendRefs"][0];
    let service = find(
        &all,
        &format!("Service/{}", backend["name"].as_str().unwrap()),
    );
    assert_eq!(service["spec"]["ports"][0]["port"], backend["port"]);

    let all = objects("everything", &[]);
    let rule = &find(&all, "HTTPRoute/bot-gofrobot-ingress")["spec"]["rules"][0];
    assert_eq!(rule["matches"][0]["path"]["value"], "/hooks/gofrobot");
    let path = &rule["filters"][0]["urlRewrite"]["path"];
    assert_eq!(path["replaceFullPath"], "/telegram");

    let all = objects("ingress", &[]);
    let ingress = &find(&all, "Ingress/bot-gofrobot-ingress")["spec"];
    assert_eq!(ingress["tls"][0]["hosts"][0], "bot.example.org");
    let path = &ingress["rules"][0]["http"]["paths"][0];
    assert_eq!(
        (&path["path"], &path["pathType"]),
        (&"/telegram".into(), &"Exact".into())
    );
}
