//! Snapshots: kept states of an installation for tests.
//!
//! Not here: what is kept, and where. Invariant: a [`Name`] can stand in a file's name and in a schema's as it is.

use crate::time::Time;

/// What a snapshot is called: 1 to 40 of `a-z`, `0-9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotName(String);

impl SnapshotName {
    /// Reads a name.
    ///
    /// # Errors
    /// A sentence that says what may be written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        match (1..=40).contains(&text.len()) && text.bytes().all(fits) {
            true => Ok(Self(text.to_owned())),
            false => Err("a snapshot's name is 1 to 40 of the small letters a to z, digits, `-` and `_`".into()),
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A kept state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is called.
    pub name: SnapshotName,
    /// The service's time in it.
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
