//! docker-compose.yml as an operator meets it: brought up for real, with the commands of the pages. `make test-compose`
//! sees to images, engine and compose first.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod backups;
mod bounds;
mod crowd;
mod life;
mod missing;
mod passwords;
mod project;
mod telegram;
mod variables;
