//! The simulator over HTTP, as bots and the chat page meet it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on panics, in its helpers too"
)]

mod conversations;
mod faults;
mod files;
mod menus;
mod messages;
mod page;
mod polling;
#[path = "../../../shared/tests/broker/wait.rs"]
mod wait;
mod webhook;
mod world;
