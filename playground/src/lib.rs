//! A Telegram to play with on a laptop: a simulator, the chat page, and what measures the bot.

pub mod chatpage;
pub mod simulator;
