//! The record of a run: every update that was sent, and every answer that the Bot API accepted for it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::players::{Deed, FIRST_MESSAGE, FIRST_PLAYER, Player, Step, Way};
use crate::simulator::{Call, Observer, Simulator};

/// Complaints that are kept word for word; the rest is counted.
const WORDS_KEPT: usize = 20;

/// Updates that a player who floods has open: fewer than answers may wait in a chat.
const FLOOD_OPEN: u32 = 20;

/// The longest flood: within the minute over which requests are counted.
const FLOOD: Duration = Duration::from_secs(50);

/// An update that was sent.
pub(super) struct Sent {
    /// The number of its player.
    pub(super) player: u32,
    pub(super) step: Step,
    /// Answers that were accepted: messages, or answers to the callback query.
    pub(super) answers: u32,
    /// The first answer's text.
    pub(super) text: String,
    /// Whether it may be one too many, and be answered without being played.
    pub(super) flood: bool,
    at: Instant,
    answered_at: Option<Instant>,
}

/// A player on the record.
struct Entry {
    player: Player,
    open: u32,
    /// Whether he is in the line of those who may send.
    in_line: bool,
    /// The messages whose buttons he presses: in private and in his group.
    menus: [Option<i64>; 2],
}

struct Books {
    first_update: i64,
    sent: Vec<Sent>,
    players: Vec<Entry>,
    line: VecDeque<u32>,
    answered: u64,
    last_answer: Instant,
    /// Messages that answer no update, by chat: notes to the defenders of private duels.
    loose: HashMap<i64, u64>,
    /// Whose menu a message is.
    owners: HashMap<(i64, i64), u32>,
    misdirected: u64,
    troubles: u64,
    complaints: Vec<String>,
}

/// The record. It observes the simulator.
pub(super) struct Record {
    books: Mutex<Books>,
    open_each: u32,
}

/// What the record says at the end.
pub(super) struct Account {
    pub(super) first_update: i64,
    pub(super) sent: Vec<Sent>,
    pub(super) loose: HashMap<i64, u64>,
    pub(super) misdirected: u64,
    /// Answers that told of a failure of the machinery.
    pub(super) troubles: u64,
    pub(super) complaints: Vec<String>,
}

impl Record {
    /// Books for players of whom each may have so many updates without an answer.
    pub(super) fn new(players: u32, open_each: u32, seed: u64, first_update: i64) -> Self {
        let now = Instant::now();
        let entry = |number| Entry {
            player: Player::new(number, players, seed),
            open: 0,
            in_line: true,
            menus: [None; 2],
        };
        let books = Books {
            first_update,
            sent: Vec::new(),
            players: (0..players).map(entry).collect(),
            line: (0..players).collect(),
            answered: 0,
            last_answer: now,
            loose: HashMap::new(),
            owners: HashMap::new(),
            misdirected: 0,
            troubles: 0,
            complaints: Vec::new(),
        };
        Self {
            books: Mutex::new(books),
            open_each,
        }
    }

    /// Sends the next update of whoever may; `false` when everybody waits for answers.
    pub(super) fn send(&self, simulator: &Simulator) -> bool {
        let mut books = self.books();
        let Some(number) = books.line.pop_front() else {
            return false;
        };
        let update_id = books.first_update + books.sent.len() as i64;
        let step = books.players[number as usize].player.next(update_id);
        books.send(simulator, number, step, false);
        let entry = &mut books.players[number as usize];
        entry.in_line =
            entry.open < self.open_each && !entry.player.is_new() && entry.menus[1].is_some();
        if entry.in_line {
            books.line.push_back(number);
        }
        true
    }

    /// Some of the updates sent, `count` at most: the newest, or those before the newest `skip` if there are so many.
    pub(super) fn some(&self, count: u32, skip: u32) -> Vec<i64> {
        let books = self.books();
        let sent = books.sent.len() as i64;
        let (count, skip) = (i64::from(count), i64::from(skip));
        let last = if sent > count + skip {
            sent - skip
        } else {
            sent
        };
        let ids = (last - count).max(0)..last;
        ids.map(|index| books.first_update + index).collect()
    }

    /// Updates sent, updates answered, and when the last answer came.
    pub(super) fn counts(&self) -> (u64, u64, Instant) {
        let books = self.books();
        (books.sent.len() as u64, books.answered, books.last_answer)
    }

    /// The longest time that an update waited for its answer after this moment, as far as it is known.
    pub(super) fn longest_wait(&self, since: Instant) -> Duration {
        let books = self.books();
        let now = Instant::now();
        let end = |sent: &Sent| sent.answered_at.unwrap_or(now);
        let waits = books
            .sent
            .iter()
            .map(|sent| end(sent).saturating_duration_since(sent.at.max(since)));
        waits.max().unwrap_or_default()
    }

    /// The number of the first update that nobody has answered yet.
    pub(super) fn first_open(&self) -> u64 {
        let books = self.books();
        let open = books.sent.iter().position(|sent| sent.answers == 0);
        open.unwrap_or(books.sent.len()) as u64
    }

    /// Lets one player press for a davka many times, as fast as answers come, and beyond what he may.
    pub(super) async fn flood(&self, simulator: &Simulator, count: u32) {
        let begun = Instant::now();
        let mut pressed = 0;
        while pressed < count && begun.elapsed() < FLOOD {
            let mut books = self.books();
            if books.players[0].open < FLOOD_OPEN {
                let step = Step {
                    way: Way::PrivatePress,
                    deed: Deed::Davka,
                };
                books.send(simulator, 0, step, true);
                pressed += 1;
                continue;
            }
            drop(books);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Closes the books.
    pub(super) fn account(&self) -> Account {
        let mut books = self.books();
        Account {
            first_update: books.first_update,
            sent: std::mem::take(&mut books.sent),
            loose: std::mem::take(&mut books.loose),
            misdirected: books.misdirected,
            troubles: books.troubles,
            complaints: std::mem::take(&mut books.complaints),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // The books stay consistent even if a thread died between two entries.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self, books: &mut Books, index: usize, text: &str) {
        let now = Instant::now();
        let sent = &mut books.sent[index];
        sent.answers += 1;
        if sent.answers > 1 {
            return;
        }
        text.clone_into(&mut sent.text);
        sent.answered_at = Some(now);
        let number = sent.player;
        books.last_answer = now;
        books.answered += 1;
        let entry = &mut books.players[number as usize];
        entry.open -= 1;
        if !entry.in_line {
            entry.in_line = true;
            books.line.push_back(number);
        }
    }

    fn message(&self, books: &mut Books, call: &Call<'_>, chat: i64) {
        let text = call.text.unwrap_or_default();
        if text.contains(TROUBLE) {
            books.troubles += 1;
            books.complain(|| format!("a player of chat {chat} was told of a failure: {text}"));
        }
        let index = match (call.reply_to, call.thread_id) {
            (Some(message), _) => message - FIRST_MESSAGE,
            (None, Some(topic)) => topic - 1,
            (None, None) => {
                *books.loose.entry(chat).or_default() += 1;
                return;
            }
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let right = books.sent.get(index).is_some_and(|sent| {
            let player = &books.players[sent.player as usize].player;
            match sent.step.way {
                Way::Private => chat == player.id,
                Way::Group => chat == player.group,
                Way::PrivatePress | Way::GroupPress => false,
            }
        });
        if !right {
            books.misdirect(|| {
                format!(
                    "a message to chat {chat} answers message {index}, which is not of that chat"
                )
            });
            return;
        }
        if let Some(message) = call.message_id {
            let number = books.sent[index].player;
            let place = usize::from(books.sent[index].step.way.in_group());
            books.players[number as usize].menus[place] = Some(message);
            books.owners.insert((chat, message), number);
        }
        self.answered(books, index, text);
    }

    fn callback(&self, books: &mut Books, call: &Call<'_>) {
        let update_id = call.callback_query_id.and_then(|id| id.parse::<i64>().ok());
        let index = update_id.and_then(|id| usize::try_from(id - books.first_update).ok());
        match index.filter(|index| {
            books
                .sent
                .get(*index)
                .is_some_and(|it| it.step.way.is_press())
        }) {
            Some(index) => self.answered(books, index, call.text.unwrap_or_default()),
            None => {
                books.misdirect(|| format!("an answer to query {update_id:?}, which nobody made"))
            }
        }
    }
}

/// What every answer that tells of a failure contains, in any language.
const TROUBLE: &str = "🔧";

impl Books {
    /// Sends an update and opens it in the books. Under their lock, so that updates are sent in the order of their ids.
    fn send(&mut self, simulator: &Simulator, number: u32, step: Step, flood: bool) {
        let index = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        let update_id = self.first_update + i64::from(index);
        let entry = &mut self.players[number as usize];
        let menu = entry.menus[usize::from(step.way.in_group())].unwrap_or(1);
        let body = entry.player.update(&step, update_id, index, menu);
        entry.open += 1;
        self.sent.push(Sent {
            player: number,
            step,
            flood,
            answers: 0,
            text: String::new(),
            at: Instant::now(),
            answered_at: None,
        });
        simulator.inject_raw(update_id, body);
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

impl Observer for Record {
    fn accepted(&self, call: &Call<'_>) {
        let mut books = self.books();
        match (call.method, call.chat_id) {
            ("sendmessage", Some(chat)) => self.message(&mut books, call, chat),
            ("answercallbackquery", _) => self.callback(&mut books, call),
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

/// The number of the player with this id.
pub(super) fn number_of(user_id: i64) -> Option<usize> {
    usize::try_from(user_id - FIRST_PLAYER).ok()
}
