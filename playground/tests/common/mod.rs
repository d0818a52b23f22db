//! What the end-to-end tests share: waiting, processes, a Telegram full of people, and a witness of every answer.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a part of several test binaries, each of which uses some of it; helpers of tests panic as tests do"
)]

#[path = "../../../shared/tests/broker/address.rs"]
pub mod address;
pub mod node;
pub mod process;
pub mod side_door;
pub mod telegram;
#[path = "../../../shared/tests/broker/wait.rs"]
pub mod wait;
pub mod witness;
