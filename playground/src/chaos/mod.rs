//! `gofrobot chaos`: the breaker. Breaks everything that can break around the bot while many players play, and then
//! checks that each of their updates had exactly one effect, in order, and an answer.
//!
//! It starts servers, ingresses and workers of its own as real processes, is the Bot API server that they talk to, and
//! judges from outside only: by the tables, the broker and what the simulator saw, never by the bot's own code.

mod cluster;
mod faults;
mod load;
mod players;
mod process;
mod record;
mod refill;
mod report;
mod schedule;
mod services;
mod slot;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::simulator::{Options, Simulator};
use cluster::{Cluster, Parts};
use faults::Breaker;
use record::Record;
use schedule::Schedule;
use verdict::Check;

pub use report::Report;
pub use schedule::Kind;
pub use verdict::{DOUBLE, LOST, ORDER, UNANSWERED, Verdict};

/// Updates of one player without an answer: enough to notice when their order is lost.
const OPEN_EACH: u32 = 4;

/// Messages kept of a chat: menus must not fall out of a group's history while somebody may press them.
const HISTORY: usize = 20_000;

/// Workers at the beginning.
const WORKERS: u32 = 2;

/// Settings of a run of the breaker.
#[derive(Debug, Clone, Args)]
pub struct Chaos {
    /// Seed of everything random but the timing of processes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Updates in all, at least.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub updates: u64,
    /// Players.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub players: u32,
    /// Faults of each kind; each takes a stretch of 20 seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub faults: u32,
    /// Folder of gofrobot-ingress and gofrobot-worker. Default: where this program is.
    #[arg(long)]
    pub programs: Option<PathBuf>,
    /// Command that becomes RabbitMQ, told by variables what to do: a program, then its arguments.
    #[arg(long, env = "TEST_RABBITMQ_SERVER", default_value = services::RABBITMQ_SERVER)]
    pub rabbitmq_server: String,
    /// Seconds without any answer, at the end, after which what is unanswered counts as such.
    #[arg(long, default_value_t = 90)]
    pub patience: u64,
    /// Keeps the folder with all logs and data even when nothing was found.
    #[arg(long)]
    pub keep: bool,
    /// Program of the workers; a wrong one must be found out.
    #[arg(skip = "gofrobot-worker".to_owned())]
    pub worker: String,
    /// Variables for the workers beyond the usual ones.
    #[arg(skip)]
    pub worker_variables: Vec<(&'static str, &'static str)>,
}

/// Runs the breaker and returns what it found.
///
/// # Errors
/// Servers or programs cannot be started, do not come back, or somebody asked to stop.
pub async fn run(chaos: &Chaos, shutdown: CancellationToken) -> anyhow::Result<Report> {
    let folder = tempfile::Builder::new()
        .prefix("gofrobot-chaos-")
        // PostgreSQL runs as another user.
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .context("a folder for servers and logs")?;
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let done = tokio::select! {
        done = break_it(chaos, folder.path(), &stop) => done,
        () = shutdown.cancelled() => Err(anyhow::anyhow!("interrupted")),
    };
    let clean = done.as_ref().is_ok_and(|report| report.verdict.is_clean());
    let interrupted = shutdown.is_cancelled();
    if chaos.keep || !(clean || interrupted) {
        let kept = folder.keep();
        tracing::info!("logs and data are in {}", kept.display());
        return done.map(|report| Report {
            folder: Some(kept),
            ..report
        });
    }
    done
}

async fn break_it(
    chaos: &Chaos,
    folder: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<Report> {
    let token = SecretString::from("4200:token-of-the-breaker");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let telegram = format!("http://{}", listener.local_addr()?);
    let simulator = simulator(chaos, &token);
    let first_update = simulator.reserve_update_ids(1);
    let record = Arc::new(Record::new(
        chaos.players,
        OPEN_EACH,
        chaos.seed,
        first_update,
    ));
    simulator.observe(record.clone());
    tokio::spawn(simulator.clone().serve(listener, stop.clone()));
    let programs = match &chaos.programs {
        Some(programs) => programs.clone(),
        None => std::env::current_exe()?.with_file_name(""),
    };
    tracing::info!("the servers start in {}", folder.display());
    let parts = Parts {
        folder,
        programs: &programs,
        worker: &chaos.worker,
        worker_variables: &chaos.worker_variables,
        rabbitmq_server: &chaos.rabbitmq_server,
        telegram,
        token: &token,
    };
    let cluster = Arc::new(Cluster::start(parts, simulator.clone()).await?);
    cluster.run(WORKERS).await?;
    let refills = tokio::spawn(refill::run(cluster.pool().clone(), stop.clone()));

    let schedule = Schedule::draw(chaos.seed, &Kind::ALL, chaos.faults);
    let breaker = Arc::new(Breaker::new(cluster.clone(), record.clone()));
    let bar = load::progress_bar(chaos.updates);
    let over = CancellationToken::new();
    let begun = Instant::now();
    let broken = async {
        let broken = breaker.run(&schedule).await;
        over.cancel();
        broken
    };
    let play = load::play(&record, &simulator, chaos.updates, schedule.length, &over);
    let run = async {
        let ((), broken) = tokio::join!(play, broken);
        broken?;
        tracing::info!("all faults are over; the last answers are waited for");
        load::settle(&record, Duration::from_secs(chaos.patience)).await;
        anyhow::Ok(())
    };
    tokio::select! {
        run = run => run?,
        () = load::show(&bar, &record) => {}
    }
    bar.finish_and_clear();
    let (sent, answered, last) = record.counts();
    let unconsumed = deserted(&cluster).await?;
    refills.abort();
    let left = leave(&cluster, &breaker).await;
    let (waiting, dead) = leftovers(&cluster).await?;
    let forgotten = Check::counted(
        "updates that the simulated Telegram had to forget",
        simulator.forgotten(),
        Vec::new(),
    );
    let account = record.account();
    let mut verdict = verdict::judge(cluster.pool(), &account).await?;
    verdict
        .checks
        .extend([unconsumed, dead, waiting, left, forgotten]);
    let answers: u64 = account
        .sent
        .iter()
        .map(|sent| u64::from(sent.answers))
        .sum();
    Ok(Report {
        seed: chaos.seed,
        faults: breaker.done(),
        sent,
        answered,
        repeated: answers - answered,
        troubles: account.troubles,
        seconds: (last - begun).as_secs_f64(),
        notes: Vec::new(),
        verdict,
        folder: None,
    })
}

fn simulator(chaos: &Chaos, token: &SecretString) -> Simulator {
    let simulator = Simulator::new(Options {
        token: token.clone(),
        seed: chaos.seed,
        history: HISTORY,
        // An answer that comes late is late, and not missing.
        callback_lifetime: Duration::from_secs(24 * 60 * 60),
        ..Options::default()
    });
    for number in 0..chaos.players {
        simulator.add_person(players::person(number));
        simulator.add_group(players::group(number), "Garage", &[]);
    }
    simulator
}

/// Partitions that nobody takes from although all have settled, and such as never run empty.
async fn deserted(cluster: &Cluster) -> anyhow::Result<Check> {
    let begun = Instant::now();
    loop {
        let mut check =
            Check::new("partitions without a consumer, or with updates that nobody takes");
        for (name, held) in Cluster::partitions()
            .iter()
            .zip(cluster.rabbitmq.queues(&Cluster::partitions()).await?)
        {
            if held.consumers == 0 || held.messages > 0 {
                check.find(|| format!("{name}: {held:?}"));
            }
        }
        if check.found == 0 || begun.elapsed() > REBALANCED {
            return Ok(check);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// By then every partition has found its consumer, after whatever happened last.
const REBALANCED: Duration = Duration::from_secs(30);

/// Lets all processes leave in good order.
async fn leave(cluster: &Cluster, breaker: &Breaker) -> Check {
    let mut check = Check::new("processes that did not leave in good order when asked to");
    for words in breaker.bad_ends() {
        check.find(|| words);
    }
    for (name, end) in cluster.leave().await {
        if !end.is_good() {
            check.find(|| format!("{name} left with {end:?}"));
        }
    }
    check
}

/// What is left on the broker when everybody has gone: in the partitions, and among the dead letters.
async fn leftovers(cluster: &Cluster) -> anyhow::Result<(Check, Check)> {
    let held = cluster.rabbitmq.queues(&Cluster::partitions()).await?;
    let waiting = held.iter().map(|held| u64::from(held.messages)).sum();
    let dead = cluster.rabbitmq.queues(&[Cluster::dead()]).await?;
    let dead = dead.iter().map(|held| u64::from(held.messages)).sum();
    Ok((
        Check::counted("updates left in the queue", waiting, Vec::new()),
        Check::counted("dead letters", dead, Vec::new()),
    ))
}
