//! One batch, from what has arrived to the lanes: decode, gate, play in one transaction, hand over to the speakers.
//!
//! There is no timer: a batch is what gathered while the one before was being committed, so it is small when there is
//! little to do and large when there is much (group commit).

use crate::game::action::{Action, Decline, Place, Turn, View};
use crate::game::outcome::{Declined, Outcome, Shown};
use crate::game::play::leaves_no_trace;
use crate::game::player::{ChatId, Player, UserId};
use crate::incoming::{self, Decoded, Incoming};
use crate::poison;
use crate::replies::{Answer, Job, Note};
use crate::worker::Worker;
use chrono::{DateTime, Utc};
use gofrobot_shared::limits::{Request, Verdict};
use gofrobot_shared::queue::Delivery;
use gofrobot_shared::telemetry::PERFORMANCE;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::time::Instant;

/// Updates in one transaction at the most: large enough to share a commit among all that can arrive within a few
/// milliseconds at full load, small enough that nobody waits long for it.
pub(crate) const BATCH_BOUND: usize = 512;

/// An update that will be answered.
struct Taken {
    incoming: Incoming,
    delivery: Delivery,
    result: Option<Played>,
}

/// The news that a group has got another id.
pub(crate) struct Moved {
    pub(crate) from: ChatId,
    pub(crate) to: ChatId,
    pub(crate) delivery: Delivery,
}

/// What came of one turn.
pub(crate) struct Played {
    pub(crate) outcome: Outcome,
    pub(crate) player: Option<Player>,
    pub(crate) error_id: Option<String>,
}

impl Played {
    fn declined(why: Decline, player: Option<&Player>) -> Self {
        Self {
            outcome: Outcome::Declined(Declined { why }),
            player: player.cloned(),
            error_id: None,
        }
    }

    fn shown(view: View, player: Option<&Player>) -> Self {
        Self {
            outcome: Outcome::Show(Shown { view }),
            player: player.cloned(),
            error_id: None,
        }
    }
}

impl Worker {
    /// Takes one batch to the lanes. Returns when its changes are committed; waits in place while the database is away.
    pub(crate) async fn process(&self, deliveries: &mut Vec<Delivery>) {
        #[cfg(feature = "broken")]
        crate::store::broken::acknowledge(deliveries);
        if deliveries.iter().any(poison::is_suspect) {
            self.one_by_one(deliveries).await;
        } else {
            self.play_batch(deliveries).await;
        }
    }

    pub(crate) async fn play_batch(&self, deliveries: &mut Vec<Delivery>) {
        // What waited while its partition was handed over.
        deliveries.retain(|delivery| !delivery.is_lost());
        if deliveries.is_empty() {
            return;
        }
        let now = Utc::now();
        let size = deliveries.len();
        self.metrics.batch(size);
        let mut clock = Instant::now();
        let (mut batch, moves) = self.decode(deliveries, now);
        let decode_ms = self.stage("decode", &mut clock);
        // For what comes from the new id; and after the batch, for what still came from the old one.
        for moved in &moves {
            self.move_chat(moved).await;
        }
        let known = self.gate(&mut batch, now).await;
        let gate_ms = self.stage("gate", &mut clock);
        self.play(&mut batch, &known, now).await;
        let play_ms = self.stage("play", &mut clock);
        for taken in batch {
            self.hand_over(taken, now);
        }
        for moved in moves {
            self.move_chat(&moved).await;
            moved.delivery.ack();
        }
        tracing::info!(target: PERFORMANCE, size, decode_ms, gate_ms, play_ms, "batch");
    }

    /// Counts what a stage took and returns it in milliseconds; the next one begins now.
    fn stage(&self, name: &'static str, clock: &mut Instant) -> f64 {
        let seconds = clock.elapsed().as_secs_f64();
        *clock = Instant::now();
        self.metrics.stage(name, seconds);
        seconds * 1_000.0
    }

    /// Reads the updates; acknowledges what means nothing to the game and buries what cannot be read.
    fn decode(
        &self,
        deliveries: &mut Vec<Delivery>,
        now: DateTime<Utc>,
    ) -> (Vec<Taken>, Vec<Moved>) {
        let mut batch: Vec<Taken> = Vec::with_capacity(deliveries.len());
        let mut moves = Vec::new();
        for delivery in deliveries.drain(..) {
            let envelope = &delivery.envelope;
            self.metrics
                .update_age((now - envelope.received_at).as_seconds_f64().max(0.0));
            match incoming::decode(&envelope.body, &self.bot, &self.admins) {
                Ok(Decoded::Play(incoming)) => batch.push(Taken {
                    incoming,
                    delivery,
                    result: None,
                }),
                Ok(Decoded::Moved { from, to }) => moves.push(Moved { from, to, delivery }),
                Ok(Decoded::Ignore(kind)) => {
                    self.metrics.request(kind, "ignored");
                    delivery.ack();
                }
                Err(unreadable) => {
                    tracing::warn!(update.id = envelope.update_id, error = %unreadable, "an update cannot be read");
                    self.bury(Arc::new(delivery), "unreadable", None, 1);
                }
            }
        }
        self.metrics
            .seen(batch.iter().map(|taken| taken.incoming.turn.user_id));
        (batch, moves)
    }

    /// Refuses what comes too often, and looks up the players who may need no transaction. Both go to Redis side by
    /// side, once for the whole batch.
    async fn gate(&self, batch: &mut [Taken], now: DateTime<Utc>) -> HashMap<UserId, Player> {
        let turns = batch.iter().map(|taken| &taken.incoming.turn);
        let requests: Vec<Request> = turns
            .clone()
            .map(|turn| Request {
                update_id: turn.update_id,
                user_id: turn.user_id,
                class: turn.action.class(),
                limit: self.requests_per_minute,
            })
            .collect();
        let may_only_look =
            |turn: &&Turn| turn.is_read() || matches!(turn.action, Action::Decline(_));
        let lookers: Vec<UserId> = turns
            .filter(may_only_look)
            .map(|turn| turn.user_id)
            .collect();
        let (verdicts, mut known) = tokio::join!(
            self.limiter.check(&requests, now),
            self.speaker.reads.players(&lookers)
        );
        let limited = batch
            .iter_mut()
            .zip(verdicts)
            .filter_map(|(taken, verdict)| match verdict {
                Verdict::Limited { retry_after_s } => {
                    Some((taken, Decline::TooMany { retry_after_s }))
                }
                Verdict::Allowed => None,
            });
        let limited: Vec<_> = limited.collect();
        if !limited.is_empty() {
            self.limit(limited, &mut known).await;
        }
        known
    }

    /// Declines what comes too often. What would have ended a player's dialogue ends it all the same: whatever he says
    /// next is no longer an answer to it.
    async fn limit(
        &self,
        limited: Vec<(&mut Taken, Decline)>,
        known: &mut HashMap<UserId, Player>,
    ) {
        let turns = limited.iter().map(|(taken, _)| &taken.incoming.turn);
        let unknown: Vec<UserId> = turns
            .filter(|turn| turn.action.ends_dialogue() && !known.contains_key(&turn.user_id))
            .map(|turn| turn.user_id)
            .collect();
        known.extend(self.speaker.reads.players(&unknown).await);
        for (taken, why) in limited {
            let turn = &mut taken.incoming.turn;
            self.metrics.rate_limited(turn.action.class());
            let player = known.get(&turn.user_id);
            let in_dialogue = player.is_some_and(|player| player.dialogue.is_some());
            if in_dialogue && turn.action.ends_dialogue() {
                turn.action = Action::Decline(why);
            } else {
                taken.result = Some(Played::declined(why, player));
            }
        }
    }

    /// Plays what is left: what leaves no trace from the known players, all else in one transaction.
    ///
    /// A player who changes something in this batch is played wholly inside the transaction, so that his looks show
    /// the figures of their own moment.
    async fn play(&self, batch: &mut [Taken], known: &HashMap<UserId, Player>, now: DateTime<Utc>) {
        let open = || {
            batch
                .iter()
                .filter(|taken| taken.result.is_none())
                .map(|taken| &taken.incoming.turn)
        };
        let traceless = |turn: &Turn| match (known.get(&turn.user_id), &turn.action) {
            (Some(player), _) => leaves_no_trace(turn, player, now),
            (None, action) => matches!(action, Action::Decline(_)),
        };
        let writers: HashSet<UserId> = open()
            .filter(|turn| !traceless(turn))
            .map(|turn| turn.user_id)
            .collect();
        let turns: Vec<&Turn> = open()
            .filter(|turn| writers.contains(&turn.user_id))
            .collect();
        let mut played = self.transact(&turns, now).await.into_iter();
        for taken in batch.iter_mut().filter(|taken| taken.result.is_none()) {
            let turn = &taken.incoming.turn;
            let player = known.get(&turn.user_id);
            taken.result = match &turn.action {
                _ if writers.contains(&turn.user_id) => played.next(),
                Action::Show(view) => Some(Played::shown(*view, player)),
                Action::Decline(why) => Some(Played::declined(*why, player)),
                _ => None,
            };
        }
    }

    /// Gives an update and its result to the lane of its chat, and the note of a private duel to the defender's.
    fn hand_over(&self, taken: Taken, now: DateTime<Utc>) {
        let Taken {
            incoming,
            delivery,
            result:
                Some(Played {
                    outcome,
                    player,
                    error_id,
                }),
        } = taken
        else {
            return;
        };
        let delivery = Arc::new(delivery);
        if error_id.is_some() {
            let attempts = self.max_attempts;
            self.bury(Arc::clone(&delivery), "failed", error_id.clone(), attempts);
        }
        if let (Outcome::Duel(duel), Place::Private) = (&outcome, &incoming.turn.place) {
            let note = Note {
                duel: duel.clone(),
                delivery: Arc::clone(&delivery),
                since: Instant::now(),
            };
            self.say(duel.defender.user_id, Job::Note(Box::new(note)));
        }
        self.give(Answer {
            incoming,
            outcome,
            player,
            error_id,
            delivery,
            taken: now,
            since: Instant::now(),
        });
    }

    /// Hands an answer over to the speakers.
    pub(crate) fn give(&self, answer: Answer) {
        if let Some(given_way) = self.lanes.give(answer) {
            self.speaker.drop_job(given_way);
        }
    }

    fn say(&self, chat: i64, job: Job) {
        if let Some(given_way) = self.lanes.push(chat, job) {
            self.speaker.drop_job(given_way);
        }
    }
}
