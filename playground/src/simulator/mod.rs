//! A Telegram of one's own: a Bot API server that any bot library can talk to, and the people on its other side.
//!
//! It exists so that the bot can be played, tested and measured without Telegram. To be worth anything as a witness it
//! shares no code with the bot. It words its answers as Telegram does, because libraries match on those words, and it has
//! Telegram's unpleasant sides too: lanes, conflicts, redeliveries, flood limits and, on demand, faults.
//!
//! It is also quick, because it sits beside the bot in benchmarks: updates are serialised once, chats are locked one by
//! one and only for the moment of a change, and nobody waits for the network under a lock.

mod answer;
mod api;
mod chats;
mod faults;
mod files;
mod flood;
mod inject;
mod methods;
mod observer;
mod params;
mod people;
mod queries;
mod queue;
mod text;
mod updates;
mod view;
mod webhook;
mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::serve::ListenerExt;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

pub use faults::{Faults, RateOutOfRange};
pub use methods::Command;
pub use observer::{Call, Observer};
pub use people::{Person, PersonError, Pressed, Sent};
pub use text::Entity;
pub use view::{Author, Button, ChatSummary, Event, Message, Quote};

/// Events that a reader may be behind before it is told that it lags.
const EVENTS: usize = 1024;

/// How the simulator behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bot's token; the digits before its colon are the bot's user id.
    pub token: SecretString,
    /// The bot's public name, without the `@`.
    pub bot_username: String,
    /// The bot's shown name.
    pub bot_first_name: String,
    /// Whether flood control is on: about 1 message a second in a chat, 20 a minute in a group, 30 a second in all.
    pub flood_limits: bool,
    /// Whether people can only press buttons that are really there. Off, data may be forged, as in reality.
    pub strict: bool,
    /// As Telegram's own server with its option of this name: a webhook may be plain http on any machine.
    pub local: bool,
    /// Seed of everything random: the first update id, ids of queries, the dice of faults.
    pub seed: u64,
    /// Messages kept of a chat; older ones can be neither seen nor edited.
    pub history: usize,
    /// How long a callback query can be answered.
    pub callback_lifetime: Duration,
    /// First wait before a webhook is tried again for the second time; it doubles from there up to a minute.
    pub webhook_backoff: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            token: SecretString::from("7000000001:token-of-the-simulator"),
            bot_username: "gofrobot".to_owned(),
            bot_first_name: "Gofrobot".to_owned(),
            flood_limits: false,
            strict: false,
            local: false,
            seed: 0,
            history: 300,
            callback_lifetime: Duration::from_secs(150),
            webhook_backoff: Duration::from_secs(2),
        }
    }
}

/// The simulator. Clones are handles of the same one.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<State>,
}

struct State {
    options: Options,
    bot: Arc<Person>,
    people: RwLock<BTreeMap<i64, Arc<Person>>>,
    chats: chats::Chats,
    updates: Arc<updates::Updates>,
    queries: queries::Queries,
    files: Mutex<files::Files>,
    commands: methods::Commands,
    faults: faults::FaultSwitches,
    flood: Mutex<flood::Bucket>,
    events: broadcast::Sender<Event>,
    observers: RwLock<Vec<Arc<dyn Observer>>>,
    minted: AtomicU64,
    closing: CancellationToken,
}

impl Simulator {
    /// An empty Telegram: the bot, and nobody else.
    pub fn new(options: Options) -> Self {
        let id = options
            .token
            .expose_secret()
            .split(':')
            .next()
            .and_then(|id| id.parse().ok());
        let bot = Arc::new(Person {
            id: id.unwrap_or(7_000_000_001),
            is_bot: true,
            first_name: options.bot_first_name.clone(),
            username: Some(options.bot_username.clone()),
            language_code: None,
        });
        let first_update =
            StdRng::seed_from_u64(options.seed).random_range(100_000_000..800_000_000);
        let state = State {
            bot,
            people: RwLock::default(),
            chats: chats::Chats::new(),
            updates: Arc::new(updates::Updates::new(first_update)),
            queries: queries::Queries::new(options.callback_lifetime),
            files: Mutex::default(),
            commands: methods::Commands::default(),
            faults: faults::FaultSwitches::new(options.seed),
            flood: Mutex::new(flood::Bucket::new(flood::OVERALL, Instant::now())),
            events: broadcast::Sender::new(EVENTS),
            observers: RwLock::default(),
            minted: AtomicU64::new(0),
            closing: CancellationToken::new(),
            options,
        };
        Self {
            state: Arc::new(state),
        }
    }

    /// The Bot API, and `/simulator/faults`. To be merged with other routes or served alone.
    pub fn router(&self) -> axum::Router {
        api::router(self.clone())
    }

    /// Serves the Bot API alone until `shutdown`; long polls in flight are answered then.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let router = self.router();
        serve_router(self, listener, router, shutdown).await
    }

    /// Ends long polls, event streams and webhook deliveries, so that a server around them can stop.
    pub fn close(&self) {
        self.state.closing.cancel();
    }

    /// Fires once [`Simulator::close`] was called.
    pub fn closing(&self) -> CancellationToken {
        self.state.closing.clone()
    }

    /// The bot's own account.
    pub fn bot(&self) -> Person {
        Person::clone(&self.state.bot)
    }

    /// Throws the fault switches; they hold from the next call on.
    ///
    /// # Errors
    /// When a rate is not within 0..=1; the switches stay as they were.
    pub fn set_faults(&self, faults: Faults) -> Result<(), RateOutOfRange> {
        faults.check()?;
        self.state.faults.set(faults);
        Ok(())
    }

    /// The fault switches as they are.
    pub fn faults(&self) -> Faults {
        self.state.faults.get()
    }

    /// Updates that the bot has not confirmed yet.
    pub fn undelivered(&self) -> usize {
        self.state.updates.counts().0
    }

    /// Updates forgotten because too many were undelivered. A run that counts losses must find 0 here.
    pub fn forgotten(&self) -> u64 {
        self.state.updates.counts().1
    }
}

/// Serves `router`, which contains [`Simulator::router`], until `shutdown`, and closes the simulator then.
///
/// # Errors
/// When the listener fails.
pub async fn serve_router(
    simulator: Simulator,
    listener: TcpListener,
    router: axum::Router,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Small answers must not wait for each other; a socket that refuses is merely slower.
        let _ = stream.set_nodelay(true);
    });
    let stop = async move {
        shutdown.cancelled().await;
        simulator.close();
    };
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

impl State {
    /// How many ids were given away before this one.
    fn mint(&self) -> u64 {
        self.minted.fetch_add(1, Ordering::Relaxed)
    }

    /// The user in the upper half, as in Telegram's ids; below, a count whose neighbours look apart and never meet.
    fn query_id(&self, user: i64) -> String {
        let count = self.mint().wrapping_add(self.options.seed);
        let low = count.wrapping_mul(0x9e37_79b1) & u64::from(u32::MAX);
        let id = (user.unsigned_abs() << 32) | low;
        (id & (u64::MAX >> 1)).to_string()
    }

    fn file_id(&self) -> String {
        format!(
            "AgACAgIAAx{:016x}",
            scramble(self.mint() ^ self.options.seed.rotate_left(32))
        )
    }

    fn chat_instance(&self, chat: i64) -> String {
        (scramble(chat.unsigned_abs() ^ self.options.seed) as i64).to_string()
    }
}

/// The finaliser of SplitMix64: a bijection, so different numbers stay different.
fn scramble(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Unix seconds.
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs().cast_signed()
}

/// Locks, also after a panic elsewhere: nothing here is left half done by one.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
