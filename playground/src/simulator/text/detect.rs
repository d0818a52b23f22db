//! Entities that need no markup: commands, mentions and links.

use super::Entity;

/// Adds the commands, mentions and links of `text`, but not inside of code and links that are there already.
pub(super) fn add(text: &str, entities: &mut Vec<Entity>) {
    if !text.contains(['/', '@']) {
        return;
    }
    let mut shields: Vec<_> = entities.iter().filter_map(shield).collect();
    shields.sort_unstable();
    let mut shields = shields.into_iter().peekable();
    // The end of the shields that have begun.
    let mut shielded = 0;
    let mut units = 0;
    let mut previous = None;
    let mut skip_to = 0;
    for (at, character) in text.char_indices() {
        while let Some((_, end)) = shields.next_if(|(start, _)| *start <= units) {
            shielded = shielded.max(end);
        }
        if at >= skip_to
            && let Some((kind, bytes)) = starting_at(&text[at..], previous)
        {
            let length = super::utf16_length(&text[at..at + bytes]);
            if units >= shielded {
                entities.push(Entity::new(kind, units, length));
            }
            skip_to = at + bytes;
        }
        units += character.len_utf16();
        previous = Some(character);
    }
}

/// Start and end of an entity in which nothing is looked for.
fn shield(entity: &Entity) -> Option<(usize, usize)> {
    let shields = matches!(
        entity.kind.as_ref(),
        "code" | "pre" | "text_link" | "text_mention"
    );
    shields.then_some((entity.offset, entity.offset + entity.length))
}

/// The entity that begins `rest`, and its length in bytes.
fn starting_at(rest: &str, previous: Option<char>) -> Option<(&'static str, usize)> {
    if previous.is_some_and(|previous| previous.is_alphanumeric() || previous == '_') {
        return None;
    }
    match rest.as_bytes().first()? {
        b'/' if !matches!(previous, Some('/' | '<' | '>')) => {
            command(rest).map(|length| ("bot_command", length))
        }
        b'@' => {
            let length = word(&rest[1..], 32);
            (length >= 3).then_some(("mention", 1 + length))
        }
        b'h' => link(rest).map(|length| ("url", length)),
        _ => None,
    }
}

/// `/name` or `/name@bot`.
fn command(rest: &str) -> Option<usize> {
    let name = word(&rest[1..], 64);
    if name == 0 {
        return None;
    }
    let mut length = 1 + name;
    if let Some(bot) = rest[length..].strip_prefix('@') {
        let bot = word(bot, 32);
        if bot >= 3 {
            length += 1 + bot;
        }
    }
    let next = rest[length..].chars().next();
    let ends = !next.is_some_and(|next| next.is_alphanumeric() || "_/<>".contains(next));
    ends.then_some(length)
}

/// Length of the Latin word at the start, up to `limit`.
fn word(text: &str, limit: usize) -> usize {
    let bytes = text.bytes().take(limit);
    bytes
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count()
}

/// `http://` or `https://` up to white space, without the punctuation of the sentence around it.
fn link(rest: &str) -> Option<usize> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| rest.starts_with(scheme))?;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let link = rest[..end].trim_end_matches(['.', ',', '!', '?', ';', ':', ')', '"', '\'']);
    (link.len() > scheme.len()).then_some(link.len())
}

#[cfg(test)]
mod tests {
    use crate::simulator::text::typed;

    #[test]
    fn commands_mentions_and_links_are_found_where_telegram_finds_them() {
        type Found = (&'static str, usize, usize);
        let cases: [(&str, &[Found]); 9] = [
            ("/start", &[("bot_command", 0, 6)]),
            ("/fight@gofrobot now", &[("bot_command", 0, 15)]),
            ("well /davka!", &[("bot_command", 5, 6)]),
            ("Пацан 🙂 /top", &[("bot_command", 9, 4)]),
            ("1/2 a/b //x /a/b", &[]),
            ("/", &[]),
            ("/привет", &[]),
            ("hi @gosha, a@b.example", &[("mention", 3, 6)]),
            ("see https://example.org/a.", &[("url", 4, 21)]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = typed(text)
                .entities
                .iter()
                .map(|entity| (entity.kind.to_string(), entity.offset, entity.length))
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(kind, offset, length)| (kind.to_string(), *offset, *length))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
