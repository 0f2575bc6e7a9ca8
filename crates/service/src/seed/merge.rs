//! One thing's values: those that the seed declares, those that the store holds, and what an earlier seed wrote.
//!
//! Not here: the decision itself ([`opendrs_domain::seeded`]). Invariant: the new record holds a digest for exactly those
//! values that a seed wrote and still owns, or owned when somebody else changed them.

use super::outcome::{Done, Effect, What};
use opendrs_domain::seeded::{Decision, ElementDecision, Record, decide, decide_element};
use opendrs_store::seeded::{self, Key};
use opendrs_store::{Result, Tx};
use serde::Serialize;

/// How a value is shown to people; `None` where it must not be.
pub(super) type Show<T> = fn(&T) -> Option<String>;

/// Shows a text that may be missing.
pub(super) fn optional(value: &Option<String>) -> Option<String> {
    Some(value.clone().unwrap_or_else(|| "none".into()))
}

/// Shows anything that has a text.
pub(super) fn plain<T: ToString>(value: &T) -> Option<String> {
    Some(value.to_string())
}

/// Shows nothing: the value is a customer's, or a secret.
pub(super) fn hidden<T>(_: &T) -> Option<String> {
    None
}

/// Whether values that somebody else set are overwritten, and whose values they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    /// Overwrite what somebody else set.
    pub(super) force: bool,
    /// A value that is as declared counts as the seed's from now on. Not so for a customer's own data.
    pub(super) adopt: bool,
}

/// The digest of a value of the thing whose record is kept at a place.
pub(super) fn digest<T: Serialize>(thing: &Key, key: &str, value: &T) -> String {
    let Key { kind, parent, id, .. } = thing;
    let value = serde_json::to_value(value).unwrap_or_default();
    Record::digest(&format!("{kind} {parent} {id}"), key, &value)
}

/// A thing that is being compared with its declaration.
pub(super) struct Merge {
    /// Where its record is kept.
    pub(super) key: Key,
    /// What the seed will have written.
    pub(super) record: Record,
    before: Option<Record>,
    exists: bool,
    rights: Rights,
    effects: Vec<Effect>,
}

impl Merge {
    /// Begins with a thing's record.
    pub(super) async fn begin(tx: &mut Tx<'_>, key: Key, exists: bool, rights: Rights) -> Result<Self> {
        let before = seeded::get(tx, &key).await?;
        Ok(Self { record: before.clone().unwrap_or_default(), key, before, exists, rights, effects: Vec::new() })
    }

    /// Whether an earlier seed declared it and somebody removed it since.
    pub(super) fn is_gone(&self) -> bool {
        self.before.is_some() && !self.exists && !self.rights.force
    }

    /// The value that the thing is to have. `current` is missing for a new thing.
    pub(super) fn value<T: Serialize>(&mut self, key: &str, current: Option<T>, declared: T, show: Show<T>) -> T {
        let to = self.digest(key, &declared);
        let Some(current) = current else {
            self.record.values.insert(key.to_owned(), to);
            return declared;
        };
        let from = self.digest(key, &current);
        let owned = self.owned(key) == Some(from.as_str());
        match decide(self.owned(key), &from, &to, self.rights.force) {
            Decision::Same => {
                if self.rights.adopt {
                    self.record.values.insert(key.to_owned(), to);
                }
                current
            }
            Decision::Write => {
                self.record.values.insert(key.to_owned(), to);
                let what = if owned { What::Changed } else { What::Overwritten };
                self.effect(key, what, show(&current), show(&declared));
                declared
            }
            Decision::Keep => {
                self.effect(key, What::Kept, show(&current), show(&declared));
                current
            }
        }
    }

    /// The same for a value that need not be declared: a new thing has a default then, and another what it has.
    pub(super) fn optional<T: Serialize>(
        &mut self,
        key: &str,
        current: Option<T>,
        declared: Option<T>,
        default: impl FnOnce() -> T,
        show: Show<T>,
    ) -> T {
        match (current, declared) {
            (current, Some(declared)) => self.value(key, current, declared, show),
            (Some(current), None) => current,
            (None, None) => self.value(key, None, default(), show),
        }
    }

    /// The same for a value that the store holds none of, so that nobody set it: `current` is what holds without one.
    pub(super) fn unset<T: Serialize>(&mut self, key: &str, current: T, declared: T, show: Show<T>) -> T {
        let to = self.digest(key, &declared);
        if self.digest(key, &current) != to && self.exists {
            self.effect(key, What::Changed, show(&current), show(&declared));
        }
        self.record.values.insert(key.to_owned(), to);
        declared
    }

    /// The elements that a list is to have. Each is decided by itself.
    pub(super) fn list(&mut self, key: &str, current: Option<&[String]>, declared: &[String]) -> Vec<String> {
        let old = current.unwrap_or_default();
        let before: Vec<String> = self.record.elements(key).map(str::to_owned).collect();
        let force = self.rights.force || current.is_none();
        let mut all: Vec<&String> = old.iter().chain(declared).chain(&before).collect();
        let mut seen = Vec::new();
        all.retain(|element| {
            let new = !seen.contains(element);
            seen.push(element);
            new
        });
        let mut list = Vec::new();
        for element in all {
            let (was, is, wanted) = (before.contains(element), old.contains(element), declared.contains(element));
            let decision = decide_element(was, is, wanted, force);
            let (member, owned) = match decision {
                ElementDecision::Keep => (is, wanted && (was || self.rights.adopt)),
                ElementDecision::Add => (true, true),
                ElementDecision::Remove => (false, false),
                ElementDecision::LeaveOut => (false, true),
                ElementDecision::KeepForeign => (true, false),
            };
            let name = format!("{key} {element}");
            match owned {
                true => drop(self.record.values.insert(name.clone(), self.digest(&name, &true))),
                false => drop(self.record.values.remove(&name)),
            }
            if member {
                list.push(element.clone());
            }
            let shown = Some(element.clone());
            match decision {
                ElementDecision::Add if self.exists => self.effect(key, What::Added, None, shown),
                ElementDecision::Remove => self.effect(key, What::Removed, shown, None),
                ElementDecision::LeaveOut => self.effect(key, What::Kept, None, shown),
                ElementDecision::KeepForeign => self.effect(key, What::Kept, shown, None),
                ElementDecision::Add | ElementDecision::Keep => {}
            }
        }
        list
    }

    /// Notes what happened to a value that is no plain one.
    pub(super) fn effect(&mut self, key: &str, what: What, from: Option<String>, to: Option<String>) {
        self.effects.push(Effect { key: key.to_owned(), what, from, to });
    }

    /// The digest that an earlier seed left of a value.
    pub(super) fn owned(&self, key: &str) -> Option<&str> {
        self.before.as_ref().and_then(|record| record.value(key))
    }

    /// A value's digest.
    pub(super) fn digest<T: Serialize>(&self, key: &str, value: &T) -> String {
        digest(&self.key, key, value)
    }

    /// Whether anything of the thing itself has to be written.
    pub(super) fn writes(&self) -> bool {
        !self.exists || self.effects.iter().any(|effect| effect.what != What::Kept)
    }

    /// Whether the record has to be written.
    pub(super) fn records(&self) -> bool {
        self.before.as_ref() != Some(&self.record)
    }

    /// What became of the thing.
    pub(super) fn end(self) -> (Done, Vec<Effect>) {
        let done = match (self.exists, self.writes(), self.effects.is_empty()) {
            (false, ..) => Done::Created,
            (true, true, _) => Done::Changed,
            (true, false, false) => Done::Kept,
            (true, false, true) => Done::Unchanged,
        };
        (done, self.effects)
    }
}
