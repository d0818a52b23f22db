//! What happens, as server-sent events for one persona.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::chats::Who;
use super::refusal::Refusal;
use crate::simulator::{Event, PersonError, Simulator};

/// Comments sent into silence, so that a dead connection is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Reader {
    simulator: Simulator,
    person: i64,
    events: Receiver<Event>,
    closing: CancellationToken,
}

pub(super) async fn stream(
    State(simulator): State<Simulator>,
    who: Result<Query<Who>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Refusal> {
    let Query(Who { person }) = who?;
    if !simulator.is_member(person, person) {
        return Err(PersonError::Unknown.into());
    }
    let (events, closing) = (simulator.subscribe(), simulator.closing());
    let reader = Reader {
        simulator,
        person,
        events,
        closing,
    };
    let events = stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

impl Reader {
    /// The next event that concerns this persona; `None` when the simulator closes.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            let event = tokio::select! {
                event = self.events.recv() => event,
                () = self.closing.cancelled() => return None,
            };
            match event {
                Ok(event) => {
                    if let Some(event) = self.render(&event) {
                        return Some(event);
                    }
                }
                // What was missed is lost: the page has to look again.
                Err(RecvError::Lagged(_)) => return Some(named("reload", &json!({}))),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn render(&self, event: &Event) -> Option<sse::Event> {
        let sees = |chat: i64| self.simulator.is_member(self.person, chat);
        match event {
            Event::MessageSent(message) => {
                sees(message.chat).then(|| named("message", message.as_ref()))
            }
            Event::MessageEdited(message) => {
                sees(message.chat).then(|| named("edit", message.as_ref()))
            }
            Event::MessageDeleted { chat, message_id } => {
                sees(*chat).then(|| named("delete", &json!({ "chat": chat, "id": message_id })))
            }
            Event::CallbackAnswered {
                user,
                query,
                text,
                show_alert,
            } => {
                let answer = json!({ "query": query, "text": text, "alert": show_alert });
                (*user == self.person).then(|| named("answer", &answer))
            }
            Event::Typing { chat } => {
                sees(*chat).then(|| named("typing", &json!({ "chat": chat })))
            }
            Event::Blocked { user, blocked } => {
                (*user == self.person).then(|| named("blocked", &json!({ "blocked": blocked })))
            }
            Event::CommandsChanged => Some(named("commands", &json!({}))),
        }
    }
}

fn named(name: &str, data: &impl serde::Serialize) -> sse::Event {
    let event = sse::Event::default().event(name);
    // Serialising our own types into memory does not fail; an event without data is ignored by browsers.
    event.clone().json_data(data).unwrap_or(event)
}
