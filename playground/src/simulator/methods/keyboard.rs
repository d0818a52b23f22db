//! Reply markups. Inline keyboards are checked and kept; the other markups are accepted and not shown.

use serde::Deserialize;
use serde_json::Value;

use crate::simulator::answer::ApiError;
use crate::simulator::params::Params;
use crate::simulator::text::link;
use crate::simulator::wire::{Keyboard, Rows, WireButton};

/// The longest callback data, in bytes.
const DATA_LIMIT: usize = 64;
/// Buttons of one keyboard.
const BUTTONS_LIMIT: usize = 100;

#[derive(Deserialize)]
struct Markup {
    inline_keyboard: Option<Vec<Vec<WireButton>>>,
    keyboard: Option<Vec<Value>>,
    remove_keyboard: Option<bool>,
    force_reply: Option<bool>,
}

impl Markup {
    fn is_of_another_kind(&self) -> bool {
        self.keyboard.as_ref().is_some_and(|rows| !rows.is_empty())
            || self.remove_keyboard == Some(true)
            || self.force_reply == Some(true)
    }
}

/// The inline keyboard of a new message, which may have another markup instead.
pub(super) fn keyboard(params: &Params) -> Result<Option<Keyboard>, ApiError> {
    match markup(params)? {
        Some(markup) => inline(markup),
        None => Ok(None),
    }
}

/// The inline keyboard of a changed message, which cannot have another markup.
pub(super) fn inline_keyboard(params: &Params) -> Result<Option<Keyboard>, ApiError> {
    match markup(params)? {
        Some(markup) if markup.is_of_another_kind() => {
            Err(ApiError::bad("inline keyboard expected"))
        }
        Some(markup) => inline(markup),
        None => Ok(None),
    }
}

fn markup(params: &Params) -> Result<Option<Markup>, ApiError> {
    params.nested(
        "reply_markup",
        "can't parse reply keyboard markup JSON object",
    )
}

fn inline(markup: Markup) -> Result<Option<Keyboard>, ApiError> {
    let inline_keyboard = markup.inline_keyboard.unwrap_or_default();
    inline_keyboard.iter().flatten().try_for_each(check)?;
    match inline_keyboard.iter().map(Vec::len).sum() {
        // A keyboard without a button is no keyboard.
        0 => return Ok(None),
        1..=BUTTONS_LIMIT => {}
        _ => return Err(ApiError::bad("reply markup is too long")),
    }
    let keyboard = Keyboard::new(&Rows { inline_keyboard });
    keyboard.map(Some).map_err(|_| ApiError::internal())
}

fn check(button: &WireButton) -> Result<(), ApiError> {
    let refused =
        |reason: &str| ApiError::bad(format!("can't parse inline keyboard button: {reason}"));
    if button.text.is_empty() {
        return Err(refused("Can't find field \"text\""));
    }
    let filled = |field: &Option<String>| field.as_ref().is_some_and(|text| !text.is_empty());
    let does_something = filled(&button.callback_data)
        || filled(&button.url)
        || button.web_app.is_some()
        || button.login_url.is_some()
        || button.copy_text.is_some()
        || button.switch_inline_query.is_some()
        || button.switch_inline_query_current_chat.is_some()
        || button.switch_inline_query_chosen_chat.is_some();
    if !does_something {
        return Err(refused("Text buttons are unallowed in the inline keyboard"));
    }
    let data = button.callback_data.as_deref().unwrap_or_default();
    if data.len() > DATA_LIMIT {
        return Err(ApiError::bad("BUTTON_DATA_INVALID"));
    }
    if let Some(url) = button.url.as_deref().filter(|url| !url.is_empty()) {
        check_link("URL", url, false)?;
    }
    match &button.web_app {
        Some(app) => check_link("Web App URL", app["url"].as_str().unwrap_or_default(), true),
        None => Ok(()),
    }
}

fn check_link(what: &str, url: &str, https_only: bool) -> Result<(), ApiError> {
    match link::fault(url, https_only) {
        Some(fault) => Err(ApiError::bad(format!(
            "inline keyboard button {what} '{url}' is invalid: {fault}"
        ))),
        None => Ok(()),
    }
}
