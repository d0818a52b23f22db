//! What a reader needs after a failure, written into a folder: events, descriptions, and the logs of every container.

use crate::cluster::{Cluster, folder};
use std::path::PathBuf;

/// Writes everything down and returns where.
pub(crate) fn dump(cluster: &Cluster, trial: &str) -> PathBuf {
    let folder = folder().join(trial);
    let write = |name: &str, text: anyhow::Result<String>| {
        let text = text.unwrap_or_else(|error| format!("{error:#}"));
        if let Err(error) = std::fs::write(folder.join(name), text) {
            println!("  {name} could not be written: {error}");
        }
    };
    if let Err(error) = std::fs::create_dir_all(&folder) {
        println!("  {} could not be made: {error}", folder.display());
    }
    write(
        "events.txt",
        cluster.look(["get", "events", "--sort-by=.lastTimestamp"]),
    );
    write(
        "objects.txt",
        cluster.look(["get", "all,pvc,secrets", "-o", "wide"]),
    );
    write("describe.txt", cluster.look(["describe", "pods"]));
    let pods = cluster
        .look(["get", "pods", "-o", "name"])
        .unwrap_or_default();
    for pod in pods.lines() {
        let file = pod.replace('/', "-");
        let logs = cluster.look(["logs", pod, "--all-containers", "--timestamps"]);
        write(&format!("{file}.log"), logs);
        if let Ok(before) = cluster.look(["logs", pod, "--all-containers", "--previous"]) {
            write(&format!("{file}.previous.log"), Ok(before));
        }
    }
    folder
}
