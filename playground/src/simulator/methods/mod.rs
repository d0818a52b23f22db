//! The methods of the Bot API that are simulated, by topic.

mod callbacks;
mod chat_info;
mod commands;
mod fetching;
mod keyboard;
mod media;
mod messages;

use super::Simulator;
use super::answer::{Answer, ApiError};
use super::params::Params;

pub use commands::Command;
pub(super) use commands::Commands;
pub(super) use messages::replied_to;

/// Answers one call. `name` is the method in lower case, `written` as the bot wrote it.
pub(super) async fn call(
    simulator: &Simulator,
    written: &str,
    name: &str,
    params: &Params,
) -> Result<Answer, ApiError> {
    match name {
        "getme" => chat_info::get_me(simulator),
        "getupdates" => fetching::get_updates(simulator, params).await,
        "setwebhook" => fetching::set_webhook(simulator, params),
        "deletewebhook" => Ok(fetching::delete_webhook(simulator, params)),
        "getwebhookinfo" => fetching::get_webhook_info(simulator),
        "sendmessage" => messages::send_message(simulator, params),
        "editmessagetext" => messages::edit_message_text(simulator, params),
        "editmessagereplymarkup" => messages::edit_message_reply_markup(simulator, params),
        "deletemessage" => messages::delete_message(simulator, params),
        "setmessagereaction" => messages::set_message_reaction(simulator, params),
        "answercallbackquery" => callbacks::answer_callback_query(simulator, params),
        "sendchataction" => callbacks::send_chat_action(simulator, params),
        "sendphoto" => media::send_photo(simulator, params),
        "senddocument" => media::send_document(simulator, params),
        "setmycommands" => commands::set_my_commands(simulator, params),
        "getmycommands" => commands::get_my_commands(simulator, params),
        "deletemycommands" => commands::delete_my_commands(simulator, params),
        "getchat" => chat_info::get_chat(simulator, params),
        "getchatmember" => chat_info::get_chat_member(simulator, params),
        "getchatmembercount" => chat_info::get_chat_member_count(simulator, params),
        _ => Err(ApiError::new(
            404,
            format!("Not Found: method \"{written}\" is not simulated"),
        )),
    }
}
