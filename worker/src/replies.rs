//! From an outcome to its answer: renders the screen and says it through the Bot API, until the fate of the answer is
//! settled. Only then is the delivery acknowledged.
//!
//! A command is answered by exactly one message; a press by its callback answer and at most one edit or message.

use crate::game::action::{Turn, View};
use crate::game::facts::Facts;
use crate::game::outcome::{Duel, Outcome};
use crate::game::player::Player;
use crate::incoming::{Incoming, ReplyTo};
use crate::reads::{ReadError, Reads};
use crate::screens::{self, Scene, Screen};
use crate::telegram::{CallError, Telegram};
use chrono::Utc;
use futures_util::FutureExt;
use gofrobot_shared::queue::Delivery;
use gofrobot_shared::telemetry::{Metrics, error_id};
use serde::Serialize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use teloxide_core::payloads::{
    AnswerCallbackQuery, AnswerCallbackQuerySetters, EditMessageText, EditMessageTextSetters,
    SendMessage, SendMessageSetters,
};
use teloxide_core::requests::Payload;
use teloxide_core::types::{
    CallbackQueryId, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, MessageId, ParseMode,
    ReplyParameters, ThreadId,
};
use tokio::time::Instant;

/// An answer is worth giving for about this long after its update was played, waiting in the lane included. Presses die
/// much earlier, but their edits do not. Well below the half hour after which RabbitMQ cuts off who acknowledges nothing.
const GIVE_UP_AFTER: Duration = Duration::from_secs(600);

/// The longest pause between two tries of one call.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Something to be said in one chat.
pub(crate) enum Job {
    /// The answer to an update.
    Answer(Box<Answer>),
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

impl Job {
    /// The name under which it is counted.
    fn handler(&self) -> &'static str {
        match self {
            Self::Answer(answer) => answer.incoming.turn.action.name(),
            Self::Note(_) => "note",
        }
    }

    fn delivery(&self) -> &Arc<Delivery> {
        match self {
            Self::Answer(answer) => &answer.delivery,
            Self::Note(note) => &note.delivery,
        }
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
        let saying = async {
            match job {
                Job::Answer(answer) => self.answer(*answer).await,
                Job::Note(note) => self.note(*note).await,
            }
        };
        if settled_after(saying, delivery).await.is_err() {
            self.metrics.reply("panicked");
            self.failed(handler, "panic", "an answer panicked").await;
        }
    }

    async fn answer(&self, answer: Answer) {
        if answer.delivery.is_lost() {
            // The partition has moved on, and its new owner answers.
            self.metrics.reply("handed_over");
            return;
        }
        let turn = &answer.incoming.turn;
        let handler = turn.action.name();
        let until = answer.since + GIVE_UP_AFTER;
        let mut error_id = answer.error_id.clone();
        let facts = match &answer.outcome {
            Outcome::Show(shown) => match self.facts(shown.view, turn, until).await {
                Ok(facts) => facts,
                Err(error) => {
                    let detail = format!("a screen could not read its figures: {error}");
                    error_id = Some(self.failed(handler, "facts", &detail).await);
                    Facts::None
                }
            },
            _ => Facts::None,
        };
        let scene = Scene {
            error_id: error_id.as_deref(),
            ..Scene::of(
                turn,
                answer.player.as_ref(),
                &facts,
                Utc::now(),
                &self.bot_username,
            )
        };
        let screen = screens::render(&answer.outcome, &scene);
        let fate = self.deliver(&answer.incoming.reply, screen, until).await;
        self.metrics.request(handler, fate);
        let age = (Utc::now() - answer.delivery.envelope.received_at).as_seconds_f64();
        self.metrics.request_duration(handler, age.max(0.0));
    }

    /// Figures for a screen. While the database is away the answer waits for it, as the transactions do.
    async fn facts(&self, view: View, turn: &Turn, until: Instant) -> Result<Facts, ReadError> {
        let mut pause = Duration::from_millis(250);
        loop {
            match self.reads.facts(view, turn).await {
                Err(error) if error.is_away() && Instant::now() < until => {
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                result => return result,
            }
        }
    }

    async fn note(&self, note: Note) {
        let screen = screens::render_note(&note.duel);
        let message = message(note.duel.defender.user_id, &screen);
        // Whoever never talked to the bot cannot be told; that is no error.
        let _ = self.insist(&message, note.since + GIVE_UP_AFTER).await;
    }

    async fn deliver(&self, to: &ReplyTo, screen: Screen, until: Instant) -> &'static str {
        match to {
            ReplyTo::Message {
                chat_id,
                message_id,
                thread_id,
                in_group,
            } => {
                let mut payload = message(*chat_id, &screen);
                if *in_group {
                    payload = payload.reply_parameters(
                        ReplyParameters::new(MessageId(*message_id)).allow_sending_without_reply(),
                    );
                }
                if let Some(thread) = thread_id {
                    payload = payload.message_thread_id(ThreadId(MessageId(*thread)));
                }
                fate(&self.insist(&payload, until).await)
            }
            ReplyTo::Press {
                callback_id,
                message,
                ..
            } => {
                let notice = callback_answer(callback_id, &screen);
                let notice = self.insist(&notice, until);
                let Some((chat_id, message_id)) = message.filter(|_| !screen.only_notice) else {
                    return fate(&notice.await);
                };
                // The client's spinner must not wait for the edit, nor the edit for it.
                let (_, edited) =
                    tokio::join!(notice, self.edit(chat_id, message_id, &screen, until));
                fate(&edited)
            }
        }
    }

    /// Shows a screen in place; a message that can no longer be edited is followed by a new one.
    async fn edit(
        &self,
        chat_id: i64,
        message_id: i32,
        screen: &Screen,
        until: Instant,
    ) -> Result<(), CallError> {
        let edit = EditMessageText::new(ChatId(chat_id), MessageId(message_id), &screen.text)
            .parse_mode(ParseMode::Html)
            .reply_markup(keyboard(screen));
        match self.insist(&edit, until).await {
            Err(error) if error.says("message is not modified") => Ok(()),
            Err(error)
                if error.says("message to edit not found")
                    || error.says("message can't be edited") =>
            {
                self.insist(&message(chat_id, screen), until).await
            }
            result => result,
        }
    }

    /// Calls until Telegram says yes or no: waits out flood control as long as Telegram asks, and pauses longer and
    /// longer while there is no answer. After `until` it is not worth saying any more.
    async fn insist<P: Payload + Serialize>(
        &self,
        payload: &P,
        until: Instant,
    ) -> Result<(), CallError> {
        let mut pause = Duration::from_millis(250);
        loop {
            if Instant::now() >= until {
                self.metrics.reply("given_up");
                return Err(CallError::Unreachable("given up".to_owned()));
            }
            let result = self.telegram.call(payload).await;
            self.metrics.reply(fate(&result));
            match &result {
                Err(CallError::Flood(wait)) if Instant::now() + *wait < until => {
                    self.metrics.flood_wait(wait.as_secs_f64());
                    tokio::time::sleep(*wait).await;
                }
                Err(CallError::Unreachable(_)) => {
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) if fate(&result) == "refused" => {
                    tracing::warn!(method = P::NAME, error = %error, "the Bot API refused a reply");
                    return result;
                }
                _ => return result,
            }
        }
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

/// Acknowledges a delivery if nobody else holds it any more.
fn settle(delivery: Arc<Delivery>) {
    if let Some(delivery) = Arc::into_inner(delivery) {
        delivery.ack();
    }
}

/// The label under which the end of a call is counted.
fn fate(result: &Result<(), CallError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(CallError::Flood(_)) => "flood",
        Err(CallError::Unreachable(_)) => "unreachable",
        Err(error) if error.is_blocked() => "blocked",
        Err(error) if error.says("message is not modified") => "unmodified",
        Err(error) if error.says("query is too old") => "late",
        Err(error)
            if error.says("message to edit not found") || error.says("message can't be edited") =>
        {
            "gone"
        }
        Err(CallError::Refused { .. }) => "refused",
    }
}

fn message(chat_id: i64, screen: &Screen) -> SendMessage {
    let message = SendMessage::new(ChatId(chat_id), &screen.text).parse_mode(ParseMode::Html);
    if screen.keyboard.is_empty() {
        message
    } else {
        message.reply_markup(keyboard(screen))
    }
}

fn callback_answer(callback_id: &str, screen: &Screen) -> AnswerCallbackQuery {
    let answer = AnswerCallbackQuery::new(CallbackQueryId(callback_id.to_owned()));
    match &screen.notice {
        Some(notice) => answer.text(&notice.text).show_alert(notice.alert),
        None => answer,
    }
}

fn keyboard(screen: &Screen) -> InlineKeyboardMarkup {
    let rows = screen.keyboard.iter();
    InlineKeyboardMarkup::new(rows.map(|row| {
        row.iter()
            .map(|button| InlineKeyboardButton::callback(button.label.as_ref(), &button.data))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reads::regeneration;
    use crate::store::{Options, Store};
    use gofrobot_shared::cache::Cache;
    use gofrobot_shared::config;
    use gofrobot_shared::envelope::Envelope;
    use gofrobot_shared::queue::{Queue, QueueConfig};
    use secrecy::SecretString;

    #[tokio::test]
    async fn what_has_waited_too_long_is_not_said_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite://{}", folder.path().join("game.db").display());
        let store = Store::connect(&file.into(), &Options::default()).await;
        let token = SecretString::from("1:a");
        let nobody = config::Telegram::at("http://127.0.0.1:1", token.clone()).unwrap();
        let metrics = Metrics::new();
        let speaker = Speaker {
            telegram: Telegram::new(&nobody, &token).unwrap(),
            bot_username: "gofrobot".to_owned(),
            reads: Reads {
                store: store.unwrap(),
                cache: Cache::new(Duration::from_secs(1), None, metrics.clone()),
                regeneration: regeneration(),
            },
            metrics: metrics.clone(),
        };
        let message = SendMessage::new(ChatId(1), "late");
        let until = Instant::now() + Duration::from_millis(300);
        let given_up = speaker.insist(&message, until).await;
        assert_eq!(fate(&given_up), "unreachable");
        assert!(
            Instant::now() >= until,
            "it was tried as long as it was worth it"
        );
        // What comes after it in the lane is as old, and does not begin.
        let later = speaker.insist(&message, until).await;
        assert_eq!(fate(&later), "unreachable");
        let said = metrics.text().unwrap();
        let given_up = |line: &str| line.contains(r#"result="given_up""#) && line.ends_with(" 2");
        assert!(said.lines().any(given_up), "{said}");
    }

    #[tokio::test]
    async fn a_delivery_is_settled_by_its_last_holder_even_if_that_panics() {
        let queue = Queue::connect(QueueConfig::new("memory:".into(), "", 1), |_, _| {}).unwrap();
        let update = Envelope::read(r#"{"update_id":1}"#.into()).unwrap();
        queue.publisher().publish(update).await.unwrap();
        let mut consumer = queue.consumer();
        let mut taken = Vec::new();
        consumer.next_batch(1, &mut taken).await;
        let delivery = Arc::new(taken.remove(0));
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
