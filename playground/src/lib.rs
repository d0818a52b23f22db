//! A Telegram to play with on a laptop: a simulator, the chat page, and what measures the bot.

pub mod chaos;
pub mod chatpage;
pub mod cli;
pub mod load;
pub mod play;
pub mod simulator;
pub mod telegram;
