//! Matches replies with the updates they answer: what was answered, how fast, what twice, and what never.
//!
//! A message in a private chat answers the oldest command of that user which has no answer yet; a callback answer
//! names its query. The edits that follow a press are not counted: they are part of its answer.

use super::report::Report;
use super::workload::{FIRST_USER, Workload};
use crate::simulator::{Call, Observer, Simulator};
use hdrhistogram::Histogram;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SetOnce};
use tokio::time::Instant;

#[derive(Default)]
struct Player {
    menu: Option<i64>,
    commands: VecDeque<Instant>,
    presses: Vec<(i64, Instant)>,
}

struct Answers {
    latency_us: Histogram<u64>,
    last: Instant,
}

/// The books of one run.
pub(super) struct Tally {
    players: Vec<Mutex<Player>>,
    idle: Mutex<VecDeque<u32>>,
    places: Semaphore,
    in_flight: usize,
    came: SetOnce<()>,
    answers: Mutex<Answers>,
    sent: AtomicU64,
    answered: AtomicU64,
    doubles: AtomicU64,
}

impl Tally {
    /// Books for `users` players, of whom `in_flight` may wait for an answer at a time in a closed loop.
    pub(super) fn new(users: u32, in_flight: u32) -> Self {
        Self {
            players: (0..users).map(|_| Mutex::default()).collect(),
            idle: Mutex::default(),
            places: Semaphore::new(0),
            in_flight: in_flight.min(users) as usize,
            came: SetOnce::new(),
            answers: Mutex::new(Answers {
                latency_us: histogram(),
                last: Instant::now(),
            }),
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            doubles: AtomicU64::new(0),
        }
    }

    /// Completes when a bot has asked for updates or registered a webhook.
    pub(super) async fn bot_came(&self) {
        self.came.wait().await;
    }

    /// Opens the books of a round. An update that an earlier round gave up for lost counts as a double when its answer
    /// comes after all: nothing that is said goes uncounted. So do doubles between two rounds, for the later one.
    pub(super) fn begin(&self) {
        for player in &self.players {
            let mut player = lock(player);
            player.commands.clear();
            player.presses.clear();
        }
        *lock(&self.idle) = (0..self.players.len() as u32).collect();
        self.places.forget_permits(usize::MAX);
        self.places.add_permits(self.in_flight);
        self.sent.store(0, Relaxed);
        self.answered.store(0, Relaxed);
        let mut answers = lock(&self.answers);
        answers.latency_us.reset();
        answers.last = Instant::now();
    }

    /// A user without an open update, as soon as there is a place for one more.
    pub(super) async fn idle_user(&self) -> u32 {
        if let Ok(place) = self.places.acquire().await {
            place.forget();
        }
        lock(&self.idle).pop_front().unwrap_or(0)
    }

    /// Sends a user's next update and opens it in the books.
    pub(super) fn send(&self, simulator: &Simulator, workload: &mut Workload, user: u32) {
        let now = Instant::now();
        let mut player = lock(&self.players[user as usize]);
        let made = workload.next(user, player.menu);
        if made.press {
            player.presses.push((made.update_id, now));
        } else {
            player.commands.push_back(now);
        }
        drop(player);
        self.sent.fetch_add(1, Relaxed);
        simulator.inject_raw(made.update_id, made.body);
    }

    /// Waits until all is answered, or nothing was answered for as long as `patience`, beginning now: while updates were
    /// sent the bot may have been stopped on purpose.
    pub(super) async fn settled(&self, patience: Duration) {
        let begun = Instant::now();
        while self.answered.load(Relaxed) < self.sent.load(Relaxed) {
            if lock(&self.answers).last.max(begun).elapsed() > patience {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Doubles, if any, come a little later than the first answer.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    /// Updates answered, and updates still open.
    pub(super) fn progress(&self) -> (u64, u64) {
        let answered = self.answered.load(Relaxed);
        (answered, self.sent.load(Relaxed).saturating_sub(answered))
    }

    /// What became of the run that began at `started`.
    pub(super) fn report(&self, started: Instant) -> Report {
        let answers = lock(&self.answers);
        let (answered, lost) = self.progress();
        Report {
            sent: self.sent.load(Relaxed),
            answered,
            lost,
            doubles: self.doubles.swap(0, Relaxed),
            seconds: (answers.last - started).as_secs_f64(),
            latency_us: answers.latency_us.clone(),
        }
    }

    fn message(&self, chat: i64, message: Option<i64>) {
        let Some((user, player)) = self.player(chat) else {
            return;
        };
        let mut player = lock(player);
        player.menu = message.or(player.menu);
        let opened = player.commands.pop_front();
        drop(player);
        self.close(user, opened);
    }

    fn callback(&self, query: &str) {
        let ids = query
            .split_once('-')
            .and_then(|(user, id)| Some((user.parse::<i64>().ok()?, id.parse::<i64>().ok()?)));
        let Some((user, id)) = ids else { return };
        let Some((user, player)) = self.player(FIRST_USER + user) else {
            return;
        };
        let mut player = lock(player);
        let place = player.presses.iter().position(|(press, _)| *press == id);
        let opened = place.map(|place| player.presses.swap_remove(place).1);
        drop(player);
        self.close(user, opened);
    }

    fn close(&self, user: u32, opened: Option<Instant>) {
        let Some(opened) = opened else {
            self.doubles.fetch_add(1, Relaxed);
            return;
        };
        let mut answers = lock(&self.answers);
        answers.last = Instant::now();
        let latency = u64::try_from((answers.last - opened).as_micros()).unwrap_or(u64::MAX);
        answers.latency_us.saturating_record(latency);
        drop(answers);
        self.answered.fetch_add(1, Relaxed);
        lock(&self.idle).push_back(user);
        self.places.add_permits(1);
    }

    fn player(&self, chat: i64) -> Option<(u32, &Mutex<Player>)> {
        let user = u32::try_from(chat - FIRST_USER).ok()?;
        Some((user, self.players.get(user as usize)?))
    }
}

impl Observer for Tally {
    fn arrived(&self, method: &str) {
        if matches!(method, "getupdates" | "setwebhook") {
            // Later ones find it set.
            let _ = self.came.set(());
        }
    }

    fn accepted(&self, call: &Call<'_>) {
        match (call.method, call.chat_id, call.callback_query_id) {
            ("sendmessage", Some(chat), _) => self.message(chat, call.message_id),
            ("answercallbackquery", _, Some(query)) => self.callback(query),
            _ => {}
        }
    }
}

/// Microseconds up to an hour, which a backlog may take, three digits exact.
fn histogram() -> Histogram<u64> {
    #[expect(
        clippy::expect_used,
        reason = "constant bounds that the library accepts"
    )]
    Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("bounds of the histogram")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The books stay consistent even if a thread died between two entries.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
