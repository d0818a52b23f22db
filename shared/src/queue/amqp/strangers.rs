//! Updates of other bots, and of this bot at another Bot API server, as far as this worker meets them.
//!
//! Their workers share the queues' single consumers with ours: each bot's workers share all partitions out among themselves,
//! so that on every partition one worker of each bot consumes or stands by. Whoever meets what is not his ([`super::aside`])
//! closes the partition's channel when a worker of that bot is there, and the broker goes on with the next in line. When
//! none is there, giving the partition up would only send it around among those who cannot play it; so he keeps it, plays
//! what is his, and waits: for their worker, or until the wait is over and the update becomes a dead letter.
//!
//! Who is there is known from the beats of `membership`. A wrong guess costs a moment and no update: the queue serves one
//! consumer at a time, whoever that is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Link;
use super::health::Health;
use crate::envelope::Envelope;
use crate::identity::{Identity, OwnBot};

/// Whoever has just come listens before he consumes: given up sooner, a partition would only come back.
const ARRIVAL: Duration = Duration::from_secs(1);

/// Other bots that are remembered: whoever may publish could invent any number of them.
const REMEMBERED: usize = 32;

/// Bots with a worker that is heard, and from when on it may be expected to consume.
pub(super) type Heard = BTreeMap<Identity, Instant>;

/// What a worker knows of other bots; outlives its connections.
pub(super) struct Strangers {
    own: Option<OwnBot>,
    claim: Duration,
    heard: watch::Sender<Heard>,
    met: Mutex<BTreeMap<Identity, Met>>,
    /// Whether anything was for us so far.
    served: AtomicBool,
    health: Arc<Health>,
}

/// A bot whose updates lie in our queues.
struct Met {
    /// Since when none of its workers has been heard.
    absent_since: Instant,
    /// Where its updates wait in our hands.
    partitions: BTreeSet<u16>,
}

impl Strangers {
    pub(super) fn new(link: &Link, health: Arc<Health>) -> Self {
        Self {
            own: link.bot.clone(),
            claim: link.claim,
            heard: watch::Sender::default(),
            met: Mutex::default(),
            served: AtomicBool::new(false),
            health,
        }
    }

    /// Whose update it is, if it is not ours. What bears no mark is everybody's.
    pub(super) fn owner(&self, envelope: &Envelope) -> Option<Identity> {
        let own = self.own.as_ref()?.identity;
        envelope.bot.filter(|bot| *bot != own)
    }

    /// Something was for us.
    pub(super) fn served(&self) {
        if !self.served.load(Ordering::Relaxed) {
            self.served.store(true, Ordering::Relaxed);
            self.tell(&self.lock());
        }
    }

    /// Bots of which a worker is there, as it changes.
    pub(super) fn there(&self) -> watch::Receiver<Heard> {
        self.heard.subscribe()
    }

    /// These bots have a worker now.
    pub(super) fn heard(&self, bots: BTreeSet<Identity>) {
        let mut met = self.lock();
        for (bot, met) in &mut *met {
            if bots.contains(bot) {
                met.absent_since = Instant::now();
            }
        }
        self.heard.send_if_modified(|heard| {
            let before = heard.len();
            heard.retain(|bot, _| bots.contains(bot));
            let gone = heard.len() != before;
            let kept = heard.len();
            for bot in bots {
                heard.entry(bot).or_insert_with(|| Instant::now() + ARRIVAL);
            }
            gone || heard.len() != kept
        });
        self.tell(&met);
    }

    /// From when on an update of `bot` that was met at `met_at`, then `age` old, is nobody's.
    pub(super) fn abandoned_at(&self, bot: Identity, met_at: Instant, age: Duration) -> Instant {
        let met = self.lock();
        let absent_since = met.get(&bot).map_or(met_at, |met| met.absent_since);
        let left = self.claim.saturating_sub(age);
        (absent_since + self.claim).max(met_at + left)
    }

    /// Updates of these bots, and of no others, wait in our hands in partition `number`.
    pub(super) fn wait_in(&self, number: u16, bots: &BTreeSet<Identity>) {
        let mut met = self.lock();
        for (bot, met) in &mut *met {
            if !bots.contains(bot) {
                met.partitions.remove(&number);
            }
        }
        for bot in bots {
            if met.len() >= REMEMBERED && !met.contains_key(bot) {
                let idle = met.iter().find(|(_, met)| met.partitions.is_empty());
                if let Some(idle) = idle.map(|(bot, _)| *bot) {
                    met.remove(&idle);
                }
            }
            let fresh = || Met {
                absent_since: Instant::now(),
                partitions: BTreeSet::new(),
            };
            met.entry(*bot)
                .or_insert_with(fresh)
                .partitions
                .insert(number);
        }
        self.tell(&met);
    }

    fn tell(&self, met: &BTreeMap<Identity, Met>) {
        let heard = self.heard.borrow();
        let waits =
            |(bot, met): &(&Identity, &Met)| !met.partitions.is_empty() && !heard.contains_key(bot);
        let waiting: Vec<String> = match &self.own {
            Some(own) => met
                .iter()
                .filter(waits)
                .map(|(bot, met)| words(own, *bot, met))
                .collect(),
            None => Vec::new(),
        };
        let words = (!waiting.is_empty()).then(|| waiting.join("; "));
        self.health
            .strangers(words, self.served.load(Ordering::Relaxed));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Identity, Met>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an operator has to know of updates that nobody here may play.
fn words(own: &OwnBot, bot: Identity, met: &Met) -> String {
    let ours = own.identity;
    let partitions: Vec<String> = met.partitions.iter().map(u16::to_string).collect();
    let (whose, remedy) = if bot.bot == ours.bot {
        let whose = format!("this bot ({}) at another Bot API server", bot.bot);
        (
            whose,
            "TELEGRAM_API_URL differs between ingress and workers",
        )
    } else {
        let whose = format!("another bot ({})", bot.bot);
        (
            whose,
            "BOT_TOKEN differs between ingress and workers, or two bots share a QUEUE_PREFIX",
        )
    };
    format!(
        "updates for {whose} wait in partition {}, marked {bot}, and no worker of theirs is there; \
         this worker is bot {} at {}, marked {ours}: {remedy}",
        partitions.join(", "),
        ours.bot,
        own.server,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_reads_both_bots_and_the_variable() {
        let ours = Identity {
            bot: 7,
            server: 0xa,
        };
        let own = OwnBot {
            identity: ours,
            server: "http://ours/".to_owned(),
        };
        let met = Met {
            absent_since: Instant::now(),
            partitions: [3, 5].into(),
        };
        for (bot, parts) in [
            (
                Identity { bot: 8, ..ours },
                ["another bot (8)", "8@000000000000000a", "BOT_TOKEN differs"],
            ),
            (
                Identity {
                    server: 0xb,
                    ..ours
                },
                [
                    "this bot (7) at another Bot API server",
                    "7@000000000000000b",
                    "TELEGRAM_API_URL differs",
                ],
            ),
        ] {
            let said = words(&own, bot, &met);
            for part in parts.into_iter().chain([
                "partition 3, 5",
                "bot 7 at http://ours/",
                "7@000000000000000a",
            ]) {
                assert!(said.contains(part), "{said}");
            }
        }
    }
}
