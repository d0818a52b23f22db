//! A release of the chart, as a user installs, upgrades and scales it.

use crate::cluster::{Cluster, folder, until};
use anyhow::Context;
use gofrobot_deploy::command;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The chart in the source tree.
fn chart() -> anyhow::Result<String> {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../helm/gofrobot");
    Ok(chart.canonicalize()?.to_string_lossy().into_owned())
}

/// The version of programs and chart.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version after it: the same programs, brought into the cluster under another tag.
pub(crate) fn next_version() -> String {
    let (front, patch) = VERSION.rsplit_once('.').unwrap_or((VERSION, "0"));
    format!("{front}.{}", patch.parse::<u32>().unwrap_or(0) + 1)
}

/// The chart as its maintainer would publish it under the next version.
pub(crate) fn next_chart() -> anyhow::Result<String> {
    let version = next_version();
    let (folder, chart) = (folder(), chart()?);
    std::fs::create_dir_all(&folder)?;
    let mut helm = std::process::Command::new("helm");
    helm.arg("package")
        .arg(chart)
        .arg("--destination")
        .arg(&folder);
    helm.args(["--version", &version, "--app-version", &version]);
    command::output(&mut helm)?;
    let archive = folder.join(format!("gofrobot-{version}.tgz"));
    Ok(archive.to_string_lossy().into_owned())
}

/// A release and the values that it keeps from one upgrade to the next.
pub(crate) struct Release<'a> {
    cluster: &'a Cluster,
    name: &'a str,
    values: String,
}

impl<'a> Release<'a> {
    /// A release of this name with these values, written into a file; nothing is installed yet.
    pub(crate) fn new(
        cluster: &'a Cluster,
        name: &'a str,
        mut values: Value,
    ) -> anyhow::Result<Self> {
        if let Some(registry) = &cluster.registry {
            values["global"]["imageRegistry"] = registry.as_str().into();
        }
        let values = cluster.file(&format!("{name}-values.json"), &values.to_string())?;
        Ok(Self {
            cluster,
            name,
            values,
        })
    }

    /// Installs it, and waits for its pods.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        self.helm("install", &chart()?, &["--wait", "--timeout=3m"])?;
        self.settled()
    }

    /// The same, but does not wait: for a release that cannot become ready.
    pub(crate) fn install_broken(&self) -> anyhow::Result<()> {
        self.helm("install", &chart()?, &[])
    }

    /// Upgrades it in place, with more values, and waits for its pods.
    pub(crate) fn set(&self, more: &[&str]) -> anyhow::Result<()> {
        self.upgrade(&chart()?, more)
    }

    /// Upgrades it to another chart.
    pub(crate) fn upgrade(&self, chart: &str, more: &[&str]) -> anyhow::Result<()> {
        let more = more.iter().flat_map(|value| ["--set", value]);
        let arguments: Vec<&str> = more.chain(["--wait", "--timeout=3m"]).collect();
        self.helm("upgrade", chart, &arguments)?;
        self.settled()
    }

    fn helm(&self, verb: &str, chart: &str, more: &[&str]) -> anyhow::Result<()> {
        let mut arguments = vec![verb, self.name, chart, "-f", &self.values];
        arguments.extend(more);
        self.cluster.helm(&arguments)?;
        Ok(())
    }

    /// Takes it back to the revision before.
    pub(crate) fn roll_back(&self) -> anyhow::Result<()> {
        self.cluster
            .helm(&["rollback", self.name, "--wait", "--timeout=3m"])?;
        self.settled()
    }

    /// Uninstalls it.
    pub(crate) fn uninstall(&self) -> anyhow::Result<String> {
        self.cluster
            .helm(&["uninstall", self.name, "--wait", "--timeout=3m"])
    }

    /// Waits until no pod is on its way out: `--wait` is content when the new ones are ready.
    pub(crate) fn settled(&self) -> anyhow::Result<()> {
        until("no pod is ending any more", Duration::from_secs(60), || {
            let pods = self.cluster.get("pods")?;
            let pods = pods["items"].as_array().context("no list of pods")?;
            let ending = |pod: &&Value| !pod["metadata"]["deletionTimestamp"].is_null();
            Ok((!pods.iter().any(|pod| ending(&pod))).then_some(()))
        })
    }
}
