//! Ids of errors: shown to the player, found again in the log and the `errors` table.

use std::time::{Duration, SystemTime};

/// Crockford's base 32: no I, L, O or U, so that an id survives being read aloud; its order is that of ASCII.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 2025-01-01T00:00:00Z in Unix milliseconds; eight characters of milliseconds last from there until 2059.
const EPOCH_MS: u64 = 1_735_689_600_000;

/// A new error id: ten characters, eight of time (milliseconds) and two of chance, as in `1T0V4C7KQM`.
///
/// Ids sort by time of birth. Two errors share an id only in the same millisecond, and then once in 1,024 times.
pub fn error_id() -> String {
    at(SystemTime::now(), rand::random())
}

fn at(now: SystemTime, chance: u16) -> String {
    let unix_ms = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_millis() as u64;
    let number = (unix_ms.saturating_sub(EPOCH_MS) << 10) | u64::from(chance & 0x3ff);
    (0..10)
        .rev()
        .map(|place| char::from(ALPHABET[(number >> (5 * place)) as usize & 31]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_sortable_and_readable() {
        let born = |ms| SystemTime::UNIX_EPOCH + Duration::from_millis(EPOCH_MS + ms);
        assert_eq!(at(born(0), 0), "0000000000");
        assert_eq!(at(born(1), 33), "0000000111");
        assert_eq!(at(born((1 << 40) - 1), 0xffff), "ZZZZZZZZZZ");
        let ids: Vec<String> = [0, 1, 31, 32, 1_000_000, 60_000_000_000]
            .map(|ms| at(born(ms), 1023))
            .into();
        assert!(ids.is_sorted(), "{ids:?}");
        let id = error_id();
        assert!(
            id.len() == 10 && id.bytes().all(|byte| ALPHABET.contains(&byte)),
            "{id}"
        );
    }
}
