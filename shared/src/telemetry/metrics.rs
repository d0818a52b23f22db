//! Every metric that is counted as things happen: its Prometheus name, unit, help text, labels and buckets. Those that are
//! read when somebody scrapes are in `observed.rs`. The names are a contract with dashboards and
//! alerts; nothing outside these two files names one.
//!
//! Label values are `&'static str`: a label can never hold a user, a chat or a text, and setting one costs no
//! allocation. Names are written out in full, units and `_total` included, and the exporter is told to add nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, MeterProvider},
};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder, proto::MetricFamily};

use super::{active_users::ActiveUsers, observed, process};

/// From receipt by ingress to the reply accepted: fine around the goal of 20 ms, coarse where something is wrong.
const REQUEST_S: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];
/// One step of a batch, or one confirm of the broker.
const STEP_S: &[f64] = &[
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];
/// What Telegram asks for after a 429.
const FLOOD_S: &[f64] = &[0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];
/// From a healthy queue to a day's backlog, the longest that Telegram keeps an update.
const AGE_S: &[f64] = &[
    0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 86_400.0,
];
/// Updates in one batch.
const BATCH: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// The handle that everything counts through. Clones are cheap and count together.
#[derive(Clone)]
pub struct Metrics(Arc<Instruments>);

struct Instruments {
    registry: Registry,
    active: Arc<Mutex<ActiveUsers>>,
    requests: Counter<u64>,
    errors: Counter<u64>,
    request_duration: Histogram<f64>,
    stage_duration: Histogram<f64>,
    rate_limited: Counter<u64>,
    cache_requests: Counter<u64>,
    cache_size: Gauge<u64>,
    keyboard_cache: Counter<u64>,
    transactions: Counter<u64>,
    rows: Counter<u64>,
    db_pool: Gauge<u64>,
    batch_size: Histogram<u64>,
    replies: Counter<u64>,
    flood_wait: Histogram<f64>,
    publish: Histogram<f64>,
    dead_letters: Counter<u64>,
    partitions: Gauge<u64>,
    update_age: Histogram<f64>,
    settings_version: Gauge<u64>,
    maintenance: Gauge<u64>,
    /// Dropping it would stop the counting.
    _provider: SdkMeterProvider,
}

impl Metrics {
    /// A registry of its own with every metric in it: one a process, and one a test.
    #[expect(
        clippy::expect_used,
        reason = "the exporter registers without descriptions, which no registry refuses"
    )]
    pub fn new() -> Self {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_units()
            .without_counter_suffixes()
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .expect("a new registry takes the exporter");
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        let meter = provider.meter("gofrobot");
        let counter = |name, help| meter.u64_counter(name).with_description(help).build();
        let gauge = |name, help| meter.u64_gauge(name).with_description(help).build();
        let seconds = |name, help, bounds: &[f64]| {
            let histogram = meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(help);
            histogram.with_boundaries(bounds.to_vec()).build()
        };
        let batch_size = meter
            .u64_histogram("bot_batch_size")
            .with_boundaries(BATCH.to_vec());
        let active = Arc::new(Mutex::new(ActiveUsers::new()));
        observed::active_users(&meter, active.clone());
        observed::process(&meter);
        let metrics = Self(Arc::new(Instruments {
            requests: counter(
                "bot_requests_total",
                "Updates handled, by handler and outcome",
            ),
            errors: counter(
                "bot_errors_total",
                "Errors of the machinery, by handler and kind",
            ),
            request_duration: seconds(
                "bot_request_duration_seconds",
                "From receipt by ingress to the reply accepted",
                REQUEST_S,
            ),
            stage_duration: seconds(
                "bot_stage_duration_seconds",
                "Time spent in one stage of a batch",
                STEP_S,
            ),
            rate_limited: counter(
                "bot_rate_limited_total",
                "Updates refused by a limit, by class of action",
            ),
            cache_requests: counter(
                "bot_cache_requests_total",
                "Look-ups in a cache, by cache, tier and result",
            ),
            cache_size: gauge(
                "bot_cache_size",
                "Entries held: in the local tier, in the Redis database",
            ),
            keyboard_cache: counter(
                "bot_keyboard_cache_requests_total",
                "Look-ups of rendered keyboards, by result",
            ),
            transactions: counter(
                "bot_db_transactions_total",
                "Database transactions committed",
            ),
            rows: counter("bot_db_rows_total", "Rows written, by table"),
            db_pool: gauge(
                "bot_db_pool",
                "Database connections: idle, used and the most there may be",
            ),
            batch_size: batch_size.with_description("Updates in one batch").build(),
            replies: counter("bot_replies_total", "Replies, by the fate they met"),
            flood_wait: seconds(
                "bot_flood_wait_seconds",
                "Waits that Telegram's flood control asked for",
                FLOOD_S,
            ),
            publish: seconds(
                "bot_queue_publish_seconds",
                "From publishing an update to the broker's confirm",
                STEP_S,
            ),
            dead_letters: counter(
                "bot_dead_letters_total",
                "Updates put aside as dead letters, by reason",
            ),
            partitions: gauge(
                "bot_partitions_owned",
                "Partitions that this worker consumes",
            ),
            update_age: seconds(
                "bot_update_age_seconds",
                "Age of an update when a worker takes it",
                AGE_S,
            ),
            settings_version: gauge("bot_settings_version", "Version of the settings in force"),
            maintenance: gauge(
                "bot_maintenance",
                "1 while the bot is closed for maintenance",
            ),
            registry,
            active,
            _provider: provider,
        }));
        // A counter without labels starts at nought rather than missing: a rate needs two points.
        metrics.0.transactions.add(0, &[]);
        metrics
    }

    /// One update handled.
    pub fn request(&self, handler: &'static str, outcome: &'static str) {
        self.0.requests.add(
            1,
            &[
                KeyValue::new("handler", handler),
                KeyValue::new("outcome", outcome),
            ],
        );
    }

    /// One error of the machinery.
    pub fn error(&self, handler: &'static str, kind: &'static str) {
        self.0.errors.add(
            1,
            &[
                KeyValue::new("handler", handler),
                KeyValue::new("kind", kind),
            ],
        );
    }

    /// Seconds from receipt by ingress to the reply accepted.
    pub fn request_duration(&self, handler: &'static str, secs: f64) {
        self.0
            .request_duration
            .record(secs, &[KeyValue::new("handler", handler)]);
    }

    /// Seconds spent in one stage of a batch.
    pub fn stage(&self, stage: &'static str, secs: f64) {
        self.0
            .stage_duration
            .record(secs, &[KeyValue::new("stage", stage)]);
    }

    /// One update refused by a limit.
    pub fn rate_limited(&self, class: &'static str) {
        self.0.rate_limited.add(1, &[KeyValue::new("class", class)]);
    }

    /// `n` look-ups of `cache` in its `tier` (`local`, `redis`) with one `result` (`hit`, `miss`).
    pub fn cache(&self, cache: &'static str, tier: &'static str, result: &'static str, n: usize) {
        if n > 0 {
            let labels = [
                KeyValue::new("cache", cache),
                KeyValue::new("tier", tier),
                KeyValue::new("result", result),
            ];
            self.0.cache_requests.add(n as u64, &labels);
        }
    }

    /// Entries held by a cache: `cache_type` is `local` or `redis`.
    pub fn cache_size(&self, cache_type: &'static str, n: u64) {
        self.0
            .cache_size
            .record(n, &[KeyValue::new("cache_type", cache_type)]);
    }

    /// One look-up of a rendered keyboard: `hit` or `miss`.
    pub fn keyboard_cache(&self, result: &'static str) {
        self.0
            .keyboard_cache
            .add(1, &[KeyValue::new("result", result)]);
    }

    /// `n` database transactions committed.
    pub fn transactions(&self, n: u64) {
        self.0.transactions.add(n, &[]);
    }

    /// `n` rows written to `table`.
    pub fn rows(&self, table: &'static str, n: u64) {
        self.0.rows.add(n, &[KeyValue::new("table", table)]);
    }

    /// Database connections in `state`: `idle`, `used` or `max`.
    pub fn db_pool(&self, state: &'static str, n: u64) {
        self.0.db_pool.record(n, &[KeyValue::new("state", state)]);
    }

    /// Updates in a batch that was taken.
    pub fn batch(&self, size: usize) {
        self.0.batch_size.record(size as u64, &[]);
    }

    /// The fate of one reply.
    pub fn reply(&self, result: &'static str) {
        self.0.replies.add(1, &[KeyValue::new("result", result)]);
    }

    /// Seconds that Telegram's flood control asked to wait.
    pub fn flood_wait(&self, secs: f64) {
        self.0.flood_wait.record(secs, &[]);
    }

    /// Seconds from publishing an update to the broker's confirm.
    pub fn publish(&self, secs: f64) {
        self.0.publish.record(secs, &[]);
    }

    /// One update put aside.
    pub fn dead(&self, reason: &'static str) {
        self.0
            .dead_letters
            .add(1, &[KeyValue::new("reason", reason)]);
    }

    /// Reasons for which updates may be put aside: each starts at nought rather than missing, like every counter of which
    /// the first event matters.
    pub fn may_die(&self, reasons: impl IntoIterator<Item = &'static str>) {
        for reason in reasons {
            let labels = [KeyValue::new("reason", reason)];
            self.0.dead_letters.add(0, &labels);
        }
    }

    /// Partitions that this worker consumes now.
    pub fn partitions_owned(&self, n: u64) {
        self.0.partitions.record(n, &[]);
    }

    /// Seconds between the receipt of an update and a worker's taking it.
    pub fn update_age(&self, secs: f64) {
        self.0.update_age.record(secs, &[]);
    }

    /// Version of the settings in force.
    pub fn settings_version(&self, version: u64) {
        self.0.settings_version.record(version, &[]);
    }

    /// Whether the bot is closed for maintenance.
    pub fn maintenance(&self, closed: bool) {
        self.0.maintenance.record(closed.into(), &[]);
    }

    /// Users who acted, for the number of active users; give a batch at once.
    pub fn seen(&self, user_ids: impl IntoIterator<Item = i64>) {
        let mut active = self.0.active.lock().unwrap_or_else(PoisonError::into_inner);
        active.seen(user_ids, process::uptime().as_secs());
    }

    /// Everything in Prometheus' text format.
    ///
    /// # Errors
    /// A metric that Prometheus would not take; a fault of this file.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.0.registry.gather())
    }

    /// Every counter of the bot by name, summed over its labels: figures for people.
    pub(crate) fn totals(&self) -> BTreeMap<String, u64> {
        let families = self.0.registry.gather();
        let counters = families.iter().filter(|family| {
            family.name().starts_with("bot_") && family.name().ends_with("_total")
        });
        let total = |family: &MetricFamily| {
            family
                .get_metric()
                .iter()
                .map(|metric| metric.get_counter().get_value() as u64)
                .sum()
        };
        counters
            .map(|family| (family.name().to_owned(), total(family)))
            .collect()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
