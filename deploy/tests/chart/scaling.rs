//! Who decides how many workers there are: a value, KEDA or a HorizontalPodAutoscaler, and only one of them.

use crate::helm::{find, id, list, objects, scenarios};
use serde_json::{Value, json};

#[test]
fn one_decides_and_no_replicas_stand_where_something_scales() {
    for scenario in scenarios() {
        let all = objects(&scenario.name, &[]);
        let kinds = |kind: &str| all.iter().filter(|object| object["kind"] == kind).count();
        let scalers = kinds("ScaledObject") + kinds("HorizontalPodAutoscaler");
        let worker = all
            .iter()
            .find(|object| object["kind"] == "Deployment" && id(object).ends_with("-worker"));
        let fixed = worker.unwrap()["spec"].get("replicas").is_some();
        assert_eq!(scalers, usize::from(!fixed), "{}", scenario.name);
    }
}

#[test]
fn keda_looks_at_all_partitions_together_and_at_the_processor() {
    let all = objects("everything", &[]);
    let spec = &find(&all, "ScaledObject/bot-gofrobot-worker")["spec"];
    let triggers = list(spec, "/triggers");
    assert_eq!(triggers.len(), 2);
    assert_eq!(triggers[0]["type"], "rabbitmq");
    let expected = json!({
        "protocol": "http",
        "host": "https://management.example.org:443",
        "vhostName": "bots/eu",
        "queueName": "^bots\\.gofrobot\\.updates\\.v1\\.[0-9]+$",
        "useRegex": "true",
        "operation": "sum",
        "excludeUnacknowledged": "true",
        "pageSize": "500",
        "mode": "QueueLength",
        "value": "200",
    });
    assert_eq!(triggers[0]["metadata"], expected);
    assert_eq!(
        (&triggers[1]["type"], &triggers[1]["metadata"]["value"]),
        (&"cpu".into(), &"80".into())
    );
    assert_eq!(
        (&spec["minReplicaCount"], &spec["maxReplicaCount"]),
        (&3.into(), &64.into())
    );
    assert_eq!(spec["fallback"]["behavior"], "currentReplicasIfHigher");
    let down = "/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown";
    let down = spec.pointer(down).unwrap();
    assert_eq!(down["stabilizationWindowSeconds"], 300);
    assert_eq!(
        down["policies"],
        json!([{"type": "Pods", "value": 1, "periodSeconds": 60}])
    );
    assert_eq!(spec["scaleTargetRef"]["name"], "bot-gofrobot-worker");
}

#[test]
fn the_queues_that_keda_sums_up_are_those_that_the_programs_declare() {
    let source = include_str!("../../../shared/src/queue/amqp/topology.rs");
    assert!(
        source.contains(".updates.v1."),
        "the queues have other names now"
    );
}

#[test]
fn keda_gets_user_and_password_apart() {
    for (scenario, secret, key) in [
        ("keda", "mq-default-user", "password"),
        (
            "keda-in-chart",
            "bot-gofrobot-generated",
            "rabbitmq-password",
        ),
        ("everything", "bot-gofrobot", "rabbitmq-password"),
    ] {
        let all = objects(scenario, &[]);
        let spec = &find(&all, "TriggerAuthentication/bot-gofrobot-worker")["spec"];
        let password = json!([{"parameter": "password", "name": secret, "key": key}]);
        assert_eq!(spec["secretTargetRef"], password, "{scenario}");
        let user =
            json!([{"parameter": "username", "name": "RABBITMQ_USER", "containerName": "worker"}]);
        assert_eq!(spec["env"], user, "{scenario}");
        let worker = find(&all, "Deployment/bot-gofrobot-worker");
        let container = &worker["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["name"], "worker");
        crate::containers::variable(container, "RABBITMQ_USER");
        let reference = &find(&all, "ScaledObject/bot-gofrobot-worker")["spec"]["triggers"][0];
        assert_eq!(
            reference["authenticationRef"]["name"],
            "bot-gofrobot-worker"
        );
    }
    let all = objects("keda-in-chart", &[]);
    let trigger = &find(&all, "ScaledObject/bot-gofrobot-worker")["spec"]["triggers"][0];
    assert_eq!(
        trigger["metadata"]["host"],
        "http://bot-gofrobot-rabbitmq:15672"
    );
}

#[test]
fn the_autoscaler_of_kubernetes_is_told_the_same() {
    let all = objects("hpa", &[]);
    let spec = &find(&all, "HorizontalPodAutoscaler/bot-gofrobot-worker")["spec"];
    assert_eq!(
        (&spec["minReplicas"], &spec["maxReplicas"]),
        (&2.into(), &6.into())
    );
    let target = "/metrics/0/resource/target/averageUtilization";
    assert_eq!(spec.pointer(target), Some(&Value::from(70)));
    assert_eq!(spec["behavior"]["scaleDown"]["policies"][0]["value"], 1);
}
