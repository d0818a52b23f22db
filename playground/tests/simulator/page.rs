//! The chat page's API: what people see and do, live.

use gofrobot::simulator::Options;
use serde_json::{Value, json};

use crate::wait::within;
use crate::world::{GOSHA, GROUP, LENA, World};

impl World {
    async fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/{path}", self.address);
        let response = self.http.get(url).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/api/{path}", self.address);
        let response = self.http.post(url).json(&body).send().await.unwrap();
        (
            response.status().as_u16(),
            response.json().await.unwrap_or_default(),
        )
    }

    async fn events(&self, person: i64) -> Events {
        let url = format!("{}/api/events?as={person}", self.address);
        let response = self.http.get(url).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events {
            response,
            buffer: String::new(),
        }
    }
}

struct Events {
    response: reqwest::Response,
    buffer: String,
}

impl Events {
    /// Name and data of the next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::trim)
                };
                let event = field("event:").map(str::to_owned);
                let data = field("data:").map(|data| serde_json::from_str(data).unwrap());
                self.buffer = rest.to_owned();
                match (event, data) {
                    (Some(event), Some(data)) => return Some((event, data)),
                    _ => continue,
                }
            }
            let chunk = within("an event", self.response.chunk()).await;
            self.buffer += std::str::from_utf8(&chunk.ok()??).unwrap();
        }
    }
}

#[tokio::test]
async fn the_page_and_its_files_are_served() {
    let world = World::new().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let response = world
            .http
            .get(format!("{}{path}", world.address))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], kind);
        assert!(response.headers().contains_key("content-security-policy"));
    }
    for path in ["/nothing.js", "/..%2fCargo.toml", "/api/nothing"] {
        let response = world
            .http
            .get(format!("{}{path}", world.address))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn people_come_and_join_the_group() {
    let world = World::new().await;
    let gosha = json!({
        "id": GOSHA, "first_name": "Gosha", "username": "gosha", "language_code": "ru",
    });
    assert_eq!(world.get("people").await[0], gosha);
    let newcomer = json!({ "first_name": " Vitya ", "language_code": "ru" });
    let (status, vitya) = world.post("people", newcomer).await;
    assert_eq!((status, &vitya["first_name"]), (201, &json!("Vitya")));
    let chats = world.get(&format!("chats?as={}", vitya["id"])).await;
    let private = json!({ "id": vitya["id"], "type": "private", "title": "Gofrobot", "blocked": false, "last": null });
    let group = json!({
        "id": GROUP, "type": "supergroup", "title": "Garage", "members": 4, "last": null,
    });
    assert_eq!(chats, json!([private, group]));
    let nameless = json!({ "first_name": "", "language_code": "ru" });
    assert_eq!(
        world.post("people", nameless).await,
        (422, json!({ "error": "a name has 1 to 64 characters" }))
    );
}

#[tokio::test]
async fn a_conversation_over_the_page() {
    let world = World::new().await;
    let mut events = world.events(GOSHA).await;
    let words = json!({ "as": GOSHA, "chat": GOSHA, "text": "/start" });
    let (status, said) = world.post("messages", words).await;
    let expected = json!({
        "id": 1, "chat": GOSHA, "date": said["date"], "edited": false, "text": "/start",
        "from": { "id": GOSHA, "first_name": "Gosha", "is_bot": false, "username": "gosha" },
        "entities": [{ "type": "bot_command", "offset": 0, "length": 6 }],
        "keyboard": null, "reply_to": null, "photo": false,
    });
    assert_eq!((status, &said), (201, &expected));
    assert_eq!(
        events.next().await.unwrap(),
        ("message".to_owned(), said.clone())
    );

    world
        .ok(
            "sendChatAction",
            json!({ "chat_id": GOSHA, "action": "typing" }),
        )
        .await;
    assert_eq!(
        events.next().await.unwrap(),
        ("typing".to_owned(), json!({ "chat": GOSHA }))
    );
    let rows = json!([[
        { "text": "davka", "callback_data": "v1:davka" },
        { "text": "site", "url": "https://example.org/" },
    ]]);
    let reply = json!({
        "chat_id": GOSHA, "text": "<b>Hello</b>", "parse_mode": "HTML",
        "reply_markup": { "inline_keyboard": rows }, "reply_parameters": { "message_id": 1 },
    });
    world.ok("sendMessage", reply).await;
    let (name, shown) = events.next().await.unwrap();
    assert_eq!(
        (name.as_str(), &shown["text"]),
        ("message", &json!("Hello"))
    );
    assert_eq!(
        shown["keyboard"],
        json!([[
            { "text": "davka", "data": "v1:davka", "url": null },
            { "text": "site", "data": null, "url": "https://example.org/" },
        ]])
    );
    assert_eq!(
        shown["reply_to"],
        json!({ "id": 1, "from_name": "Gosha", "text": "/start" })
    );
    assert_eq!(shown["from"]["is_bot"], true);
    let all = world
        .get(&format!("messages?as={GOSHA}&chat={GOSHA}"))
        .await;
    assert_eq!(all, json!([said, shown]));
    let last = world
        .get(&format!("messages?as={GOSHA}&chat={GOSHA}&limit=1"))
        .await;
    assert_eq!(last, json!([shown]));

    let press = json!({ "as": GOSHA, "chat": GOSHA, "message": 2, "data": "v1:davka" });
    let (status, pressed) = world.post("press", press).await;
    assert_eq!(status, 202);
    let answer = json!({ "callback_query_id": pressed["query"], "text": "done" });
    world.ok("answerCallbackQuery", answer).await;
    let notice = json!({ "query": pressed["query"], "text": "done", "alert": false });
    assert_eq!(events.next().await.unwrap(), ("answer".to_owned(), notice));
    let edit = json!({ "chat_id": GOSHA, "message_id": 2, "text": "Bye" });
    world.ok("editMessageText", edit).await;
    let (name, edited) = events.next().await.unwrap();
    assert_eq!(
        (name.as_str(), &edited["edited"], &edited["keyboard"]),
        ("edit", &json!(true), &Value::Null)
    );
    world
        .ok(
            "deleteMessage",
            json!({ "chat_id": GOSHA, "message_id": 2 }),
        )
        .await;
    let gone = ("delete".to_owned(), json!({ "chat": GOSHA, "id": 2 }));
    assert_eq!(events.next().await.unwrap(), gone);
    let menu = json!({ "commands": [{ "command": "davka", "description": "push" }] });
    world.ok("setMyCommands", menu.clone()).await;
    assert_eq!(
        events.next().await.unwrap(),
        ("commands".to_owned(), json!({}))
    );
    let commands = world
        .get(&format!("commands?as={GOSHA}&chat={GOSHA}"))
        .await;
    assert_eq!(commands, menu["commands"]);

    let (status, photo) = world
        .post("photos", json!({ "as": GOSHA, "chat": GOSHA }))
        .await;
    assert_eq!((status, &photo["photo"]), (201, &json!(true)));
    world.simulator.close();
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn others_private_chats_stay_private() {
    let world = World::new().await.introduced().await;
    let mut events = world.events(LENA).await;
    world.bot_says(GOSHA, "for Gosha").await;
    let query = world
        .simulator
        .press(GOSHA, GOSHA, 1, "x")
        .unwrap()
        .callback_query_id;
    world
        .ok("answerCallbackQuery", json!({ "callback_query_id": query }))
        .await;
    world.bot_says(GROUP, "for all").await;
    assert_eq!(events.next().await.unwrap().1["text"], "for all");
    let url = format!("{}/api/messages?as={LENA}&chat={GOSHA}", world.address);
    let response = world.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), 403);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({ "error": "this person is not in this chat" }));
}

#[tokio::test]
async fn a_reader_that_lags_is_told_to_look_again() {
    let world = World::with(Options::default()).await.introduced().await;
    let mut events = world.events(GOSHA).await;
    // More than the channel and the socket hold, while nobody reads.
    let text = "x".repeat(4000);
    let mut said = 0;
    loop {
        for _ in 0..2000 {
            world.simulator.say(GOSHA, GROUP, &text, None).unwrap();
            said += 1;
        }
        // Reading lets the server go on and notice what it missed.
        let mut read = 0;
        let told = loop {
            let (name, _) = events.next().await.unwrap();
            read += 1;
            if name == "reload" || read == 1000 {
                break name == "reload";
            }
        };
        if told || said > 50_000 {
            assert!(told);
            break;
        }
    }
}

#[tokio::test]
async fn the_server_stops_with_polls_and_readers_attached() {
    let world = World::new().await;
    let mut events = world.events(GOSHA).await;
    let poll = world.long_poll().await;
    world.stop.cancel();
    assert_eq!(poll.await.unwrap(), json!([]));
    assert_eq!(events.next().await, None);
    within("the server's end", world.stopped.cancelled()).await;
    assert!(world.http.get(&world.address).send().await.is_err());
}

#[tokio::test]
async fn errors_are_sentences_and_foreign_sites_are_refused() {
    let world = World::new().await;
    let mut events = world.events(GOSHA).await;
    let block = json!({ "as": GOSHA, "blocked": true });
    assert_eq!(world.post("block", block).await.0, 204);
    let told = ("blocked".to_owned(), json!({ "blocked": true }));
    assert_eq!(events.next().await.unwrap(), told);
    let chats = world.get(&format!("chats?as={GOSHA}")).await;
    assert_eq!(chats[0]["blocked"], true);
    assert_eq!(
        world
            .post("block", json!({ "as": 5, "blocked": true }))
            .await
            .0,
        404
    );
    let words = json!({ "as": GOSHA, "chat": GOSHA, "text": "hi" });
    assert_eq!(
        world.post("messages", words.clone()).await,
        (
            403,
            json!({ "error": "you blocked this bot: unblock it first" })
        )
    );
    let (status, answer) = world.post("messages", json!({ "as": GOSHA })).await;
    assert_eq!(status, 422);
    assert!(answer["error"].as_str().unwrap().contains("missing field"));
    let (status, answer) = world.post("faults", json!({ "drop_rate": 3 })).await;
    assert_eq!(
        (status, answer),
        (
            422,
            json!({ "error": "drop_rate must be a number from 0 to 1" })
        )
    );
    assert_eq!(world.get("faults").await["drop_rate"], 0.0);
    let huge = json!({ "as": GOSHA, "chat": GOSHA, "text": "x".repeat(1 << 20) });
    assert_eq!(world.post("messages", huge).await.0, 413);

    let url = format!("{}/api/messages", world.address);
    for (name, value) in [("Origin", "http://evil.example"), ("Host", "evil.example")] {
        let request = world.http.post(&url).header(name, value).json(&words);
        assert_eq!(request.send().await.unwrap().status(), 403, "{name}");
    }
}
