//! The command line of the playground.

use crate::bench::Bench;
use crate::chaos::Chaos;
use crate::check::Check;
use crate::load::Load;
use crate::play::Play;
use crate::simulator::Options;
use clap::{Parser, Subcommand};
use rand::RngExt;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::time::Duration;

/// Gofrobot on a laptop: the bot, a Telegram of its own and a chat page in one process.
///
/// Without a command it plays: open the address that it prints. With BOT_TOKEN set it serves that real bot by long
/// polling instead of the simulator.
#[derive(Debug, Parser)]
#[command(name = "gofrobot", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without it: play.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings of the game.
    #[command(flatten)]
    pub play: Play,
}

/// What the binary can do besides playing.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the simulated Telegram and its chat page alone, for a bot that runs elsewhere.
    Simulate(Simulate),
    /// Asks a bot that runs elsewhere whether all is well; exit code 1 if not.
    ///
    /// Is every pod ready, does the Bot API know the bot, does the webhook refuse a stranger, does a newcomer get answers?
    /// Changes nothing, but for the newcomer on the page of a simulated Telegram. `helm test` runs it.
    Check(Check),
    /// Puts a bot under load and tells what became of every update.
    ///
    /// Start it, then start the bot with TELEGRAM_API_URL and BOT_TOKEN as it prints them. Exit code 1 when an update
    /// was lost or answered twice.
    Load(Load),
    /// Measures the bot at its cluster size, on servers of its own: rate, latency, processor time and memory.
    ///
    /// Starts RabbitMQ, Redis and PostgreSQL, an ingress and workers for each round, puts them under load as `load` does,
    /// and takes everything away again. With --against it measures two builds by turns and tells the ratio. Needs the
    /// programs of this workspace, built with --release, beside this one. Exit code 1 when an update was lost or answered
    /// twice.
    Bench(Bench),
    /// Breaks everything around the bot while players play, and checks that nothing was lost, doubled or mixed up.
    ///
    /// Starts RabbitMQ, Redis and PostgreSQL of its own, two ingresses and up to four workers, and takes all of them down
    /// again and again. Needs the programs of this workspace, built, beside this one. Exit code 1 when it finds something.
    Chaos(Chaos),
    /// Asks the simulator, alone or under load, whether it answers: exit code 0 if so, 1 if not.
    Healthcheck(Healthcheck),
}

/// Whom to ask.
#[derive(Debug, Clone, clap::Args)]
pub struct Healthcheck {
    /// Address that the simulator listens on.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub address: SocketAddr,
}

/// Settings of the simulator alone.
#[derive(Debug, Clone, clap::Args)]
pub struct Simulate {
    /// Address of the page and of the Bot API.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
    /// Token that the bot uses.
    #[arg(
        long,
        env = "BOT_TOKEN",
        hide_env_values = true,
        default_value = "7000000001:simulated"
    )]
    pub token: SecretString,
    /// Flood limits as Telegram's: 1 message a second in a chat, 20 a minute in a group, 30 a second in all.
    #[arg(long)]
    pub flood_limits: bool,
    /// As Telegram's own Bot API server with --local: the bot's webhook may be plain http on any machine.
    #[arg(long)]
    pub local: bool,
    /// Seed of everything random. Default: another one each time.
    ///
    /// The ids of updates begin at a number of its own, and a bot with a database that outlives the simulator must not
    /// meet the same ids again: it would take new updates for old ones.
    #[arg(long)]
    pub seed: Option<u64>,
}

impl Healthcheck {
    /// Waits no longer than an orchestrator's probe. Every answer will do: under load there is no page.
    ///
    /// # Errors
    /// Nobody answers HTTP there.
    pub async fn run(&self) -> anyhow::Result<()> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(3))
            .build()?;
        http.get(format!("http://{}/", self.address)).send().await?;
        Ok(())
    }
}

impl Simulate {
    /// The simulator that these settings ask for.
    pub fn options(&self) -> Options {
        Options {
            token: self.token.clone(),
            flood_limits: self.flood_limits,
            local: self.local,
            seed: self.seed.unwrap_or_else(|| rand::rng().random()),
            ..Options::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_simulator_begins_with_other_ids_each_time_unless_told() {
        let seed = |arguments: &[&str]| {
            let cli = Cli::parse_from(["gofrobot", "simulate"].iter().chain(arguments));
            let Some(Command::Simulate(simulate)) = cli.command else {
                unreachable!()
            };
            simulate.options().seed
        };
        assert_ne!(seed(&[]), seed(&[]));
        assert_eq!(seed(&["--seed=7"]), 7);
    }

    #[test]
    fn verify_cli() {
        Cli::command().debug_assert();
    }
}
