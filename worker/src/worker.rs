//! What a worker is made of, and its life: start, take batches, leave.

use crate::batch::BATCH_BOUND;
use crate::bot_menu;
use crate::config::Config;
use crate::database;
use crate::game::player::UserId;
use crate::incoming::Bot;
use crate::lanes::Lanes;
use crate::reads::{self, Reads};
use crate::replies::{Job, Speaker};
use crate::store::Store;
use crate::telegram::Telegram;
use anyhow::Context;
use chrono::Utc;
use gofrobot_shared::admin::Readiness;
use gofrobot_shared::cache::Cache;
use gofrobot_shared::config::SecretUrl;
use gofrobot_shared::envelope::EnvelopeError;
use gofrobot_shared::limits::Limiter;
use gofrobot_shared::queue::{self, Consumer, Delivery, Publisher, Queue, Share};
use gofrobot_shared::redis::RedisHandle;
use gofrobot_shared::telemetry::Metrics;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After SIGTERM, what is in hand may take this long; then the rest goes back to the queue. Kubernetes kills after 30 s.
/// Above the 7 s for which a partition's hand-over waits for answers that have begun.
const GRACE: Duration = Duration::from_secs(8);

/// After SIGTERM, the channels are closed by then, or left to the end of the process. The promise is 10 s; the rest is for
/// the side door.
const LEFT: Duration = Duration::from_secs(9);

/// How often the figures of the store reach the metrics: well within a scrape interval.
const STORE_FIGURES: Duration = Duration::from_secs(2);

/// The condition that always holds, and says when Redis is away.
const REDIS: &str = "redis";

/// Why this worker makes dead letters of what can be read as an update.
const DEAD: [&str; 4] = ["crash", "failed", queue::OTHER_BOT, "unreadable"];

/// One worker at work.
pub(crate) struct Worker {
    pub(crate) bot: Bot,
    pub(crate) admins: Vec<UserId>,
    pub(crate) requests_per_minute: u32,
    pub(crate) max_attempts: u32,
    pub(crate) store: Store,
    pub(crate) database_url: SecretUrl,
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
    metrics.may_die(EnvelopeError::REASONS.into_iter().chain(DEAD));
    let token = config.telegram.required_token()?;
    let telegram =
        Telegram::new(&config.telegram, token).context("the HTTP client for the Bot API")?;
    let start = async {
        tokio::try_join!(database::open(config, migrate, &readiness), async {
            Ok(bot_menu::identity(&telegram, &readiness).await)
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
        places: Semaphore::new(reads::QUESTIONS),
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
            Box::pin(async move { speaker.say(job).await })
        })
    };
    let worker = Worker {
        bot,
        admins: config.game.admin_ids.clone(),
        requests_per_minute: config.game.max_requests_per_minute,
        max_attempts: config.game.max_attempts,
        store,
        database_url: config.database.url(),
        limiter: Limiter::new(redis.clone()),
        speaker,
        lanes,
        metrics,
        readiness,
        publisher: queue.publisher(),
        burials: TaskTracker::new(),
    };
    let metrics = worker.metrics.clone();
    queue.on_dead_letter(move |reason| metrics.dead(reason));
    let consumer = queue.consumer();
    tokio::join!(
        worker.show_share(consumer.owned(), consumer.strangers()),
        worker.take_batches(consumer, &shutdown),
        shutdown.run_until_cancelled(worker.sweep(config.game.cleanup_interval())),
        shutdown.run_until_cancelled(worker.show_store()),
        shutdown.run_until_cancelled(worker.show_redis(redis)),
        shutdown.run_until_cancelled(database::watch(
            &worker.store,
            &worker.database_url,
            &worker.readiness
        )),
        shutdown.run_until_cancelled(bot_menu::register_commands(
            &worker.speaker.telegram,
            &worker.admins
        )),
    );
    Ok(())
}

impl Worker {
    async fn take_batches(&self, mut consumer: Consumer, shutdown: &CancellationToken) {
        let (inlet, outlet) = mpsc::channel(BATCH_BOUND);
        let playing = self.play_batches(outlet);
        tokio::pin!(playing);
        tokio::select! {
            _ = shutdown.run_until_cancelled(feed(&mut consumer, inlet)) => {}
            // Never the first to end: the inlet lives as long as `feed`.
            () = &mut playing => {}
        }
        // The others take over while what has begun is finished.
        self.leave(&mut consumer);
        let asked = Instant::now();
        let mut played = false;
        let finished = async {
            playing.await;
            played = true;
            self.burials.close();
            tokio::join!(self.lanes.drained(), self.burials.wait())
        };
        if tokio::time::timeout(GRACE, finished).await.is_err() {
            let chats = self.lanes.busy();
            let what = match (played, chats) {
                (false, _) => "a batch is",
                (true, 0) => "dead letters are",
                (true, _) => "answers are",
            };
            tracing::warn!(
                chats,
                "{what} left after {} s; what is not done goes back to the queue",
                GRACE.as_secs()
            );
        }
        match tokio::time::timeout_at(asked + LEFT, consumer.close()).await {
            Ok(()) => tracing::info!("the worker has handed its partitions over"),
            Err(_) => {
                tracing::warn!("the broker does not answer; it takes the partitions back itself")
            }
        }
    }

    /// Plays batch after batch, until the inlet is closed and all is played. One at a time: where everything shared two
    /// cores, four side by side were no faster and made smaller batches, hence more transactions.
    async fn play_batches(&self, mut outlet: mpsc::Receiver<Delivery>) {
        let mut deliveries = Vec::with_capacity(BATCH_BOUND);
        while outlet.recv_many(&mut deliveries, BATCH_BOUND).await > 0 {
            self.process(&mut deliveries).await;
        }
    }

    fn leave(&self, consumer: &mut Consumer) {
        consumer.stop();
        self.readiness.set(queue::CONSUME, Err("stopping"));
    }

    /// Tells the metrics and the readiness how many partitions this worker has, and what lies there that is not for it,
    /// until its consumer is closed.
    async fn show_share(
        &self,
        mut owned: watch::Receiver<Share>,
        mut strangers: watch::Receiver<Option<String>>,
    ) {
        loop {
            let share = *owned.borrow_and_update();
            self.metrics.partitions_owned(share.owned.into());
            let share = (share.owned > 0 || share.spare).then(|| share.to_string());
            let others = strangers.borrow_and_update().clone();
            let note: Vec<String> = share.into_iter().chain(others).collect();
            let note = (!note.is_empty()).then(|| note.join("; "));
            self.readiness.note(queue::CONSUME, note);
            let changed = tokio::select! {
                changed = owned.changed() => changed,
                changed = strangers.changed() => changed,
            };
            if changed.is_err() {
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
        let (publisher, metrics) = (self.publisher.clone(), self.metrics.clone());
        self.burials.spawn(async move {
            if put_aside(&publisher, &delivery, reason, error_id.as_deref(), attempts).await {
                metrics.dead(reason);
            }
            if let Some(delivery) = Arc::into_inner(delivery) {
                delivery.ack();
            }
        });
    }

    /// Tells the metrics what the store did and how its connections are used.
    async fn show_store(&self) {
        loop {
            tokio::time::sleep(STORE_FIGURES).await;
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

    /// Tells the readiness what is wrong with Redis, without which a worker is ready all the same.
    async fn show_redis(&self, redis: Option<RedisHandle>) {
        let Some(redis) = redis else { return };
        self.readiness.set(REDIS, Ok::<(), String>(()));
        let mut trouble = redis.trouble();
        // Asked at once: a wrong password is better known before the first player comes.
        redis.check().await;
        loop {
            let note = trouble.borrow_and_update().clone();
            self.readiness.note(REDIS, note);
            if trouble.changed().await.is_err() {
                return;
            }
        }
    }

    async fn sweep(&self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            match self.store.sweep(Utc::now()).await {
                Ok(rows) => tracing::debug!(rows, "old rows of the ledger are gone"),
                Err(error) => {
                    tracing::warn!(%error, "the ledger could not be swept; the next round tries again")
                }
            }
        }
    }
}

/// Makes a dead letter of an update, trying as often as it takes. False if its partition is handed over meanwhile: the
/// next owner makes it.
pub(crate) async fn put_aside(
    publisher: &Publisher,
    delivery: &Delivery,
    reason: &'static str,
    error_id: Option<&str>,
    attempts: u32,
) -> bool {
    let envelope = &delivery.envelope;
    let mut pause = Duration::from_millis(200);
    let mut told = false;
    while delivery.begin() {
        let letter = publisher.dead_letter(envelope, reason, error_id, attempts);
        let Err(error) = letter.await else {
            return true;
        };
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(update.id = envelope.update_id, %error, "a dead letter is not accepted yet");
        }
        let jittered = pause.mul_f64(rand::random_range(0.5..1.0));
        if !delivery.pause(jittered).await {
            return false;
        }
        pause = (pause * 2).min(Duration::from_secs(10));
    }
    false
}

/// Takes in what arrives while a batch is played. Ends when the consumer has stopped.
async fn feed(consumer: &mut Consumer, inlet: mpsc::Sender<Delivery>) {
    let mut deliveries = Vec::with_capacity(BATCH_BOUND);
    while consumer.next_batch(BATCH_BOUND, &mut deliveries).await > 0 {
        for delivery in deliveries.drain(..) {
            if inlet.send(delivery).await.is_err() {
                return;
            }
        }
    }
}
