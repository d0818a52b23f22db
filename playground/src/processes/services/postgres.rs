//! A private PostgreSQL: a cluster made by `initdb`, with nobody but loopback let in.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use rustix::process::{Signal, geteuid};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::{Service, free_port};
use crate::processes::{Recipe, Slot};

/// PostgreSQL refuses to run as root; Debian's package makes this user.
const USER: &str = "postgres";

pub(crate) struct Postgres {
    slot: Slot,
    port: u16,
    /// Connections of this program itself.
    pub(crate) pool: PgPool,
}

impl Postgres {
    /// Makes the cluster; nothing runs yet.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or `initdb` fails.
    pub(crate) async fn new(folder: &Path) -> anyhow::Result<Self> {
        let programs = programs()?;
        let data = folder.join("postgres");
        fs::create_dir(&data)?;
        let user = geteuid().is_root().then_some(USER);
        if user.is_some() {
            let chown = ["--", USER, &data.to_string_lossy()];
            let given = tokio::process::Command::new("chown").args(chown).status();
            ensure!(given.await?.success(), "chown to {USER} failed");
        }
        let options = "--username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync";
        let initdb = Recipe::new("initdb", programs.join("initdb"), folder)
            .args(options.split(' '))
            .arg_path("--pgdata=", &data)
            .user(user);
        let made = initdb.command()?.status().await.context("initdb")?;
        ensure!(made.success(), "initdb failed: see initdb.log");

        let port = free_port()?;
        let settings = [
            format!("--port={port}"),
            "--listen-addresses=127.0.0.1".to_owned(),
            "--unix-socket-directories=".to_owned(),
            "--max-connections=100".to_owned(),
        ];
        let recipe = Recipe::new("postgres", programs.join("postgres"), folder)
            .arg_path("-D", &data)
            .args(settings)
            .user(user);
        let address = PgConnectOptions::new()
            .host("127.0.0.1")
            .port(port)
            .username("postgres")
            .database("postgres");
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .acquire_timeout(Duration::from_secs(2))
            .connect_lazy_with(address);
        Ok(Self {
            slot: Slot::new(recipe),
            port,
            pool,
        })
    }

    /// Its address, as DATABASE_URL takes it.
    pub(crate) fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes another database and gives its address.
    ///
    /// # Errors
    /// The server is away, or has one of that name.
    pub(crate) async fn new_database(&self, name: &str) -> sqlx::Result<String> {
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(&create).execute(&self.pool).await?;
        Ok(self.url_of(name))
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Service for Postgres {
    fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Fast: SIGTERM would wait for all clients to leave.
    fn farewell(&self) -> Signal {
        Signal::INT
    }

    async fn serves(&self) -> bool {
        sqlx::query("SELECT 1").execute(&self.pool).await.is_ok()
    }
}

/// Where the newest installed version keeps its programs.
pub(super) fn programs() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let paths = versions.filter_map(|entry| Some(entry.ok()?.path()));
    let newest = paths.filter(|path| path.join("bin/initdb").exists());
    let newest = newest.max_by_key(version);
    Ok(newest.context("PostgreSQL is not installed")?.join("bin"))
}
