//! Dead letters on a real broker: what an operator does with them, and how updates become them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

mod commands;
mod failing;
mod harness;
mod process;
#[path = "../../../shared/tests/broker/wait.rs"]
mod wait;
