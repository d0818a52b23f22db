//! The typed values of the settings and the checks that make them: text in, value or the reason why not out.

use std::{net::SocketAddr, num::NonZeroI64, str::FromStr};

use lapin::uri::AMQPUri;
use redis::IntoConnectionInfo;
use secrecy::SecretString;
use tracing_subscriber::filter::{LevelFilter, Targets};
use url::Url;

use super::SecretUrl;

/// One webhook secret, or two while one is being replaced by the other. The first is the one that is registered.
#[derive(Clone, Debug)]
pub struct WebhookSecrets(Vec<SecretString>);

impl WebhookSecrets {
    /// The secret to register with Telegram.
    pub fn current(&self) -> Option<&SecretString> {
        self.0.first()
    }

    /// All secrets that a request may carry: one or two.
    pub fn accepted(&self) -> &[SecretString] {
        &self.0
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people at a terminal.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Which log lines are written: a level, or levels by target as in `info,gofrobot_worker=debug`.
#[derive(Clone, Debug)]
pub struct LogLevel(pub(crate) Targets);

pub(super) fn bot_token(text: &str) -> Result<SecretString, String> {
    let text = text.trim();
    let good = text.split_once(':').is_some_and(|(id, key)| {
        let digits = id.parse::<u64>().is_ok() && id.bytes().all(|byte| byte.is_ascii_digit());
        digits && !key.is_empty() && key.bytes().all(is_token_byte)
    });
    if good {
        Ok(SecretString::from(text.to_owned()))
    } else {
        Err(
            "not a bot token; expected the form 123456789:AbC-dEf_1 (the value is not shown)"
                .to_owned(),
        )
    }
}

pub(super) fn webhook_secrets(text: &str) -> Result<WebhookSecrets, String> {
    let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
    let good =
        |secret: &&str| (1..=256).contains(&secret.len()) && secret.bytes().all(is_token_byte);
    if secrets.len() > 2 || !secrets.iter().all(good) {
        return Err(
            "expected one secret, or two separated by a comma, each of 1 to 256 characters \
                    A-Z a-z 0-9 _ - (the value is not shown)"
                .to_owned(),
        );
    }
    Ok(WebhookSecrets(
        secrets
            .into_iter()
            .map(|secret| SecretString::from(secret.to_owned()))
            .collect(),
    ))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

pub(super) fn queue_url(text: &str) -> Result<SecretUrl, String> {
    let url = SecretUrl::parse(
        text,
        "queue address",
        &["amqp", "amqps", "memory"],
        "amqp://, amqps:// or memory:",
    )?;
    if url.scheme() == "memory" {
        return match url.expose() {
            "memory:" => Ok(url),
            _ => Err(unfit(&url, "queue address", "memory: without more")),
        };
    }
    // The library's own words may repeat the address, password and all; those of Redis below say little.
    match AMQPUri::from_str(url.expose()) {
        Ok(_) => Ok(url),
        Err(_) => Err(unfit(
            &url,
            "queue address in all its parts",
            "amqp://user:password@host:port/vhost, options such as ?heartbeat= with whole numbers",
        )),
    }
}

pub(super) fn otlp_endpoint(text: &str) -> Result<SecretUrl, String> {
    SecretUrl::parse(
        text,
        "collector's address",
        &["http", "https"],
        "http:// or https://, without /v1/traces",
    )
}

pub(super) fn redis_url(text: &str) -> Result<SecretUrl, String> {
    let url = SecretUrl::parse(
        text,
        "Redis address",
        &["redis", "rediss"],
        "redis:// or rediss://",
    )?;
    match url.expose().into_connection_info() {
        Ok(_) => Ok(url),
        Err(_) => Err(unfit(
            &url,
            "Redis address in all its parts",
            "redis://user:password@host:port/number",
        )),
    }
}

pub(super) fn database_url(text: &str) -> Result<SecretUrl, String> {
    if is_list(text) {
        return Err("expected one database on one server (the value is not shown)".to_owned());
    }
    let schemes = ["postgres", "postgresql", "sqlite"];
    let url = SecretUrl::parse(
        text,
        "database address",
        &schemes,
        "postgres:// or sqlite://",
    )?;
    match unknown_parameter(&url) {
        Some(name) => Err(format!("Postgres takes no parameter '{}'", plain(&name))),
        None => Ok(url),
    }
}

/// What may follow the `?` of a Postgres address: the library's list, which passes over others and logs their values.
const POSTGRES_PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

fn unknown_parameter(url: &SecretUrl) -> Option<String> {
    if url.scheme() == "sqlite" {
        return None;
    }
    let known = |name: &str| POSTGRES_PARAMETERS.contains(&name) || name.starts_with("options[");
    let url = Url::parse(url.expose()).ok()?;
    let mut names = url.query_pairs().map(|(name, _)| name.into_owned());
    names.find(|name| !known(name))
}

/// Whether several databases are named, or several servers of one.
fn is_list(text: &str) -> bool {
    let addresses = text.split(',').filter(|part| part.contains("://")).count();
    let place = text.rsplit('@').next().unwrap_or_default();
    let place = place.split_once("://").map_or(place, |(_, place)| place);
    let host = place.split(['/', '?', '#']).next().unwrap_or_default();
    let local = text.trim_start().starts_with("sqlite:");
    addresses > 1 || (host.contains(',') && !local)
}

pub(super) fn api_url(text: &str) -> Result<SecretUrl, String> {
    SecretUrl::parse(
        text,
        "Bot API server",
        &["http", "https"],
        "http:// or https://",
    )
}

pub(super) fn webhook_url(text: &str) -> Result<SecretUrl, String> {
    SecretUrl::parse(
        text,
        "webhook address",
        &["http", "https"],
        "https://, or http:// behind a Bot API server of your own",
    )
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| {
        format!(
            "'{}' is not an address to listen on; expected IP:PORT",
            plain(text)
        )
    })
}

/// A Telegram user id: positive, and one number a person may well mistype.
pub(super) fn user_id(text: &str) -> Result<i64, String> {
    match text.trim().parse::<NonZeroI64>() {
        Ok(id) if id.is_positive() => Ok(id.get()),
        _ => Err(format!(
            "'{}' is not a Telegram user id; expected positive numbers separated by commas",
            plain(text)
        )),
    }
}

/// A prefix of queues. RabbitMQ keeps names that begin with `amq.` for itself.
pub(super) fn queue_prefix(text: &str) -> Result<String, String> {
    if text == "amq" || text.starts_with("amq.") {
        let text = plain(text);
        return Err(format!("'{text}' is not a prefix; RabbitMQ reserves amq"));
    }
    prefix(text)
}

/// The start of every queue name or Redis key: short, and without what those systems give a meaning to.
pub(super) fn prefix(text: &str) -> Result<String, String> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(good) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "'{}' is not a prefix; expected 1 to 64 characters A-Z a-z 0-9 . _ - :",
        plain(text)
    ))
}

pub(super) fn log_level(text: &str) -> Result<LogLevel, String> {
    let refuse = || {
        let text = plain(text);
        format!(
            "'{text}' is not a log level; expected error, warn, info, debug, trace or off, or target=level,..."
        )
    };
    // A lone word would be taken as a target with everything switched on, and a level without its target as one for
    // all: only levels may stand alone.
    let good = |part: &str| match part.split_once('=') {
        Some((target, _)) => !target.trim().is_empty(),
        None => !part.is_empty() && part.trim().parse::<LevelFilter>().is_ok(),
    };
    if !text.split(',').all(good) {
        return Err(refuse());
    }
    Targets::from_str(text).map(LogLevel).map_err(|_| refuse())
}

/// A whole number between `low` and `high`, both included.
pub(super) fn whole<const LOW: u32, const HIGH: u32>(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(number) if (LOW..=HIGH).contains(&number) => Ok(number),
        _ => Err(format!(
            "'{}' is not a whole number from {LOW} to {HIGH}",
            plain(text)
        )),
    }
}

/// What to say of an address whose scheme and host are right, but not the rest.
fn unfit(url: &SecretUrl, what: &str, expected: &str) -> String {
    let shown = plain(&url.to_string());
    format!("'{shown}' is not a {what}; expected {expected}")
}

/// `text` cut and freed of control characters, so that an error stays one line.
fn plain(text: &str) -> String {
    text.chars()
        .take(100)
        .flat_map(char::escape_debug)
        .collect()
}
