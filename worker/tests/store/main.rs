//! The store against real databases: every case runs on Postgres and on SQLite, each time in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod harness;
mod migrate;
mod needs;
#[path = "../../../shared/tests/broker/proxy.rs"]
mod proxy;
mod races;
mod screens;
mod silence;
mod upkeep;
#[path = "../../../shared/tests/broker/wait.rs"]
mod wait;
