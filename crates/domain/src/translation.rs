//! Translations of a text that a maker declares: of a name, a title or a unit.
//!
//! Not here: the texts of pages and mails, which this program has itself. Invariant: a language without a translation
//! has the default text.

use crate::language::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The translations of one text, by language. The default text is kept beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, String>")]
pub struct Translations(BTreeMap<Language, String>);

impl Translations {
    /// The text in a language, or else the default text.
    #[must_use]
    pub fn pick<'t>(&'t self, language: Language, default: &'t str) -> &'t str {
        self.get(language).unwrap_or(default)
    }

    /// The translation into a language.
    #[must_use]
    pub fn get(&self, language: Language) -> Option<&str> {
        self.0.get(&language).map(String::as_str)
    }

    /// Every translation, in the order of [`Language::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Language, &str)> {
        self.0.iter().map(|(language, text)| (*language, text.as_str()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Language, String)> for Translations {
    fn from_iter<I: IntoIterator<Item = (Language, String)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl From<BTreeMap<String, String>> for Translations {
    /// Reads the stored form. A later release may have stored a language that this one does not know: it is ignored.
    fn from(stored: BTreeMap<String, String>) -> Self {
        let known = |tag: &str| Language::ALL.into_iter().find(|language| language.tag() == tag);
        stored.into_iter().filter_map(|(tag, text)| Some((known(&tag)?, text))).collect()
    }
}

impl fmt::Display for Translations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.iter().map(|(language, text)| format!("{language}: {text}")).collect();
        f.write_str(&all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jug() -> Translations {
        [(Language::Japanese, "浄水ポット".to_owned()), (Language::German, "Wasserkrug".to_owned())]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_language_without_translation_has_the_default_text() {
        for (language, text) in
            [(Language::English, "Jug"), (Language::German, "Wasserkrug"), (Language::Japanese, "浄水ポット")]
        {
            assert_eq!(jug().pick(language, "Jug"), text);
            assert_eq!(Translations::default().pick(language, "Jug"), "Jug");
        }
        assert_eq!(jug().get(Language::English), None);
    }

    #[test]
    fn translations_are_listed_in_the_order_of_languages() {
        assert_eq!(jug().to_string(), "de: Wasserkrug, ja: 浄水ポット");
        assert!(Translations::default().is_empty() && !jug().is_empty());
    }

    #[test]
    fn the_stored_form_is_read_back_without_unknown_languages() {
        let text = serde_json::to_string(&jug()).unwrap();
        assert_eq!(text, r#"{"de":"Wasserkrug","ja":"浄水ポット"}"#);
        assert_eq!(serde_json::from_str::<Translations>(&text).unwrap(), jug());
        let later = r#"{"de":"Wasserkrug","fr":"Carafe","ja":"浄水ポット"}"#;
        assert_eq!(serde_json::from_str::<Translations>(later).unwrap(), jug());
    }
}
