//! The trials.

pub(crate) mod bad_input;
pub(crate) mod playing;
pub(crate) mod try_out;
pub(crate) mod webhook;
