//! The rules of the game: pure functions and data. No I/O, no clock and no dice of its own: the present moment and
//! chance come in as arguments, so that every number of the rules can be tested as a table.

pub mod action;
pub mod facts;
pub mod outcome;
pub mod player;
pub mod world;
