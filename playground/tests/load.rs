//! The load generator under a bot so simple that its faults are on purpose.
#![allow(clippy::unwrap_used, reason = "what tests share panics as tests do")]

#[path = "../../shared/tests/broker/address.rs"]
mod address;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use address::free_address;
use clap::Parser;
use gofrobot::cli::{Cli, Command};
use gofrobot::load::{self, Load};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// A generator that plays on request, and a bot that answers each update so often.
struct Desk {
    client: Client,
    url: String,
    shutdown: CancellationToken,
}

impl Desk {
    fn open(answers: fn(i64) -> usize) -> Self {
        let address = free_address();
        let load = settings(&["--on-request", "--users=5", &format!("--listen={address}")]);
        let desk = Self {
            client: Client::builder().no_proxy().build().unwrap(),
            url: format!("http://{address}"),
            shutdown: CancellationToken::new(),
        };
        let shutdown = desk.shutdown.clone();
        tokio::spawn(async move { load::on_request(&load, shutdown).await.unwrap() });
        let bot = Bot {
            client: desk.client.clone(),
            url: format!("{}/bot1:load", desk.url),
            answers,
        };
        tokio::spawn(desk.shutdown.clone().run_until_cancelled_owned(bot.run()));
        desk
    }

    async fn post(&self, round: Value) -> (StatusCode, Value) {
        let url = format!("{}/load", self.url);
        loop {
            // The first one may come before the listener.
            if let Ok(answer) = self.client.post(&url).body(round.to_string()).send().await {
                return (answer.status(), answer.json().await.unwrap());
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

struct Bot {
    client: Client,
    url: String,
    answers: fn(i64) -> usize,
}

impl Bot {
    async fn run(self) {
        let mut offset = 0;
        loop {
            let Some(updates) = self
                .call("getUpdates", json!({"offset": offset, "timeout": 5}))
                .await
            else {
                tokio::task::yield_now().await;
                continue;
            };
            for update in updates.as_array().unwrap() {
                let id = update["update_id"].as_i64().unwrap();
                offset = id + 1;
                for _ in 0..(self.answers)(id) {
                    self.answer(update).await;
                }
            }
        }
    }

    async fn answer(&self, update: &Value) {
        if let Some(query) = update["callback_query"]["id"].as_str() {
            self.call("answerCallbackQuery", json!({"callback_query_id": query}))
                .await;
        } else {
            let chat = &update["message"]["chat"]["id"];
            self.call("sendMessage", json!({"chat_id": chat, "text": "yes"}))
                .await;
        }
    }

    async fn call(&self, method: &str, parameters: Value) -> Option<Value> {
        let url = format!("{}/{method}", self.url);
        let answer = self.client.post(url).json(&parameters).send().await.ok()?;
        Some(answer.json::<Value>().await.ok()?["result"].take())
    }
}

fn settings(arguments: &[&str]) -> Load {
    let words = ["gofrobot", "load"].iter().chain(arguments);
    match Cli::try_parse_from(words).unwrap().command {
        Some(Command::Load(load)) => load,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rounds_are_played_one_after_another_and_each_has_its_own_report() {
    let desk = Desk::open(|_| 1);
    for updates in [20, 30] {
        let (status, report) = desk.post(json!({"updates": updates, "rate": 1_000})).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        assert_eq!(
            (
                &report["sent"],
                &report["answered"],
                &report["lost"],
                &report["doubles"]
            ),
            (&json!(updates), &json!(updates), &json!(0), &json!(0))
        );
        let waits = &report["latency_ms"];
        assert!(
            waits["p50"].as_f64() > Some(0.0) && waits["p50"].as_f64() <= waits["max"].as_f64()
        );
    }
}

#[tokio::test]
async fn what_is_never_answered_is_lost_and_what_is_said_again_is_double() {
    let silent = Desk::open(|update| usize::from(update % 2 == 0));
    let (_, report) = silent
        .post(json!({"updates": 20, "rate": 1_000, "patience": 1}))
        .await;
    assert_eq!(
        (&report["answered"], &report["lost"]),
        (&json!(10), &json!(10)),
        "{report}"
    );

    let stammering = Desk::open(|_| 2);
    let (_, report) = stammering.post(json!({"updates": 20, "rate": 1_000})).await;
    assert_eq!(
        (&report["answered"], &report["doubles"]),
        (&json!(20), &json!(20)),
        "{report}"
    );
}

#[tokio::test]
async fn a_round_of_any_length_is_cut_short_and_there_is_one_at_a_time() {
    static ANSWERED: AtomicUsize = AtomicUsize::new(0);
    let desk = Desk::open(|_| {
        ANSWERED.fetch_add(1, Relaxed);
        1
    });
    let long = desk.post(json!({"updates": 1_000_000, "rate": 200}));
    let meanwhile = async {
        while ANSWERED.load(Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let (status, _) = desk.post(json!({"updates": 1})).await;
        assert_eq!(status, StatusCode::CONFLICT);
        let url = format!("{}/load", desk.url);
        desk.client.delete(&url).send().await.unwrap();
    };
    let ((status, report), ()) = tokio::join!(long, meanwhile);
    assert_eq!(status, StatusCode::OK, "{report}");
    assert!(report["sent"].as_u64() < Some(1_000_000), "{report}");
    assert_eq!(
        (&report["answered"], &report["lost"]),
        (&report["sent"], &json!(0))
    );
}

#[tokio::test]
async fn a_round_that_makes_no_sense_is_refused_in_words() {
    let desk = Desk::open(|_| 1);
    for (round, words) in [
        (json!({"updates": 0}), "updates: at least 1"),
        (json!({"rate": 0}), "rate: 1 to 100000 updates a second"),
        (json!({"user": 1}), "unknown field `user`"),
    ] {
        let (status, refusal) = desk.post(round).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refusal["error"].as_str().unwrap().contains(words),
            "{refusal}"
        );
    }
}
