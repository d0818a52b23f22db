//! The worker's command line: what it is told by flags, the environment or `.env`.

use crate::dead;
use crate::store::{Store, StoreError};
use clap::{Parser, Subcommand};
use gofrobot_shared::config::{Admin, Broker, Database, Game, Invalid, Logs, Redis, Telegram};

/// Takes updates from the queue, plays them, writes the result to the database and answers the players.
///
/// Run as many as you like: each player's updates keep their order whatever the number of workers. Every setting is a
/// flag and an environment variable; a file `.env` is read first, here or in a directory above; `$NAME` in its values is
/// replaced, but not in single quotes. The flags of settings stand before the command:
/// `gofrobot-worker --database-url sqlite://x.db migrate`.
#[derive(Debug, Parser)]
#[command(name = "gofrobot-worker", version)]
pub struct Cli {
    /// What to do; without it: run.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings of the running worker.
    #[command(flatten)]
    pub config: Config,
    /// The operator's side door.
    #[command(flatten)]
    pub admin: Admin,
    /// Logs.
    #[command(flatten)]
    pub logs: Logs,
}

/// What the binary can do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Brings the database's tables up to date, then takes updates until SIGTERM.
    Run {
        /// Start without touching the tables, for set-ups that run `migrate` on their own.
        #[arg(long)]
        no_migrate: bool,
    },
    /// Brings the database's tables up to date and exits; safe to run beside working workers and more than once.
    Migrate,
    /// Lists, shows, replays or drops the updates that nobody could handle.
    ///
    /// Needs QUEUE_URL, and QUEUE_PREFIX and PARTITIONS where the workers have them; no token and no database.
    Dead {
        /// What to do with them.
        #[command(subcommand)]
        command: dead::Command,
    },
    /// Asks the worker on ADMIN_ADDR whether it is ready: exit code 0 if so, 1 if not.
    Healthcheck,
}

/// Settings of a running worker.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// The bot.
    #[command(flatten)]
    pub telegram: Telegram,
    /// The queue.
    #[command(flatten)]
    pub broker: Broker,
    /// Shared state.
    #[command(flatten)]
    pub redis: Redis,
    /// The database.
    #[command(flatten)]
    pub database: Database,
    /// The game.
    #[command(flatten)]
    pub game: Game,
}

impl Cli {
    /// What settings must hold together, told before any socket opens.
    ///
    /// # Errors
    /// A running worker lacks its token, a queue that ingress reaches too, or a database that other workers reach too; the
    /// database has no usable address; dead letters are asked for without a queue that could hold them, or without saying
    /// which.
    pub fn check(&self) -> Result<(), Invalid> {
        match &self.command {
            None | Some(Command::Run { .. }) => {
                self.config.telegram.required_token()?;
                self.config.broker.required_network()?;
                check_database(&self.config.database)?;
                self.config.database.required_network()?;
            }
            Some(Command::Dead { command }) => {
                command.check()?;
                self.config.broker.required_network()?;
            }
            Some(Command::Migrate) => check_database(&self.config.database)?,
            Some(Command::Healthcheck) => {}
        }
        Ok(())
    }
}

/// Whether the database's address is one that a store can be opened at.
///
/// # Errors
/// `DATABASE_URL` has a part that no database takes, such as a port that is not a number.
pub fn check_database(database: &Database) -> Result<(), Invalid> {
    let url = database.url();
    match Store::check_address(&url.expose().into()) {
        Err(StoreError::Address(expected)) => Err(Invalid::new(
            "DATABASE_URL",
            format!("'{url}' cannot be used; {expected}"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn verify_cli() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_stand_before_the_command_as_the_help_says() {
        let help = Cli::command().render_long_help().to_string();
        let example = "gofrobot-worker --database-url sqlite://x.db migrate";
        assert!(help.contains(example), "{help}");
        assert!(Cli::try_parse_from(example.split(' ')).is_ok());
    }
}
