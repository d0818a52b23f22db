//! Witnesses of what the bot does: lossless, for checks and for load.

use std::sync::Arc;

use super::{Simulator, write};

/// An accepted call of the Bot API.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The method, in lower case, such as `sendmessage`.
    pub method: &'a str,
    /// The chat it was about.
    pub chat_id: Option<i64>,
    /// The query it answered.
    pub callback_query_id: Option<&'a str>,
    /// The message it made or changed.
    pub message_id: Option<i64>,
    /// The message that it replies to.
    pub reply_to: Option<i64>,
    /// The topic that it belongs to, in chats that have topics.
    pub thread_id: Option<i64>,
    /// The text as the bot sent it, markup and all.
    pub text: Option<&'a str>,
}

/// Somebody who wants to hear of every accepted call.
pub trait Observer: Send + Sync {
    /// Called before the bot gets its answer, on the thread that serves it: be brief.
    fn accepted(&self, call: &Call<'_>);

    /// Called when a call with the right token comes in, whatever becomes of it: a long poll is accepted only at its end.
    fn arrived(&self, _method: &str) {}
}

impl<F: Fn(&Call<'_>) + Send + Sync> Observer for F {
    fn accepted(&self, call: &Call<'_>) {
        self(call);
    }
}

impl Simulator {
    /// Adds an observer, for as long as the simulator lives.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        write(&self.state.observers).push(observer);
    }
}
