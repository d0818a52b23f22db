//! The chat page: its files, and the JSON and server-sent events that it lives on.
//!
//! The page is for people who play the bot on the simulator. Whoever can reach it may speak for any of them, so it belongs
//! on loopback, and `guard` keeps other sites' scripts out.

mod book;
mod chats;
mod events;
mod files;
pub(crate) mod guard;
mod people;
mod refusal;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use axum::{Extension, Router};

pub use book::Book;

use crate::simulator::Simulator;

/// The largest request of the page: a text of 4096 characters, escaped in the most wasteful way, and room to spare.
const BODY_LIMIT: usize = 64 << 10;

/// The page and its API, to be merged with the simulator's own routes. Newcomers are written into `book`.
pub fn router(simulator: Simulator, book: Book) -> Router {
    let api = Router::new()
        .route("/people", get(people::list).post(people::add))
        .route("/block", post(people::block))
        .route("/faults", get(people::faults).post(people::set_faults))
        .route("/chats", get(chats::list))
        .route("/messages", get(chats::history).post(chats::say))
        .route("/photos", post(chats::send_photo))
        .route("/press", post(chats::press))
        .route("/commands", get(chats::commands))
        .route("/events", get(events::stream))
        .fallback(refusal::nothing_here)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(Extension(book))
        .with_state(simulator);
    let page = Router::new()
        .route("/", get(files::index))
        .route("/{file}", get(files::file))
        .nest("/api", api);
    page.layer(from_fn(guard::local_only))
}
