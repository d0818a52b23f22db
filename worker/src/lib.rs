//! The worker: takes updates from the queue, plays them, writes the result and answers.

pub mod game;
pub mod store;
