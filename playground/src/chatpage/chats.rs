//! Chats of a persona: reading them, writing, pressing.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::simulator::{ChatSummary, Command, Message, PersonError, Simulator};

/// Messages fetched at once unless asked otherwise, and at most.
const MESSAGES: (usize, usize) = (100, 300);

type FromQuery<T> = Result<Query<T>, QueryRejection>;
type FromJson<T> = Result<Json<T>, JsonRejection>;

#[derive(Deserialize)]
pub(super) struct Who {
    #[serde(rename = "as")]
    pub(super) person: i64,
}

#[derive(Deserialize)]
pub(super) struct Where {
    #[serde(rename = "as")]
    person: i64,
    chat: i64,
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct Words {
    #[serde(rename = "as")]
    person: i64,
    chat: i64,
    text: String,
    reply_to: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Press {
    #[serde(rename = "as")]
    person: i64,
    chat: i64,
    message: i64,
    data: String,
}

#[derive(Serialize)]
pub(super) struct Accepted {
    query: String,
}

pub(super) async fn list(
    State(simulator): State<Simulator>,
    who: FromQuery<Who>,
) -> Result<Json<Vec<ChatSummary>>, Refusal> {
    Ok(Json(simulator.chats_of(who?.person)))
}

pub(super) async fn history(
    State(simulator): State<Simulator>,
    place: FromQuery<Where>,
) -> Result<Json<Vec<Message>>, Refusal> {
    let Query(place) = place?;
    if !simulator.is_member(place.person, place.chat) {
        return Err(PersonError::NotInChat.into());
    }
    let limit = place.limit.unwrap_or(MESSAGES.0).min(MESSAGES.1);
    Ok(Json(simulator.history(place.person, place.chat, limit)))
}

pub(super) async fn say(
    State(simulator): State<Simulator>,
    words: FromJson<Words>,
) -> Result<(StatusCode, Json<Message>), Refusal> {
    let Json(words) = words?;
    let sent = simulator.say(words.person, words.chat, &words.text, words.reply_to)?;
    created(&simulator, words.chat, sent.message_id)
}

pub(super) async fn send_photo(
    State(simulator): State<Simulator>,
    place: FromJson<Where>,
) -> Result<(StatusCode, Json<Message>), Refusal> {
    let Json(place) = place?;
    let sent = simulator.send_photo(place.person, place.chat)?;
    created(&simulator, place.chat, sent.message_id)
}

fn created(
    simulator: &Simulator,
    chat: i64,
    message_id: i64,
) -> Result<(StatusCode, Json<Message>), Refusal> {
    let message = simulator
        .message(chat, message_id)
        .ok_or(PersonError::NoSuchMessage)?;
    Ok((StatusCode::CREATED, Json(message)))
}

pub(super) async fn press(
    State(simulator): State<Simulator>,
    press: FromJson<Press>,
) -> Result<(StatusCode, Json<Accepted>), Refusal> {
    let Json(press) = press?;
    let pressed = simulator.press(press.person, press.chat, press.message, &press.data)?;
    Ok((
        StatusCode::ACCEPTED,
        Json(Accepted {
            query: pressed.callback_query_id,
        }),
    ))
}

pub(super) async fn commands(
    State(simulator): State<Simulator>,
    place: FromQuery<Where>,
) -> Result<Json<Vec<Command>>, Refusal> {
    let Query(place) = place?;
    Ok(Json(simulator.commands_for(place.person, place.chat)))
}
