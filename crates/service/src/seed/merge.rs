//! The merge of one item: the declared values, the stored values, and those that an earlier seed wrote.
//!
//! Not here: the decision itself ([`opendrs_domain::seed_record`]). Invariant: the new record has a digest for exactly those
//! values that a seed wrote and still owns, or owned when another source changed them.

use super::report::{SeedEffect, SeedEffectKind, SeedOutcome};
use opendrs_domain::language::Language;
use opendrs_domain::seed_record::{SeedDecision, SeedElementDecision, SeedRecord, decide_element, decide_value};
use opendrs_domain::translation::Translations;
use opendrs_store::seed_record::{self, SeedRecordKey};
use opendrs_store::{Result, Tx};
use serde::Serialize;

/// How a value is displayed; `None` where it must not be.
pub(super) type FormatValue<T> = fn(&T) -> Option<String>;

/// Displays an optional value that has a text.
pub(super) fn format_optional<T: ToString>(value: &Option<T>) -> Option<String> {
    Some(value.as_ref().map_or_else(|| "none".into(), T::to_string))
}

/// Displays an optional value that has a text.
pub(super) fn format_maybe<T: ToString>(value: &Option<T>) -> Option<String> {
    Some(value.as_ref().map_or_else(|| "none".into(), ToString::to_string))
}

/// Displays any value that has a text.
pub(super) fn format_plain<T: ToString>(value: &T) -> Option<String> {
    Some(value.to_string())
}

/// Displays nothing: the value belongs to a customer, or is secret.
pub(super) fn hide_value<T>(_: &T) -> Option<String> {
    None
}

/// Whether values of other sources are overwritten, and who owns equal values.
#[derive(Clone, Copy, Debug)]
pub(super) struct MergeRights {
    /// Overwrite values that other sources set.
    pub(super) force: bool,
    /// Whether an equal value belongs to the seed from now on. This is false for a customer's own data.
    pub(super) adopt: bool,
}

/// The digest of a value of the item with this record.
pub(super) fn value_digest<T: Serialize>(thing: &SeedRecordKey, key: &str, value: &T) -> String {
    let SeedRecordKey { kind, parent, id, .. } = thing;
    let value = serde_json::to_value(value).unwrap_or_default();
    SeedRecord::digest(&format!("{kind} {parent} {id}"), key, &value)
}

/// An item that is being compared with its declaration.
pub(super) struct SeedMerge {
    /// The key of its record.
    pub(super) key: SeedRecordKey,
    /// The record that the seed will write.
    pub(super) record: SeedRecord,
    before: Option<SeedRecord>,
    exists: bool,
    rights: MergeRights,
    effects: Vec<SeedEffect>,
}

impl SeedMerge {
    /// Begins with the record of an item.
    pub(super) async fn start(tx: &mut Tx<'_>, key: SeedRecordKey, exists: bool, rights: MergeRights) -> Result<Self> {
        let before = seed_record::find(tx, &key).await?;
        Ok(Self { record: before.clone().unwrap_or_default(), key, before, exists, rights, effects: Vec::new() })
    }

    /// Whether an earlier seed declared it and it was removed since.
    pub(super) fn was_removed(&self) -> bool {
        self.before.is_some() && !self.exists && !self.rights.force
    }

    /// The value that the item will have. `current` is `None` for a new item.
    pub(super) fn merge_value<T: Serialize>(
        &mut self,
        key: &str,
        current: Option<T>,
        declared: T,
        show: FormatValue<T>,
    ) -> T {
        let to = self.digest(key, &declared);
        let Some(current) = current else {
            self.record.values.insert(key.to_owned(), to);
            return declared;
        };
        let from = self.digest(key, &current);
        let owned = self.owned_digest(key) == Some(from.as_str());
        match decide_value(self.owned_digest(key), &from, &to, self.rights.force) {
            SeedDecision::Unchanged => {
                if self.rights.adopt {
                    self.record.values.insert(key.to_owned(), to);
                }
                current
            }
            SeedDecision::Write => {
                self.record.values.insert(key.to_owned(), to);
                let what = if owned { SeedEffectKind::Changed } else { SeedEffectKind::Overwritten };
                self.record_effect(key, what, show(&current), show(&declared));
                declared
            }
            SeedDecision::Keep => {
                self.record_effect(key, SeedEffectKind::Kept, show(&current), show(&declared));
                current
            }
        }
    }

    /// The same for an optional declaration. Without one, a new item has a default, and an existing item keeps its
    /// value.
    pub(super) fn merge_optional<T: Serialize>(
        &mut self,
        key: &str,
        current: Option<T>,
        declared: Option<T>,
        default: impl FnOnce() -> T,
        show: FormatValue<T>,
    ) -> T {
        match (current, declared) {
            (current, Some(declared)) => self.merge_value(key, current, declared, show),
            (Some(current), None) => current,
            (None, None) => self.merge_value(key, None, default(), show),
        }
    }

    /// The same for a value that the store does not hold, so that nobody set it. `current` is the effective value.
    pub(super) fn merge_unset<T: Serialize>(&mut self, key: &str, current: T, declared: T, show: FormatValue<T>) -> T {
        let to = self.digest(key, &declared);
        if self.digest(key, &current) != to && self.exists {
            self.record_effect(key, SeedEffectKind::Changed, show(&current), show(&declared));
        }
        self.record.values.insert(key.to_owned(), to);
        declared
    }

    /// The same for a value that stores of earlier releases do not have: where it is empty and no seed wrote it, nobody
    /// set it.
    pub(super) fn merge_added<T: Serialize>(
        &mut self,
        key: &str,
        current: Option<Option<T>>,
        declared: Option<T>,
        show: FormatValue<Option<T>>,
    ) -> Option<T> {
        match current {
            Some(None) if self.owned_digest(key).is_none() => self.merge_unset(key, None, declared, show),
            current => self.merge_value(key, current, declared, show),
        }
    }

    /// The translations that a text will have. Each language is a value of its own, such as `names.de`. `current` is
    /// `None` for a new item.
    pub(super) fn merge_translations(
        &mut self,
        key: &str,
        current: Option<&Translations>,
        declared: &Translations,
    ) -> Translations {
        let merged = Language::ALL.into_iter().filter_map(|language| {
            let key = format!("{key}.{language}");
            let text = |texts: &Translations| texts.get(language).map(str::to_owned);
            let (old, new) = (current.map(text), text(declared));
            // A language that nobody declared has no record.
            if old.as_ref().is_none_or(Option::is_none) && new.is_none() && self.owned_digest(&key).is_none() {
                return None;
            }
            Some((language, self.merge_added(&key, old, new, format_maybe)?))
        });
        merged.collect()
    }

    /// The elements that a list will have. Each is decided separately.
    pub(super) fn merge_list(&mut self, key: &str, current: Option<&[String]>, declared: &[String]) -> Vec<String> {
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
                SeedElementDecision::Keep => (is, wanted && (was || self.rights.adopt)),
                SeedElementDecision::Add => (true, true),
                SeedElementDecision::Remove => (false, false),
                SeedElementDecision::LeaveOut => (false, true),
                SeedElementDecision::KeepForeign => (true, false),
            };
            let name = format!("{key} {element}");
            if owned {
                drop(self.record.values.insert(name.clone(), self.digest(&name, &true)));
            } else {
                drop(self.record.values.remove(&name));
            }
            if member {
                list.push(element.clone());
            }
            let shown = Some(element.clone());
            match decision {
                SeedElementDecision::Add if self.exists => self.record_effect(key, SeedEffectKind::Added, None, shown),
                SeedElementDecision::Remove => self.record_effect(key, SeedEffectKind::Removed, shown, None),
                SeedElementDecision::LeaveOut => self.record_effect(key, SeedEffectKind::Kept, None, shown),
                SeedElementDecision::KeepForeign => self.record_effect(key, SeedEffectKind::Kept, shown, None),
                SeedElementDecision::Add | SeedElementDecision::Keep => {}
            }
        }
        list
    }

    /// Records the effect on a value that is not merged as one.
    pub(super) fn record_effect(&mut self, key: &str, what: SeedEffectKind, from: Option<String>, to: Option<String>) {
        self.effects.push(SeedEffect { key: key.to_owned(), kind: what, from, to });
    }

    /// The digest that an earlier seed recorded for a value.
    pub(super) fn owned_digest(&self, key: &str) -> Option<&str> {
        self.before.as_ref().and_then(|record| record.value(key))
    }

    /// The digest of a value.
    pub(super) fn digest<T: Serialize>(&self, key: &str, value: &T) -> String {
        value_digest(&self.key, key, value)
    }

    /// Whether the item itself has to be written.
    pub(super) fn needs_write(&self) -> bool {
        !self.exists || self.effects.iter().any(|effect| effect.kind != SeedEffectKind::Kept)
    }

    /// Whether the record has to be written.
    pub(super) fn needs_record(&self) -> bool {
        self.before.as_ref() != Some(&self.record)
    }

    /// The outcome for the item.
    pub(super) fn finish(self) -> (SeedOutcome, Vec<SeedEffect>) {
        let done = match (self.exists, self.needs_write(), self.effects.is_empty()) {
            (false, ..) => SeedOutcome::Created,
            (true, true, _) => SeedOutcome::Changed,
            (true, false, false) => SeedOutcome::Kept,
            (true, false, true) => SeedOutcome::Unchanged,
        };
        (done, self.effects)
    }
}
