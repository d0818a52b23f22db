//! Whether Telegram would take a screen, and where its buttons lead.

use super::samples::ME;
use crate::game::action::{Action, Place};
use crate::game::outcome::Outcome;
use crate::incoming::{Bot, Decoded, decode};
use crate::screens::{Notice, Screen, is_notice_alone};

/// What Telegram makes of the text: without tags and entities. Panics on HTML that Telegram would refuse.
pub(super) fn parsed(html: &str) -> String {
    let mut text = String::new();
    let mut open = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        let end = tail.find([';', '>']).expect("an unclosed tag or entity") + 1;
        match &tail[..end] {
            tag @ ("<b>" | "<code>") => open.push(tag),
            tag @ ("</b>" | "</code>") => assert_eq!(
                open.pop().map(|open| open.replace('<', "</")).as_deref(),
                Some(tag)
            ),
            "&amp;" => text.push('&'),
            "&lt;" => text.push('<'),
            "&gt;" => text.push('>'),
            "&quot;" => text.push('"'),
            other => panic!("{other} in {html}"),
        }
        rest = &tail[end..];
    }
    assert!(open.is_empty(), "{open:?} in {html}");
    text.push_str(rest);
    text
}

/// The action that a press of this data by the owner of the menu asks for.
pub(super) fn pressed(data: &str, place: &Place) -> Action {
    let chat = match place {
        Place::Private => serde_json::json!({"id": ME, "type": "private"}),
        Place::Group { chat_id, title } => {
            serde_json::json!({"id": chat_id, "type": "group", "title": title})
        }
    };
    let update = serde_json::json!({"update_id": 1, "callback_query": {
        "id": "1", "from": {"id": ME}, "data": data, "message": {"message_id": 1, "date": 1, "chat": chat},
    }});
    let bot = Bot {
        id: 1,
        username: "bot".to_owned(),
    };
    match decode(update.to_string().as_bytes(), &bot, &[]) {
        Ok(Decoded::Play(incoming)) => incoming.turn.action,
        other => panic!("{data} is {other:?}"),
    }
}

/// Whether Telegram would take the screen, and every button of it leads somewhere.
pub(super) fn check(screen: &Screen, place: &Place, what: &str) {
    let text = parsed(&screen.text);
    assert!(
        (1..=4096).contains(&text.chars().count()) && !text.trim().is_empty(),
        "{what}: {text}"
    );
    let labels = screen
        .keyboard
        .iter()
        .flatten()
        .map(|button| button.label.as_ref());
    for said in labels.chain([text.as_str()]) {
        assert!(is_filled(said), "{what}: {said}");
    }
    for button in screen.keyboard.iter().flatten() {
        assert!(
            (1..=64).contains(&button.data.len()) && !button.label.is_empty(),
            "{what}: {button:?}"
        );
        let action = pressed(&button.data, place);
        assert!(
            !matches!(action, Action::Decline(_)),
            "{what}: {button:?} is {action:?}"
        );
    }
    assert!(screen.keyboard.iter().all(|row| !row.is_empty()), "{what}");
}

/// Whether Telegram would take the answer to a press.
pub(super) fn check_notice(outcome: &Outcome, notice: Option<Notice>) {
    assert!(!is_notice_alone(outcome) || notice.is_some(), "{outcome:?}");
    let Some(Notice { text, .. }) = notice else {
        return;
    };
    assert!(
        (1..=200).contains(&text.chars().count()) && !text.contains(['<', '&']) && is_filled(&text),
        "{outcome:?}: {text}"
    );
}

fn is_filled(said: &str) -> bool {
    !said.contains(['{', '}']) && !said.contains("Unknown")
}
