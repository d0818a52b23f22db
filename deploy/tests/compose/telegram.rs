//! A person at the simulator's chat page, by the HTTP that the page itself uses.

use gofrobot_deploy::http::{get, post};
use gofrobot_deploy::wait::until_some;
use serde_json::{Value, json};
use std::time::Duration;

/// Longest that an answer may take: also while everything around the bot is being restarted.
const PATIENCE: Duration = Duration::from_secs(60);

/// Alice, who is there from the start and speaks English.
pub(crate) const ALICE: i64 = 1002;

/// The messages of a person's private chat with the bot.
fn messages(page: &str, person: i64) -> Vec<Value> {
    let (status, body) = get(
        page,
        &format!("/api/messages?as={person}&chat={person}&limit=300"),
    )
    .unwrap();
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn said_by_the_bot(page: &str, person: i64) -> Vec<String> {
    let messages = messages(page, person).into_iter();
    let of_the_bot = messages.filter(|message| message["from"]["is_bot"] == true);
    of_the_bot
        .map(|message| message["text"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Writes to the bot and waits for its answer, which must be one message.
pub(crate) fn ask(page: &str, person: i64, text: &str) -> String {
    let before = said_by_the_bot(page, person).len();
    let words = json!({ "as": person, "chat": person, "text": text });
    let (status, body) = post(page, "/api/messages", &words).unwrap();
    assert_eq!(status, 201, "{body}");
    let answer = until_some(&format!("an answer to {text}"), PATIENCE, || {
        said_by_the_bot(page, person).get(before).cloned()
    });
    assert_eq!(
        said_by_the_bot(page, person).len(),
        before + 1,
        "one answer to {text}"
    );
    answer
}
