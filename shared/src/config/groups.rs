//! The groups of settings. A binary flattens those it needs: ingress has no use for a database address, and a flag
//! that a program does not read must not appear in its help.

#![allow(rustdoc::bare_urls, reason = "the text is read in a terminal first")]

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use secrecy::SecretString;

use super::{Invalid, LogFormat, LogLevel, SecretUrl, WebhookSecrets, values};
use crate::identity::{Identity, OwnBot};

/// The bot and the server it talks to.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Telegram")]
pub struct Telegram {
    /// Token of the bot, as BotFather gives it.
    ///
    /// Never written to a log, a metric or an error. Better set by the environment or `.env` than on the command
    /// line, which every user of the machine can read. `.env` may lie in the working directory or in any above it, and
    /// `$NAME` in a value is replaced by that variable unless the value stands in single quotes. Example:
    /// 123456789:AbC-dEf_1
    #[arg(long, env = "BOT_TOKEN", hide_env_values = true, value_parser = values::bot_token)]
    pub bot_token: Option<SecretString>,

    /// Bot API server.
    ///
    /// Telegram's own, a local Bot API server or the simulator. Example: http://127.0.0.1:8081
    #[arg(long, env = "TELEGRAM_API_URL", hide_env_values = true, default_value = "https://api.telegram.org", value_parser = values::api_url)]
    pub telegram_api_url: SecretUrl,
}

impl Telegram {
    /// Settings for a bot whose server and token the program knows by itself.
    ///
    /// # Errors
    /// `api_url` is no address of a server.
    pub fn at(api_url: &str, token: SecretString) -> Result<Self, Invalid> {
        let telegram_api_url =
            values::api_url(api_url).map_err(|reason| Invalid::new("TELEGRAM_API_URL", reason))?;
        Ok(Self {
            bot_token: Some(token),
            telegram_api_url,
        })
    }

    /// The token, where the program cannot do without one.
    ///
    /// # Errors
    /// No token was given.
    pub fn required_token(&self) -> Result<&SecretString, Invalid> {
        self.bot_token
            .as_ref()
            .ok_or_else(|| Invalid::new("BOT_TOKEN", "missing; expected the token of the bot"))
    }

    /// The bot that updates in the queue are marked with.
    ///
    /// # Errors
    /// No token was given.
    pub fn own_bot(&self) -> Result<OwnBot, Invalid> {
        let url = &self.telegram_api_url;
        let identity = Identity::new(self.required_token()?, url.expose());
        let identity = identity
            .ok_or_else(|| Invalid::new("BOT_TOKEN", "does not begin with the id of a bot"))?;
        Ok(OwnBot {
            identity,
            server: url.to_string(),
        })
    }
}

/// The queue between ingress and workers.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Queue")]
pub struct Broker {
    /// Queue between ingress and workers: amqp://, amqps:// or memory:
    ///
    /// `memory:` is a queue inside one process, for the laptop size; separate processes need RabbitMQ. Example:
    /// amqp://gofrobot:password@rabbitmq:5672/%2f
    #[arg(long, env = "QUEUE_URL", hide_env_values = true, default_value = "memory:", value_parser = values::queue_url)]
    pub queue_url: SecretUrl,

    /// First part of every queue's name.
    ///
    /// Lets two bots, or tests, share one broker; ingress and workers of one bot need the same. Example: gofrobot-test
    #[arg(long, env = "QUEUE_PREFIX", default_value = "gofrobot", value_parser = values::queue_prefix)]
    pub queue_prefix: String,

    /// Number of queues that keep each player's updates in order: 1 to 1000.
    ///
    /// The upper bound of workers that share the load. Ingress and workers need the same number; drain the queues
    /// before you change it. Example: 64
    #[arg(long, env = "PARTITIONS", default_value = "32", value_parser = values::whole::<1, 1000>)]
    pub partitions: u32,
}

impl Broker {
    /// The queue's address, where the queue must be one that other processes reach.
    ///
    /// # Errors
    /// The address is `memory:`.
    pub fn required_network(&self) -> Result<&SecretUrl, Invalid> {
        if self.queue_url.scheme() == "memory" {
            let reason = "a separate process cannot share memory:; expected amqp:// or amqps:// (or run everything in one process with `gofrobot`)";
            return Err(Invalid::new("QUEUE_URL", reason));
        }
        Ok(&self.queue_url)
    }
}

/// Limits and cache that workers share.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Shared state")]
pub struct Redis {
    /// Redis for what workers share, limits and cache: redis:// or rediss://. Default: none, each process keeps its own.
    ///
    /// Without it, or while it is away, a worker counts and caches for itself. Example: redis://:password@redis:6379/0
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_parser = values::redis_url)]
    pub redis_url: Option<SecretUrl>,

    /// First part of every Redis key.
    ///
    /// Lets two bots, or tests, share one Redis. Example: gofrobot-test:
    #[arg(long, env = "REDIS_PREFIX", default_value = "gofrobot:", value_parser = values::prefix)]
    pub redis_prefix: String,
}

/// Where players are kept.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Database")]
pub struct Database {
    /// Database: postgres:// or sqlite://. Default: sqlite://users/gofrobot.db, or gofrobot.db in USERS_DIR.
    ///
    /// SQLite's file is created when it is missing; a path after `sqlite://` starts at the working directory, one after
    /// `sqlite:///` at the root. Example: postgres://gofrobot:password@postgres:5432/gofrobot
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = values::database_url)]
    database_url: Option<SecretUrl>,

    /// Directory of the files that the laptop size keeps.
    ///
    /// Example: /var/lib/gofrobot
    #[arg(long, env = "USERS_DIR", default_value = "users")]
    pub users_dir: PathBuf,
}

impl Database {
    /// The database's address: the one given, else a SQLite file in the data directory.
    pub fn url(&self) -> SecretUrl {
        match &self.database_url {
            Some(url) => url.clone(),
            None => SecretUrl::sqlite(&self.users_dir.join("gofrobot.db")),
        }
    }

    /// The database's address, where the database must be one that other processes reach: whoever shares a queue shares the
    /// players.
    ///
    /// # Errors
    /// The address is missing or that of a SQLite file.
    pub fn required_network(&self) -> Result<&SecretUrl, Invalid> {
        let expected = "processes that share an amqp:// queue need one database; expected postgres://user:password@host:port/database (or run everything in one process with `gofrobot` and memory:)";
        match &self.database_url {
            Some(url) if url.scheme() != "sqlite" => Ok(url),
            Some(url) => {
                let reason = format!("'{url}' is a file of one process; {expected}");
                Err(Invalid::new("DATABASE_URL", reason))
            }
            None => Err(Invalid::new("DATABASE_URL", format!("missing; {expected}"))),
        }
    }
}

/// How updates come in.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Ingress")]
pub struct Ingress {
    /// How updates arrive: webhook or polling. Default: webhook if WEBHOOK_URL is set, else polling.
    ///
    /// Webhook lets Telegram call; polling asks Telegram and needs no public address. Example: polling
    #[arg(long, env = "INGRESS_MODE")]
    ingress_mode: Option<Way>,

    /// Public address that Telegram posts updates to. Default: none.
    ///
    /// Must lead to POST /telegram of LISTEN_ADDR; ingress registers it itself. Example: https://bot.example.org/telegram
    #[arg(long, env = "WEBHOOK_URL", hide_env_values = true, value_parser = values::webhook_url)]
    webhook_url: Option<SecretUrl>,

    /// Secret that Telegram sends with every update: mandatory in webhook mode, no default.
    ///
    /// 1 to 256 characters A-Z a-z 0-9 _ -. Two values, separated by a comma, while you replace the second by the
    /// first. Example: new-secret,old-secret
    #[arg(long, env = "WEBHOOK_SECRET", hide_env_values = true, value_parser = values::webhook_secrets)]
    webhook_secret: Option<WebhookSecrets>,

    /// Address that ingress listens on for Telegram's updates.
    ///
    /// Example: 127.0.0.1:8080
    #[arg(long, env = "LISTEN_ADDR", default_value = "0.0.0.0:8080", value_parser = values::socket_address)]
    pub listen_addr: SocketAddr,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Way {
    /// Telegram posts updates to WEBHOOK_URL.
    Webhook,
    /// Ingress asks Telegram for updates.
    Polling,
}

/// How updates arrive, with all that the way needs.
#[derive(Clone, Debug)]
pub enum Mode {
    /// Telegram posts them.
    Webhook {
        /// The public address to register.
        url: SecretUrl,
        /// The secrets that a request may carry.
        secrets: WebhookSecrets,
    },
    /// Ingress asks for them.
    Polling,
}

impl Ingress {
    /// The mode that the settings add up to.
    ///
    /// # Errors
    /// Webhook mode without an address or without a secret.
    pub fn mode(&self) -> Result<Mode, Invalid> {
        let way = self.ingress_mode.unwrap_or(match self.webhook_url {
            Some(_) => Way::Webhook,
            None => Way::Polling,
        });
        if let Way::Polling = way {
            return Ok(Mode::Polling);
        }
        let url = self.webhook_url.clone();
        let url = url.ok_or_else(|| {
            Invalid::new(
                "WEBHOOK_URL",
                "missing; webhook mode needs a public address",
            )
        })?;
        let secrets = self.webhook_secret.clone();
        let secrets = secrets.ok_or_else(|| {
            Invalid::new("WEBHOOK_SECRET", "missing; webhook mode needs a secret")
        })?;
        Ok(Mode::Webhook { url, secrets })
    }
}

/// The game's running: who administers it, its limits, its housekeeping.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Game")]
pub struct Game {
    /// Telegram user ids of administrators, separated by commas. Default: nobody.
    ///
    /// Example: 1001,1002
    #[arg(long, env = "ADMIN_IDS", value_delimiter = ',', value_parser = values::user_id)]
    pub admin_ids: Vec<i64>,

    /// Requests a user may make in 60 seconds, for every class of action without a figure of its own: 1 to 1000.
    ///
    /// Example: 20
    #[arg(long, env = "MAX_REQUESTS_PER_MINUTE", default_value = "10", value_parser = values::whole::<1, 1000>)]
    pub max_requests_per_minute: u32,

    /// Failures of the machinery over one update before it becomes a dead letter: 1 to 100.
    ///
    /// Counted alone, apart from its neighbours; a database that is away is waited for and does not count. The player
    /// is told an error id; `gofrobot-worker dead` lists and replays such updates. Example: 5
    #[arg(long, env = "MAX_ATTEMPTS", default_value = "3", value_parser = values::whole::<1, 100>)]
    pub max_attempts: u32,

    /// Seconds that a cached value lives: 0 to 86400.
    ///
    /// 0 switches caching off. Example: 60
    #[arg(long, env = "CACHE_TTL_SECONDS", default_value = "300", value_parser = values::whole::<0, 86400>)]
    cache_ttl_seconds: u32,

    /// Seconds between two sweeps of expired state: 1 to 86400.
    ///
    /// Example: 600
    #[arg(long, env = "CLEANUP_INTERVAL_SECONDS", default_value = "300", value_parser = values::whole::<1, 86400>)]
    cleanup_interval_seconds: u32,
}

impl Game {
    /// How long a cached value lives; zero means no caching.
    pub fn cache_ttl(&self) -> Duration {
        Duration::from_secs(self.cache_ttl_seconds.into())
    }

    /// The pause between two sweeps of expired state.
    pub fn cleanup_interval(&self) -> Duration {
        Duration::from_secs(self.cleanup_interval_seconds.into())
    }
}

/// The operator's side door.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Operation")]
pub struct Admin {
    /// Address of /health, /ready, /metrics and /stats.
    ///
    /// For the operator's network only. Example: 127.0.0.1:8000
    #[arg(long, env = "ADMIN_ADDR", default_value = "0.0.0.0:8000", value_parser = values::socket_address)]
    pub admin_addr: SocketAddr,
}

/// What is logged and traced, how and where.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Logs and traces")]
pub struct Logs {
    /// Lines to log: error, warn, info, debug, trace or off; or levels by target.
    ///
    /// Example: info,gofrobot_worker=debug
    #[arg(long, env = "LOG_LEVEL", default_value = "INFO", value_parser = values::log_level)]
    pub log_level: LogLevel,

    /// How log lines look on standard error.
    ///
    /// Example: json
    #[arg(long, env = "LOG_FORMAT", default_value = "text", ignore_case = true)]
    pub log_format: LogFormat,

    /// Directory for performance.log, a file a day, seven kept. Default: none, no such file.
    ///
    /// Example: /var/log/gofrobot
    #[arg(long, env = "LOG_DIR")]
    pub log_dir: Option<PathBuf>,

    /// Collector that takes traces by OTLP over HTTP. Default: none, no traces.
    ///
    /// OpenTelemetry's own variables for sampling, batches and headers are heeded too. Example: http://127.0.0.1:4318
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true, value_parser = values::otlp_endpoint)]
    pub otel_exporter_otlp_endpoint: Option<SecretUrl>,
}
