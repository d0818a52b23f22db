//! Leaderboards, figures of a group and of one's share in it, figures for administrators.

use super::Screen;
use super::page::{Page, escape};
use super::scene::Stage;
use super::units::{bar, percent};
use crate::game::action::TopKey;
use crate::game::balance::{CHAT_ACTIVE_DAYS, TOP_ROWS};
use crate::game::facts::{Facts, Leaderboard, TopRow};

/// Errors that the screen of administrators lists.
const SHOWN_ERRORS: usize = 10;

/// A leaderboard of all players or of the group, as the facts say; `None` without them.
pub(super) fn top(stage: &Stage<'_>) -> Option<Screen> {
    let Facts::Top(board) = stage.scene.facts else {
        return None;
    };
    let page = match board.key {
        None => Page::with(stage.words, "top-chat", [("title", stage.title().into())]),
        Some(key) => Page::with(stage.words, headline(key), []),
    };
    let page = rows(page.gap(), stage, board).gap();
    let page = page.row(&format!(
        "👥 {}",
        stage.units.count("players", board.players)
    ));
    Some(page.under(match board.key {
        None => stage.keyboards.chat(),
        Some(key) => stage.keyboards.top(key),
    }))
}

fn headline(key: TopKey) -> &'static str {
    match key {
        TopKey::Gofra => "top-gofra",
        TopKey::Cable => "top-cable",
        TopKey::Zmiy => "top-zmiy",
        TopKey::Atm => "top-atm",
        TopKey::Wins => "top-wins",
    }
}

fn rows(page: Page, stage: &Stage<'_>, board: &Leaderboard) -> Page {
    if board.rows.is_empty() {
        return page.line("top-nobody", []);
    }
    let shown = board.rows.iter().take(TOP_ROWS);
    let page = shown.fold(page, |page, row| page.row(&written(stage, board.key, row)));
    match &board.own {
        None => page,
        Some(own) => page.row("…").row(&written(stage, board.key, own)),
    }
}

/// A row; the reader's own stands out.
fn written(stage: &Stage<'_>, key: Option<TopKey>, row: &TopRow) -> String {
    let place = match row.place {
        1 => "🥇".to_owned(),
        2 => "🥈".to_owned(),
        3 => "🥉".to_owned(),
        place => format!("{place}."),
    };
    let nickname = escape(&row.nickname);
    let value = value(stage, key, row.value);
    if row.user_id == stage.scene.user_id {
        format!("{place} <b>{nickname} — {value}</b> 👈")
    } else {
        format!("{place} {nickname} — {value}")
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole figures far below the bounds of f64's integers"
)]
fn value(stage: &Stage<'_>, key: Option<TopKey>, value: f64) -> String {
    match key {
        Some(TopKey::Gofra | TopKey::Cable) => stage.units.length(value),
        Some(TopKey::Zmiy) | None => stage.units.mass(value as i64),
        Some(TopKey::Atm) => format!("{}", value as i64),
        Some(TopKey::Wins) => stage.units.count("wins", value as i64),
    }
}

/// Figures of the group.
pub(super) fn chat_stats(stage: &Stage<'_>) -> Option<Screen> {
    let Facts::Chat(chat) = stage.scene.facts else {
        return None;
    };
    let values = [
        ("title", stage.title().into()),
        ("players", stage.units.count("players", chat.players).into()),
        ("active", chat.active.into()),
        ("days", stage.units.count("days", CHAT_ACTIVE_DAYS).into()),
        ("davkas", stage.units.count("davkas", chat.davkas).into()),
        ("grams", stage.units.mass(chat.grams).into()),
    ];
    let page = Page::with(stage.words, "chat-stats", values);
    let page = match chat.last_activity {
        None => page,
        Some(at) => page.line("chat-stats-last", [("ago", stage.ago(at).into())]),
    };
    Some(page.under(stage.keyboards.chat()))
}

/// One's own share in the group.
#[expect(clippy::cast_precision_loss, reason = "whole percents are shown")]
pub(super) fn chat_me(stage: &Stage<'_>) -> Option<Screen> {
    let Facts::Share(share) = stage.scene.facts else {
        return None;
    };
    let nickname = ("nickname", stage.nickname().into());
    let keyboard = stage.keyboards.chat();
    let place = match share.place {
        Some(place) if share.davkas > 0 => place,
        _ => return Some(Page::with(stage.words, "chat-me-none", [nickname]).under(keyboard)),
    };
    let part = share.grams as f64 / share.chat_grams.max(1) as f64;
    let values = [
        nickname,
        ("percent", percent(part).into()),
        ("bar", bar(part).into()),
        ("davkas", stage.units.count("davkas", share.davkas).into()),
        ("grams", stage.units.mass(share.grams).into()),
        ("all", stage.units.mass(share.chat_grams).into()),
        ("place", place.into()),
        ("players", share.players.into()),
    ];
    Some(Page::with(stage.words, "chat-me", values).under(keyboard))
}

/// Figures for administrators.
pub(super) fn admin(stage: &Stage<'_>) -> Option<Screen> {
    let Facts::Admin(figures) = stage.scene.facts else {
        return None;
    };
    let values = [
        (
            "players",
            stage.units.count("players", figures.players).into(),
        ),
        ("active", figures.active_day.into()),
        ("chats", figures.chats.into()),
        ("duels", stage.units.count("duels", figures.duels).into()),
    ];
    let page = Page::with(stage.words, "admin", values).gap();
    if figures.errors.is_empty() {
        return Some(
            page.line("admin-no-errors", [])
                .under(stage.keyboards.to_menu()),
        );
    }
    let errors = figures.errors.iter().take(SHOWN_ERRORS);
    let page = errors.fold(page.line("admin-errors", []), |page, error| {
        let values = [
            ("id", escape(&error.id).into()),
            ("handler", escape(&error.handler).into()),
            ("kind", escape(&error.kind).into()),
            ("ago", stage.ago(error.at).into()),
        ];
        page.line("admin-error", values)
    });
    Some(page.under(stage.keyboards.to_menu()))
}
