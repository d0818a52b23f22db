//! The commands as a process: what they need, where they write, how they end.

use super::harness::{PARTITIONS, command, on_broker, queue_url};
use std::process::{Command, Output, Stdio};

fn worker(prefix: &str, url: &str, words: &[&str]) -> Output {
    process(prefix, url, words).output().unwrap()
}

fn process(prefix: &str, url: &str, words: &[&str]) -> Command {
    let mut process = Command::new(env!("CARGO_BIN_EXE_gofrobot-worker"));
    process.env_clear().current_dir(std::env::temp_dir());
    process.env("QUEUE_URL", url).env("QUEUE_PREFIX", prefix);
    process.env("PARTITIONS", PARTITIONS.to_string());
    process.arg("dead").args(words);
    process
}

#[tokio::test]
async fn a_queue_is_all_they_need() {
    on_broker(|place| async move {
        place.bury(command(1, 7, "/davka"), "failed").await;
        let run = |words: &'static [&str]| {
            let prefix = place.prefix.clone();
            let run = move || worker(&prefix, &queue_url(), words);
            async { tokio::task::spawn_blocking(run).await.unwrap() }
        };
        let listed = run(&["list"]).await;
        let text = String::from_utf8_lossy(&listed.stdout);
        assert!(
            text.starts_with("ID ") && text.lines().count() == 2,
            "{listed:?}"
        );
        assert_eq!(listed.status.code(), Some(0));
        let asked = run(&["drop", "--all"]).await;
        assert_eq!(asked.status.code(), Some(1), "{asked:?}");
        let unclear = run(&["replay"]).await;
        assert_eq!(unclear.status.code(), Some(64), "{unclear:?}");
        assert!(
            String::from_utf8_lossy(&unclear.stderr)
                .starts_with("gofrobot-worker: dead replay: which letters?")
        );
        let replayed = run(&["replay", "--all"]).await;
        assert_eq!(
            String::from_utf8_lossy(&replayed.stdout),
            "replayed 1, kept 0\n"
        );
        assert_eq!(replayed.status.code(), Some(0), "{replayed:?}");
    })
    .await;
}

#[tokio::test]
async fn who_reads_no_further_hears_no_complaint() {
    on_broker(|place| async move {
        place.bury(command(1, 7, "/davka"), "failed").await;
        let id = place.listed("").await[0]["id"].as_str().unwrap().to_owned();
        for words in [&["list"][..], &["list", "--json"], &["show", &id]] {
            let mut process = process(&place.prefix, &queue_url(), words);
            process.stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut process = process.spawn().unwrap();
            drop(process.stdout.take());
            let wait = move || process.wait_with_output().unwrap();
            let ended = tokio::task::spawn_blocking(wait).await.unwrap();
            assert_eq!(ended.status.code(), Some(0), "{ended:?}");
            assert!(ended.stderr.is_empty(), "{ended:?}");
        }
        assert_eq!(place.left().await, [1]);
    })
    .await;
}

#[tokio::test]
async fn a_mistyped_prefix_is_told_and_creates_nothing() {
    let prefix = format!("test-mistyped-{:016x}", rand::random::<u64>());
    // Twice, for the first must not have created it.
    for words in [["list", "--json"], ["replay", "--all"], ["drop", "--all"]].repeat(2) {
        let run = {
            let prefix = prefix.clone();
            move || worker(&prefix, &queue_url(), &words)
        };
        let refused = tokio::task::spawn_blocking(run).await.unwrap();
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let said = String::from_utf8_lossy(&refused.stderr);
        let expected = format!(
            "there is no queue {prefix}.dead.v1 on this broker; QUEUE_PREFIX may be mistyped"
        );
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn a_list_of_no_letters_is_refused() {
    let none = worker("test", &queue_url(), &["list", "--limit", "0"]);
    assert_eq!(none.status.code(), Some(64), "{none:?}");
    let said = String::from_utf8_lossy(&none.stderr);
    assert!(
        said.starts_with("gofrobot-worker: --limit: not a number of letters"),
        "{said}"
    );
}

#[test]
fn a_broker_that_is_missing_is_named() {
    let memory = worker("test", "memory:", &["list"]);
    assert_eq!(memory.status.code(), Some(64), "{memory:?}");
    let away = worker("test", "amqp://guest:secret@127.0.0.1:1/%2f", &["list"]);
    assert_eq!(away.status.code(), Some(1), "{away:?}");
    let said = String::from_utf8_lossy(&away.stderr);
    assert!(
        said.contains("QUEUE_URL") && !said.contains("secret"),
        "{said}"
    );
}
