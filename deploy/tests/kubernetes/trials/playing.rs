//! Under 300 updates a second, by long polling: at rest, scaled, upgraded, rolled back, a pod deleted by force; and with
//! workers that are starved of processor under a backlog.

use crate::cluster::until;
use crate::crowd;
use crate::release::{VERSION, next_chart, next_version};
use crate::stage::{PATIENCE, RELEASE, Stage};
use anyhow::Context;
use serde_json::Value;

/// At rest: the measure for the rest.
pub(crate) fn polling(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let figures = crowd::play(
        &stage.cluster,
        30 * u64::from(crowd::rate()),
        crowd::rate(),
        || Ok(()),
    )?;
    figures.clean()?;
    stage.judge(&figures)
}

/// 1, 4 and 1 workers by value.
pub(crate) fn replicas_by_value(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let figures = crowd::during(&stage.cluster, || {
        for replicas in [1, 4, 1] {
            let replicas = format!("worker.replicas={replicas}");
            stage.release()?.set(&[&replicas])?;
        }
        stage.release()?.set(&[])
    })?;
    figures.clean()?;
    stage.judge(&figures)
}

/// 1, 4 and 1 pods of each Deployment by `kubectl scale`.
pub(crate) fn replicas_by_kubectl(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let figures = crowd::during(&stage.cluster, || {
        for replicas in [1, 4, 1, 2] {
            scale(stage, &["worker", "ingress"], replicas)?;
        }
        Ok(())
    })?;
    figures.clean()?;
    stage.judge(&figures)
}

/// A rolling upgrade to another chart version with other images.
pub(crate) fn upgrade(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let chart = next_chart()?;
    let figures = crowd::during(&stage.cluster, || {
        stage.release()?.upgrade(&chart, &[])?;
        runs(stage, &next_version())
    })?;
    figures.clean()?;
    stage.judge(&figures)
}

/// Back to the version before.
pub(crate) fn rollback(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    // The revision before this one shall be the one to go back to, whatever ran before.
    stage.release()?.set(&[])?;
    stage.release()?.upgrade(&next_chart()?, &[])?;
    let figures = crowd::during(&stage.cluster, || {
        stage.release()?.roll_back()?;
        runs(stage, VERSION)
    })?;
    figures.clean()?;
    stage.judge(&figures)
}

/// A worker and an ingress deleted by force, in the middle of whatever they do: what a worker was saying at that moment
/// may be said again, nothing else.
pub(crate) fn force(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let figures = crowd::during(&stage.cluster, || {
        for component in ["worker", "ingress"] {
            let pods = stage
                .cluster
                .pods(&format!("app.kubernetes.io/component={component}"))?;
            let pod = pods
                .first()
                .and_then(|pod| pod["metadata"]["name"].as_str());
            let pod = pod.context("no pod")?;
            stage
                .cluster
                .kubectl(["delete", "pod", pod, "--force", "--grace-period=0"])?;
            stage.rolled_out(component)?;
        }
        Ok(())
    })?;
    figures.none_lost()?;
    stage.judge(&figures)
}

/// Workers of 80 millicores under a backlog of 40,000, scaled up, restarted one by one, and scaled down again.
pub(crate) fn starved(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let limits = [
        "worker.resources.requests.cpu=80m",
        "worker.resources.limits.cpu=80m",
    ];
    stage.release()?.set(&limits)?;
    let figures = crowd::play(&stage.cluster, 40_000, 4_000, || {
        std::thread::sleep(std::time::Duration::from_secs(10));
        scale(stage, &["worker"], 6)?;
        let workers = format!("deployment/{RELEASE}-worker");
        stage.cluster.kubectl(["rollout", "restart", &workers])?;
        stage.rolled_out("worker")?;
        scale(stage, &["worker"], 2)
    })?;
    stage.release()?.set(&[])?;
    figures.clean()?;
    stage.judge(&figures)
}

fn scale(stage: &Stage, components: &[&str], replicas: u32) -> anyhow::Result<()> {
    for component in components {
        let deployment = format!("deployment/{RELEASE}-{component}");
        let replicas = format!("--replicas={replicas}");
        stage.cluster.kubectl(["scale", &deployment, &replicas])?;
    }
    for component in components {
        stage.rolled_out(component)?;
    }
    Ok(())
}

/// Waits until ingress and workers run the images of this version and no others.
fn runs(stage: &Stage, version: &str) -> anyhow::Result<()> {
    until(&format!("all pods run {version}"), PATIENCE, || {
        let pods = stage
            .cluster
            .pods("app.kubernetes.io/component in (ingress, worker)")?;
        let image = |pod: &Value| {
            pod["spec"]["containers"][0]["image"]
                .as_str()
                .map(str::to_owned)
        };
        let images: Vec<String> = pods.iter().filter_map(image).collect();
        let tag = format!(":{version}");
        Ok((!images.is_empty() && images.iter().all(|image| image.ends_with(&tag))).then_some(()))
    })
}
