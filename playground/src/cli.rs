//! The command line of the playground.

use crate::bench::Bench;
use crate::chaos::Chaos;
use crate::load::Load;
use crate::play::Play;
use crate::simulator::Options;
use clap::{Parser, Subcommand};
use secrecy::SecretString;
use std::net::SocketAddr;

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
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

impl Simulate {
    /// The simulator that these settings ask for.
    pub fn options(&self) -> Options {
        Options {
            token: self.token.clone(),
            flood_limits: self.flood_limits,
            local: self.local,
            seed: self.seed,
            ..Options::default()
        }
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
}
