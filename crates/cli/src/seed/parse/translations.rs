//! Translations of a text of a seed file.
//!
//! Invariant: a translation conforms to the rule of the text that it translates.

use super::super::file_format::TranslationsToml;
use super::SeedParser;
use opendrs_domain::language::Language;
use opendrs_domain::translation::Translations;

impl SeedParser<'_> {
    /// Parses the translations under a key. `parse` has the rule of the default text.
    pub(super) fn parse_translations<T: Into<String>, E: std::fmt::Display>(
        &self,
        declared: &TranslationsToml,
        key: &str,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<Translations, String> {
        let each = declared.iter().map(|(tag, text)| {
            let known = Language::ALL.into_iter().find(|language| language.tag() == tag.get_ref());
            let Some(language) = known else {
                let says = format!(
                    "`{}` is not a language of the pages; write one of {}",
                    tag.get_ref(),
                    Language::all_tags()
                );
                return self.error_at(tag, key, says);
            };
            match parse(text.get_ref()) {
                Ok(text) => Ok((language, text.into())),
                Err(error) => self.error_at(text, &format!("{key}.{language}"), error),
            }
        });
        each.collect()
    }
}
