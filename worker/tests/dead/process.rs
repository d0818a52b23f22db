//! The commands as a process: what they need, where they write, how they end.

use super::harness::{PARTITIONS, command, on_broker, queue_url};
use std::process::{Command, Output};

fn worker(prefix: &str, url: &str, words: &[&str]) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_gofrobot-worker"));
    process.env_clear().current_dir(std::env::temp_dir());
    process.env("QUEUE_URL", url).env("QUEUE_PREFIX", prefix);
    process.env("PARTITIONS", PARTITIONS.to_string());
    process.arg("dead").args(words).output().unwrap()
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
