//! What a running process tells its operators: logs, metrics and the ids that join a player's complaint to both.

mod active_users;
mod error_id;
mod logs;
mod metrics;
#[cfg(test)]
mod metrics_tests;
mod observed;
pub mod process;
pub mod traces;

pub use error_id::error_id;
pub use logs::{Guard, PERFORMANCE, init_logs};
pub use metrics::Metrics;
pub(crate) use process::uptime;
