//! The worker: takes updates from the queue, plays them, writes the result and answers.

pub mod game;
pub mod incoming;
pub mod screens;
pub mod store;
