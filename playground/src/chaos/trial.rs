//! One run: everything is started, the players play while the plan is carried out, all settle, and the verdict is found.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cluster::{Cluster, Parts};
use super::faults::Breaker;
use super::record::{Account, Record};
use super::report::Report;
use super::verdict::{self, Check};
use super::{Chaos, load, players, refill};
use crate::processes;
use crate::simulator::{Options, Simulator};

/// Updates of one player without an answer: enough to notice when their order is lost.
const OPEN_EACH: u32 = 4;

/// Messages kept of a chat: menus must not fall out of a group's history while somebody may press them.
const HISTORY: usize = 20_000;

/// By then every partition has found its consumer, after whatever happened last.
const REBALANCED: Duration = Duration::from_secs(30);

/// What a plan works with.
pub(super) struct Trial<'a> {
    pub(super) chaos: &'a Chaos,
    pub(super) cluster: Arc<Cluster>,
    pub(super) record: Arc<Record>,
    pub(super) breaker: Arc<Breaker>,
}

/// Runs it to its end.
///
/// # Errors
/// Servers or programs cannot be started, or do not come back.
pub(super) async fn run(
    chaos: &Chaos,
    folder: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<Report> {
    let trial = begin(chaos, folder, stop).await?;
    let (plan, record) = (chaos.plan, &trial.record);
    let refills = tokio::spawn(refill::run(trial.cluster.pool().clone(), stop.clone()));
    let length = plan.length(chaos);
    let updates = chaos.updates.unwrap_or_else(|| plan.updates(length));
    let bar = load::progress_bar(updates);
    let over = CancellationToken::new();
    let begun = Instant::now();
    let perform = async {
        let performed = plan.perform(&trial).await;
        over.cancel();
        performed
    };
    let play = load::play(record, &trial.cluster.simulator, updates, length, &over);
    let run = async {
        let ((), performed) = tokio::join!(play, perform);
        tracing::info!("the plan is carried out; the last answers are waited for");
        let patience = Duration::from_secs(chaos.patience);
        load::settle(record, patience).await;
        plan.afterwards(&trial).await;
        load::settle(record, patience).await;
        performed
    };
    let mut findings = tokio::select! {
        run = run => run?,
        never = load::show(&bar, record) => match never {},
    };
    bar.finish_and_clear();
    let (sent, answered, last) = record.counts();
    findings.checks.push(deserted(&trial.cluster).await?);
    refills.abort();
    findings.checks.push(leave(&trial).await);
    findings.checks.extend(leftovers(&trial.cluster).await?);
    let account = record.account();
    findings.checks.extend(plan.judge(&account));
    findings
        .notes
        .extend(trial.cluster.servers.rabbitmq.version(folder));
    let mut verdict = verdict::judge(trial.cluster.pool(), &account, plan.limit()).await?;
    verdict.checks.append(&mut findings.checks);
    Ok(Report {
        seed: chaos.seed,
        faults: trial.breaker.done(),
        sent,
        answered,
        repeated: repeated(&account, answered),
        troubles: account.troubles,
        seconds: (last - begun).as_secs_f64(),
        notes: findings.notes,
        verdict,
        folder: None,
    })
}

/// Starts everything.
async fn begin<'a>(
    chaos: &'a Chaos,
    folder: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<Trial<'a>> {
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
    let programs = processes::programs(chaos.programs.as_deref())?;
    tracing::info!("the servers start in {}", folder.display());
    let parts = Parts {
        folder,
        programs: &programs,
        worker: &chaos.worker,
        worker_variables: &chaos.worker_variables,
        requests_per_minute: chaos.plan.limit(),
        redis: chaos.plan.has_redis(),
        rabbitmq_server: &chaos.rabbitmq_server,
        telegram,
        token: &token,
    };
    let cluster = Arc::new(Cluster::start(parts, simulator).await?);
    cluster.run(chaos.plan.workers()).await?;
    let breaker = Arc::new(Breaker::new(cluster.clone(), record.clone()));
    Ok(Trial {
        chaos,
        cluster,
        record,
        breaker,
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
        for (name, held) in Cluster::partitions().iter().zip(
            cluster
                .servers
                .rabbitmq
                .queues(&Cluster::partitions())
                .await?,
        ) {
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

/// Lets all processes leave in good order.
async fn leave(trial: &Trial<'_>) -> Check {
    let mut check = Check::new("processes that did not leave in good order when asked to");
    for words in trial.breaker.bad_ends() {
        check.find(|| words);
    }
    for (name, end) in trial.cluster.leave().await {
        if !end.is_good() {
            check.find(|| format!("{name} left: {end}"));
        }
    }
    check
}

/// What is left when everybody has gone: on the broker, in the partitions and among the dead letters, and in Telegram.
async fn leftovers(cluster: &Cluster) -> anyhow::Result<[Check; 3]> {
    let count = async |names: &[String]| -> anyhow::Result<u64> {
        let held = cluster.servers.rabbitmq.queues(names).await?;
        Ok(held.iter().map(|held| u64::from(held.messages)).sum())
    };
    let waiting = count(&Cluster::partitions()).await?;
    let dead = count(&[Cluster::dead()]).await?;
    let forgotten = cluster.simulator.forgotten();
    Ok([
        Check::counted("dead letters", dead, Vec::new()),
        Check::counted("updates left in the queue", waiting, Vec::new()),
        Check::counted(
            "updates that the simulated Telegram had to forget",
            forgotten,
            Vec::new(),
        ),
    ])
}

/// Answers beyond the first of each update.
fn repeated(account: &Account, answered: u64) -> u64 {
    let answers = account.sent.iter().map(|sent| u64::from(sent.answers));
    answers.sum::<u64>() - answered
}
