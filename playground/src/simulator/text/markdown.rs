//! MarkdownV2 of the Bot API: what is reserved must be escaped, and what is opened must be closed.

use super::Builder;

const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

/// An open marker.
struct Open {
    marker: &'static str,
    kind: &'static str,
    /// The name that complaints use.
    name: &'static str,
    units: usize,
    byte: usize,
}

/// Markers that open and close alike, the longer ones first.
const MARKERS: [(&str, &str, &str); 5] = [
    ("__", "underline", "Underline"),
    ("||", "spoiler", "Spoiler"),
    ("*", "bold", "Bold"),
    ("_", "italic", "Italic"),
    ("~", "strikethrough", "Strikethrough"),
];

pub(super) fn parse(raw: &str) -> Result<Builder, String> {
    let mut out = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    let mut quote = None;
    let mut at = 0;
    while let Some(character) = raw[at..].chars().next() {
        let rest = &raw[at..];
        let line_start = out.plain.is_empty() || out.plain.ends_with('\n');
        if let Some(escaped) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next())
            && escaped.is_ascii()
        {
            out.push(escaped);
            at += 2;
        } else if line_start && character == '>' {
            quote.get_or_insert(out.units);
            at += 1;
        } else if character == '\n' {
            if !rest[1..].starts_with('>')
                && let Some(start) = quote.take()
            {
                out.close("blockquote", start);
            }
            out.push('\n');
            at += 1;
        } else if ends_quote(rest)
            && open.last().is_none_or(|last| last.marker != "||")
            && let Some(start) = quote.take()
        {
            out.close("expandable_blockquote", start);
            at += 2;
        } else if character == '`' {
            at += code(raw, at, &mut out)?;
        } else if let Some((marker, kind, name)) = MARKERS
            .into_iter()
            .find(|(marker, _, _)| rest.starts_with(marker))
        {
            at += marker.len();
            match open.pop_if(|last| last.marker == marker) {
                Some(last) => {
                    out.close(last.kind, last.units);
                }
                None => {
                    let byte = at - marker.len();
                    open.push(Open {
                        marker,
                        kind,
                        name,
                        units: out.units,
                        byte,
                    });
                }
            }
        } else if character == '[' || rest.starts_with("![") {
            let length = if character == '[' { 1 } else { 2 };
            let units = out.units;
            open.push(Open {
                marker: "]",
                kind: "text_link",
                name: "TextUrl",
                units,
                byte: at,
            });
            at += length;
        } else if character == ']'
            && let Some(last) = open.pop_if(|last| last.marker == "]")
        {
            at += 1;
            at += link_target(raw, at, &last, &mut out)?;
        } else if RESERVED.contains(character) {
            return Err(format!(
                "Character '{character}' is reserved and must be escaped with the preceding '\\'"
            ));
        } else {
            out.push(character);
            at += character.len_utf8();
        }
    }
    if let Some(start) = quote {
        out.close("blockquote", start);
    }
    match open.last() {
        Some(last) => Err(format!(
            "Can't find end of {} entity at byte offset {}",
            last.name, last.byte
        )),
        None => Ok(out),
    }
}

/// Two bars at the end of a line make the quote before them expandable.
fn ends_quote(rest: &str) -> bool {
    let after = rest.strip_prefix("||");
    after.is_some_and(|after| after.is_empty() || after.starts_with('\n'))
}

/// Reads `` `code` `` or a fenced block; returns the length in bytes.
fn code(raw: &str, at: usize, out: &mut Builder) -> Result<usize, String> {
    let (fence, kind, name) = if raw[at..].starts_with("```") {
        ("```", "pre", "Pre")
    } else {
        ("`", "code", "Code")
    };
    let inside = &raw[at + fence.len()..];
    let (language, start) = match kind {
        "pre" => block_head(inside),
        _ => (None, 0),
    };
    let offset = out.units;
    let mut characters = inside[start..].char_indices();
    while let Some((byte, character)) = characters.next() {
        if inside[start + byte..].starts_with(fence) {
            if let Some(entity) = out.close(kind, offset) {
                entity.language = language;
            }
            return Ok(fence.len() + start + byte + fence.len());
        }
        match character {
            '\\' => out.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            other => out.push(other),
        }
    }
    Err(format!(
        "Can't find end of {name} entity at byte offset {at}"
    ))
}

/// The language at the start of a block of code, and the length of what comes before the code itself.
pub(super) fn block_head(inside: &str) -> (Option<String>, usize) {
    let end = inside.find(|it: char| it.is_ascii_whitespace() || it == '`');
    // A word that runs up to the fence is the code.
    let word = end.filter(|end| !inside[*end..].starts_with('`'));
    let length = word.unwrap_or(0);
    let language = (length > 0).then(|| inside[..length].to_owned());
    let newline = ["\r\n", "\n\r", "\n", "\r"]
        .into_iter()
        .find(|newline| inside[length..].starts_with(newline));
    (language, length + newline.map_or(0, str::len))
}

/// Reads `(address)` after `[words]`; returns the length in bytes. Without one the words are words.
fn link_target(raw: &str, at: usize, last: &Open, out: &mut Builder) -> Result<usize, String> {
    let Some(target) = raw[at..].strip_prefix('(') else {
        return Ok(0);
    };
    let mut address = String::new();
    let mut characters = target.char_indices();
    while let Some((byte, character)) = characters.next() {
        match character {
            '\\' => address.extend(characters.next().map(|(_, escaped)| escaped)),
            ')' => {
                let emoji = address.strip_prefix("tg://emoji?id=").map(str::to_owned);
                let kind = if emoji.is_some() {
                    "custom_emoji"
                } else {
                    last.kind
                };
                if let Some(entity) = out.close(kind, last.units) {
                    entity.url = emoji.is_none().then_some(address);
                    entity.custom_emoji_id = emoji;
                }
                return Ok(byte + 2);
            }
            other => address.push(other),
        }
    }
    let at = at + 1;
    Err(format!("Can't find end of a URL at byte offset {at}"))
}

#[cfg(test)]
mod tests {
    use crate::simulator::text::testing::{Found, check};
    use crate::simulator::text::{TextError, parse};

    #[test]
    fn markers_become_entities() {
        let cases: [(&str, &str, &[Found]); 10] = [
            (
                "*bold _both_* x",
                "bold both x",
                &[("bold", 0, 9), ("italic", 5, 4)],
            ),
            (
                "__u__ ~s~ ||p||",
                "u s p",
                &[
                    ("underline", 0, 1),
                    ("strikethrough", 2, 1),
                    ("spoiler", 4, 1),
                ],
            ),
            ("1\\.5 `a*b` \\!", "1.5 a*b !", &[("code", 4, 3)]),
            ("```rust\nlet x;\n```", "let x;", &[("pre", 0, 6)]),
            (
                "[гофра](https://e.example/\\)) ok",
                "гофра ok",
                &[("text_link", 0, 5)],
            ),
            (
                ">one\n>two\nthree",
                "one\ntwo\nthree",
                &[("blockquote", 0, 7)],
            ),
            ("**>q\n>r||", "q\nr", &[("expandable_blockquote", 0, 3)]),
            (
                ">a\n**>b||\nc",
                "a\nb\nc",
                &[("blockquote", 0, 1), ("expandable_blockquote", 2, 1)],
            ),
            (">||s||", "s", &[("spoiler", 0, 1), ("blockquote", 0, 1)]),
            ("[note]\\(x\\) ```x```", "note(x) x", &[("pre", 8, 1)]),
        ];
        for (raw, plain, expected) in cases {
            check("MarkdownV2", raw, plain, expected);
        }
    }

    #[test]
    fn broken_markup_is_refused_in_telegrams_words() {
        let cases = [
            (
                "1.5",
                "Character '.' is reserved and must be escaped with the preceding '\\'",
            ),
            ("a *b", "Can't find end of Bold entity at byte offset 2"),
            ("`x", "Can't find end of Code entity at byte offset 0"),
            ("[x", "Can't find end of TextUrl entity at byte offset 0"),
            (
                "[x](http://a.com",
                "Can't find end of a URL at byte offset 4",
            ),
            (">||q", "Can't find end of Spoiler entity at byte offset 1"),
        ];
        for (raw, complaint) in cases {
            let error = parse(raw, Some("MarkdownV2"), None).unwrap_err();
            assert_eq!(error, TextError::Entities(complaint.to_owned()), "{raw}");
        }
    }
}
