//! The crowd: `gofrobot load` in a pod, which is the Bot API server of the release under test and plays a round of updates
//! whenever a trial asks for one.

use crate::cluster::Cluster;
use crate::stage::image;
use anyhow::Context;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// The token that the crowd's Bot API takes.
pub(crate) const TOKEN: &str = "4200000001:token-of-the-crowd";
/// Its address inside of the cluster.
pub(crate) const BOT_API: &str = "http://crowd:8081";
const SERVICE: &str = "crowd:8081";
/// So many that nobody reaches his limit of requests.
const PLAYERS: u32 = 8_000;

/// Updates a second that the crowd sends, unless TEST_RATE says otherwise: for a machine that is busy beside the test.
pub(crate) fn rate() -> u32 {
    let rate = std::env::var("TEST_RATE").ok();
    rate.and_then(|rate| rate.parse().ok()).unwrap_or(300)
}

/// Seconds without any answer after which what is open is lost.
const PATIENCE: u64 = 60;

/// What became of a round.
pub(crate) struct Figures {
    report: Value,
}

impl Figures {
    fn count(&self, name: &str) -> u64 {
        self.report[name].as_u64().unwrap_or(u64::MAX)
    }

    fn ms(&self, name: &str) -> f64 {
        self.report["latency_ms"][name].as_f64().unwrap_or(f64::NAN)
    }

    /// Updates that nobody answered.
    pub(crate) fn lost(&self) -> u64 {
        self.count("lost")
    }

    /// Answers that were said twice.
    pub(crate) fn twice(&self) -> u64 {
        self.count("doubles")
    }

    /// Fails unless each update was answered, and none twice.
    pub(crate) fn clean(&self) -> anyhow::Result<()> {
        self.none_lost()?;
        anyhow::ensure!(self.twice() == 0, "{} answers said twice", self.twice());
        Ok(())
    }

    /// Fails unless each update was answered.
    pub(crate) fn none_lost(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.lost() == 0, "{} updates lost", self.lost());
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} updates, {} answered, {} lost, {} twice, p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms, {:.1} s",
            self.count("sent"),
            self.count("answered"),
            self.lost(),
            self.twice(),
            self.ms("p50"),
            self.ms("p99"),
            self.ms("max"),
            self.report["seconds"].as_f64().unwrap_or(f64::NAN),
        )
    }
}

/// Starts the crowd's pod and its Service.
pub(crate) fn gather(cluster: &Cluster) -> anyhow::Result<()> {
    let labels = json!({"app": "crowd"});
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "crowd", "labels": labels},
        "spec": {
            "automountServiceAccountToken": false,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "crowd",
                "image": image(cluster, "playground"),
                "args": ["load", "--on-request", "--listen=0.0.0.0:8081", format!("--token={TOKEN}"), format!("--users={PLAYERS}")],
                "ports": [{"containerPort": 8081}],
                "readinessProbe": {"tcpSocket": {"port": 8081}, "periodSeconds": 1},
                "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
            }],
        },
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "crowd"},
        "spec": {"selector": labels, "ports": [{"port": 8081}]},
    });
    cluster.apply(
        "crowd",
        &json!({"apiVersion": "v1", "kind": "List", "items": [pod, service]}),
    )?;
    cluster.kubectl([
        "wait",
        "pod/crowd",
        "--for=condition=Ready",
        "--timeout=60s",
    ])?;
    Ok(())
}

/// Plays so many updates at this rate a second to their end, and does something meanwhile.
pub(crate) fn play(
    cluster: &Cluster,
    updates: u64,
    rate: u32,
    meanwhile: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Figures> {
    std::thread::scope(|scope| {
        let round = json!({"updates": updates, "rate": rate, "patience": PATIENCE});
        let played = scope.spawn(move || cluster.post(SERVICE, "load", &round));
        let done = meanwhile();
        let report = played.join().ok().context("the round's thread died")??;
        let figures = Figures { report };
        println!("  {figures}");
        done.map(|()| figures)
    })
}

/// Plays at this rate for as long as something is done, and for some seconds before and after.
pub(crate) fn during(
    cluster: &Cluster,
    meanwhile: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Figures> {
    let calm = Duration::from_secs(4);
    play(cluster, 1_000_000, rate(), || {
        std::thread::sleep(calm);
        let done = meanwhile();
        std::thread::sleep(calm);
        cluster.delete(SERVICE, "load")?;
        done
    })
}

/// Waits for a bot and for its first answer.
pub(crate) fn first_answer(cluster: &Cluster) -> anyhow::Result<()> {
    let one = json!({"updates": 1, "rate": 1, "patience": 180});
    let report = cluster.post(SERVICE, "load", &one)?;
    anyhow::ensure!(report["answered"] == 1, "no first answer: {report}");
    Ok(())
}
