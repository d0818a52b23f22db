//! What most trials share: a release with services of its own in a namespace, and a crowd that plays on it.

use crate::cluster::Cluster;
use crate::crowd::{self, Figures};
use crate::failure;
use crate::ledger;
use crate::release::{Release, VERSION};
use crate::watch::Watch;
use serde_json::{Value, json};
use std::time::Duration;

/// Namespace, release, crowd, and the watch over them.
pub(crate) struct Stage {
    /// The namespace.
    pub(crate) cluster: Cluster,
    /// Whoever becomes unready or ends.
    pub(crate) watch: Watch,
}

/// The release's name, which is also the first part of its objects' names.
pub(crate) const RELEASE: &str = "gofrobot";

/// The crowd is the release's Telegram. What is in the namespace beside it belongs to other releases, which a policy would
/// keep away from its services.
fn values() -> Value {
    json!({
        "telegram": {"apiUrl": crowd::BOT_API, "token": crowd::TOKEN},
        "config": {"maxRequestsPerMinute": 100},
        "networkPolicy": {"enabled": false},
    })
}

impl Stage {
    /// The stage, made at first use, with the release at rest.
    pub(crate) fn of(stage: &mut Option<Self>) -> anyhow::Result<&Self> {
        if stage.is_none() {
            *stage = Some(Self::new()?);
        }
        stage.as_ref().ok_or_else(|| anyhow::anyhow!("no stage"))
    }

    fn new() -> anyhow::Result<Self> {
        let cluster = Cluster::new("gofrobot-test-play")?;
        let watch = Watch::new(&cluster)?;
        let stage = Self { cluster, watch };
        let made = crowd::gather(&stage.cluster).and_then(|()| {
            stage.release()?.install()?;
            crowd::first_answer(&stage.cluster)
        });
        if let Err(error) = made {
            stage.abandon("stage");
            return Err(error.context("the stage"));
        }
        Ok(stage)
    }

    /// The release.
    pub(crate) fn release(&self) -> anyhow::Result<Release<'_>> {
        Release::new(&self.cluster, RELEASE, values())
    }

    /// What is asked for in the end of every trial: the ledger shows everybody's updates in their order, and no pod was
    /// unready or ended without being told to.
    pub(crate) fn judge(&self, figures: &Figures) -> anyhow::Result<String> {
        let rows = ledger::in_order(&self.cluster)?;
        println!("  {rows} rows of the ledger are in order, and players own what they say");
        self.watch.quiet(&self.cluster)?;
        Ok(figures.to_string())
    }

    /// Writes down what there is to see, and removes it.
    pub(crate) fn abandon(self, trial: &str) {
        let folder = failure::dump(&self.cluster, trial);
        println!("  events, descriptions and logs: {}", folder.display());
        self.leave();
    }

    /// Removes it.
    pub(crate) fn leave(self) {
        if let Err(error) = self.cluster.leave() {
            println!("  {error:#}");
        }
    }

    /// Waits for a Deployment's pods as they are asked for now.
    pub(crate) fn rolled_out(&self, deployment: &str) -> anyhow::Result<()> {
        let deployment = format!("deployment/{RELEASE}-{deployment}");
        self.cluster
            .kubectl(["rollout", "status", &deployment, "--timeout=3m"])?;
        self.release()?.settled()
    }
}

/// The image of a program in this version.
pub(crate) fn image(cluster: &Cluster, program: &str) -> String {
    let registry = cluster
        .registry
        .as_ref()
        .map(|registry| format!("{registry}/"));
    format!(
        "{}gofrobot-{program}:{VERSION}",
        registry.unwrap_or_default()
    )
}

/// How long a change is looked for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
