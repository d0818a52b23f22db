//! A Telegram to play with on a laptop: a simulator, the chat page, and what measures the bot.

pub mod bench;
pub mod chaos;
pub mod chatpage;
pub mod check;
pub mod cli;
pub mod load;
pub mod play;
mod processes;
pub mod simulator;
pub mod telegram;
