//! Languages of customers' pages and mails, and the choice of one for a customer.
//!
//! What it is: the parsing of the tags that browsers, apps and links send, and the precedence of preferences. It also
//! includes how each language writes prices, times and numbers (`formatting`) and reads amounts (`amount_input`).
//! What it is not: it holds no texts. Invariant: every input leads to one of [`Language::ALL`]; an invalid preference
//! is ignored.

mod amount_input;
mod formatting;

pub use amount_input::parse_percent;

use std::fmt;

/// A language of pages and mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
}

impl Language {
    /// Every language, in the order of the language links.
    pub const ALL: [Language; 3] = [Language::English, Language::German, Language::Japanese];

    /// The language tag, as in HTML, HTTP and the store (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::Japanese => "ja",
        }
    }

    /// Every tag, for error texts.
    #[must_use]
    pub fn all_tags() -> String {
        Self::ALL.map(Self::tag).join(", ")
    }

    /// The language's name in the language itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::German => "Deutsch",
            Language::Japanese => "日本語",
        }
    }

    /// Whether it is English, the language of all texts that are not translated.
    #[must_use]
    pub fn is_english(self) -> bool {
        self == Language::English
    }

    /// Reads a tag or a locale's name: `de`, `de-AT`, `de_DE`, `JA-jp`, `en_US.UTF-8`. Region and script are ignored,
    /// since there is one form of each language.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_', '.', '@']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first supported tag of a list, best first and separated by blanks: `ui_locales` of OpenID Connect.
    #[must_use]
    pub fn parse_first(tags: &str) -> Option<Self> {
        tags.split_whitespace().find_map(Self::parse)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// All language preferences of a request. The most explicit one takes precedence.
#[derive(Clone, Copy, Debug)]
pub struct LanguagePreferences<'w> {
    /// The language in the page's address.
    pub from_query: Option<Language>,
    /// The language that this browser chose before.
    pub from_cookie: Option<Language>,
    /// The language of the signed-in customer's account.
    pub from_account: Option<Language>,
    /// The `Accept-Language` header, as sent.
    pub accept_language: Option<&'w str>,
    /// The operator's default.
    pub default: Language,
}

impl LanguagePreferences<'_> {
    /// The language to use.
    #[must_use]
    pub fn resolve(&self) -> Language {
        let named = self.from_query.or(self.from_cookie).or(self.from_account);
        let accepted = || negotiate(self.accept_language.unwrap_or_default(), self.default);
        named.or_else(accepted).unwrap_or(self.default)
    }
}

/// The most ranges of an `Accept-Language` header that are read; browsers send a handful.
const MAX_RANGES: usize = 32;

/// The preferred language of an `Accept-Language` header (RFC 9110, 12.5.4); `None` if it names no supported one.
///
/// A range with a region counts for its language. Of ranges with equal quality the first one counts. `*` is any
/// language that the header does not name: the default one, unless it was refused.
#[must_use]
pub fn negotiate(header: &str, default: Language) -> Option<Language> {
    let ranges: Vec<(&str, u16)> = header.split(',').take(MAX_RANGES).filter_map(parse_range).collect();
    let mut best: Option<(Language, u16)> = None;
    for (tag, quality) in &ranges {
        let language = match *tag {
            "*" => wildcard_language(&ranges, default),
            tag => Language::parse(tag),
        };
        if let Some(language) = language
            && *quality > best.map_or(0, |(_, quality)| quality)
        {
            best = Some((language, *quality));
        }
    }
    best.map(|(language, _)| language)
}

/// The language of `*`: the default language or else another one, unless the header names it.
fn wildcard_language(ranges: &[(&str, u16)], default: Language) -> Option<Language> {
    let named = |language: &Language| ranges.iter().any(|(tag, _)| Language::parse(tag) == Some(*language));
    std::iter::once(default).chain(Language::ALL).find(|language| !named(language))
}

/// A range and its quality in thousandths; `None` if the text is invalid.
fn parse_range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let quality = match parts.next() {
        None => 1000,
        Some(weight) => parse_quality(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?,
    };
    Some((tag, quality))
}

/// A quality such as `0.8` in thousandths: at most three decimals, at most 1.
fn parse_quality(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    let thousandths: u16 = format!("{part:0<3}").parse().ok().filter(|_| digits)?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
