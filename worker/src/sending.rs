//! A screen becomes calls of the Bot API, each made as often as it takes to learn its fate.

use crate::incoming::{Menu, ReplyTo};
use crate::replies::Speaker;
use crate::screens::{Notice, Screen};
use gofrobot_shared::bot_api::CallError;
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

impl Speaker {
    /// Answers a press; returns the label under which the answer is counted.
    pub(crate) async fn tell(
        &self,
        callback_id: &str,
        notice: Option<Notice>,
        until: Instant,
    ) -> &'static str {
        let mut answer = AnswerCallbackQuery::new(CallbackQueryId(callback_id.to_owned()));
        if let Some(notice) = notice {
            answer = answer.text(notice.text).show_alert(notice.alert);
        }
        fate(&self.insist(&answer, until).await)
    }

    /// Answers with a screen; returns the label under which the answer is counted.
    pub(crate) async fn show(&self, to: &ReplyTo, screen: &Screen, until: Instant) -> &'static str {
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
                self.insist(&payload, until).await
            }
            ReplyTo::Press { menu, .. } => match menu {
                Some(menu) => self.change(*menu, screen, until).await,
                // A press from nowhere has nothing but its notice.
                None => Ok(()),
            },
        };
        fate(&shown)
    }

    /// Shows a screen in place; a message that can no longer be edited is followed by a new one.
    async fn change(&self, menu: Menu, screen: &Screen, until: Instant) -> Result<(), CallError> {
        let chat_id = menu.chat_id;
        if let Some(message_id) = menu.message_id {
            let edit = EditMessageText::new(ChatId(chat_id), MessageId(message_id), &screen.text)
                .parse_mode(ParseMode::Html)
                .reply_markup(keyboard(screen));
            match self.insist(&edit, until).await {
                Err(error) if error.is_unmodified() => return Ok(()),
                Err(error) if error.is_gone() => {}
                result => return result,
            }
        }
        self.insist(&message(chat_id, menu.thread_id, screen), until)
            .await
    }

    /// Calls until Telegram says yes or no: waits out flood control as long as Telegram asks, and pauses longer and
    /// longer while there is no answer. After `until` it is not worth saying any more.
    pub(crate) async fn insist<P: Payload + Serialize>(
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
            let Err(error) = &result else {
                return result;
            };
            match (error, error.flood_wait()) {
                (_, Some(wait)) if Instant::now() + wait < until => {
                    self.metrics.flood_wait(wait.as_secs_f64());
                    tokio::time::sleep(wait).await;
                }
                (CallError::Unreachable(_) | CallError::Unreadable(_), _) => {
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                _ => {
                    if fate(&result) == "refused" {
                        tracing::warn!(method = P::NAME, %error, "the Bot API refused a reply");
                    }
                    return result;
                }
            }
        }
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
}
