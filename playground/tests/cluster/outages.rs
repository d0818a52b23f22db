//! Services that are not there yet, hang, and come back one by one: the programs wait, say so once, and go on.

use crate::common::process::Program;
use crate::common::side_door::until_missing;
use crate::common::telegram::FIRST_PERSON as ANNA;
use crate::common::wait::until;
use crate::proxy::{Link, Proxy};
use crate::services::{Cluster, on_cluster, queue_url, redis_url};

const QUEUE: [&str; 2] = ["queue.consume", "queue.publish"];

const NO_CONSUMER: [&str; 2] = [QUEUE[0], r#""not ready""#];
const REDIS_AWAY: [&str; 2] = ["redis is away", "WARN"];
const REDIS_BACK: [&str; 2] = ["redis is back", "INFO"];

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

/// Plays until it is so.
async fn until_played(cluster: &Cluster, is_so: impl Fn() -> bool) {
    while !is_so() {
        play(cluster).await;
    }
}

/// How often a program has said something.
fn said(program: &Program, words: [&str; 2]) -> usize {
    let written = program.written();
    let lines = written.lines();
    lines
        .filter(|line| words.iter().all(|word| line.contains(word)))
        .count()
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
        until_missing(worker.admin, &["database", QUEUE[0], QUEUE[1]]).await;
        until_missing(ingress.admin, &[QUEUE[1]]).await;

        // Postgres, Redis, RabbitMQ: each when the one before has been found.
        postgres.set(Link::Open);
        until_missing(worker.admin, &QUEUE).await;
        redis.set(Link::Open);
        until("the consumer's complaint", || {
            said(&worker, NO_CONSUMER) == 1
        })
        .await;
        rabbitmq.set(Link::Open);
        until_missing(worker.admin, &[]).await;
        until_missing(ingress.admin, &[]).await;
        play(&cluster).await;

        // Redis is missed by nobody.
        until_played(&cluster, || said(&worker, REDIS_BACK) == 1).await;
        redis.set(Link::Frozen);
        until_played(&cluster, || said(&worker, REDIS_AWAY) == 2).await;
        for _ in 0..20 {
            play(&cluster).await;
        }
        redis.set(Link::Open);
        until_played(&cluster, || said(&worker, REDIS_BACK) == 2).await;

        for (service, missing, of_ingress) in [
            (&postgres, &["database"][..], &[][..]),
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

        // Away at the start, frozen, cut off: each is said once, and so is each return.
        for condition in ["database", QUEUE[0], QUEUE[1]] {
            let of_worker = |words| said(&worker, [condition, words]);
            assert_eq!(of_worker(r#""not ready""#), 3, "{condition}");
            assert_eq!(of_worker(r#""ready""#), 3, "{condition}");
        }
        assert_eq!(said(&ingress, [QUEUE[1], r#""not ready""#]), 3);
        assert_eq!(said(&worker, REDIS_AWAY), 2);
        assert_eq!(said(&worker, REDIS_BACK), 2);
    })
    .await;
}
