//! A worker whose services go away, hang or move on: what it has begun is finished, here or elsewhere, and said once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

#[path = "../../../shared/tests/broker/address.rs"]
mod address;
mod database;
mod handed_over;
#[allow(dead_code, reason = "a part of several test binaries")]
#[path = "../dead/harness.rs"]
mod harness;
mod named;
mod process;
#[path = "../../../shared/tests/broker/proxy.rs"]
mod proxy;
#[path = "../../../shared/tests/broker/wait.rs"]
mod wait;
mod world;
