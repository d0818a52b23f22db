//! Every container of docker-compose.yml is bounded.

use super::project::Project;
use serde_json::{Value, json};

#[test]
fn every_service_is_bounded() {
    let project = Project::copied("bounds");
    let config = project
        .sh("docker compose --env-file deploy/simulate.env --profile '*' config --format json");
    let config: Value = serde_json::from_str(&config).unwrap();
    let services = config["services"].as_object().unwrap();
    assert_eq!(services.len(), 8, "{:?}", services.keys());
    for (name, service) in services {
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        assert_eq!(
            service["security_opt"],
            json!(["no-new-privileges:true"]),
            "{name}"
        );
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["logging"]["options"]["max-size"], "10m", "{name}");
        for bound in ["mem_limit", "cpus", "pids_limit"] {
            assert!(!service[bound].is_null(), "{name} has no {bound}");
        }
        let tag = service["image"]
            .as_str()
            .unwrap()
            .rsplit(':')
            .next()
            .unwrap();
        assert!(
            tag.starts_with(|first: char| first.is_ascii_digit()),
            "{name}: {tag}"
        );
        for port in service["ports"].as_array().into_iter().flatten() {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name} {port}");
        }
    }
    // The one that may touch what is not its own writes dumps into a folder of the operator's.
    let trusted = services
        .iter()
        .filter(|(_, service)| !service["cap_add"].is_null());
    assert_eq!(
        trusted.map(|(name, _)| name).collect::<Vec<_>>(),
        ["backup"]
    );
}
