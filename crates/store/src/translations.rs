//! The column of translations: one JSON text for all translations of a thing.
//!
//! Invariant: the column is empty where a thing has none. A key that a later release wrote is ignored.

use crate::Result;
use crate::value::{DbRow, FromColumn};
use opendrs_domain::translation::Translations;
use std::collections::BTreeMap;

/// The translations of a thing, by the key under which a seed declares them.
pub(crate) struct StoredTranslations(BTreeMap<String, Translations>);

impl FromColumn for StoredTranslations {
    type Raw = String;
    fn from_raw(raw: String) -> Option<Self> {
        serde_json::from_str(&raw).ok().map(Self)
    }
}

impl StoredTranslations {
    /// The translations in a column of a row.
    pub(crate) fn from_row(row: &DbRow<'_>, column: usize) -> Result<Self> {
        Ok(row.get::<Option<Self>>(column)?.unwrap_or(Self(BTreeMap::new())))
    }

    /// The translations under a key.
    pub(crate) fn take(&mut self, key: &str) -> Translations {
        self.0.remove(key).unwrap_or_default()
    }
}

/// The text for the column; `None` where there are no translations.
pub(crate) fn encode<const N: usize>(all: [(&str, &Translations); N]) -> Option<String> {
    let all: BTreeMap<&str, &Translations> = all.into_iter().filter(|(_, texts)| !texts.is_empty()).collect();
    if all.is_empty() { None } else { serde_json::to_string(&all).ok() }
}
