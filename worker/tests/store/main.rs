//! The store against real databases: every case runs on Postgres and on SQLite, each time in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod harness;
mod needs;
mod races;
mod screens;
mod upkeep;
