//! The old Markdown of the Bot API: nothing nests, and only what opens an entity can be escaped.

use super::{Builder, markdown};

pub(super) fn parse(raw: &str) -> Result<Builder, String> {
    let mut out = Builder::default();
    let mut at = 0;
    while let Some(character) = raw[at..].chars().next() {
        let rest = &raw[at..];
        if let Some(escaped) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next())
            && "_*`[".contains(escaped)
        {
            out.push(escaped);
            at += 2;
            continue;
        }
        let (opening, closing, kind) = match character {
            '_' => ("_", "_", "italic"),
            '*' => ("*", "*", "bold"),
            '[' => ("[", "]", "text_link"),
            '`' if rest.starts_with("```") => ("```", "```", "pre"),
            '`' => ("`", "`", "code"),
            _ => {
                out.push(character);
                at += character.len_utf8();
                continue;
            }
        };
        let inside = &rest[opening.len()..];
        let (language, skipped) = match kind {
            "pre" => markdown::block_head(inside),
            _ => (None, 0),
        };
        let inside = &inside[skipped..];
        let length = inside
            .find(closing)
            .ok_or_else(|| format!("Can't find end of the entity starting at byte offset {at}"))?;
        at += opening.len() + skipped + length + closing.len();
        let words = &inside[..length];
        let offset = out.units;
        out.push_str(words);
        let Some(entity) = out.close(kind, offset) else {
            continue;
        };
        entity.language = language;
        if kind == "text_link" {
            // Without an address the words are one.
            let target = raw[at..].strip_prefix('(');
            let target = target.map(|target| target.split(')').next().unwrap_or_default());
            entity.url = Some(target.unwrap_or(words).to_owned());
            at = target.map_or(at, |target| raw.len().min(at + target.len() + 2));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::simulator::text::testing::{Found, check};
    use crate::simulator::text::{TextError, parse};

    #[test]
    fn markers_become_entities_and_nothing_nests() {
        let cases: [(&str, &str, &[Found]); 8] = [
            (
                "*b* _i_ `c`",
                "b i c",
                &[("bold", 0, 1), ("italic", 2, 1), ("code", 4, 1)],
            ),
            ("*a _b* c", "a _b c", &[("bold", 0, 4)]),
            (r"2\*2 \_x\` \[y] \z", r"2*2 _x` [y] \z", &[]),
            ("```rust\nfn x```!", "fn x!", &[("pre", 0, 4)]),
            ("```x```", "x", &[("pre", 0, 1)]),
            ("🙂 [го](http://a.b/_c_)", "🙂 го", &[("text_link", 3, 2)]),
            ("[a.b] [note]", "a.b note", &[("text_link", 0, 3)]),
            ("** [](x)", "(x)", &[]),
        ];
        for (raw, plain, expected) in cases {
            check("Markdown", raw, plain, expected);
        }
        let text = parse("```rust\nfn x``` [l](http://a.b", Some("MARKDOWN"), None).unwrap();
        assert_eq!(text.entities[0].language.as_deref(), Some("rust"));
        assert_eq!(text.entities[1].url.as_deref(), Some("http://a.b"));
    }

    #[test]
    fn what_is_not_closed_is_refused_in_telegrams_words() {
        for (raw, at) in [("snake_case", 5), ("a *b", 2), ("```x``", 0), ("ы [x", 3)] {
            let words = format!("Can't find end of the entity starting at byte offset {at}");
            let error = parse(raw, Some("Markdown"), None).unwrap_err();
            assert_eq!(error, TextError::Entities(words), "{raw}");
        }
    }
}
