//! What the tests of all kinds of markup ask.

use super::parse;

/// Kind, offset and length of an entity.
pub(super) type Found = (&'static str, usize, usize);

/// Whether a marked-up text becomes these words with these entities.
pub(super) fn check(mode: &str, raw: &str, plain: &str, expected: &[Found]) {
    let text = parse(raw, Some(mode), None).unwrap();
    assert_eq!(text.plain, plain, "{raw}");
    let found: Vec<_> = text
        .entities
        .iter()
        .map(|entity| (entity.kind.as_ref(), entity.offset, entity.length))
        .collect();
    assert_eq!(found, expected, "{raw}");
}
