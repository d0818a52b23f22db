//! A small Telegram on a free port: two people, one group, and a client for it.

use std::sync::Arc;

use gofrobot::chatpage::{self, Book};
use gofrobot::simulator::{Call, Observer, Options, Person, Simulator, serve_router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::wait::within;

pub(crate) const TOKEN: &str = "4200:token-for-tests";
pub(crate) const GOSHA: i64 = 1001;
pub(crate) const LENA: i64 = 1002;
pub(crate) const GROUP: i64 = -1_001_000_000_001;

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) simulator: Simulator,
    /// `http://127.0.0.1:port`.
    pub(crate) address: String,
    pub(crate) http: reqwest::Client,
    /// Stops the server.
    pub(crate) stop: CancellationToken,
    /// The server has stopped.
    pub(crate) stopped: CancellationToken,
    _guard: Arc<DropGuard>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let simulator = Simulator::new(Options {
            token: TOKEN.into(),
            ..options
        });
        for (id, name, language) in [(GOSHA, "Gosha", "ru"), (LENA, "Lena", "en")] {
            simulator.add_person(Person {
                id,
                is_bot: false,
                first_name: name.to_owned(),
                username: Some(name.to_lowercase()),
                language_code: Some(language.to_owned()),
            });
        }
        simulator.add_group(GROUP, "Garage", &[GOSHA, LENA]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let router = simulator
            .router()
            .merge(chatpage::router(simulator.clone(), Book::default()));
        let stopped = CancellationToken::new();
        let serving = serve_router(simulator.clone(), listener, router, stop.clone());
        let at_the_end = stopped.clone().drop_guard();
        tokio::spawn(async move {
            serving.await.unwrap();
            drop(at_the_end);
        });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let guard = Arc::new(stop.clone().drop_guard());
        Self {
            simulator,
            address,
            http,
            stop,
            stopped,
            _guard: guard,
        }
    }

    pub(crate) fn url(&self, method: &str) -> String {
        format!("{}/bot{TOKEN}/{method}", self.address)
    }

    /// The whole answer to a call with JSON parameters.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let response = self
            .http
            .post(self.url(method))
            .json(&params)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        if answer["ok"] == false {
            assert_eq!(answer["error_code"], status);
        }
        answer
    }

    /// The result of a call that must be accepted.
    pub(crate) async fn ok(&self, method: &str, params: Value) -> Value {
        let mut answer = self.call(method, params).await;
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer["result"].take()
    }

    /// The words of a refusal.
    pub(crate) async fn refused(&self, method: &str, params: Value) -> String {
        let answer = self.call(method, params).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        answer["description"].as_str().unwrap().to_owned()
    }

    /// A poll of 50 seconds, which has reached the simulator.
    pub(crate) async fn long_poll(&self) -> JoinHandle<Value> {
        let arrival = Arc::new(Arrival::default());
        self.simulator.observe(arrival.clone());
        let world = self.clone();
        let poll =
            tokio::spawn(async move { world.ok("getUpdates", json!({ "timeout": 50 })).await });
        within("a long poll at the simulator", arrival.0.notified()).await;
        poll
    }

    /// Gosha and Lena have talked to the bot, which has heard them.
    pub(crate) async fn introduced(self) -> Self {
        for person in [GOSHA, LENA] {
            self.simulator.say(person, person, "/start", None).unwrap();
        }
        self.ok("getUpdates", json!({ "offset": -1 })).await;
        let last = self.ok("getUpdates", json!({})).await;
        let after = last[0]["update_id"].as_i64().unwrap() + 1;
        self.ok("getUpdates", json!({ "offset": after })).await;
        assert_eq!(self.simulator.undelivered(), 0);
        self
    }

    /// The bot writes, and this is the number of its message.
    pub(crate) async fn bot_says(&self, chat: i64, text: &str) -> i64 {
        let sent = self
            .ok("sendMessage", json!({ "chat_id": chat, "text": text }))
            .await;
        sent["message_id"].as_i64().unwrap()
    }
}

/// Tells of a call that has come in.
#[derive(Default)]
struct Arrival(Notify);

impl Observer for Arrival {
    fn accepted(&self, _call: &Call<'_>) {}

    fn arrived(&self, _method: &str) {
        self.0.notify_one();
    }
}

/// The update ids of a batch.
pub(crate) fn ids(batch: &Value) -> Vec<i64> {
    let updates = batch.as_array().unwrap();
    updates
        .iter()
        .map(|update| update["update_id"].as_i64().unwrap())
        .collect()
}
