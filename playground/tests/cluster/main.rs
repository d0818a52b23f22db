//! The whole bot at its cluster size: real processes around a real RabbitMQ, Redis and Postgres.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests panic as tests do"
)]

#[path = "../common/mod.rs"]
mod common;

mod books;
mod load;
mod outages;
mod programs;
#[path = "../../../shared/tests/broker/proxy.rs"]
mod proxy;
mod races;
#[path = "../../../shared/tests/broker/removal.rs"]
mod removal;
mod services;
mod stops;
mod traces;
mod variables;
mod webhook;

use common::wait;
