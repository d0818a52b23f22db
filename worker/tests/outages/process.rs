//! What an operator sees of a worker whose services do not answer.

use super::address::free_address;
use super::database::before;
use super::harness::{PARTITIONS, Place, command, on_broker, queue_url};
use super::proxy::Link;
use super::wait::{until_answered, within};
use super::world::{BotApi, with_database};
use gofrobot_shared::admin::check_health;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// What a worker's metrics say once it has taken an update.
const TAKEN: &str = "bot_update_age_seconds_count 1";

async fn metrics(admin: SocketAddr) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("http://{admin}/metrics")).send().await;
    answer.unwrap().text().await.unwrap()
}

/// A worker's program with variables that are right, and the address of its side door.
pub(crate) fn program(place: &Place, database: &str, api_url: &str) -> (Command, SocketAddr) {
    let admin = free_address();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gofrobot-worker"));
    program
        .env_clear()
        .envs([
            ("BOT_TOKEN", "1:a"),
            ("TELEGRAM_API_URL", api_url),
            ("QUEUE_URL", &queue_url()),
            ("QUEUE_PREFIX", &place.prefix),
            ("PARTITIONS", &PARTITIONS.to_string()),
            ("DATABASE_URL", database),
            ("ADMIN_ADDR", &admin.to_string()),
        ])
        .current_dir(std::env::temp_dir())
        .kill_on_drop(true);
    (program, admin)
}

/// A worker as a process, whose side door is at the address.
async fn worker(place: &Place, database: &str, api_url: &str) -> (Child, SocketAddr) {
    let (mut program, admin) = program(place, database, api_url);
    let process = program.stderr(Stdio::piped()).spawn();
    (process.unwrap(), admin)
}

#[tokio::test]
async fn a_bot_api_that_does_not_answer_is_named() {
    on_broker(|place| {
        with_database(|database| async move {
            let (_process, admin) = worker(&place, &database, "http://127.0.0.1:1").await;
            let reason = r#""name":"bot_api","ready":false,"reason":"it does not tell who the bot is: cannot connect"#;
            let says_so = || async {
                let unready = check_health(admin).await;
                unready.is_err_and(|error| error.to_string().contains(reason))
            };
            until_answered(reason, says_so).await;
        })
    })
    .await;
}

#[tokio::test]
async fn a_stop_while_the_database_hangs_tells_what_is_left() {
    on_broker(|place| {
        with_database(|database| async move {
            let (proxy, behind) = before(&database).await;
            let api = BotApi::start().await;
            let (mut process, admin) = worker(&place, &behind, &api.url).await;
            let ready = || async { check_health(admin).await.is_ok() };
            until_answered("a worker that is ready", ready).await;
            proxy.set(Link::Frozen);
            let update = command(1, 1, "/gdavka");
            place.publisher.publish(update).await.unwrap();
            let taken = || async { metrics(admin).await.contains(TAKEN) };
            until_answered("an update in hand", taken).await;
            let id = process.id().unwrap().to_string();
            let kill = Command::new("kill").args(["-TERM", &id]).status().await;
            assert!(kill.unwrap().success());
            let mut log = String::new();
            let mut stderr = process.stderr.take().unwrap();
            let end = stderr.read_to_string(&mut log);
            within("the worker's end", end).await.unwrap();
            assert!(log.contains("a batch is left after 8 s"), "{log}");
            assert!(process.wait().await.unwrap().success(), "{log}");
        })
    })
    .await;
}
