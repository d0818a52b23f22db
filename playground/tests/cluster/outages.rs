//! Services that are not there yet, hang, and come back one by one: the programs wait, say so once, and go on.
//!
//! A busy machine may lose a service more often than the test takes it away, and the programs then tell of more changes.
//! What they never may is to tell of the same one twice.

use crate::common::process::Program;
use crate::common::side_door::until_missing;
use crate::common::telegram::FIRST_PERSON as ANNA;
use crate::common::wait::{until, until_answered};
use crate::proxy::{Link, Proxy};
use crate::services::{Cluster, on_cluster, queue_url, redis_url};

const DATABASE: &str = "database";
const QUEUE: [&str; 2] = ["queue.consume", "queue.publish"];
const REDIS: &str = "redis";

/// A proxy before the service of an address, and the address that leads through it.
async fn before(url: &str) -> (Proxy, String) {
    let (start, rest) = url.split_once("//").unwrap();
    let (login, place) = rest
        .split_once('@')
        .map_or(("", rest), |(login, place)| (login, place));
    let (service, path) = place.split_once('/').unwrap_or((place, ""));
    let proxy = Proxy::before(service.to_owned(), Link::Cut).await;
    let at = if login.is_empty() { "" } else { "@" };
    let through = format!("{start}//{login}{at}{}/{path}", proxy.address);
    (proxy, through)
}

/// Lets Anna press a button, and waits until the press is answered.
async fn play(cluster: &Cluster) {
    let telegram = &cluster.telegram;
    let pressed = telegram.simulator.press(ANNA, ANNA, 1, "v1:davka").unwrap();
    let answered = || telegram.witness.answers(&pressed.callback_query_id) > 0;
    until("an answer", answered).await;
}

/// What a program has told of a service, in order: that it is away, or that it is back.
fn told(program: &Program, service: &str) -> Vec<Link> {
    let redis = |line: &str| match line {
        _ if line.contains("redis is away") => Some(Link::Cut),
        _ if line.contains("redis is back") => Some(Link::Open),
        _ => None,
    };
    let condition = |line: &str| match line {
        _ if !line.contains(&format!(r#""condition":"{service}""#)) => None,
        _ if line.contains(r#""not ready""#) => Some(Link::Cut),
        _ => Some(Link::Open),
    };
    let written = program.written();
    let lines = written.lines();
    match service {
        REDIS => lines.filter_map(redis).collect(),
        _ => lines.filter_map(condition).collect(),
    }
}

/// Waits until a program has told so many changes of a service: each once, by turns.
async fn until_told(program: &Program, service: &str, changes: usize) {
    let all = || told(program, service).len() >= changes;
    until(&format!("{changes} changes of {service}"), all).await;
    let told = told(program, service);
    let by_turns = [Link::Cut, Link::Open].into_iter().cycle();
    assert!(
        told.iter().copied().eq(by_turns.take(told.len())),
        "{service}: {told:?}"
    );
}

/// Plays until the worker's last word on Redis is this.
async fn until_redis_is(link: Link, worker: &Program, cluster: &Cluster) {
    let told = || async {
        play(cluster).await;
        told(worker, REDIS).last() == Some(&link)
    };
    until_answered(&format!("{link:?} as the last word on Redis"), told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_come_and_go_in_any_order_and_the_programs_go_on_by_themselves() {
    on_cluster(1, |cluster| async move {
        let (postgres, database_url) = before(&cluster.database_url).await;
        let (redis, redis_url) = before(&redis_url()).await;
        let (rabbitmq, queue_url) = before(&queue_url()).await;
        let through = [
            ("DATABASE_URL", &*database_url),
            ("REDIS_URL", &*redis_url),
            ("QUEUE_URL", &*queue_url),
            ("LOG_FORMAT", "json"),
        ];
        let ingress = cluster.launch("gofrobot-ingress", &through);
        let worker = cluster.launch("gofrobot-worker", &through);
        until_missing(worker.admin, &[DATABASE, QUEUE[0], QUEUE[1]]).await;
        until_missing(ingress.admin, &[QUEUE[1]]).await;

        // Postgres, Redis, RabbitMQ: each when the one before has been found, and when it has been missed.
        until_told(&worker, DATABASE, 1).await;
        postgres.set(Link::Open);
        until_missing(worker.admin, &QUEUE).await;
        until_told(&worker, REDIS, 1).await;
        redis.set(Link::Open);
        for (program, condition) in [
            (&worker, QUEUE[0]),
            (&worker, QUEUE[1]),
            (&ingress, QUEUE[1]),
        ] {
            until_told(program, condition, 1).await;
        }
        rabbitmq.set(Link::Open);
        until_missing(worker.admin, &[]).await;
        until_missing(ingress.admin, &[]).await;
        play(&cluster).await;

        // Redis is missed by nobody.
        until_redis_is(Link::Open, &worker, &cluster).await;
        redis.set(Link::Frozen);
        until_redis_is(Link::Cut, &worker, &cluster).await;
        for _ in 0..20 {
            play(&cluster).await;
        }
        redis.set(Link::Open);
        until_redis_is(Link::Open, &worker, &cluster).await;

        for (service, missing, of_ingress) in [
            (&postgres, &[DATABASE][..], &[][..]),
            (&rabbitmq, &QUEUE, &QUEUE[1..]),
        ] {
            for link in [Link::Frozen, Link::Cut] {
                service.set(link);
                until_missing(worker.admin, missing).await;
                until_missing(ingress.admin, of_ingress).await;
                service.set(Link::Open);
                until_missing(worker.admin, &[]).await;
                until_missing(ingress.admin, &[]).await;
                play(&cluster).await;
            }
        }

        // Away at the start, frozen, cut off, and back each time. Redis was not cut off.
        for condition in [DATABASE, QUEUE[0], QUEUE[1]] {
            until_told(&worker, condition, 6).await;
        }
        until_told(&ingress, QUEUE[1], 6).await;
        until_told(&worker, REDIS, 4).await;
    })
    .await;
}
