//! From an outcome to its answer: renders the screen and says it through the Bot API, until the fate of the answer is
//! settled. Only then is the delivery acknowledged.
//!
//! A command is answered by exactly one message; a press by its callback answer and at most one edit or message. The
//! callback answer is no message: it waits for nothing that holds up its chat, lest the player's client spin.
//!
//! An update whose partition is handed over before anything of its answer was said is answered by the next owner, from
//! the ledger. Where the first call was made, all of it is said here: the edit behind a callback answer, the note behind
//! the answer of a duel, each in its turn. The lane gives up what stands before it and has not begun, so such an edit may
//! come a moment earlier than an older message; saying its callback answer once weighs more.

use crate::game::action::{Turn, View};
use crate::game::facts::Facts;
use crate::game::outcome::{Duel, Outcome};
use crate::game::player::Player;
use crate::incoming::{Incoming, ReplyTo};
use crate::lanes::Lanes;
use crate::reads::{ReadError, Reads};
use crate::screens::{self, Scene};
use crate::sending::{LONGEST_PAUSE, Occasion, message};
use crate::telegram::Telegram;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use gofrobot_shared::queue::Delivery;
use gofrobot_shared::telemetry::{Metrics, error_id, traces};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// An answer is worth giving for about this long after its update was played, waiting in the lane included. Presses die
/// much earlier, but their edits do not. Well below the half hour after which RabbitMQ cuts off who acknowledges nothing.
const GIVE_UP_AFTER: Duration = Duration::from_secs(600);

/// Something to be said in one chat.
pub(crate) enum Job {
    /// The callback answer of a press.
    Notice(Arc<Answer>),
    /// The message that answers an update.
    Answer(Arc<Answer>),
    /// The note to the defender of a private duel.
    Note(Box<Note>),
}

/// An answer that is still to be given.
pub(crate) struct Answer {
    /// The update.
    pub(crate) incoming: Incoming,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// The player right after it.
    pub(crate) player: Option<Player>,
    /// What the player may quote when he asks for help.
    pub(crate) error_id: Option<String>,
    /// Acknowledged when the last holder has settled.
    pub(crate) delivery: Arc<Delivery>,
    /// When the worker took the update in.
    pub(crate) taken: DateTime<Utc>,
    /// When it was handed to its lane.
    pub(crate) since: Instant,
}

/// A message for the defender.
pub(crate) struct Note {
    /// The duel.
    pub(crate) duel: Duel,
    /// The attacker's delivery.
    pub(crate) delivery: Arc<Delivery>,
    /// When it was handed to its lane.
    pub(crate) since: Instant,
}

impl Answer {
    /// Whether the callback answer is all that a press gets.
    pub(crate) fn is_notice_alone(&self) -> bool {
        let is_press = matches!(self.incoming.reply, ReplyTo::Press { .. });
        is_press && screens::is_notice_alone(&self.outcome)
    }

    fn occasion(&self) -> Occasion<'_> {
        Occasion {
            delivery: &self.delivery,
            until: self.since + GIVE_UP_AFTER,
        }
    }
}

impl Job {
    /// The name under which it is counted.
    fn handler(&self) -> &'static str {
        match self {
            Self::Notice(answer) | Self::Answer(answer) => answer.incoming.turn.action.name(),
            Self::Note(_) => "note",
        }
    }

    fn delivery(&self) -> &Arc<Delivery> {
        match self {
            Self::Notice(answer) | Self::Answer(answer) => &answer.delivery,
            Self::Note(note) => &note.delivery,
        }
    }
}

impl Lanes<Job> {
    /// Takes an answer on: the callback answer of a press at once, the message in its chat's lane. Returns the job that
    /// had to give way there.
    pub(crate) fn give(self: &Arc<Self>, answer: Answer) -> Option<Job> {
        let answer = Arc::new(answer);
        if answer.is_notice_alone() {
            // Nothing of it stays here: the job that is done last settles the delivery, and must be its last holder.
            self.at_once(Job::Notice(answer));
            return None;
        }
        let Incoming { turn, reply } = &answer.incoming;
        let chat = reply.chat_id().unwrap_or(turn.user_id);
        if let ReplyTo::Press { .. } = reply {
            self.at_once(Job::Notice(Arc::clone(&answer)));
        }
        self.push(chat, Job::Answer(answer))
    }
}

/// Says what is to be said.
pub(crate) struct Speaker {
    /// The Bot API.
    pub(crate) telegram: Telegram,
    /// The bot's name, without the `@`.
    pub(crate) bot_username: String,
    /// Figures for screens.
    pub(crate) reads: Reads,
    /// Counters.
    pub(crate) metrics: Metrics,
}

impl Speaker {
    /// Does one job to its end, and settles its delivery whatever that is.
    pub(crate) async fn say(&self, job: Job) {
        let (handler, delivery) = (job.handler(), Arc::clone(job.delivery()));
        let done = {
            // Pinned here: a future that is handed on by value takes up its room twice, and each answer has one.
            let saying = std::pin::pin!(async {
                match job {
                    Job::Notice(answer) => self.notice(&answer).await,
                    Job::Answer(answer) => self.answer(&answer).await,
                    Job::Note(note) => self.note(*note).await,
                }
            });
            settled_after(saying, delivery).await
        };
        if done.is_err() {
            self.metrics.reply("panicked");
            self.failed(handler, "panic", "an answer panicked").await;
        }
    }

    /// Answers a press, at once.
    async fn notice(&self, answer: &Answer) {
        let ReplyTo::Press { callback_id, .. } = &answer.incoming.reply else {
            return;
        };
        if self.is_lost(answer) {
            return;
        }
        let scene = self.scene(answer, &Facts::None, answer.error_id.as_deref());
        let notice = screens::notice(&answer.outcome, &scene);
        let fate = self.tell(callback_id, notice, answer.occasion()).await;
        if answer.is_notice_alone() {
            self.count(answer, fate);
        }
    }

    /// Answers with a screen.
    async fn answer(&self, answer: &Answer) {
        if self.is_lost(answer) {
            return;
        }
        let turn = &answer.incoming.turn;
        let mut error_id = answer.error_id.clone();
        let facts = match &answer.outcome {
            Outcome::Show(shown) => match self.facts(shown.view, turn, answer.occasion()).await {
                Ok(facts) => facts,
                // Its next owner reads them.
                Err(_) if self.is_lost(answer) => return,
                Err(error) => {
                    let detail = format!("a screen could not read its figures: {error}");
                    let id = self.failed(turn.action.name(), "facts", &detail).await;
                    error_id = Some(id);
                    Facts::None
                }
            },
            _ => Facts::None,
        };
        let scene = self.scene(answer, &facts, error_id.as_deref());
        let screen = screens::render(&answer.outcome, &scene);
        let fate = self
            .show(&answer.incoming.reply, &screen, answer.occasion())
            .await;
        self.count(answer, fate);
    }

    /// Whether the partition has moved on, or is about to, so that its new owner answers.
    fn is_lost(&self, answer: &Answer) -> bool {
        let is_lost = answer.delivery.is_lost();
        if is_lost {
            self.metrics.reply("handed_over");
        }
        is_lost
    }

    fn scene<'a>(
        &'a self,
        answer: &'a Answer,
        facts: &'a Facts,
        error_id: Option<&'a str>,
    ) -> Scene<'a> {
        let (turn, player) = (&answer.incoming.turn, answer.player.as_ref());
        Scene {
            error_id,
            ..Scene::of(turn, player, facts, Utc::now(), &self.bot_username)
        }
    }

    fn count(&self, answer: &Answer, fate: Option<&'static str>) {
        let Some(fate) = fate else {
            return;
        };
        let handler = answer.incoming.turn.action.name();
        let envelope = &answer.delivery.envelope;
        self.metrics.request(handler, fate);
        traces::answered(envelope, answer.taken, handler, fate);
        let age = (Utc::now() - envelope.received_at).as_seconds_f64();
        self.metrics.request_duration(handler, age.max(0.0));
    }

    /// Figures for a screen. While the database is away the answer waits for it, as the transactions do.
    async fn facts(
        &self,
        view: View,
        turn: &Turn,
        Occasion { delivery, until }: Occasion<'_>,
    ) -> Result<Facts, ReadError> {
        let mut pause = Duration::from_millis(250);
        loop {
            let result = self.reads.facts(view, turn).await;
            let is_away = matches!(&result, Err(error) if error.is_away());
            let jittered = pause.mul_f64(rand::random_range(0.5..1.0));
            if !is_away || Instant::now() >= until || !delivery.pause(jittered).await {
                return result;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn note(&self, note: Note) {
        let screen = screens::render_note(&note.duel);
        let message = message(note.duel.defender.user_id, None, &screen);
        // Whoever never talked to the bot cannot be told; that is no error.
        let occasion = Occasion {
            delivery: &note.delivery,
            until: note.since + GIVE_UP_AFTER,
        };
        let _ = self.insist(&message, occasion).await;
    }

    /// Gives up an answer whose lane is too long.
    pub(crate) fn drop_job(&self, job: Job) {
        if let Job::Answer(answer) = &job {
            let handler = answer.incoming.turn.action.name();
            self.metrics.request(handler, "dropped");
        }
        self.metrics.reply("dropped");
        let delivery = Arc::clone(job.delivery());
        drop(job);
        settle(delivery);
    }

    /// Gives a failure its id, for the player, the log and the table of errors.
    async fn failed(&self, handler: &'static str, kind: &'static str, detail: &str) -> String {
        let id = error_id();
        self.metrics.error(handler, kind);
        tracing::error!(error.id = %id, handler, error = %detail, "an answer failed");
        let row = self
            .reads
            .store
            .record_error(&id, handler, kind, detail, Utc::now());
        if let Err(error) = row.await {
            tracing::warn!(error.id = %id, %error, "the error could not be recorded");
        }
        id
    }
}

/// Does `work`, then settles the delivery, even if the work panics: it would panic again wherever the update came
/// next, the chat's lane would end with all its jobs, and the open delivery would fill its partition's prefetch.
async fn settled_after(
    work: impl Future<Output = ()>,
    delivery: Arc<Delivery>,
) -> std::thread::Result<()> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    settle(delivery);
    done
}

/// Acknowledges a delivery if nobody else holds it any more. Does nothing where a part of its answer was left to the next
/// owner.
fn settle(delivery: Arc<Delivery>) {
    if let Some(delivery) = Arc::into_inner(delivery) {
        delivery.ack();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::game::action::Decline;
    use crate::game::outcome::Declined;
    use crate::incoming::{Bot, Decoded, decode};
    use gofrobot_shared::envelope::Envelope;
    use gofrobot_shared::queue::{Consumer, Queue, QueueConfig};

    fn size_of_future<F>(_: impl FnOnce(&'static Speaker, Job) -> F) -> usize {
        size_of::<F>()
    }

    /// There is one for each chat that is being answered, hundreds at a time.
    #[test]
    fn an_answer_under_way_takes_little_room() {
        let size = size_of_future(|speaker, job| speaker.say(job));
        assert!(size < 6 * 1024, "{size} bytes");
    }

    /// One delivery, and where it came from.
    pub(crate) async fn delivery() -> (Queue, Consumer, Delivery) {
        let queue = Queue::connect(QueueConfig::new("memory:".into(), "", 1), |_, _| {}).unwrap();
        let update = Envelope::read(r#"{"update_id":1}"#.into()).unwrap();
        queue.publisher().publish(update).await.unwrap();
        let mut consumer = queue.consumer();
        let mut taken = Vec::new();
        consumer.next_batch(1, &mut taken).await;
        (queue, consumer, taken.remove(0))
    }

    /// A job may be done before whoever gave it has looked up: it must not be held there.
    #[tokio::test]
    async fn a_callback_answer_that_is_all_holds_its_delivery_alone() {
        let (_queue, _consumer, delivery) = delivery().await;
        let (seen, mut holders) = tokio::sync::mpsc::unbounded_channel();
        let lanes = Lanes::new(move |job: Job| {
            if let Job::Notice(answer) = &job {
                let _ = seen.send(Arc::strong_count(answer));
            }
            Box::pin(async move { drop(job) })
        });
        let pressed = br#"{"update_id":1,"callback_query":{"id":"1","from":{"id":7},"data":"old",
            "message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"}}}}"#;
        let bot = Bot {
            id: 1,
            username: "bot".to_owned(),
        };
        let Ok(Decoded::Play(incoming)) = decode(pressed, &bot, &[]) else {
            panic!("a press");
        };
        let why = Decline::StaleButton;
        let given_way = lanes.give(Answer {
            incoming,
            outcome: Outcome::Declined(Declined { why }),
            player: None,
            error_id: None,
            delivery: Arc::new(delivery),
            taken: Utc::now(),
            since: Instant::now(),
        });
        assert!(given_way.is_none());
        assert_eq!(holders.recv().await, Some(1));
        lanes.drained().await;
    }

    #[tokio::test]
    async fn a_delivery_is_settled_by_its_last_holder_even_if_that_panics() {
        let (queue, consumer, delivery) = delivery().await;
        let delivery = Arc::new(delivery);
        let note = Arc::clone(&delivery);
        let answered = settled_after(async {}, delivery).await;
        assert!(answered.is_ok());
        let told = settled_after(async { panic!("an odd screen") }, note).await;
        assert!(told.is_err());
        consumer.close().await;
        // What is not acknowledged comes back to the next consumer.
        assert_eq!(queue.waiting(), 0);
    }
}
