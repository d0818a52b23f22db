//! The generator: a Bot API server of its own, the players who use it, and one round of updates after another.

use super::report::Report;
use super::tally::Tally;
use super::workload::{self, Workload};
use super::{Crowd, Load};
use crate::simulator::{Options, Simulator};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Messages kept of a chat: a player presses only the last one, and there are many players.
const HISTORY: usize = 8;

/// A press counts when it is answered, however late: Telegram's own patience is no measure of a backlog.
const CALLBACK_LIFETIME: Duration = Duration::from_secs(3_600);

/// Server, players and books.
pub(super) struct Generator {
    pub(super) simulator: Simulator,
    address: SocketAddr,
    tally: Arc<Tally>,
    /// Ids of updates go on from round to round. Held for the length of a round: one is played at a time.
    workload: Mutex<Workload>,
}

impl Generator {
    /// Players and books; `address` is where its server listens.
    pub(super) fn new(load: &Load, address: SocketAddr) -> Self {
        let crowd = &load.crowd;
        let simulator = Simulator::new(Options {
            token: load.token.clone(),
            seed: crowd.seed,
            history: HISTORY,
            callback_lifetime: CALLBACK_LIFETIME,
            // The bot may be anywhere, also where no certificate is.
            local: true,
            ..Options::default()
        });
        for user in 0..crowd.users {
            simulator.add_person(workload::person(user));
        }
        let tally = Arc::new(Tally::new(crowd.users, crowd.in_flight));
        simulator.observe(tally.clone());
        let random = StdRng::seed_from_u64(crowd.seed);
        Self {
            simulator,
            address,
            tally,
            workload: Mutex::new(Workload::new(crowd.mix.clone(), random)),
        }
    }

    /// Plays one round, as soon as a bot is there, and says what became of it. `None` while another one is played. Nothing
    /// more is sent when the token is cancelled that `begin` makes for it.
    ///
    /// # Errors
    /// No bot came within the patience.
    pub(super) async fn play(
        &self,
        crowd: &Crowd,
        begin: impl FnOnce() -> CancellationToken,
    ) -> anyhow::Result<Option<Report>> {
        let Ok(mut workload) = self.workload.try_lock() else {
            return Ok(None);
        };
        let enough = begin();
        let patience = Duration::from_secs(crowd.patience);
        let bar = progress_bar(crowd.updates);
        let address = self.address;
        bar.set_message(format!(
            "waiting for a bot: TELEGRAM_API_URL=http://{address}"
        ));
        tokio::time::timeout(patience, self.tally.bot_came())
            .await
            .with_context(|| {
                format!(
                    "no bot asked http://{address} for updates, or registered a webhook there, within {} s",
                    crowd.patience
                )
            })?;
        self.tally.begin();
        let started = Instant::now();
        let play = async {
            tokio::select! {
                () = self.send_all(crowd, &mut workload) => {}
                () = enough.cancelled() => {}
            }
            self.tally.settled(patience).await;
        };
        tokio::select! {
            () = play => {}
            never = show_progress(&bar, &self.tally) => match never {},
        }
        bar.finish_and_clear();
        Ok(Some(self.tally.report(started)))
    }

    async fn send_all(&self, crowd: &Crowd, workload: &mut Workload) {
        let (simulator, tally) = (&self.simulator, &self.tally);
        let Some(rate) = crowd.rate else {
            for _ in 0..crowd.updates {
                let user = tally.idle_user().await;
                tally.send(simulator, workload, user);
            }
            return;
        };
        // A tick of 5 ms keeps bursts small without a wake-up for every update.
        let mut tick = tokio::time::interval(Duration::from_millis(5));
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let started = Instant::now();
        let mut sent = 0;
        while sent < crowd.updates {
            tick.tick().await;
            let due = (started.elapsed().as_secs_f64() * f64::from(rate)) as u64;
            while sent < due.min(crowd.updates) {
                let user = workload::any_user(crowd.users, sent);
                tally.send(simulator, workload, user);
                sent += 1;
            }
        }
    }
}

fn progress_bar(updates: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed_precise} [{wide_bar}] {pos}/{len} {msg}");
    ProgressBar::new(updates).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

async fn show_progress(bar: &ProgressBar, tally: &Tally) -> std::convert::Infallible {
    let mut last = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (answered, open) = tally.progress();
        bar.set_position(answered);
        bar.set_message(format!("{}/s, {open} open", (answered - last) * 2));
        last = answered;
    }
}
