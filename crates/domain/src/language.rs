//! Languages of customers' pages and mails: which there are, and in which one a customer is spoken to.
//!
//! What it is: the reading of the tags that browsers, apps and links send, the order in which wishes count, and how
//! each language writes prices, moments and numbers ([`written`]) and reads amounts ([`typed`]). What it is not: it holds no texts. Invariant:
//! whatever is sent, one of [`Language::ALL`] comes out; a wish that cannot be read is no wish.

mod amount_input;
mod formatting;

pub use amount_input::parse_percent;

use std::fmt;

/// A language that customers are spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
    /// Japanese.
    Japanese,
}

impl Language {
    /// Every language, as a switch lists them.
    pub const ALL: [Language; 3] = [Language::English, Language::German, Language::Japanese];

    /// Its tag, as HTML, HTTP and the store write it (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::Japanese => "ja",
        }
    }

    /// Every tag, for whoever wrote another one.
    #[must_use]
    pub fn all_tags() -> String {
        Self::ALL.map(Self::tag).join(", ")
    }

    /// What it calls itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::German => "Deutsch",
            Language::Japanese => "日本語",
        }
    }

    /// Whether it is what everything that is not translated is written in.
    #[must_use]
    pub fn is_english(self) -> bool {
        self == Language::English
    }

    /// Reads a tag or a locale's name: `de`, `de-AT`, `de_DE`, `JA-jp`, `en_US.UTF-8`. Region and script do not matter,
    /// since there is one form of each language.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_', '.', '@']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first of several tags, best first and parted by blanks, that is one of ours: `ui_locales` of OpenID Connect.
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

/// Everything that is known of the language somebody wants; what is nearest to their own word counts first.
#[derive(Clone, Copy, Debug)]
pub struct LanguagePreferences<'w> {
    /// What the page's address asks for.
    pub from_query: Option<Language>,
    /// What this browser asked for before.
    pub from_cookie: Option<Language>,
    /// What the customer who is signed in has said, or was spoken to in.
    pub from_account: Option<Language>,
    /// `Accept-Language`, as sent.
    pub accept_language: Option<&'w str>,
    /// What the operator wants where nothing else is known.
    pub default: Language,
}

impl LanguagePreferences<'_> {
    /// The language to speak.
    #[must_use]
    pub fn resolve(&self) -> Language {
        let named = self.from_query.or(self.from_cookie).or(self.from_account);
        let accepted = || negotiate(self.accept_language.unwrap_or_default(), self.default);
        named.or_else(accepted).unwrap_or(self.default)
    }
}

/// Longest `Accept-Language` that is read, in ranges; browsers send a handful.
const MAX_RANGES: usize = 32;

/// The language that an `Accept-Language` header likes best (RFC 9110, 12.5.4); `None` when it names none of ours.
///
/// A range of a region stands for its language. Of what is liked equally the range named first counts, and `*`, which is
/// any language not named otherwise, is the default one if that was not refused.
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

/// What `*` stands for: the default language or else another one, unless the header names it by itself.
fn wildcard_language(ranges: &[(&str, u16)], default: Language) -> Option<Language> {
    let named = |language: &Language| ranges.iter().any(|(tag, _)| Language::parse(tag) == Some(*language));
    std::iter::once(default).chain(Language::ALL).find(|language| !named(language))
}

/// A range and its quality in thousandths; `None` for what is neither.
fn parse_range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let quality = match parts.next() {
        None => 1000,
        Some(weight) => parse_quality(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?,
    };
    Some((tag, quality))
}

/// `0.8` in thousandths: at most three decimals, at most 1.
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
