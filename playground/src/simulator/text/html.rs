//! The HTML dialect of the Bot API: a few tags, four named entities, and complaints with byte offsets.

use super::Builder;

/// An open tag.
struct Open {
    tag: String,
    /// The name of the entity it makes.
    kind: &'static str,
    /// Where it begins in the plain text, in UTF-16 units and in bytes.
    offset: usize,
    start: usize,
    /// `href`, `emoji-id`, or the language of a code block.
    argument: Option<String>,
}

pub(super) fn parse(raw: &str) -> Result<Builder, String> {
    let mut out = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(character) = raw[at..].chars().next() {
        match character {
            '&' => at += reference(&raw[at..], &mut out),
            '<' if raw[at..].starts_with("</") => at = end_tag(raw, at, &mut open, &mut out)?,
            '<' => at = start_tag(raw, at, &mut open, &out)?,
            _ => {
                out.push(character);
                at += character.len_utf8();
            }
        }
    }
    match open.last() {
        Some(last) => Err(format!(
            "Can't find end tag corresponding to start tag \"{}\"",
            last.tag
        )),
        None => Ok(out),
    }
}

/// Takes `&lt;` and its like for what they mean; anything else that starts with an ampersand is text.
fn reference(rest: &str, out: &mut Builder) -> usize {
    let (character, length) = decoded(rest).unwrap_or(('&', 1));
    out.push(character);
    length
}

/// The character that a reference means, and the length of the reference; its semicolon may be missing.
fn decoded(rest: &str) -> Option<(char, usize)> {
    let (start, belongs): (_, fn(&char) -> bool) = match rest.strip_prefix("&#") {
        Some(digits) if digits.starts_with('x') => (3, char::is_ascii_hexdigit),
        Some(_) => (2, char::is_ascii_digit),
        None => (1, char::is_ascii_alphabetic),
    };
    let end = start + rest[start..].chars().take_while(belongs).count();
    let character = match &rest[start..end] {
        number if start > 1 && end < 10 => {
            let radix = if start == 3 { 16 } else { 10 };
            let code = u32::from_str_radix(number, radix).ok()?;
            char::from_u32(code).filter(|character| *character != '\0')?
        }
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => return None,
    };
    Some((character, end + usize::from(rest[end..].starts_with(';'))))
}

/// A place inside of a tag.
struct Cursor<'a> {
    raw: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn next(&self) -> Option<char> {
        self.raw[self.at..].chars().next()
    }

    /// What is before the next such character, or before the end.
    fn until(&mut self, stop: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.raw[self.at..];
        let taken = &rest[..rest.find(stop).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn skip_space(&mut self) {
        self.until(|character| !is_space(character));
    }
}

fn is_space(character: char) -> bool {
    character.is_ascii_whitespace()
}

/// Reads `<tag attribute="value">`; returns the place behind it.
fn start_tag(raw: &str, at: usize, open: &mut Vec<Open>, out: &Builder) -> Result<usize, String> {
    let mut cursor = Cursor { raw, at: at + 1 };
    let tag = cursor.until(|character| character == '>' || is_space(character));
    let tag = tag.to_ascii_lowercase();
    let unclosed = || format!("Unclosed start tag at byte offset {at}");
    let cut_off = || format!("Unclosed start tag \"{tag}\" at byte offset {at}");
    cursor.next().ok_or_else(unclosed)?;
    let mut kind =
        kind(&tag).ok_or_else(|| format!("Unsupported start tag \"{tag}\" at byte offset {at}"))?;
    let mut argument = None;
    loop {
        cursor.skip_space();
        if cursor.next() == Some('>') {
            break;
        }
        let name = cursor.until(|character| is_space(character) || "=>/\"'".contains(character));
        if name.is_empty() {
            return Err(format!(
                "Empty attribute name in the tag \"{tag}\" at byte offset {at}"
            ));
        }
        cursor.skip_space();
        if cursor.next().ok_or_else(cut_off)? != '=' {
            if (tag.as_str(), name) == ("blockquote", "expandable") {
                kind = "expandable_blockquote";
            }
            continue;
        }
        cursor.at += 1;
        cursor.skip_space();
        let value = match cursor.next().ok_or_else(cut_off)? {
            quote @ ('"' | '\'') => {
                cursor.at += 1;
                let value = cursor.until(|character| character == quote);
                cursor.at = (cursor.at + 1).min(raw.len());
                plain(value)
            }
            _ => token(&mut cursor)?,
        };
        cursor.next().ok_or_else(unclosed)?;
        if matches!(
            (tag.as_str(), name),
            ("a", "href") | ("code" | "span", "class") | ("tg-emoji", "emoji-id")
        ) {
            argument = Some(value);
        }
    }
    if tag == "span" && argument.as_deref() != Some("tg-spoiler") {
        return Err(format!(
            "Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"
        ));
    }
    open.push(Open {
        tag,
        kind,
        offset: out.units,
        start: out.plain.len(),
        argument,
    });
    Ok(cursor.at + 1)
}

/// The entity that a tag makes.
fn kind(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "span" | "tg-spoiler" => "spoiler",
        "a" => "text_link",
        "tg-emoji" => "custom_emoji",
        "pre" => "pre",
        "code" => "code",
        "blockquote" => "blockquote",
        _ => return None,
    })
}

/// A value without quotes: letters, digits, periods and hyphens.
fn token(cursor: &mut Cursor<'_>) -> Result<String, String> {
    let start = cursor.at;
    let token = cursor.until(|it| !(it.is_ascii_alphanumeric() || it == '.' || it == '-'));
    match cursor.next() {
        Some(next) if next != '>' && !is_space(next) => Err(format!(
            "Unexpected end of name token at byte offset {start}"
        )),
        _ => Ok(token.to_ascii_lowercase()),
    }
}

/// A quoted value, decoded.
fn plain(value: &str) -> String {
    let mut out = Builder::default();
    let mut at = 0;
    while let Some(character) = value[at..].chars().next() {
        if character == '&' {
            at += reference(&value[at..], &mut out);
        } else {
            out.push(character);
            at += character.len_utf8();
        }
    }
    out.plain
}

/// Reads `</tag>` and adds the entity it ends; returns the place behind it.
fn end_tag(raw: &str, at: usize, open: &mut Vec<Open>, out: &mut Builder) -> Result<usize, String> {
    let Some(last) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {at}"));
    };
    let mut cursor = Cursor { raw, at: at + 2 };
    let name = cursor.until(|character| character == '>' || is_space(character));
    let name = name.to_ascii_lowercase();
    cursor.skip_space();
    if cursor.next() != Some('>') {
        return Err(format!("Unclosed end tag at byte offset {at}"));
    }
    if !name.is_empty() && name != last.tag {
        return Err(format!(
            "Unmatched end tag at byte offset {at}, expected \"</{}>\", found \"</{name}>\"",
            last.tag
        ));
    }
    close_entity(&last, open, out);
    Ok(cursor.at + 1)
}

fn close_entity(last: &Open, open: &mut [Open], out: &mut Builder) {
    match last.kind {
        "text_link" => {
            let link = last.argument.clone().filter(|link| !link.is_empty());
            let link = link.unwrap_or_else(|| out.plain[last.start..].to_owned());
            if !link.is_empty()
                && let Some(entity) = out.close("text_link", last.offset)
            {
                entity.url = Some(link);
            }
        }
        "custom_emoji" => {
            if let Some(entity) = out.close("custom_emoji", last.offset) {
                entity.custom_emoji_id = last.argument.clone();
            }
        }
        // `<pre><code class="language-rust">` is one block of code with a language.
        "code" if open.last().is_some_and(|outer| outer.kind == "pre") => {
            let class = last.argument.as_deref().unwrap_or_default();
            if let (Some(outer), Some(language)) =
                (open.last_mut(), class.strip_prefix("language-"))
            {
                outer.argument = Some(language.to_owned());
            }
        }
        "pre" => {
            if let Some(entity) = out.close("pre", last.offset) {
                entity.language = last.argument.clone();
            }
        }
        kind => {
            out.close(kind, last.offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::simulator::text::{TextError, parse};

    #[test]
    fn markup_becomes_entities_in_utf16_units() {
        let text = parse(
            "  🙂 <b>Пацан <i>x</i></b> &lt;3 <a href=\"https://e.example/?a=1&amp;b\">l</a> ",
            Some("HTML"),
            None,
        )
        .unwrap();
        assert_eq!(text.plain, "🙂 Пацан x <3 l");
        let entities: Vec<_> = text
            .entities
            .iter()
            .map(|e| (e.kind.as_ref(), e.offset, e.length))
            .collect();
        assert_eq!(
            entities,
            [("bold", 3, 7), ("italic", 9, 1), ("text_link", 14, 1)]
        );
        assert_eq!(
            text.entities[2].url.as_deref(),
            Some("https://e.example/?a=1&b")
        );
    }

    #[test]
    fn references_are_decoded_where_telegram_decodes_them() {
        let cases = [
            ("&lt3&gt;&amp;amp &quot;", "<3>&amp \""),
            ("&#1078;&#x436 &#0;", "жж &#0;"),
            ("&laquo; &LT; & &", "&laquo; &LT; & &"),
            ("&#12345678; &# &#x", "&#12345678; &# &#x"),
        ];
        for (raw, plain) in cases {
            let text = parse(raw, Some("HTML"), None).unwrap();
            assert_eq!(text.plain, plain, "{raw}");
        }
    }

    #[test]
    fn attributes_may_be_many_and_have_no_value() {
        let raw =
            "<blockquote expandable  cite='x'>q</blockquote><a title=1 href = 'http://a.b'>l</a>";
        let text = parse(raw, Some("HTML"), None).unwrap();
        assert_eq!(text.entities[0].kind, "expandable_blockquote");
        assert_eq!(text.entities[1].url.as_deref(), Some("http://a.b"));
    }

    #[test]
    fn code_blocks_keep_their_language_and_shield_commands() {
        let text = parse(
            "<pre><code class=\"language-rust\">/fn</code></pre>",
            Some("html"),
            None,
        )
        .unwrap();
        assert_eq!(text.entities.len(), 1);
        assert_eq!(text.entities[0].kind, "pre");
        assert_eq!(text.entities[0].language.as_deref(), Some("rust"));
    }

    #[test]
    fn broken_markup_is_refused_in_telegrams_words() {
        let cases = [
            (
                "<b>x",
                "Can't find end tag corresponding to start tag \"b\"",
            ),
            (
                "ab <foo>x</foo>",
                "Unsupported start tag \"foo\" at byte offset 3",
            ),
            (
                "<b>x</i>",
                "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"",
            ),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("1 < 2", "Unsupported start tag \"\" at byte offset 2"),
            ("x <b", "Unclosed start tag at byte offset 2"),
            ("<b/>x", "Unsupported start tag \"b/\" at byte offset 0"),
            ("<br/>", "Unsupported start tag \"br/\" at byte offset 0"),
            ("<a href", "Unclosed start tag \"a\" at byte offset 0"),
            ("<a href=\"x\"", "Unclosed start tag at byte offset 0"),
            ("<a href=\"x", "Unclosed start tag at byte offset 0"),
            (
                "<a href=x/>y</a>",
                "Unexpected end of name token at byte offset 8",
            ),
            (
                "<a =\"x\">y</a>",
                "Empty attribute name in the tag \"a\" at byte offset 0",
            ),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
            ("<b>x</ b>", "Unclosed end tag at byte offset 4"),
            ("</", "Unexpected end tag at byte offset 0"),
            (
                "<span>x</span>",
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
            ),
        ];
        for (raw, complaint) in cases {
            let error = parse(raw, Some("HTML"), None).unwrap_err();
            assert_eq!(error, TextError::Entities(complaint.to_owned()), "{raw}");
        }
        assert_eq!(
            parse("x", Some("BBCode"), None),
            Err(TextError::UnknownMode)
        );
    }
}
