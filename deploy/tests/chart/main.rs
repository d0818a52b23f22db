//! The chart without a cluster: `make test-chart`, or `deploy/test-chart-tools` once and then
//! `cargo test -p gofrobot-deploy --test chart`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what tests share panics as tests do"
)]

mod containers;
mod environment;
mod experts;
mod helm;
mod network;
mod objects;
mod pages;
mod refusals;
mod rendering;
mod scaling;
mod schemas;
mod upgrades;
mod values;
