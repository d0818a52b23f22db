//! The program as a person starts it, and the chat page in a real browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests panic as tests do"
)]

mod common;

use std::process::Stdio;

use common::address::free_address;
use common::node;
use common::process::Program;
use common::wait::until_answered;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

/// `gofrobot` without arguments, on free ports, with its data in `folder`.
fn gofrobot(folder: &TempDir) -> Program {
    let page = free_address().to_string();
    let variables = [
        ("PAGE_ADDR", page.as_str()),
        ("USERS_DIR", "players"),
        ("MAX_REQUESTS_PER_MINUTE", "1000"),
    ];
    let path = env!("CARGO_BIN_EXE_gofrobot");
    Program::start("gofrobot", path, folder.path(), &variables)
}

/// The address that it prints.
async fn address(program: &Program) -> String {
    let url = |line: &str| Some(line.split_once("plays at ")?.1.to_owned());
    program.line("the address of the page", url).await
}

#[tokio::test]
async fn the_page_is_played_in_a_browser() {
    let scripts = node::scripts().await;
    let folder = tempfile::tempdir().unwrap();
    let mut program = gofrobot(&folder);
    let url = address(&program).await;
    program.until_ready().await;
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let node = Command::new("node")
        .args(["--test", "page.test.mjs"])
        .current_dir(&scripts)
        .env("GOFROBOT_URL", &url)
        .env("CHROMIUM", on_path(&chromium))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("node 20 or newer must be installed");
    assert!(
        node.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&node.stdout),
        String::from_utf8_lossy(&node.stderr)
    );
    assert_eq!(program.stop().await, Some(0));
}

/// The full path of a program, as a shell finds it.
fn on_path(program: &str) -> String {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&folders).map(|folder| folder.join(program));
    let found = places.find(|place| place.is_file());
    found.map_or_else(|| program.to_owned(), |place| place.display().to_string())
}

#[tokio::test]
async fn players_are_kept_when_the_program_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = gofrobot(&folder);
    let page = Page::of(&program).await;
    page.ask("/start").await;
    let caught = page.ask("/davka").await;
    let before = page.ask("/profile").await;
    assert_ne!(caught, before);
    assert_eq!(program.stop().await, Some(0));
    assert!(folder.path().join("players/gofrobot.db").is_file());

    let mut program = gofrobot(&folder);
    let page = Page::of(&program).await;
    let after = page.ask("/profile").await;
    // Atmospheres and the time to the next move on; the figures of growth do not.
    for figure in ["📏", "🔌", "🎒"] {
        let of = |text: &str| {
            text.lines()
                .find(|line| line.contains(figure))
                .map(str::to_owned)
        };
        assert!(of(&before).is_some(), "{figure} in {before}");
        assert_eq!(of(&after), of(&before), "{after}");
    }
    assert!(!after.contains("10.0 mm"), "{after}");
    assert_eq!(program.stop().await, Some(0));
}

#[tokio::test]
async fn people_are_kept_when_the_program_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = gofrobot(&folder);
    let vitya = Page::of(&program).await.newcomer("Vitya").await;
    assert_eq!(program.stop().await, Some(0));

    let mut program = gofrobot(&folder);
    let page = Page::of(&program).await;
    let lida = page.newcomer("Lida").await;
    assert!(lida["id"].as_i64() > vitya["id"].as_i64(), "{lida}");
    let people = page.get("/api/people").await;
    assert!(people.as_array().unwrap().contains(&vitya), "{people}");
    assert_eq!(program.stop().await, Some(0));
}

#[tokio::test]
async fn without_a_database_no_address_is_promised() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("players")).unwrap();
    std::fs::write(folder.path().join("players/gofrobot.db"), "no database").unwrap();
    let mut program = gofrobot(&folder);
    assert_eq!(program.exit_code().await, Some(1));
    let told = |line: &str| line.contains("DATABASE_URL").then_some(());
    program.line("what is wrong with the database", told).await;
    let written = program.written();
    assert!(!written.contains("plays at"), "{written}");
}

/// The chat page's API in the hands of Alice.
struct Page {
    url: String,
    http: reqwest::Client,
}

const ALICE: i64 = 1002;

impl Page {
    async fn of(program: &Program) -> Self {
        let url = address(program).await;
        program.until_ready().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url, http }
    }

    /// Says something in the private chat and gives the bot's next message.
    async fn ask(&self, text: &str) -> String {
        let before = self.bots().await.len();
        let said = self
            .http
            .post(format!("{}/api/messages", self.url))
            .json(&json!({ "as": ALICE, "chat": ALICE, "text": text }))
            .send()
            .await
            .unwrap();
        assert!(said.status().is_success(), "{said:?}");
        until_answered(text, || async { self.bots().await.len() > before }).await;
        self.bots().await.pop().unwrap()
    }

    async fn newcomer(&self, first_name: &str) -> Value {
        let newcomer = json!({ "first_name": first_name, "language_code": "en" });
        let url = format!("{}/api/people", self.url);
        let request = self.http.post(url).json(&newcomer);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.url));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The bot's messages in the private chat.
    async fn bots(&self) -> Vec<String> {
        let path = format!("/api/messages?as={ALICE}&chat={ALICE}");
        let history = self.get(&path).await;
        let messages = history
            .as_array()
            .or_else(|| history["messages"].as_array());
        let of_bot = |message: &&Value| message["from"]["is_bot"] == true;
        let text = |message: &Value| message["text"].as_str().unwrap().to_owned();
        messages.unwrap().iter().filter(of_bot).map(text).collect()
    }
}
