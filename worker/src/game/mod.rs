//! The rules of the game: pure functions and data. No I/O, no clock and no dice of its own: the present moment and
//! chance come in as arguments, so that every number of the rules can be tested as a table.
//!
//! A batch goes through here in two steps: [`world::Needs`] collects what its turns may touch, so that it can be loaded
//! and locked at once; then [`play::play`] plays them one after another against the loaded [`world::World`].

pub mod action;
pub mod balance;
pub mod chance;
pub mod davka;
pub mod duel;
pub mod energy;
pub mod facts;
pub mod growth;
pub mod level;
mod lookalike;
mod needs;
pub mod nickname;
mod opponent;
pub mod outcome;
pub mod play;
pub mod player;
mod rademka;
pub mod uletet;
mod window;
pub mod world;

#[cfg(test)]
pub(crate) mod tests;
