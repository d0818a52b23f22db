//! `gofrobot-worker migrate` as a process: what it says when it cannot, and when there is nothing to do.

use crate::harness::on_postgres;
use std::process::{Command, Output};

async fn migrate(url: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_gofrobot-worker"));
    process.env_clear().current_dir(std::env::temp_dir());
    process.env("DATABASE_URL", url).arg("migrate");
    let output = move || process.output().unwrap();
    tokio::task::spawn_blocking(output).await.unwrap()
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_named_with_the_cause() {
    let refused = migrate("postgres://root:s3cret@127.0.0.1:1/gofrobot").await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr);
    for part in [
        "DATABASE_URL postgres://root:***@127.0.0.1:1/gofrobot: the database is away",
        "Connection refused",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn tables_that_are_there_are_no_news() {
    on_postgres(async |_, url| {
        let done = migrate(&url).await;
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("the tables are up to date"), "{said}");
    })
    .await;
}
