//! A screen becomes calls of the Bot API, each made as often as it takes to learn its fate, or until the partition is
//! handed over: then its next owner speaks, and nothing may be said by both.

use crate::incoming::{Menu, ReplyTo};
use crate::replies::Speaker;
use crate::screens::{Notice, Screen};
use gofrobot_shared::bot_api::CallError;
use gofrobot_shared::queue::Delivery;
use serde::Serialize;
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

/// The longest pause between two tries of one call.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// For whom something is said, and how long it is worth it.
#[derive(Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) delivery: &'a Delivery,
    pub(crate) until: Instant,
}

/// Why something was not said.
#[derive(Debug)]
pub(crate) enum Unsaid {
    /// It went back to the queue, and the partition's next owner says it.
    HandedOver,
    /// By the fault of the last try.
    Failed(CallError),
}

impl Speaker {
    /// Answers a press; returns the label under which the answer is counted, none if somebody else gives it.
    pub(crate) async fn tell(
        &self,
        callback_id: &str,
        notice: Option<Notice>,
        occasion: Occasion<'_>,
    ) -> Option<&'static str> {
        let mut answer = AnswerCallbackQuery::new(CallbackQueryId(callback_id.to_owned()));
        if let Some(notice) = notice {
            answer = answer.text(notice.text).show_alert(notice.alert);
        }
        fate_here(self.insist(&answer, occasion).await)
    }

    /// Answers with a screen; returns the label under which the answer is counted, none if somebody else gives it.
    pub(crate) async fn show(
        &self,
        to: &ReplyTo,
        screen: &Screen,
        occasion: Occasion<'_>,
    ) -> Option<&'static str> {
        let shown = match to {
            ReplyTo::Message {
                chat_id,
                message_id,
                thread_id,
                in_group,
            } => {
                let mut payload = message(*chat_id, *thread_id, screen);
                if *in_group {
                    payload = payload.reply_parameters(
                        ReplyParameters::new(MessageId(*message_id)).allow_sending_without_reply(),
                    );
                }
                self.insist(&payload, occasion).await
            }
            ReplyTo::Press { menu, .. } => match menu {
                Some(menu) => self.change(*menu, screen, occasion).await,
                // A press from nowhere has nothing but its notice.
                None => Ok(()),
            },
        };
        fate_here(shown)
    }

    /// Shows a screen in place; a message that can no longer be edited is followed by a new one.
    async fn change(
        &self,
        menu: Menu,
        screen: &Screen,
        occasion: Occasion<'_>,
    ) -> Result<(), Unsaid> {
        let chat_id = menu.chat_id;
        if let Some(message_id) = menu.message_id {
            let edit = EditMessageText::new(ChatId(chat_id), MessageId(message_id), &screen.text)
                .parse_mode(ParseMode::Html)
                .reply_markup(keyboard(screen));
            match self.insist(&edit, occasion).await {
                Err(Unsaid::Failed(error)) if error.is_unmodified() => return Ok(()),
                Err(Unsaid::Failed(error)) if error.is_gone() => {}
                result => return result,
            }
        }
        self.insist(&message(chat_id, menu.thread_id, screen), occasion)
            .await
    }

    /// Calls until Telegram says yes or no: waits out flood control as long as Telegram asks, and pauses longer and
    /// longer while there is no answer. After `until` it is not worth saying any more.
    ///
    /// While the partition is handed over no call begins, save the further ones of an answer that has begun, and none is
    /// tried again. The question is asked with a place in hand, since the wait for one may be longer than a hand-over.
    pub(crate) async fn insist<P: Payload + Serialize>(
        &self,
        payload: &P,
        Occasion { delivery, until }: Occasion<'_>,
    ) -> Result<(), Unsaid> {
        let mut pause = Duration::from_millis(250);
        loop {
            if Instant::now() >= until {
                self.metrics.reply("given_up");
                let error = CallError::Unreachable("given up".to_owned());
                return Err(Unsaid::Failed(error));
            }
            let place = self.telegram.place().await;
            if !delivery.begin() {
                return Err(self.handed_over());
            }
            let result = place.call(payload).await;
            self.metrics.reply(fate(&result));
            let Err(error) = &result else {
                return Ok(());
            };
            let goes_on = match (error, error.flood_wait()) {
                (_, Some(wait)) if Instant::now() + wait < until => {
                    self.metrics.flood_wait(wait.as_secs_f64());
                    delivery.pause(wait).await
                }
                (CallError::Unreachable(_) | CallError::Unreadable(_), _) => {
                    let jittered = pause.mul_f64(rand::random_range(0.5..1.0));
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    delivery.pause(jittered).await
                }
                _ => {
                    if fate(&result) == "refused" {
                        tracing::warn!(method = P::NAME, %error, "the Bot API refused a reply");
                    }
                    return result.map_err(Unsaid::Failed);
                }
            };
            if !goes_on {
                return Err(self.handed_over());
            }
        }
    }

    fn handed_over(&self) -> Unsaid {
        self.metrics.reply("handed_over");
        Unsaid::HandedOver
    }
}

/// The label under which the end of a call is counted.
fn fate(result: &Result<(), CallError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(CallError::Unreachable(_) | CallError::Unreadable(_)) => "unreachable",
        Err(error) if error.flood_wait().is_some() => "flood",
        Err(error) if error.is_blocked() => "blocked",
        Err(error) if error.is_unmodified() => "unmodified",
        Err(error) if error.is_late() => "late",
        Err(error) if error.is_gone() => "gone",
        Err(CallError::Refused { .. }) => "refused",
    }
}

/// The label under which the end of an answer is counted, if it ends here.
fn fate_here(said: Result<(), Unsaid>) -> Option<&'static str> {
    match said {
        Ok(()) => Some(fate(&Ok(()))),
        Err(Unsaid::Failed(error)) => Some(fate(&Err(error))),
        Err(Unsaid::HandedOver) => None,
    }
}

/// A screen as a new message, in a topic if the chat is a forum.
pub(crate) fn message(chat_id: i64, thread_id: Option<i32>, screen: &Screen) -> SendMessage {
    let mut message = SendMessage::new(ChatId(chat_id), &screen.text).parse_mode(ParseMode::Html);
    if let Some(thread_id) = thread_id {
        message = message.message_thread_id(ThreadId(MessageId(thread_id)));
    }
    if screen.keyboard.is_empty() {
        message
    } else {
        message.reply_markup(keyboard(screen))
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
    use crate::reads::{Reads, regeneration};
    use crate::replies::tests::delivery;
    use crate::store::{Options, Store};
    use crate::telegram::Telegram;
    use gofrobot_shared::cache::Cache;
    use gofrobot_shared::config;
    use gofrobot_shared::telemetry::Metrics;
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
                places: tokio::sync::Semaphore::new(1),
            },
            metrics: metrics.clone(),
        };
        let message = SendMessage::new(ChatId(1), "late");
        let (_queue, _consumer, delivery) = delivery().await;
        let until = Instant::now() + Duration::from_millis(300);
        let occasion = Occasion {
            delivery: &delivery,
            until,
        };
        let given_up = speaker.insist(&message, occasion).await;
        assert_eq!(fate_here(given_up), Some("unreachable"));
        assert!(
            Instant::now() >= until,
            "it was tried as long as it was worth it"
        );
        // What comes after it in the lane is as old, and does not begin.
        let later = speaker.insist(&message, occasion).await;
        assert_eq!(fate_here(later), Some("unreachable"));
        let said = metrics.text().unwrap();
        let given_up = |line: &str| line.contains(r#"result="given_up""#) && line.ends_with(" 2");
        assert!(said.lines().any(given_up), "{said}");
    }
}
