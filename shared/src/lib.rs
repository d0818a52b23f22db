//! What ingress and worker have in common: configuration, the envelope that crosses the queue, the queue itself,
//! the Bot API, shared counters and caches, telemetry and an orderly shutdown.
//!
//! Each module speaks to one outside system or holds one concept; none of them knows the game or the shape of a
//! Telegram update beyond its id and its key.

pub mod admin;
pub mod backoff;
pub mod bot_api;
pub mod cache;
pub mod config;
pub mod envelope;
pub mod identity;
pub mod limits;
pub mod program;
pub mod queue;
pub mod redis;
pub mod server;
pub mod shutdown;
pub mod telemetry;
