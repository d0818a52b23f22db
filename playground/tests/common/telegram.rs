//! A simulated Telegram for one test: people, a group, and a witness.

use std::sync::Arc;

use gofrobot::simulator::{Button, Message, Options, Person, Simulator};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::wait::until_some;
use super::witness::Witness;

pub const TOKEN: &str = "4200:token-for-tests";
pub const GROUP: i64 = -1_001_000_000_001;

/// People of this number and above are made by [`Telegram::start`].
pub const FIRST_PERSON: i64 = 5001;

pub struct Telegram {
    pub simulator: Simulator,
    pub witness: Arc<Witness>,
    /// `http://127.0.0.1:port`.
    pub url: String,
    _stop: DropGuard,
}

impl Telegram {
    /// With this many people, who speak English and are all in the group.
    pub async fn start(people: i64) -> Self {
        Self::with(Self::options(), people).await
    }

    /// How a simulator for tests behaves.
    pub fn options() -> Options {
        Options {
            token: TOKEN.into(),
            seed: rand::random(),
            ..Options::default()
        }
    }

    /// One that behaves so, with this many people.
    pub async fn with(options: Options, people: i64) -> Self {
        let simulator = Simulator::new(options);
        let ids: Vec<_> = (FIRST_PERSON..FIRST_PERSON + people).collect();
        for id in &ids {
            simulator.add_person(Person {
                id: *id,
                is_bot: false,
                first_name: format!("Person {id}"),
                username: None,
                language_code: Some("en".to_owned()),
            });
        }
        simulator.add_group(GROUP, "Garage", &ids);
        let witness = Arc::new(Witness::default());
        simulator.observe(witness.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(simulator.clone().serve(listener, stop.clone()));
        Self {
            simulator,
            witness,
            url,
            _stop: stop.drop_guard(),
        }
    }

    /// Says something and gives the answer: the bot's next message in that chat, which must be the only one.
    pub async fn ask(&self, user: i64, chat: i64, text: &str) -> Message {
        self.answer(chat, text, || {
            self.simulator.say(user, chat, text, None).unwrap();
        })
        .await
    }

    /// As [`Telegram::ask`], in reply to a message.
    pub async fn reply(&self, user: i64, chat: i64, to: i64, text: &str) -> Message {
        self.answer(chat, text, || {
            self.simulator.say(user, chat, text, Some(to)).unwrap();
        })
        .await
    }

    /// The one message that the bot says when `act` is done.
    pub async fn answer(&self, chat: i64, what: &str, act: impl FnOnce()) -> Message {
        let before = self.witness.said_in(chat).len();
        act();
        let answered = || self.witness.said_in(chat).get(before).copied();
        let id = until_some(&format!("an answer to {what}"), answered).await;
        assert_eq!(
            self.witness.said_in(chat).len(),
            before + 1,
            "{what} is answered by one message"
        );
        self.simulator.message(chat, id).unwrap()
    }

    /// Presses a button and waits until its query is answered; gives the notice.
    pub async fn press(&self, user: i64, chat: i64, message: i64, data: &str) -> String {
        let query = self
            .simulator
            .press(user, chat, message, data)
            .unwrap()
            .callback_query_id;
        let answered = || self.witness.notice(&query);
        until_some(&format!("an answer to the press of {data}"), answered).await
    }
}

/// The buttons of a message that tell the bot something, as label and data.
pub fn buttons(message: &Message) -> Vec<(String, String)> {
    let rows = message.keyboard.iter().flatten().flatten();
    let data = |button: &Button| Some((button.text.clone(), button.data.clone()?));
    rows.filter_map(data).collect()
}

/// The data of the first button whose data starts so.
pub fn button(message: &Message, start: &str) -> String {
    let found = buttons(message)
        .into_iter()
        .find(|(_, data)| data.starts_with(start));
    found
        .unwrap_or_else(|| panic!("no button {start} under {:?}", message.text))
        .1
}
