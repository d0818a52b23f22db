//! Personas of the page, and the switches of the simulator.

use std::io;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::Book;
use super::refusal::Refusal;
use crate::simulator::{Faults, Person, PersonError, Simulator};

/// People there may be before the page adds no more: room for a benchmark's crowd, and an end to a runaway script.
const PEOPLE_LIMIT: usize = 200_000;
/// The longest first name, in characters, as at Telegram.
const NAME_LIMIT: usize = 64;

/// A persona as the page knows it.
#[derive(Serialize)]
pub(super) struct Persona {
    id: i64,
    first_name: String,
    username: Option<String>,
    language_code: Option<String>,
}

impl From<Person> for Persona {
    fn from(person: Person) -> Self {
        let Person {
            id,
            first_name,
            username,
            language_code,
            is_bot: _,
        } = person;
        Self {
            id,
            first_name,
            username,
            language_code,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Newcomer {
    first_name: String,
    language_code: String,
}

#[derive(Deserialize)]
pub(super) struct Block {
    #[serde(rename = "as")]
    person: i64,
    blocked: bool,
}

pub(super) async fn list(State(simulator): State<Simulator>) -> Json<Vec<Persona>> {
    Json(simulator.people().into_iter().map(Persona::from).collect())
}

pub(super) async fn add(
    State(simulator): State<Simulator>,
    Extension(book): Extension<Book>,
    body: Result<Json<Newcomer>, JsonRejection>,
) -> Result<(StatusCode, Json<Persona>), Refusal> {
    let Json(newcomer) = body?;
    let name = newcomer.first_name.trim().to_owned();
    let language = newcomer.language_code.trim().to_owned();
    let refuse = |sentence: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, sentence);
    if !(1..=NAME_LIMIT).contains(&name.chars().count()) {
        return Err(refuse("a name has 1 to 64 characters"));
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(2..=16).contains(&language.len()) || !language.bytes().all(legal) {
        return Err(refuse("a language is a code such as en or ru"));
    }
    if simulator.population() >= PEOPLE_LIMIT {
        return Err(refuse("there are enough people already"));
    }
    let added = spawn_blocking(move || book.add(&simulator, &name, &language));
    let person = added.await.map_err(io::Error::other).flatten();
    let person = person.map_err(|error| {
        let sentence = format!("the new person cannot be kept: {error}");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
    })?;
    Ok((StatusCode::CREATED, Json(person.into())))
}

pub(super) async fn block(
    State(simulator): State<Simulator>,
    body: Result<Json<Block>, JsonRejection>,
) -> Result<StatusCode, Refusal> {
    let Json(block) = body?;
    if !simulator.is_member(block.person, block.person) {
        return Err(PersonError::Unknown.into());
    }
    simulator.set_blocked(block.person, block.blocked);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn faults(State(simulator): State<Simulator>) -> Json<Faults> {
    Json(simulator.faults())
}

pub(super) async fn set_faults(
    State(simulator): State<Simulator>,
    body: Result<Json<Faults>, JsonRejection>,
) -> Result<Json<Faults>, Refusal> {
    let Json(faults) = body?;
    simulator.set_faults(faults)?;
    Ok(Json(simulator.faults()))
}
