//! What the record notes of each call that the Bot API accepts: which update it answers, and whether it had any business
//! where it went.

use tokio::time::Instant;

use super::players::Way;
use super::record::{Books, Record};
use super::wording::{message_index, topic_index};
use crate::simulator::{Call, Observer};

/// Complaints that are kept word for word; the rest is counted.
const WORDS_KEPT: usize = 20;

/// What every answer that tells of a failure contains, in any language.
const TROUBLE: &str = "🔧";

impl Observer for Record {
    fn accepted(&self, call: &Call<'_>) {
        let mut books = self.books();
        match (call.method, call.chat_id) {
            ("sendmessage", Some(chat)) => books.message(call, chat),
            ("answercallbackquery", _) => books.callback(call),
            ("editmessagetext", Some(chat)) => {
                let message = call.message_id.unwrap_or_default();
                if !books.owners.contains_key(&(chat, message)) {
                    books.misdirect(|| {
                        format!(
                            "message {message} of chat {chat} was changed, and is nobody's menu"
                        )
                    });
                }
            }
            _ => {}
        }
    }
}

impl Books {
    fn answer(&mut self, index: usize, text: &str) {
        let now = Instant::now();
        let sent = &mut self.sent[index];
        sent.answers += 1;
        if sent.answers > 1 {
            return;
        }
        text.clone_into(&mut sent.text);
        sent.answered_at = Some(now);
        let number = sent.player;
        self.last_answer = now;
        self.answered += 1;
        let entry = &mut self.players[number as usize];
        entry.open -= 1;
        if !entry.in_line {
            entry.in_line = true;
            self.line.push_back(number);
        }
    }

    fn message(&mut self, call: &Call<'_>, chat: i64) {
        let text = call.text.unwrap_or_default();
        if text.contains(TROUBLE) {
            self.troubles += 1;
            self.complain(|| format!("a player of chat {chat} was told of a failure: {text}"));
        }
        let index = match (call.reply_to, call.thread_id) {
            (Some(message), _) => message_index(message),
            (None, Some(topic)) => topic_index(topic),
            (None, None) => {
                *self.loose.entry(chat).or_default() += 1;
                return;
            }
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let right = self.sent.get(index).is_some_and(|sent| {
            let player = &self.players[sent.player as usize].player;
            match sent.step.way {
                Way::Private => chat == player.id,
                Way::Group => chat == player.group,
                Way::PrivatePress | Way::GroupPress => false,
            }
        });
        if !right {
            self.misdirect(|| {
                format!(
                    "a message to chat {chat} answers message {index}, which is not of that chat"
                )
            });
            return;
        }
        if let Some(message) = call.message_id {
            let number = self.sent[index].player;
            let place = usize::from(self.sent[index].step.way.in_group());
            self.players[number as usize].menus[place] = Some(message);
            self.owners.insert((chat, message), number);
        }
        self.answer(index, text);
    }

    fn callback(&mut self, call: &Call<'_>) {
        let update_id = call.callback_query_id.and_then(|id| id.parse::<i64>().ok());
        let index = update_id.and_then(|id| usize::try_from(id - self.first_update).ok());
        let is_press = |index: &usize| {
            self.sent
                .get(*index)
                .is_some_and(|it| it.step.way.is_press())
        };
        match index.filter(is_press) {
            Some(index) => self.answer(index, call.text.unwrap_or_default()),
            None => {
                self.misdirect(|| format!("an answer to query {update_id:?}, which nobody made"))
            }
        }
    }

    fn complain(&mut self, words: impl FnOnce() -> String) {
        if self.complaints.len() < WORDS_KEPT {
            self.complaints.push(words());
        }
    }

    fn misdirect(&mut self, words: impl FnOnce() -> String) {
        self.misdirected += 1;
        self.complain(words);
    }
}
