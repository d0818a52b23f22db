//! Small signs of life: answers to button presses, and "typing".

use crate::simulator::Simulator;
use crate::simulator::answer::{Answer, ApiError};
use crate::simulator::params::Params;
use crate::simulator::queries::Answered;
use crate::simulator::view::Event;

use super::messages::{in_chat, writable};

/// The longest notice, in characters.
const NOTICE_LIMIT: usize = 200;

const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

pub(super) fn answer_callback_query(
    simulator: &Simulator,
    params: &Params,
) -> Result<Answer, ApiError> {
    let id = params.text("callback_query_id").unwrap_or_default();
    let text = params.text("text").unwrap_or_default();
    if text.chars().count() > NOTICE_LIMIT {
        return Err(ApiError::bad("MESSAGE_TOO_LONG"));
    }
    match simulator.state.queries.answer(&id) {
        Answered::First(user) => {
            simulator.announce(|| Event::CallbackAnswered {
                user,
                query: id.clone().into_owned(),
                text: text.into_owned(),
                show_alert: params.flag("show_alert"),
            });
            Ok(Answer::yes())
        }
        Answered::Again => Ok(Answer::yes()),
        Answered::TooOld => Err(ApiError::bad(
            "query is too old and response timeout expired or query ID is invalid",
        )),
    }
}

pub(super) fn send_chat_action(simulator: &Simulator, params: &Params) -> Result<Answer, ApiError> {
    let chat = params.chat_id()?;
    let action = params.text("action").unwrap_or_default();
    if !ACTIONS
        .iter()
        .any(|known| action.eq_ignore_ascii_case(known))
    {
        return Err(ApiError::bad("wrong parameter action in request"));
    }
    in_chat(simulator, chat, |known| writable(known))?;
    simulator.announce(|| Event::Typing { chat });
    Ok(Answer::yes())
}
