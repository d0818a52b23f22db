//! How many of the partitions a consumer has.

use std::fmt;

/// A consumer's share of the partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Partitions that it consumes.
    pub owned: u16,
    /// All partitions there are.
    pub of: u16,
    /// Whether it is left without a partition because there are more consumers than partitions.
    pub spare: bool,
}

impl Share {
    pub(super) fn none(of: u16) -> Self {
        Self {
            owned: 0,
            of,
            spare: false,
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spare {
            write!(f, "spare: all {} partitions are owned by others", self.of)
        } else {
            write!(f, "{} of {} partitions", self.owned, self.of)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_in_words() {
        let mut share = Share::none(32);
        assert_eq!(share.to_string(), "0 of 32 partitions");
        share.spare = true;
        assert_eq!(
            share.to_string(),
            "spare: all 32 partitions are owned by others"
        );
    }
}
