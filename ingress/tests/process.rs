//! The binary as an operator meets it.
#![allow(clippy::unwrap_used, reason = "what a test needs must be there")]

#[path = "../../shared/tests/broker/mod.rs"]
mod broker;
mod telegram;

use std::process::{Output, Stdio};

use broker::wait::{until_answered, within};
use broker::{connect, free_address, ids, on_broker, take, update};
use gofrobot_shared::admin::check_health;
use telegram::{Server, TOKEN};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

fn ingress(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gofrobot-ingress"));
    command
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(std::env::temp_dir())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn wrong_settings_are_one_line_and_exit_code_64() {
    let broker = ("QUEUE_URL", "amqp://127.0.0.1:1/%2f");
    let token = ("BOT_TOKEN", TOKEN);
    for (variables, variable) in [
        (&[token][..], "QUEUE_URL"),
        (&[broker], "BOT_TOKEN"),
        (&[token, ("QUEUE_URL", "ampq://x")], "QUEUE_URL"),
        (&[token, broker, ("INGRESS_MODE", "webhook")], "WEBHOOK_URL"),
        (
            &[
                token,
                broker,
                ("WEBHOOK_URL", "https://bot.example/telegram"),
            ],
            "WEBHOOK_SECRET",
        ),
        (&[token, broker, ("PARTITIONS", "0")], "PARTITIONS"),
    ] {
        let Output { status, stderr, .. } = ingress(variables).output().await.unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(64), "{variables:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(variable) && !stderr.contains(TOKEN),
            "{stderr}"
        );
    }
}

/// The variables of an ingress with a webhook, which listens at `listen` and `admin`.
fn webhook<'a>(
    api_url: &'a str,
    queue: &'a str,
    prefix: &'a str,
    listen: &'a str,
    admin: &'a str,
) -> [(&'a str, &'a str); 8] {
    [
        ("BOT_TOKEN", TOKEN),
        ("TELEGRAM_API_URL", api_url),
        ("QUEUE_URL", queue),
        ("QUEUE_PREFIX", prefix),
        ("WEBHOOK_URL", "https://bot.example/telegram"),
        ("WEBHOOK_SECRET", "secret"),
        ("LISTEN_ADDR", listen),
        ("ADMIN_ADDR", admin),
    ]
}

#[tokio::test]
async fn a_bot_api_that_does_not_answer_is_named() {
    on_broker(|config| async move {
        let nobody = "http://127.0.0.1:1";
        let queue = broker::queue_url();
        for mode in ["webhook", "polling"] {
            let admin = free_address().to_string();
            let variables = webhook(nobody, &queue, &config.prefix, "127.0.0.1:0", &admin);
            let mut process = ingress(&variables);
            process.envs([("INGRESS_MODE", mode), ("PARTITIONS", "4")]);
            let _process = process.stderr(Stdio::null()).spawn().unwrap();
            let reason = format!(
                r#""name":"bot_api","ready":false,"reason":"{}"#,
                match mode {
                    "webhook" => "registering the webhook failed: no answer",
                    _ => "polling failed: no answer",
                }
            );
            until_ready_for(&admin, &reason).await;
            until_ready_for(&admin, PUBLISHES).await;
        }
    })
    .await;
}

/// What an ingress that has reached the broker says of it.
const PUBLISHES: &str = r#""name":"queue.publish","ready":true"#;

/// Waits until the ingress at `admin`, which is not ready, says so with `words` among others.
async fn until_ready_for(admin: &str, words: &str) {
    let address = admin.parse().unwrap();
    let says_so = || async {
        let unready = check_health(address).await;
        unready.is_err_and(|error| error.to_string().contains(words))
    };
    until_answered(words, says_so).await;
}

#[tokio::test]
async fn an_address_in_use_is_one_line() {
    let server = Server::start().await;
    let holder = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let queue = broker::queue_url();
    for (listen, admin, variable) in [
        (&*taken, "127.0.0.1:0", "LISTEN_ADDR"),
        ("127.0.0.1:0", &*taken, "ADMIN_ADDR"),
    ] {
        let variables = webhook(&server.url, &queue, "test-unused", listen, admin);
        let Output { status, stderr, .. } = ingress(&variables).output().await.unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(variable), "{stderr}");
    }
}

#[tokio::test]
async fn half_open_connections_that_use_up_the_file_descriptors_are_survived() {
    on_broker(|config| async move {
        let server = Server::start().await;
        let (listen, admin) = (free_address().to_string(), free_address().to_string());
        let queue = broker::queue_url();
        let variables = webhook(&server.url, &queue, &config.prefix, &listen, &admin);
        let mut process = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_gofrobot-ingress");
        process
            .args(["-c", "ulimit -n 40; exec \"$0\"", program])
            .env_clear()
            .envs(variables)
            .env("PARTITIONS", "4")
            .current_dir(std::env::temp_dir())
            .kill_on_drop(true)
            .stderr(Stdio::piped());
        let mut process = process.spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut until = async |words: &str| loop {
            let line = within(words, lines.next_line()).await.unwrap();
            let line = line.expect("it ended");
            if line.contains(words) {
                return;
            }
            assert!(!line.contains("accepted"), "{line}");
        };
        until("webhook registered").await;
        let ready = || async { check_health(admin.parse().unwrap()).await.is_ok() };
        until_answered("an ingress that is ready", ready).await;
        let mut half_open = Vec::new();
        for _ in 0..40 {
            let mut stream = TcpStream::connect(&listen).await.unwrap();
            stream
                .write_all(b"POST /telegram HTTP/1.1\r\n")
                .await
                .unwrap();
            half_open.push(stream);
        }
        until("no connection is accepted").await;
        drop(half_open);
        until("connections are accepted again").await;
        let url = format!("http://{listen}/telegram");
        let request = reqwest::Client::new()
            .post(url)
            .header("X-Telegram-Bot-Api-Secret-Token", "secret")
            .body(update(1, 7).body);
        assert_eq!(request.send().await.unwrap().status(), 200);
    })
    .await;
}

#[tokio::test]
async fn healthcheck_needs_no_settings_and_fails_when_nobody_answers() {
    let output = ingress(&[("ADMIN_ADDR", "127.0.0.1:1")])
        .arg("healthcheck")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[tokio::test]
async fn it_polls_and_stops_in_good_order() {
    on_broker(|config| async move {
        let server = Server::start().await;
        server.send(1, String::from_utf8(update(1, 7).body.to_vec()).unwrap());
        let mut process = ingress(&[
            ("BOT_TOKEN", TOKEN),
            ("TELEGRAM_API_URL", &server.url),
            ("QUEUE_URL", &broker::queue_url()),
            ("QUEUE_PREFIX", &config.prefix),
            ("PARTITIONS", "4"),
            ("ADMIN_ADDR", "127.0.0.1:0"),
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            while let Some(line) = lines.next_line().await.unwrap() {
                // Shown if the test hangs.
                println!("{line}");
                log = log + &line + "\n";
            }
            log
        });
        let queue = connect(config);
        assert_eq!(ids(&take(&mut queue.consumer(), 1).await), [1]);
        server.until_confirmed(2).await;
        let id = process.id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .await
                .unwrap()
                .success()
        );
        assert_eq!(process.wait().await.unwrap().code(), Some(0));
        let log = log.await.unwrap();
        assert!(
            log.contains("this ingress polls") && !log.contains("token-of-the-tests"),
            "{log}"
        );
    })
    .await;
}
