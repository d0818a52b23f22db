//! A bot in this process, as `cargo run` starts it, in front of a Telegram of its own.

use std::net::SocketAddr;
use std::ops::Deref;

use clap::Parser;
use gofrobot::cli::Cli;
use gofrobot::play;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::common::address::free_address;
use crate::common::side_door;
use crate::common::telegram::{FIRST_PERSON, TOKEN, Telegram};

pub(crate) const ANNA: i64 = FIRST_PERSON;
pub(crate) const BORIS: i64 = FIRST_PERSON + 1;
pub(crate) const VERA: i64 = FIRST_PERSON + 2;

/// The bot and its Telegram; what people can do is [`Telegram`]'s.
pub(crate) struct Laptop {
    telegram: Telegram,
    admin: SocketAddr,
    folder: TempDir,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Deref for Laptop {
    type Target = Telegram;

    fn deref(&self) -> &Telegram {
        &self.telegram
    }
}

impl Laptop {
    /// With Anna, Boris and Vera, and a limit that nobody reaches.
    pub(crate) async fn generous() -> Self {
        Self::with(&["--max-requests-per-minute", "1000"]).await
    }

    /// With Anna, Boris and Vera, and these flags.
    pub(crate) async fn with(flags: &[&str]) -> Self {
        Self::of(3, flags).await
    }

    /// With that many people and these flags.
    pub(crate) async fn of(people: i64, flags: &[&str]) -> Self {
        Self::before(Telegram::start(people).await, flags).await
    }

    /// In front of this Telegram, with these flags.
    pub(crate) async fn before(telegram: Telegram, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let admin = free_address();
        let (side_door, database) = (admin.to_string(), database(&folder));
        let wiring = [
            ("--bot-token", TOKEN),
            ("--telegram-api-url", &telegram.url),
            ("--admin-addr", &side_door),
            ("--queue-url", "memory:"),
            ("--database-url", &database),
        ];
        let wiring = wiring.into_iter().flat_map(|(flag, value)| [flag, value]);
        let arguments = ["gofrobot"].into_iter().chain(wiring);
        let cli = Cli::parse_from(arguments.chain(flags.iter().copied()));
        let stop = CancellationToken::new();
        let running = tokio::spawn(play::run(cli.play, stop.clone()));
        side_door::until_ready(admin).await;
        Self {
            telegram,
            admin,
            folder,
            stop,
            running,
        }
    }

    /// The sum of a metric.
    pub(crate) async fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        side_door::metric(self.admin, name, labels).await
    }

    /// One number or text out of the database.
    pub(crate) async fn sql(&self, query: &'static str) -> String {
        let mut connection = SqliteConnection::connect(&database(&self.folder))
            .await
            .unwrap();
        let row: String = sqlx::query_scalar(query)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        row
    }

    /// Lets nothing be written until the connection is closed or commits.
    pub(crate) async fn lock(&self) -> SqliteConnection {
        let mut connection = SqliteConnection::connect(&database(&self.folder))
            .await
            .unwrap();
        let begin = sqlx::query("BEGIN IMMEDIATE");
        begin.execute(&mut connection).await.unwrap();
        connection
    }

    /// Ctrl-C.
    pub(crate) fn ask_to_stop(&self) {
        self.stop.cancel();
    }

    /// Waits for the end after [`Laptop::ask_to_stop`]; gives the Telegram, which lives on.
    pub(crate) async fn ended(self) -> Telegram {
        self.running.await.unwrap().unwrap();
        self.telegram
    }

    /// All that players own and have done, so that two moments can be compared.
    pub(crate) async fn belongings(&self) -> String {
        self.sql(
            "SELECT json_array((SELECT json_group_array(json_array(user_id, nickname, language, gofra_mm, cable_mm, \
             atm, zmiy_g, total_zmiy_g, davkas, duels, dialogue)) FROM players), (SELECT count(*) FROM duels), \
             (SELECT json_group_array(json_array(chat_id, davkas, grams)) FROM chats))",
        )
        .await
    }

    /// Stops in good order: nothing was refused, dropped or failed on the way, and nothing is left to do.
    pub(crate) async fn close(self) {
        for result in ["refused", "dropped", "unreachable"] {
            let replies = self
                .metric("bot_replies_total", &[("result", result)])
                .await;
            assert_eq!(replies, 0.0, "{result} replies");
        }
        assert_eq!(self.metric("bot_errors_total", &[]).await, 0.0);
        assert_eq!(self.metric("bot_dead_letters_total", &[]).await, 0.0);
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

fn database(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("gofrobot.db").display())
}
