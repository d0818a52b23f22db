//! The worker: takes updates from the queue, plays them, writes the result and answers.
//!
//! A delivery's way: `batch` (decode, gate, play, hand over) -> `transaction` (one database transaction for all) ->
//! `lanes` (order within a chat) -> `replies` (render, acknowledge) -> `sending` (say, again and again if need be).

mod batch;
mod bot_menu;
pub mod config;
mod database;
pub mod dead;
pub mod game;
pub mod incoming;
mod lanes;
mod poison;
mod reads;
mod replies;
pub mod screens;
mod sending;
pub mod store;
mod telegram;
mod transaction;
mod worker;

pub use worker::run;
