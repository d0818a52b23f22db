//! The record of a run: every update that was sent, and every answer that the Bot API accepted for it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::players::{Deed, FIRST_PLAYER, Player, Step, Way};
use super::wording;
use crate::simulator::Simulator;

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
    pub(super) at: Instant,
    pub(super) answered_at: Option<Instant>,
}

/// A player on the record.
pub(super) struct Entry {
    pub(super) player: Player,
    pub(super) open: u32,
    /// Whether he is in the line of those who may send.
    pub(super) in_line: bool,
    /// The messages whose buttons he presses: in private and in his group.
    pub(super) menus: [Option<i64>; 2],
}

/// What is written down.
pub(super) struct Books {
    pub(super) first_update: i64,
    pub(super) sent: Vec<Sent>,
    pub(super) players: Vec<Entry>,
    pub(super) line: VecDeque<u32>,
    pub(super) answered: u64,
    pub(super) last_answer: Instant,
    /// Messages that answer no update, by chat: notes to the defenders of private duels.
    pub(super) loose: HashMap<i64, u64>,
    /// Whose menu a message is.
    pub(super) owners: HashMap<(i64, i64), u32>,
    pub(super) misdirected: u64,
    pub(super) troubles: u64,
    pub(super) complaints: Vec<String>,
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
            if self.press_too(simulator) {
                pressed += 1;
            } else {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    /// One press more of the player who floods; `false` when he has too many open.
    fn press_too(&self, simulator: &Simulator) -> bool {
        let mut books = self.books();
        if books.players[0].open >= FLOOD_OPEN {
            return false;
        }
        let step = Step {
            way: Way::PrivatePress,
            deed: Deed::Davka,
        };
        books.send(simulator, 0, step, true);
        true
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

    /// The books, for whoever writes into them.
    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        // The books stay consistent even if a thread died between two entries.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// Sends an update and opens it in the books. Under their lock, so that updates are sent in the order of their ids.
    fn send(&mut self, simulator: &Simulator, number: u32, step: Step, flood: bool) {
        let index = u32::try_from(self.sent.len()).unwrap_or(u32::MAX);
        let update_id = self.first_update + i64::from(index);
        let entry = &mut self.players[number as usize];
        let menu = entry.menus[usize::from(step.way.in_group())].unwrap_or(1);
        let body = wording::update(&entry.player, &step, update_id, index, menu);
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
}

/// The number of the player with this id.
pub(super) fn number_of(user_id: i64) -> Option<usize> {
    usize::try_from(user_id - FIRST_PLAYER).ok()
}
