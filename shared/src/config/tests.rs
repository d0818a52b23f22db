//! Every setting with values it takes and values it refuses. The tests pass flags: they and variables go through the
//! same checks, and a test must not change the environment that others read. The binaries' own tests cover variables.

use clap::{CommandFactory, Parser};
use secrecy::ExposeSecret;

use super::{
    Admin, Broker, Database, Game, Ingress, Logs, Mode, Redis, Telegram, parse::line, try_parse,
};

/// Every group at once, as the playground has it.
#[derive(Debug, Parser)]
#[command(name = "everything", version)]
struct Everything {
    #[command(flatten)]
    telegram: Telegram,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    redis: Redis,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    ingress: Ingress,
    #[command(flatten)]
    game: Game,
    #[command(flatten)]
    admin: Admin,
    #[command(flatten)]
    logs: Logs,
}

fn given(args: &[&str]) -> Result<Everything, String> {
    try_parse::<Everything>(["everything"].iter().chain(args)).map_err(line)
}

#[test]
fn help_names_every_variable_with_default_and_example() {
    let mut command = Everything::command();
    command.clone().debug_assert();
    let help = command.render_long_help().to_string();
    for argument in command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some())
    {
        let variable = argument.get_env().unwrap().to_str().unwrap();
        let long = argument.get_long_help().unwrap().to_string();
        assert!(help.contains(&format!("[env: {variable}")), "{variable}");
        assert!(long.contains("Example: "), "{variable} has no example");
        assert_eq!(
            argument
                .get_long()
                .unwrap()
                .replace('-', "_")
                .to_uppercase(),
            variable
        );
        let told = long.to_lowercase();
        let default = !argument.get_default_values().is_empty()
            || told.contains("default")
            || variable == "BOT_TOKEN";
        assert!(default, "{variable} says nothing about its default");
    }
}

#[test]
fn defaults_are_those_of_the_laptop() {
    let config = given(&[]).unwrap();
    assert!(config.telegram.bot_token.is_none());
    assert_eq!(
        config.telegram.telegram_api_url.expose(),
        "https://api.telegram.org"
    );
    assert_eq!(config.broker.queue_url.expose(), "memory:");
    assert_eq!(
        (
            config.broker.queue_prefix.as_str(),
            config.broker.partitions
        ),
        ("gofrobot", 32)
    );
    assert!(config.redis.redis_url.is_none());
    assert_eq!(config.redis.redis_prefix, "gofrobot:");
    assert_eq!(config.database.url().expose(), "sqlite://users/gofrobot.db");
    assert!(matches!(config.ingress.mode(), Ok(Mode::Polling)));
    assert_eq!(config.ingress.listen_addr.to_string(), "0.0.0.0:8080");
    assert_eq!(config.admin.admin_addr.to_string(), "0.0.0.0:8000");
    assert!(config.game.admin_ids.is_empty());
    assert_eq!(config.game.max_requests_per_minute, 10);
    assert_eq!(config.game.max_attempts, 3);
    assert_eq!(config.game.cache_ttl().as_secs(), 300);
    assert_eq!(config.game.cleanup_interval().as_secs(), 300);
    assert!(config.logs.log_dir.is_none());
}

#[test]
fn good_values_pass() {
    let good: &[(&str, &[&str])] = &[
        ("--bot-token", &["123456:AbC-dEf_1", " 1:a "]),
        (
            "--telegram-api-url",
            &[
                "http://127.0.0.1:8081",
                "https://user:pw@api.example.org/bots",
            ],
        ),
        (
            "--queue-url",
            &[
                "memory:",
                "amqp://guest:guest@127.0.0.1:5672/%2f",
                "amqps://broker",
            ],
        ),
        ("--queue-prefix", &["gofrobot", "test-1.x", "amq-1"]),
        ("--partitions", &["1", "32", "1000"]),
        (
            "--redis-url",
            &["redis://127.0.0.1:6379", "rediss://:pw@redis/1"],
        ),
        ("--redis-prefix", &["gofrobot:", "t1:"]),
        (
            "--database-url",
            &[
                "sqlite::memory:",
                "sqlite:///var/x.db",
                "postgres://root@db/gof",
                "postgresql://db/gof",
                "postgres://u:a,b@db/gof?options=-csearch_path%3Da,b",
                "postgres://db/gof?sslmode=require&options[work_mem]=4MB&application_name=gof",
                "sqlite://a,b.db",
            ],
        ),
        (
            "--webhook-url",
            &["https://bot.example.org/x", "http://10.0.0.1:8080/x"],
        ),
        ("--webhook-secret", &["a", "new_1,old-2", "new, old"]),
        ("--ingress-mode", &["webhook", "polling"]),
        ("--listen-addr", &["127.0.0.1:0", "[::]:8080"]),
        ("--admin-ids", &["1", "1001, 1002,9007199254740991"]),
        ("--max-requests-per-minute", &["1", "1000"]),
        ("--cache-ttl-seconds", &["0", "86400"]),
        (
            "--log-level",
            &["INFO", "off", "info,gofrobot_worker=debug"],
        ),
        ("--log-format", &["text", "JSON"]),
    ];
    for (flag, values) in good {
        for value in *values {
            given(&[flag, value]).unwrap_or_else(|error| panic!("{flag} {value}: {error}"));
        }
    }
}

#[test]
fn bad_values_are_refused_in_one_line_that_names_the_variable() {
    let long = "x".repeat(257);
    let bad: &[(&str, &str, &[&str])] = &[
        (
            "--bot-token",
            "BOT_TOKEN",
            &["s3cret", ":s3cret", "12a:s3cret", "1:s3cret!", "1:"],
        ),
        (
            "--telegram-api-url",
            "TELEGRAM_API_URL",
            &["api.telegram.org", "ftp://u:s3cret@x", "https://"],
        ),
        (
            "--queue-url",
            "QUEUE_URL",
            &[
                "ampq://u:s3cret@x",
                "rabbitmq",
                "amqp:",
                "http://x",
                "memory:x",
                "amqp://u:s3cret@x/%ff",
                "amqp://u:s3cret?@x",
                "amqp://u:s3cret",
                "u:s3cret",
                "amqp://u:s3cret@x/%2f?heartbeat=often",
                "amqp://u:s3cret@x?auth_mechanism=s3cret",
            ],
        ),
        (
            "--queue-prefix",
            "QUEUE_PREFIX",
            &["a b", "a/b", "amq", "amq.x", &long],
        ),
        (
            "--partitions",
            "PARTITIONS",
            &["0", "1001", "-1", "many", "3.5", "99999999999"],
        ),
        (
            "--redis-url",
            "REDIS_URL",
            &[
                "127.0.0.1:6379",
                "http://x",
                "redis:",
                "redis://h/abc",
                "redis://:s3cret@h/1/2",
                "rediss://:s3cret@h/#sure",
                "redis://u:12345/s3cret@h",
            ],
        ),
        ("--redis-prefix", "REDIS_PREFIX", &["{x}", "a\nb"]),
        (
            "--database-url",
            "DATABASE_URL",
            &[
                "mysql://u:s3cret@x/y",
                "users/x.db",
                "postgres://",
                "postgres://u:12345/s3cret@x/y?sslmode=odd",
                "postgres://a:s3cret@x/y,postgres://b:s3cret@x/y?sslmode=odd",
                "postgres://u:s3cret@x:5432,y:5432/z",
                "postgres://x/y?pasword=s3cret",
                "postgres://x/y?sslmode=disable&options[a]=1&optionsx=1",
                "postgres://x,y/z",
            ],
        ),
        (
            "--webhook-url",
            "WEBHOOK_URL",
            &["bot.example.org", "amqp://x"],
        ),
        (
            "--webhook-secret",
            "WEBHOOK_SECRET",
            &["s3cret!", "s3cret,", "a,b,s3cret", &long, "пароль"],
        ),
        ("--ingress-mode", "INGRESS_MODE", &["push"]),
        (
            "--listen-addr",
            "LISTEN_ADDR",
            &["8080", "localhost:8080", "127.0.0.1:99999"],
        ),
        ("--admin-addr", "ADMIN_ADDR", &[":8000", "\u{1b}[31m"]),
        (
            "--admin-ids",
            "ADMIN_IDS",
            &["me", "0", "-5", "1,,2", "99999999999999999999"],
        ),
        (
            "--max-requests-per-minute",
            "MAX_REQUESTS_PER_MINUTE",
            &["0", "1001"],
        ),
        ("--cache-ttl-seconds", "CACHE_TTL_SECONDS", &["86401", "5m"]),
        (
            "--cleanup-interval-seconds",
            "CLEANUP_INTERVAL_SECONDS",
            &["0"],
        ),
        (
            "--log-level",
            "LOG_LEVEL",
            &["verbose", "info,", "a=loud", "info,=debug", "info, =debug"],
        ),
        ("--log-format", "LOG_FORMAT", &["xml"]),
    ];
    for (flag, variable, values) in bad {
        for value in *values {
            let error = given(&[&format!("{flag}={value}")])
                .map(|_| ())
                .expect_err(value);
            assert!(
                error.starts_with(&format!("{variable}: ")),
                "{flag} {value}: {error}"
            );
            assert!(
                !error.contains("s3cret") && !error.contains(char::is_control),
                "{error}"
            );
            assert!(error.len() < 400, "{error}");
        }
    }
}

#[test]
fn a_refusal_says_what_was_given_and_what_would_do() {
    let error = given(&["--queue-url=ampq://x"]).unwrap_err();
    assert_eq!(
        error,
        "QUEUE_URL: 'ampq://x' is not a queue address; expected amqp://, amqps:// or memory:"
    );
    let error = given(&["--redis-url=redis://:s3cret@h/abc"]).unwrap_err();
    assert_eq!(
        error,
        "REDIS_URL: 'redis://:***@h/abc' is not a Redis address in all its parts; \
         expected redis://user:password@host:port/number"
    );
    let error = given(&["--database-url=postgres://a:s3cret@x/y,postgres://b:s3cret@x/y"]);
    assert_eq!(
        error.unwrap_err(),
        "DATABASE_URL: expected one database on one server (the value is not shown)"
    );
    let error = given(&["--database-url=postgres://x/y?pasword=s3cret"]);
    assert_eq!(
        error.unwrap_err(),
        "DATABASE_URL: Postgres takes no parameter 'pasword'"
    );
    let error = given(&["--webhook-url=bot.example.org"]).unwrap_err();
    assert!(
        error.contains("https://") && error.contains("http://"),
        "{error}"
    );
    let error = given(&["--log-format=xml"]).unwrap_err();
    assert_eq!(
        error,
        "LOG_FORMAT: 'xml' is not a value it takes; expected text or json"
    );
    let error = given(&["--colour=red"]).unwrap_err();
    assert_eq!(error, "unexpected argument '--colour' found; try --help");
    let error = given(&["a\nb\n\nc\r\u{1b}[31m"]).unwrap_err();
    assert_eq!(
        error,
        "unexpected argument 'a\\nb\\n\\nc\\r\\u{1b}[31m' found; try --help"
    );
}

#[test]
fn what_belongs_together_is_checked_together() {
    let mode = |args: &[&str]| given(args).unwrap().ingress.mode();
    let url = "--webhook-url=https://bot.example.org/telegram";
    assert!(
        mode(&[url])
            .unwrap_err()
            .to_string()
            .starts_with("WEBHOOK_SECRET: missing")
    );
    assert!(
        mode(&["--ingress-mode=webhook"])
            .unwrap_err()
            .to_string()
            .starts_with("WEBHOOK_URL: missing")
    );
    assert!(matches!(
        mode(&[url, "--ingress-mode=polling"]),
        Ok(Mode::Polling)
    ));
    match mode(&[url, "--webhook-secret=new,old"]) {
        Ok(Mode::Webhook { url, secrets }) => {
            assert_eq!(url.expose(), "https://bot.example.org/telegram");
            assert_eq!(secrets.current().unwrap().expose_secret(), "new");
            assert_eq!(secrets.accepted().len(), 2);
        }
        other => panic!("{other:?}"),
    }
    let config = given(&[]).unwrap();
    assert!(
        config
            .telegram
            .required_token()
            .unwrap_err()
            .to_string()
            .starts_with("BOT_TOKEN: missing")
    );
    assert!(
        config
            .broker
            .required_network()
            .unwrap_err()
            .to_string()
            .starts_with("QUEUE_URL: ")
    );
    assert!(
        given(&["--queue-url=amqp://x"])
            .unwrap()
            .broker
            .required_network()
            .is_ok()
    );
}

#[test]
fn the_database_lies_in_the_data_directory() {
    let config = given(&["--users-dir=/var/lib/what?#%"]).unwrap();
    assert_eq!(
        config.database.url().expose(),
        "sqlite:///var/lib/what%3F%23%25/gofrobot.db"
    );
}

#[test]
fn a_configuration_that_is_printed_keeps_its_secrets() {
    let args = [
        "--bot-token=1:s3cret",
        "--queue-url=amqp://u:s3cret@x",
        "--redis-url=redis://:s3cret@x",
        "--database-url=postgres://u:s3cret@x/y?password=s3cret",
        "--webhook-secret=s3cret",
        "--webhook-url=https://u:s3cret@x",
    ];
    let shown = format!("{:?}", given(&args).unwrap());
    assert!(!shown.contains("s3cret"), "{shown}");
}
