//! Wrong or missing variables: one line that names the variable, exit code 64, and no secret.

use std::process::Stdio;

use tokio::process::Command;

use crate::programs::program;

const BOTH: [(&str, &str); 15] = [
    ("BOT_TOKEN", ""),
    ("BOT_TOKEN", "not a token"),
    ("QUEUE_URL", ""),
    ("QUEUE_URL", "memory:"),
    ("QUEUE_URL", "ampq://guest:s3cret@broker"),
    (
        "QUEUE_URL",
        "amqp://guest:s3cret@broker/%2f?heartbeat=often",
    ),
    ("QUEUE_URL", "amqp://guest:s3cret?@broker"),
    ("QUEUE_URL", "amqp://guest:s3cret"),
    ("QUEUE_PREFIX", "amq.x"),
    ("PARTITIONS", "0"),
    ("TELEGRAM_API_URL", "ftp://example.org"),
    ("ADMIN_ADDR", "nowhere"),
    ("LOG_FORMAT", "xml"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
    // Nothing can be written there, whoever asks.
    ("LOG_DIR", "/dev/null/logs"),
];
const WORKER: [(&str, &str); 18] = [
    // A file of one process, or one that the server would choose, beside a queue that others share.
    ("DATABASE_URL", ""),
    ("DATABASE_URL", "sqlite://users/gofrobot.db"),
    ("DATABASE_URL", "postgres://root:s3cret@db"),
    ("DATABASE_URL", "mysql://root:s3cret@db/gofrobot"),
    (
        "DATABASE_URL",
        "postgres://root:s3cret@db/gofrobot?port=many",
    ),
    ("DATABASE_URL", "postgres://root:s3cret%ff@db/gofrobot"),
    (
        "DATABASE_URL",
        "postgres://root:12345/s3cret@db/gofrobot?sslmode=odd",
    ),
    (
        "DATABASE_URL",
        "postgres://a:s3cret@db/x,postgres://b:s3cret@db/y",
    ),
    ("DATABASE_URL", "postgres://root@db/gofrobot?pasword=s3cret"),
    ("DATABASE_URL", "sqlite::memory:"),
    ("REDIS_URL", "http://:s3cret@redis"),
    ("REDIS_URL", "redis://:s3cret@redis/abc"),
    ("ADMIN_IDS", "1001,admin"),
    ("MAX_REQUESTS_PER_MINUTE", "ten"),
    ("CACHE_TTL_SECONDS", "-1"),
    ("CLEANUP_INTERVAL_SECONDS", "0"),
    ("LOG_LEVEL", "=loud="),
    ("LOG_LEVEL", "info,=debug"),
];
const INGRESS: [(&str, &str); 4] = [
    ("INGRESS_MODE", "carrier-pigeon"),
    ("WEBHOOK_URL", "gopher://example.org"),
    ("WEBHOOK_SECRET", "s3cret with spaces"),
    ("LISTEN_ADDR", "8080"),
];

#[tokio::test]
async fn a_worker_with_wrong_variables_says_so_in_one_line() {
    for (variable, value) in BOTH.iter().chain(&WORKER) {
        refuses("gofrobot-worker", &[(variable, value)], variable).await;
    }
}

#[tokio::test]
async fn an_ingress_with_wrong_variables_says_so_in_one_line() {
    for (variable, value) in BOTH.iter().chain(&INGRESS) {
        refuses("gofrobot-ingress", &[(variable, value)], variable).await;
    }
    let webhook = ("INGRESS_MODE", "webhook");
    refuses("gofrobot-ingress", &[webhook], "WEBHOOK_URL").await;
    let url = ("WEBHOOK_URL", "https://example.org/telegram");
    refuses("gofrobot-ingress", &[url], "WEBHOOK_SECRET").await;
}

/// Starts a program whose variables are right but for these.
async fn refuses(name: &str, wrong: &[(&str, &str)], variable: &str) {
    let token = "4200:s3cret-token-for-tests";
    let right = [
        ("BOT_TOKEN", token),
        ("QUEUE_URL", "amqp://guest:s3cret@127.0.0.1:1/%2f"),
        (
            "DATABASE_URL",
            "postgres://root:s3cret@127.0.0.1:1/gofrobot",
        ),
    ];
    let output = Command::new(program(name))
        .env_clear()
        .envs(right.iter().chain(wrong).copied())
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{wrong:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{wrong:?}: {said}");
    assert!(
        said.starts_with(&format!("{name}: {variable}: ")),
        "{wrong:?}: {said}"
    );
    assert!(!said.contains("s3cret"), "{wrong:?}: {said}");
    assert!(output.stdout.is_empty(), "{wrong:?}");
}
