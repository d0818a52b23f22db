//! The HTML dialect of the Bot API: a few tags, four named entities, and complaints with byte offsets.

use super::Builder;

/// An open tag.
struct Open {
    tag: String,
    /// The name of the entity it makes.
    kind: &'static str,
    offset: usize,
    /// `href`, `emoji-id`, or the language of a code block.
    argument: Option<String>,
}

pub(super) fn parse(raw: &str) -> Result<Builder, String> {
    let mut out = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(character) = raw[at..].chars().next() {
        match character {
            '&' => at += entity(&raw[at..], &mut out),
            '<' if raw[at..].starts_with("</") => at += end_tag(raw, at, &mut open, &mut out)?,
            '<' => at += start_tag(raw, at, &mut open, out.units)?,
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

/// Decodes `&lt;` and its like; anything else that starts with an ampersand is text.
fn entity(rest: &str, out: &mut Builder) -> usize {
    let decoded = rest.find(';').filter(|end| *end <= 10).and_then(|end| {
        let character = match &rest[1..end] {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            name => {
                let digits = name.strip_prefix('#')?;
                let code = match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => digits.parse().ok()?,
                };
                char::from_u32(code).filter(|character| *character != '\0')?
            }
        };
        Some((character, end + 1))
    });
    let (character, length) = decoded.unwrap_or(('&', 1));
    out.push(character);
    length
}

/// Reads `<tag attribute="value">`; returns its length in bytes.
fn start_tag(raw: &str, at: usize, open: &mut Vec<Open>, units: usize) -> Result<usize, String> {
    let close =
        tag_end(&raw[at..]).ok_or_else(|| format!("Unclosed start tag at byte offset {at}"))?;
    let inside = raw[at + 1..at + close].trim_end_matches('/');
    let name_end = inside.find(char::is_whitespace).unwrap_or(inside.len());
    let (name, attributes) = inside.split_at(name_end);
    let tag = name.to_ascii_lowercase();
    let value = |wanted: &str| attribute(attributes, wanted);
    let (kind, argument) = match tag.as_str() {
        "b" | "strong" => ("bold", None),
        "i" | "em" => ("italic", None),
        "u" | "ins" => ("underline", None),
        "s" | "strike" | "del" => ("strikethrough", None),
        "tg-spoiler" => ("spoiler", None),
        "span" if value("class").as_deref() == Some("tg-spoiler") => ("spoiler", None),
        "span" => {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"
            ));
        }
        "a" => ("text_link", value("href")),
        "tg-emoji" => ("custom_emoji", value("emoji-id")),
        "pre" => ("pre", None),
        "code" => ("code", value("class")),
        "blockquote"
            if attributes
                .split_whitespace()
                .any(|word| word == "expandable") =>
        {
            ("expandable_blockquote", None)
        }
        "blockquote" => ("blockquote", None),
        _ => {
            return Err(format!(
                "Unsupported start tag \"{tag}\" at byte offset {at}"
            ));
        }
    };
    open.push(Open {
        tag,
        kind,
        offset: units,
        argument,
    });
    Ok(close + 1)
}

/// The place of the `>` that ends a tag, which may not be inside of quotes.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    rest.char_indices().find_map(|(at, character)| {
        match quote {
            Some(open) if open == character => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == '>' => return Some(at),
            None => {}
        }
        None
    })
}

fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    while let Some(equals) = rest.find('=') {
        let name = rest[..equals].trim();
        let value = rest[equals + 1..].trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote)?,
            _ => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        if name
            .rsplit(char::is_whitespace)
            .next()
            .is_some_and(|n| n.eq_ignore_ascii_case(wanted))
        {
            let mut decoded = Builder::default();
            let mut at = 0;
            while let Some(character) = value[at..].chars().next() {
                if character == '&' {
                    at += entity(&value[at..], &mut decoded);
                } else {
                    decoded.push(character);
                    at += character.len_utf8();
                }
            }
            return Some(decoded.plain);
        }
        rest = after;
    }
    None
}

/// Reads `</tag>` and adds the entity it ends; returns its length in bytes.
fn end_tag(raw: &str, at: usize, open: &mut Vec<Open>, out: &mut Builder) -> Result<usize, String> {
    let close = raw[at..]
        .find('>')
        .ok_or_else(|| format!("Unclosed end tag at byte offset {at}"))?;
    let name = raw[at + 2..at + close].trim().to_ascii_lowercase();
    let Some(last) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {at}"));
    };
    if !name.is_empty() && name != last.tag {
        return Err(format!(
            "Unmatched end tag at byte offset {at}, expected \"</{}>\", found \"</{name}>\"",
            last.tag
        ));
    }
    close_entity(&last, open, out);
    Ok(close + 1)
}

fn close_entity(last: &Open, open: &mut [Open], out: &mut Builder) {
    match last.kind {
        "text_link" => {
            let link = last.argument.clone().unwrap_or_else(|| {
                let start = out
                    .plain
                    .encode_utf16()
                    .skip(last.offset)
                    .collect::<Vec<_>>();
                String::from_utf16_lossy(&start)
            });
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
            ("1 < 2", "Unclosed start tag at byte offset 2"),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
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
