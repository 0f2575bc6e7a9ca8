//! Seed records: the values that a seed wrote, and when a later seed may change them.
//!
//! What it is: a record of the values that a seed wrote, as digests, and the three-way decision between that record,
//! the store and a new declaration. What it is not: the store of records, or the seed file. Invariant: a value that was
//! changed otherwise differs from its record, and is not overwritten.

mod client_matching;

pub use client_matching::{ClientIdentity, ClientMatchError, match_clients};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The values that a seed wrote of one object.
///
/// Values are digests, since they may be addresses or password hashes, and only equality matters. They are salted with
/// the object's key, so that equal values of two objects differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedRecord {
    /// The values by which an object without an id in the file is recognised, in clear, such as a client's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub identity: BTreeMap<String, String>,
    /// A digest for each value.
    pub values: BTreeMap<String, String>,
}

impl SeedRecord {
    /// The digest of a value of the object `thing`.
    #[must_use]
    pub fn digest(thing: &str, key: &str, value: &serde_json::Value) -> String {
        let hash = Sha256::new().chain_update(thing).chain_update([0]).chain_update(key).chain_update([0]);
        let hash = hash.chain_update(value.to_string()).finalize();
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The digest of the value under a key, if a seed wrote it.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// The values whose key is `prefix` and one more part: that part.
    pub fn elements<'r>(&'r self, prefix: &'r str) -> impl Iterator<Item = &'r str> {
        self.values.keys().filter_map(move |key| key.strip_prefix(prefix)?.strip_prefix(' '))
    }
}

/// The decision about one value of an existing object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedDecision {
    /// The store holds the declared value.
    Unchanged,
    /// The declared value is written.
    Write,
    /// The value was changed otherwise since, and stays.
    Keep,
}

/// Decides about one value, from the digests of what a seed wrote (`before`), of the stored and of the declared value.
#[must_use]
pub fn decide_value(before: Option<&str>, current: &str, declared: &str, force: bool) -> SeedDecision {
    if current == declared {
        SeedDecision::Unchanged
    } else if force || before == Some(current) {
        SeedDecision::Write
    } else {
        SeedDecision::Keep
    }
}

/// The decision about one element of a set, such as a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedElementDecision {
    /// It stays: it is declared, or was never declared.
    Keep,
    /// It is newly declared.
    Add,
    /// It was declared before, and no longer is.
    Remove,
    /// It is declared but was removed otherwise since: it stays removed.
    LeaveOut,
    /// It was added otherwise, and stays.
    KeepForeign,
}

/// Decides about one element: whether a seed wrote it (`before`), the store holds it (`current`), and the seed declares
/// it.
#[must_use]
pub fn decide_element(before: bool, current: bool, declared: bool, force: bool) -> SeedElementDecision {
    match (before, current, declared) {
        (_, true, true) => SeedElementDecision::Keep,
        (true, false, true) if !force => SeedElementDecision::LeaveOut,
        (_, false, true) => SeedElementDecision::Add,
        (false, true, false) if !force => SeedElementDecision::KeepForeign,
        (_, true, false) => SeedElementDecision::Remove,
        (_, false, false) => SeedElementDecision::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_value_that_nobody_else_set_is_overwritten() {
        for (before, current, declared, force, wanted) in [
            (Some("a"), "a", "a", false, SeedDecision::Unchanged),
            (Some("a"), "a", "b", false, SeedDecision::Write),
            (Some("a"), "x", "b", false, SeedDecision::Keep),
            (Some("a"), "x", "a", false, SeedDecision::Keep),
            (Some("a"), "b", "b", false, SeedDecision::Unchanged),
            (None, "x", "b", false, SeedDecision::Keep),
            (None, "x", "b", true, SeedDecision::Write),
            (Some("a"), "x", "b", true, SeedDecision::Write),
        ] {
            assert_eq!(
                decide_value(before, current, declared, force),
                wanted,
                "{before:?} {current} {declared} {force}"
            );
        }
    }

    #[test]
    fn an_element_follows_its_declaration_unless_somebody_else_changed_it() {
        use SeedElementDecision::*;
        for (before, current, declared, plain, forced) in [
            (true, true, true, Keep, Keep),
            (true, true, false, Remove, Remove),
            (true, false, true, LeaveOut, Add),
            (false, true, true, Keep, Keep),
            (false, true, false, KeepForeign, Remove),
            (false, false, true, Add, Add),
            (true, false, false, Keep, Keep),
        ] {
            assert_eq!(decide_element(before, current, declared, false), plain, "{before} {current} {declared}");
            assert_eq!(decide_element(before, current, declared, true), forced, "{before} {current} {declared}");
        }
    }

    #[test]
    fn digests_differ_by_thing_key_and_value() {
        let digests = [("a", "b", 1), ("a", "c", 1), ("b", "b", 1), ("a", "b", 2), ("ab", "", 1)]
            .map(|(thing, key, value)| SeedRecord::digest(thing, key, &json!(value)));
        for (at, digest) in digests.iter().enumerate() {
            assert_eq!(digest.len(), 32);
            assert!(!digests[..at].contains(digest), "{digests:?}");
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let mut record = SeedRecord::default();
        record.values.insert("redirect_uris https://a.example".into(), "1".into());
        record.values.insert("mode".into(), "2".into());
        record.identity.insert("name".into(), "cloud".into());
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<SeedRecord>(&text).unwrap(), record);
        assert_eq!(record.elements("redirect_uris").collect::<Vec<_>>(), ["https://a.example"]);
    }
}
