//! Watches the pods of a namespace for as long as trials run: who stopped being ready without being told to, and whose
//! container ended.

use crate::cluster::Cluster;
use anyhow::{Context, bail};
use serde_json::{Deserializer, Value};
use std::collections::HashMap;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was seen of the pods.
#[derive(Default)]
struct Seen {
    ready: HashMap<String, bool>,
    complaints: Vec<String>,
    /// Pods whose name begins so may be unready or end: what they need is away on purpose.
    excused: Vec<String>,
}

/// The watch; it ends when it is dropped.
pub(crate) struct Watch {
    seen: Arc<Mutex<Seen>>,
    kubectl: Child,
}

impl Watch {
    /// Begins to watch.
    pub(crate) fn new(cluster: &Cluster) -> anyhow::Result<Self> {
        let mut kubectl = cluster
            .command(
                "kubectl",
                &[
                    "get",
                    "pods",
                    "--watch",
                    "--output-watch-events",
                    "-o",
                    "json",
                ],
            )
            .stdout(Stdio::piped())
            .spawn()
            .context("kubectl cannot be started")?;
        let stream = kubectl.stdout.take().context("kubectl has no stdout")?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let into = Arc::clone(&seen);
        std::thread::spawn(move || {
            for event in Deserializer::from_reader(stream).into_iter::<Value>() {
                match event {
                    Ok(event) => locked(&into).note(&event),
                    Err(error) if error.is_eof() => return,
                    Err(error) => locked(&into)
                        .complaints
                        .push(format!("the watch broke: {error}")),
                }
            }
        });
        Ok(Self { seen, kubectl })
    }

    /// While `away` runs, pods whose names begin with one of these may be unready or end.
    pub(crate) fn excusing<T>(
        &self,
        pods: &[&str],
        away: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        locked(&self.seen).excused = pods.iter().map(|&pod| pod.to_owned()).collect();
        let done = away();
        locked(&self.seen).excused.clear();
        done
    }

    /// Fails when something was seen since the last time.
    pub(crate) fn quiet(&self, cluster: &Cluster) -> anyhow::Result<()> {
        let mut complaints = std::mem::take(&mut locked(&self.seen).complaints);
        complaints.extend(liveness(cluster)?);
        if !complaints.is_empty() {
            bail!("{}", complaints.join("; "));
        }
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}

impl Seen {
    fn note(&mut self, event: &Value) {
        let pod = &event["object"];
        let Some(name) = pod["metadata"]["name"].as_str() else {
            return;
        };
        if event["type"] == "DELETED" || !pod["metadata"]["deletionTimestamp"].is_null() {
            self.ready.remove(name);
            return;
        }
        if self
            .excused
            .iter()
            .any(|pod| name.starts_with(pod.as_str()))
        {
            self.ready.remove(name);
            return;
        }
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for container in list(&pod["status"]["containerStatuses"]) {
            if container["restartCount"].as_u64() > Some(0) {
                let why = &container["lastState"]["terminated"];
                let complaint = format!("{name}: a container was started again: {why}");
                if !self.complaints.contains(&complaint) {
                    self.complaints.push(complaint);
                }
            }
        }
        // A pod that shall run to its end, such as a test's, is not ready then and need not be.
        let serves = pod["spec"]["restartPolicy"] == "Always";
        let ready = list(&pod["status"]["conditions"])
            .iter()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
        let was = self.ready.insert(name.to_owned(), ready);
        if was == Some(true) && !ready && serves {
            self.complaints.push(format!("{name} stopped being ready"));
        }
    }
}

/// Failures of liveness probes, which the kubelet writes down as events.
fn liveness(cluster: &Cluster) -> anyhow::Result<Vec<String>> {
    let events = cluster.look([
        "get",
        "events",
        "--field-selector=reason=Unhealthy",
        "-o",
        "json",
    ])?;
    let events: Value = serde_json::from_str(&events)?;
    let events = events["items"].as_array().cloned().unwrap_or_default();
    let told = |event: &Value| {
        let message = event["message"].as_str()?;
        let pod = event["involvedObject"]["name"].as_str()?;
        message
            .starts_with("Liveness")
            .then(|| format!("{pod}: {message}"))
    };
    Ok(events.iter().filter_map(told).collect())
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
