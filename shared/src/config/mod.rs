//! Configuration: flags and environment variables, grouped so that each binary takes only what it needs.
//!
//! Every setting is a flag with an environment variable of the same name (`--queue-url`, `QUEUE_URL`); the doc
//! comments of the groups are the text of `--help`. A file `.env` in the working directory or above it is read first;
//! what the environment already holds wins. A variable that is set but empty counts as not set, because that is how
//! compose files and charts pass an option that nobody chose.
//!
//! What is wrong is told before any socket opens, in one line that names the variable, with exit code
//! [`EXIT_USAGE`]: `gofrobot-worker: QUEUE_URL: 'ampq://x' is not ...`. No line ever holds a secret.

mod address;
mod groups;
mod parse;
mod values;

#[cfg(test)]
mod tests;

pub use address::SecretUrl;
pub use groups::{Admin, Broker, Database, Game, Ingress, Logs, Mode, Redis, Telegram};
pub use parse::{EXIT_USAGE, Invalid, parse, parse_checked, try_parse};
pub use values::{LogFormat, LogLevel, WebhookSecrets};
