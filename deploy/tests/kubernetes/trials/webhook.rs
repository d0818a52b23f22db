//! By webhook, through the Service of ingress: played while pods are replaced, and while RabbitMQ is away.

use crate::cluster::{Cluster, until};
use crate::crowd;
use crate::stage::{PATIENCE, RELEASE, Stage};
use anyhow::ensure;
use std::time::Instant;

const URL: &str = "webhook.url=http://gofrobot-ingress:8080/telegram";

/// Posts come through the Service while all of ingress and all workers are replaced.
pub(crate) fn webhook(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    by_webhook(stage)?;
    let figures = crowd::during(&stage.cluster, || {
        for component in ["ingress", "worker"] {
            let deployment = format!("deployment/{RELEASE}-{component}");
            stage.cluster.kubectl(["rollout", "restart", &deployment])?;
            stage.rolled_out(component)?;
        }
        Ok(())
    })?;
    figures.clean()?;
    stage.judge(&figures)
}

/// While RabbitMQ is away, ingress stays in the Service and refuses by itself, with the time after which to try again;
/// Telegram keeps the updates, and nothing is lost.
pub(crate) fn queue_away(stage: &mut Option<Stage>) -> anyhow::Result<String> {
    let stage = Stage::of(stage)?;
    let cluster = &stage.cluster;
    by_webhook(stage)?;
    let rabbitmq = format!("statefulset/{RELEASE}-rabbitmq");
    let figures = crowd::during(cluster, || {
        // Workers can serve nobody meanwhile, and say so.
        stage
            .watch
            .excusing(&["gofrobot-worker", "gofrobot-rabbitmq"], || {
                cluster.kubectl(["scale", &rabbitmq, "--replicas=0"])?;
                cluster.kubectl([
                    "wait",
                    "pod/gofrobot-rabbitmq-0",
                    "--for=delete",
                    "--timeout=60s",
                ])?;
                let answer = refused_post(cluster)?;
                println!("  the Service answers: {answer}");
                let ready = cluster.look([
                    "get",
                    "endpointslices",
                    "-l",
                    "kubernetes.io/service-name=gofrobot-ingress",
                    "-o",
                    "jsonpath={.items[*].endpoints[*].conditions.ready}",
                ])?;
                ensure!(
                    ready == "true true",
                    "ingress left the Service: ready is '{ready}'"
                );
                cluster.kubectl(["scale", &rabbitmq, "--replicas=1"])?;
                cluster.kubectl(["rollout", "status", &rabbitmq, "--timeout=2m"])?;
                stage.rolled_out("worker")
            })
    })?;
    stage.release()?.set(&[])?;
    figures.none_lost()?;
    stage.judge(&figures)
}

/// Goes over from long polling, and waits until posts come in: the last poller may have deleted the webhook once more.
fn by_webhook(stage: &Stage) -> anyhow::Result<()> {
    stage.release()?.set(&[URL])?;
    let begun = Instant::now();
    crowd::first_answer(&stage.cluster)?;
    println!(
        "  the first answer by webhook, {:.1} s later",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// What the Service answers to a post with the right secret. Asked from the database's pod, which has a shell, because a
/// Service's address leads somewhere only inside of the cluster.
fn refused_post(cluster: &Cluster) -> anyhow::Result<String> {
    let secret = "go-template={{index .data \"webhook-secret\" | base64decode}}";
    let secret = cluster.look(["get", "secret", "gofrobot-generated", "-o", secret])?;
    let post = "exec 3<>/dev/tcp/gofrobot-ingress/8080; \
        printf 'POST /telegram HTTP/1.1\\r\\nHost: gofrobot-ingress\\r\\nConnection: close\\r\\nX-Telegram-Bot-Api-Secret-Token: %s\\r\\nContent-Length: 15\\r\\n\\r\\n{\"update_id\": 1}' \"$0\" >&3; \
        cat <&3";
    until(
        "a 503 with Retry-After through the Service",
        PATIENCE,
        || {
            let answer = cluster.look([
                "exec",
                "gofrobot-postgres-0",
                "--",
                "timeout",
                "10",
                "bash",
                "-c",
                post,
                &secret,
            ])?;
            let head: Vec<&str> = answer
                .lines()
                .take_while(|line| !line.trim().is_empty())
                .collect();
            let status = head.first().copied().unwrap_or_default();
            let retry = head
                .iter()
                .find(|line| line.to_ascii_lowercase().starts_with("retry-after:"));
            match retry {
                Some(retry) if status.contains(" 503 ") => Ok(Some(format!("{status}, {retry}"))),
                _ => anyhow::bail!("it answers {}", head.join(", ")),
            }
        },
    )
}
