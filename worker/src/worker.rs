//! What a worker is made of, and its life: start, take batches, leave.

use crate::batch::BATCH_BOUND;
use crate::bot_menu;
use crate::config::Config;
use crate::game::player::UserId;
use crate::incoming::Bot;
use crate::lanes::Lanes;
use crate::reads::{self, Reads};
use crate::replies::{Job, Speaker};
use crate::store::{self, Store, StoreError};
use crate::telegram::Telegram;
use anyhow::Context;
use chrono::Utc;
use futures_util::FutureExt;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::cache::Cache;
use gofrobot_shared::limits::Limiter;
use gofrobot_shared::queue::{self, Consumer, Delivery, Publisher, Queue, Share};
use gofrobot_shared::redis::RedisHandle;
use gofrobot_shared::telemetry::Metrics;
use secrecy::SecretString;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After SIGTERM, what is in hand may take this long; then the rest goes back to the queue. Kubernetes kills after 30 s.
const GRACE: Duration = Duration::from_secs(10);

/// How often the figures of the store reach the metrics: well within a scrape interval.
const STORE_FIGURES: Duration = Duration::from_secs(2);

/// Pause between two tries to open the database at the start.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// One worker at work.
pub(crate) struct Worker {
    pub(crate) bot: Bot,
    pub(crate) admins: Vec<UserId>,
    pub(crate) requests_per_minute: u32,
    pub(crate) max_attempts: u32,
    pub(crate) store: Store,
    pub(crate) limiter: Limiter,
    pub(crate) speaker: Arc<Speaker>,
    pub(crate) lanes: Arc<Lanes<Job>>,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
    pub(crate) publisher: Publisher,
    burials: TaskTracker,
}

/// Works until `shutdown`, then finishes what is in hand and hands its partitions over. `migrate`: brings the tables up
/// to date first.
///
/// # Errors
/// The configuration names a database that cannot be opened at all, or the program's own TLS set-up is broken. Services
/// that are away are waited for.
pub async fn run(
    config: &Config,
    migrate: bool,
    queue: &Queue,
    metrics: Metrics,
    readiness: Readiness,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let token = config.telegram.required_token()?;
    let telegram =
        Telegram::new(&config.telegram, token).context("the HTTP client for the Bot API")?;
    let start = async {
        tokio::try_join!(open(config, migrate, &readiness), async {
            Ok(bot_menu::identity(&telegram).await)
        })
    };
    let Some(started) = shutdown.run_until_cancelled(start).await else {
        return Ok(());
    };
    let (store, bot) = started?;
    tracing::info!(bot.username = %bot.username, bot.id = bot.id, "the worker starts");

    let redis = RedisHandle::connect(&config.redis)?;
    let cache = Cache::new(config.game.cache_ttl(), redis.clone(), metrics.clone());
    let reads = Reads {
        store: store.clone(),
        cache,
        regeneration: reads::regeneration(),
    };
    let bot_username = bot.username.clone();
    let speaker = Arc::new(Speaker {
        telegram,
        bot_username,
        reads,
        metrics: metrics.clone(),
    });
    let lanes = {
        let speaker = Arc::clone(&speaker);
        Lanes::new(move |job| {
            let speaker = Arc::clone(&speaker);
            // A panic would end the lane with its jobs, and the chat would never hear anything again.
            Box::pin(async move {
                let said = AssertUnwindSafe(speaker.say(job)).catch_unwind().await;
                if said.is_err() {
                    tracing::error!("an answer panicked; its update comes back to the next worker");
                }
            })
        })
    };
    let worker = Worker {
        bot,
        admins: config.game.admin_ids.clone(),
        requests_per_minute: config.game.max_requests_per_minute,
        max_attempts: config.game.max_attempts,
        store,
        limiter: Limiter::new(redis),
        speaker,
        lanes,
        metrics,
        readiness,
        publisher: queue.publisher(),
        burials: TaskTracker::new(),
    };
    let consumer = queue.consumer();
    tokio::join!(
        worker.show_share(consumer.owned()),
        worker.take_batches(consumer, &shutdown),
        worker.sweep(config.game.cleanup_interval(), &shutdown),
        worker.show_store(&shutdown),
        bot_menu::register_commands(&worker.speaker.telegram, &worker.admins),
    );
    Ok(())
}

impl Worker {
    async fn take_batches(&self, mut consumer: Consumer, shutdown: &CancellationToken) {
        let mut deliveries = Vec::with_capacity(BATCH_BOUND);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                taken = consumer.next_batch(BATCH_BOUND, &mut deliveries) => if taken == 0 { break },
            }
            let processed = self.process(&mut deliveries);
            tokio::pin!(processed);
            tokio::select! {
                () = &mut processed => {}
                () = shutdown.cancelled() => {
                    // The others take over while this batch waits, perhaps for a database that is away.
                    self.leave(&mut consumer);
                    let _ = tokio::time::timeout(GRACE, processed).await;
                    break;
                }
            }
        }
        self.leave(&mut consumer);
        self.burials.close();
        let finished = async { tokio::join!(self.lanes.drained(), self.burials.wait()) };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            let chats = self.lanes.busy();
            tracing::warn!(
                chats,
                "answers are left after {} s; their updates go back to the queue",
                GRACE.as_secs()
            );
        }
        consumer.close().await;
        tracing::info!("the worker has handed its partitions over");
    }

    fn leave(&self, consumer: &mut Consumer) {
        consumer.stop();
        self.readiness.set(queue::CONSUME, Err("stopping"));
    }

    /// Tells the metrics and the readiness how many partitions this worker has, until its consumer is closed.
    async fn show_share(&self, mut owned: watch::Receiver<Share>) {
        loop {
            let share = *owned.borrow_and_update();
            self.metrics.partitions_owned(share.owned.into());
            let note = (share.owned > 0 || share.spare).then(|| share.to_string());
            self.readiness.note(queue::CONSUME, note);
            if owned.changed().await.is_err() {
                return;
            }
        }
    }

    /// Puts an update aside that nobody can handle, as often as it takes; then acknowledges it.
    pub(crate) fn bury(
        &self,
        delivery: Arc<Delivery>,
        reason: &'static str,
        error_id: Option<String>,
        attempts: u32,
    ) {
        self.metrics.dead(reason);
        let publisher = self.publisher.clone();
        self.burials.spawn(async move {
            put_aside(&publisher, &delivery, reason, error_id.as_deref(), attempts).await;
            if let Some(delivery) = Arc::into_inner(delivery) {
                delivery.ack();
            }
        });
    }

    /// Tells the metrics what the store did and how its connections are used.
    async fn show_store(&self, shutdown: &CancellationToken) {
        while tokio::time::timeout(STORE_FIGURES, shutdown.cancelled())
            .await
            .is_err()
        {
            let done = self.store.take_figures();
            self.metrics.transactions(done.transactions);
            for (table, rows) in done.rows() {
                self.metrics.rows(table, rows);
            }
            if done.unreadable_outcomes > 0 {
                let outcomes = done.unreadable_outcomes;
                tracing::warn!(
                    outcomes,
                    "the ledger holds outcomes that this version cannot read"
                );
            }
            let pool = self.store.pool_figures();
            self.metrics.db_pool("idle", pool.idle.into());
            self.metrics.db_pool("used", pool.used.into());
            self.metrics.db_pool("max", pool.max.into());
        }
    }

    async fn sweep(&self, every: Duration, shutdown: &CancellationToken) {
        while tokio::time::timeout(every, shutdown.cancelled())
            .await
            .is_err()
        {
            match self.store.sweep(Utc::now()).await {
                Ok(rows) => tracing::debug!(rows, "old rows of the ledger are gone"),
                Err(error) => {
                    tracing::warn!(%error, "the ledger could not be swept; the next round tries again")
                }
            }
        }
    }
}

/// Makes a dead letter of an update, trying as often as it takes.
pub(crate) async fn put_aside(
    publisher: &Publisher,
    delivery: &Delivery,
    reason: &'static str,
    error_id: Option<&str>,
    attempts: u32,
) {
    let envelope = &delivery.envelope;
    let mut pause = Duration::from_millis(200);
    while let Err(error) = publisher
        .dead_letter(envelope, reason, error_id, attempts)
        .await
    {
        tracing::warn!(update.id = envelope.update_id, %error, "a dead letter is not accepted yet");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

/// Opens the database, and waits for one that is away.
async fn open(config: &Config, migrate: bool, readiness: &Readiness) -> anyhow::Result<Store> {
    let url = config.database.url();
    let secret = SecretString::from(url.expose());
    loop {
        let opened = async {
            let store = Store::connect(&secret, &store::Options::default()).await?;
            if migrate {
                store.migrate().await?;
            }
            Ok::<_, StoreError>(store)
        };
        match opened.await {
            Ok(store) => {
                readiness.set("database", Ok::<(), String>(()));
                return Ok(store);
            }
            Err(error) if error.is_transient() => readiness.set("database", Err(error.to_string())),
            Err(error) => return Err(error).with_context(|| format!("DATABASE_URL {url}")),
        }
        tokio::time::sleep(DATABASE_PAUSE).await;
    }
}
