//! The binary as an operator meets it.

#[path = "../../shared/tests/broker/mod.rs"]
mod broker;
mod telegram;

use std::process::{Output, Stdio};

use broker::{connect, ids, on_broker, take, update};
use telegram::{Server, TOKEN};
use tokio::io::{AsyncBufReadExt, BufReader};
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
