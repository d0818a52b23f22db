//! What only a whole process can show: exit codes, standard error, `.env`, variables and signals. The test program runs
//! itself again with [`ROLE`] set; then the one test `child` plays the program under test.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "everything here is a test or speaks for one"
)]

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use clap::Parser;
use gofrobot_shared::{
    config::{self, Admin, Broker, Database, Redis, Telegram},
    shutdown,
};

/// Names the part that the child plays.
const ROLE: &str = "GOFROBOT_TEST_ROLE";

#[derive(Parser)]
#[command(name = "gofrobot-child")]
struct Child {
    #[command(flatten)]
    telegram: Telegram,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    redis: Redis,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    admin: Admin,
    /// What the test harness was told.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _harness: Vec<String>,
}

#[test]
fn child() {
    match std::env::var(ROLE).as_deref() {
        Ok("parse") => parse(),
        Ok("signals") => wait_for_signals(),
        _ => {}
    }
}

fn parse() {
    let config = config::parse_checked(|config: &Child| {
        config.telegram.required_token()?;
        config.broker.required_network().map(drop)
    });
    println!(
        "parsed {} {}",
        config.broker.queue_url, config.admin.admin_addr
    );
    println!(
        "redis {:?}, database {}",
        config.redis.redis_url,
        config.database.url()
    );
}

fn wait_for_signals() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stop = shutdown::on_signals();
        println!("waiting");
        stop.cancelled().await;
        println!("stopping");
        std::future::pending::<()>().await;
    });
}

fn program(role: &str, folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["child", "--exact", "--nocapture"])
        .current_dir(folder);
    command
        .env_clear()
        .env(ROLE, role)
        .envs(variables.iter().copied());
    command
}

fn run(folder: &Path, variables: &[(&str, &str)]) -> Output {
    program("parse", folder, variables).output().unwrap()
}

const GOOD: [(&str, &str); 2] = [
    ("BOT_TOKEN", "1:t0ken"),
    ("QUEUE_URL", "amqp://u:s3cret@broker"),
];

#[test]
fn variables_are_read_and_empty_ones_are_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        &GOOD[..],
        &[("ADMIN_ADDR", ""), ("REDIS_URL", ""), ("DATABASE_URL", "")],
    ]
    .concat();
    let output = run(folder.path(), &variables);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("parsed amqp://u:***@broker 0.0.0.0:8000"),
        "{text}"
    );
    assert!(
        text.contains("redis None, database sqlite://users/gofrobot.db"),
        "{text}"
    );
}

#[test]
fn the_file_env_is_read_and_the_environment_wins() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join(".env"),
        "BOT_TOKEN=1:t0ken\nQUEUE_URL=amqp://file\nADMIN_ADDR=127.0.0.1:9\n",
    )
    .unwrap();
    let output = run(folder.path(), &[("QUEUE_URL", "amqp://environment")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("parsed amqp://environment 127.0.0.1:9"),
        "{text}"
    );
}

#[test]
fn the_file_env_may_lie_above_and_single_quotes_keep_a_value_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("below");
    fs::create_dir(&below).unwrap();
    for (value, read) in [
        ("amqp://$NAME", "amqp://broker"),
        ("'amqp://$NAME'", "amqp://$NAME"),
    ] {
        let text = format!("NAME=broker\nBOT_TOKEN=1:t0ken\nQUEUE_URL={value}\n");
        fs::write(folder.path().join(".env"), text).unwrap();
        let output = run(&below, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains(&format!("parsed {read} ")),
            "{value}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn what_is_wrong_or_missing_is_one_line_and_exit_code_64() {
    let cases: [(&[(&str, &str)], &str); 5] = [
        (
            &[("QUEUE_URL", "ampq://u:s3cret@x")],
            "QUEUE_URL: 'ampq://***@x' is not a queue address; expected amqp://, amqps:// or memory:",
        ),
        (&[("BOT_TOKEN", "s3cret")], "BOT_TOKEN: not a bot token;"),
        (&[("QUEUE_URL", "amqp://x")], "BOT_TOKEN: missing;"),
        (
            &[("BOT_TOKEN", "1:s3cret")],
            "QUEUE_URL: a separate process cannot share memory:;",
        ),
        (
            &[("PARTITIONS", "none")],
            "PARTITIONS: 'none' is not a whole number from 1 to 1000",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (variables, expected) in cases {
        assert_refused(&run(folder.path(), variables), expected);
    }
    fs::write(folder.path().join(".env"), "BOT_TOKEN='s3cret\n").unwrap();
    assert_refused(
        &run(folder.path(), &[]),
        ".env: the value of BOT_TOKEN cannot be read",
    );
    for line in ["QUEUE_URL=amqp://s3cret=x y\n", "s3cret\n"] {
        fs::write(folder.path().join(".env"), line).unwrap();
        let expected = ".env: a line is not of the form NAME=value; quote";
        assert_refused(&run(folder.path(), &[]), expected);
    }
}

#[test]
fn a_variable_that_is_no_text_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let no_text = OsStr::from_bytes(b"s3cret\xff");
    for variable in ["BOT_TOKEN", "QUEUE_URL", "PARTITIONS", "ADMIN_ADDR"] {
        let mut child = program("parse", folder.path(), &[]);
        // A folder's name may be what it likes.
        child.env("USERS_DIR", no_text).env(variable, no_text);
        let expected = format!("{variable}: not UTF-8 text");
        assert_refused(&child.output().unwrap(), &expected);
    }
}

fn assert_refused(output: &Output, expected: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(config::EXIT_USAGE), "{error}");
    assert!(
        error.starts_with(&format!("gofrobot-child: {expected}")),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn the_first_signal_asks_and_the_second_insists() {
    for (first, second, code) in [("TERM", "INT", 130), ("INT", "TERM", 143)] {
        let mut command = program("signals", Path::new("/"), &[]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut until =
            |wanted: &str| assert!(lines.any(|line| line.ends_with(wanted)), "{wanted}");
        let send = |name| {
            Command::new("kill")
                .args([format!("-{name}"), child.id().to_string()])
                .status()
                .unwrap()
        };
        until("waiting");
        assert!(send(first).success());
        until("stopping");
        assert!(send(second).success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}
