//! A page that is written line by line, and what makes strangers' words harmless in Telegram's HTML.

use super::Screen;
use super::keyboard::Keyboard;
use super::words::{Value, Words};
use std::borrow::Cow;

/// The longest piece of a stranger's text on a page, in characters. Nicknames are shorter; titles may be cut. With it
/// no page can reach Telegram's 4096 characters.
const LONGEST_PIECE: usize = 64;

/// A page in the making.
pub(super) struct Page {
    words: Words,
    text: String,
}

impl Page {
    /// A page that begins with this message.
    pub(super) fn with<const N: usize>(words: Words, key: &str, values: [Value<'_>; N]) -> Self {
        Self {
            words,
            text: words.say(key, values).into_owned(),
        }
    }

    /// Adds a message on a line of its own.
    pub(super) fn line<const N: usize>(mut self, key: &str, values: [Value<'_>; N]) -> Self {
        self.text.push('\n');
        self.text.push_str(&self.words.say(key, values));
        self
    }

    /// Adds a line that needs no words.
    pub(super) fn row(mut self, row: &str) -> Self {
        self.text.push('\n');
        self.text.push_str(row);
        self
    }

    /// Adds an empty line.
    pub(super) fn gap(self) -> Self {
        self.row("")
    }

    /// The finished screen.
    pub(super) fn under(self, keyboard: Keyboard) -> Screen {
        Screen {
            text: self.text,
            keyboard,
        }
    }
}

/// A stranger's text for Telegram's HTML: escaped, on one line and of bounded length.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| !c.is_control() && !matches!(c, '&' | '<' | '>' | '"');
    if text.len() <= LONGEST_PIECE && text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len().min(4 * LONGEST_PIECE));
    for c in text.chars().take(LONGEST_PIECE) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    if text.chars().nth(LONGEST_PIECE).is_some() {
        escaped.push('…');
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_words_are_harmless() {
        for (text, expect) in [
            ("", ""),
            ("Гоша_1", "Гоша_1"),
            ("<b>&\"", "&lt;b&gt;&amp;&quot;"),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(escape(text), expect);
        }
        assert_eq!(escape(&"я".repeat(1_000)), "я".repeat(64) + "…");
        assert_eq!(escape(&"я".repeat(64)), "я".repeat(64));
    }
}
