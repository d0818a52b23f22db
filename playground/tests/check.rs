//! `gofrobot check` against a bot that runs, and against what is not well.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests panic as tests do"
)]

mod common;

use axum::http::StatusCode;
use axum::routing::{get, post};
use clap::Parser;
use common::address::free_address;
use common::side_door;
use gofrobot::check::{self, Check};
use gofrobot::cli::{Cli, Command};
use gofrobot::play;
use gofrobot::simulator::Options;
use gofrobot::telegram::Telegram;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What it says, and whether all is well.
async fn said(arguments: &[&str]) -> (bool, String) {
    let Some(Command::Check(check)) = parse(arguments).command else {
        unreachable!()
    };
    let mut out = Vec::new();
    let well = check::run(&check, &mut out).await.unwrap();
    (well, String::from_utf8(out).unwrap())
}

fn parse(arguments: &[&str]) -> Cli {
    Cli::parse_from(["gofrobot", "check"].iter().chain(arguments))
}

/// A simulated Telegram with its page, without a bot.
async fn telegram() -> Telegram {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options {
        token: "7000000001:simulated".into(),
        ..Options::default()
    };
    Telegram::start(listener, options, CancellationToken::new()).unwrap()
}

#[tokio::test]
async fn a_bot_that_runs_is_well() {
    let telegram = telegram().await;
    let url = telegram.url();
    let folder = tempfile::tempdir().unwrap();
    let (admin, folder) = (free_address(), folder.path().to_str().unwrap());
    let side_door = admin.to_string();
    let cli = Cli::parse_from([
        "gofrobot",
        "--bot-token=7000000001:simulated",
        &format!("--telegram-api-url={url}"),
        &format!("--admin-addr={admin}"),
        &format!("--users-dir={folder}"),
    ]);
    let stop = CancellationToken::new();
    let running = tokio::spawn(play::run(cli.play, stop.clone()));
    side_door::until_ready(admin).await;
    let (well, said) = said(&[
        &format!("--ready={side_door}"),
        "--bot-token=7000000001:simulated",
        &format!("--telegram-api-url={url}"),
        &format!("--play={url}"),
    ])
    .await;
    assert!(well, "{said}");
    assert_eq!(
        said.lines().filter(|line| line.starts_with("ok ")).count(),
        3,
        "{said}"
    );
    let ready = format!(
        "ok      ready {side_door}: {side_door}
"
    );
    assert!(said.contains(&ready), "{said}");
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_not_well_is_named_and_the_rest_asked_all_the_same() {
    let telegram = telegram().await;
    let nobody = free_address();
    let (well, said) = said(&[
        &format!("--ready={nobody}"),
        "--bot-token=7000000001:wrong",
        &format!("--telegram-api-url={}", telegram.url()),
        &format!("--play={}", telegram.url()),
        "--patience=1",
    ])
    .await;
    assert!(!well);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(
        lines.iter().all(|line| line.starts_with("failed ")),
        "{said}"
    );
    assert!(
        lines[0].contains(&format!("{nobody} does not answer")),
        "{said}"
    );
    assert!(lines[1].contains("401"), "{said}");
    assert!(
        lines[2].contains("/start is not answered: the bot has said nothing"),
        "{said}"
    );
    assert!(!said.contains("7000000001:wrong"), "{said}");
}

#[tokio::test]
async fn a_webhook_must_refuse_and_a_pod_must_be_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = axum::Router::new()
        .route("/guarded", post(async || StatusCode::UNAUTHORIZED))
        .route("/open", post(async || StatusCode::OK))
        .route(
            "/ready",
            get(async || (StatusCode::SERVICE_UNAVAILABLE, "database: away")),
        );
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let (well, said) = said(&[&format!("--webhook=http://{address}/guarded")]).await;
    assert!(well, "{said}");
    let (well, said) = self::said(&[
        &format!("--webhook=http://{address}/open"),
        &format!("--ready={address}"),
        "--patience=1",
    ])
    .await;
    assert!(!well);
    assert!(said.contains("got 200 OK, expected 401"), "{said}");
    assert!(
        said.contains("is not ready (503 Service Unavailable): database: away"),
        "{said}"
    );
}

#[tokio::test]
async fn nothing_to_ask_is_a_mistake() {
    let Some(Command::Check(check)) = parse(&[]).command else {
        unreachable!()
    };
    // A token in the environment would be something.
    let check = Check {
        telegram: gofrobot_shared::config::Telegram {
            bot_token: None,
            ..check.telegram
        },
        ..check
    };
    let error = check::run(&check, &mut Vec::new()).await.unwrap_err();
    assert!(error.to_string().starts_with("nothing to check"), "{error}");
}
