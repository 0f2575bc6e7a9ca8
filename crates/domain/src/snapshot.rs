//! Snapshots: saved states of an installation, for tests.
//!
//! Not here: the content of a snapshot, and its storage. Invariant: a [`SnapshotName`] is valid in a file's name and in
//! a schema's without escaping.

use crate::time::Time;

/// A snapshot's name: 1 to 40 of `a-z`, `0-9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotName(String);

impl SnapshotName {
    /// Reads a name.
    ///
    /// # Errors
    /// A sentence that states the allowed characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if (1..=40).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a snapshot's name is 1 to 40 of the small letters a to z, digits, `-` and `_`".into())
        }
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A saved state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The snapshot's name.
    pub name: SnapshotName,
    /// The service's time in the snapshot.
    pub at: Time,
    /// When it was saved, by the machine's clock.
    pub saved_at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        for name in ["a", "0", "with_two-devices", &"x".repeat(40)] {
            assert_eq!(SnapshotName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "A", "a b", "..", "a/b", "a.db", "ä", "\"", &"x".repeat(41)] {
            assert!(SnapshotName::parse(name).is_err(), "{name}");
        }
    }
}
