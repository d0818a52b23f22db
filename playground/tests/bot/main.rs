//! The whole bot at its laptop size, played through a simulated Telegram: what the game promises a player, end to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests panic as tests do"
)]

#[path = "../common/mod.rs"]
mod common;

mod bad_data;
mod buttons;
mod commands;
mod dialogue;
mod duels;
mod groups;
mod laptop;
mod last_words;
mod limits;
