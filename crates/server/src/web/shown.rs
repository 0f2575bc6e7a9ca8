//! How a page is shown: at which site, in which language, and where it can be had in the others.
//!
//! Invariant: what the address of a page asks for is remembered by the browser alone, so that looking changes nothing
//! here; links to other languages keep everything else that the address says, byte for byte.

use opendrs_http::request::{header, query};
use super::browser::{self, LANGUAGE};
use crate::state::Site;
use opendrs_texts::Texts;
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::language::{Language, Wishes};
use opendrs_domain::login::form;
use std::borrow::Cow;
use std::sync::Arc;

/// Parameters that ask for a language: that of Login with Amazon, and OpenID Connect's list.
const ASKING: [&str; 2] = ["language", "ui_locales"];

/// How a page is shown.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) site: Arc<Site>,
    pub(super) texts: &'static Texts,
    /// What the browser is to remember.
    remember: Option<Language>,
}

/// A page in one of the languages there are.
pub(super) struct Other {
    pub(super) language: Language,
    pub(super) href: String,
}

/// What a request itself says of the language that is wanted.
pub(super) struct Said {
    asked: Option<Language>,
    chosen: Option<Language>,
    accepted: Option<String>,
}

impl Said {
    pub(super) fn by(site: &Site, parts: &Parts) -> Self {
        let pairs = query(&parts.uri);
        let asked = pairs.iter().filter(|(name, _)| ASKING.contains(&name.as_str()));
        let accepted = header(&parts.headers, "accept-language");
        Self {
            asked: asked.filter_map(|(_, tags)| Language::first(tags)).next(),
            chosen: browser::cookie(parts, &browser::cookie_name(site, LANGUAGE)).and_then(Language::parse),
            accepted: accepted.map(Cow::into_owned),
        }
    }

    /// Whether the customer's own language does not matter.
    pub(super) fn is_enough(&self) -> bool {
        self.asked.or(self.chosen).is_some()
    }

    /// How the page is shown to a customer whose language is `stored`.
    pub(super) fn shown(&self, site: &Arc<Site>, stored: Option<Language>) -> Shown {
        let Self { asked, chosen, accepted } = self;
        let (asked, chosen, default) = (*asked, *chosen, site.app.settings.language);
        let wishes = Wishes { asked, chosen, stored, accepted: accepted.as_deref(), default };
        let texts = Texts::of(wishes.settle());
        Shown { site: site.clone(), texts, remember: asked.filter(|_| asked != chosen) }
    }
}

impl Shown {
    /// For developers, who are spoken to in English.
    pub(super) fn english(site: &Arc<Site>) -> Self {
        Self { site: site.clone(), texts: Texts::of(Language::English), remember: None }
    }

    /// Where a page is to be had in each language; `target` is its address.
    pub(super) fn switch(&self, target: &str) -> Vec<Other> {
        Language::ALL.map(|language| Other { language, href: at(target, language) }).into()
    }

    /// Lets the browser remember the language that the page's address asks for.
    pub(super) fn remembered(&self, mut response: Response) -> Response {
        if let Some(language) = self.remember {
            remember(&self.site, &mut response, language);
        }
        response
    }
}

/// The address of the page that is asked for.
pub(super) fn here(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |address| address.as_str())
}

/// Lets the browser remember a language, until it is closed.
pub(super) fn remember(site: &Site, response: &mut Response, language: Language) {
    browser::set_cookie(site, response, LANGUAGE, language.tag(), None);
}

/// The address of a page in a language: the same but for the parameters that ask for one.
fn at(target: &str, language: Language) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !form::unescape(name.as_bytes(), true).is_some_and(|name| ASKING.contains(&name.as_str()))
    });
    let pairs: Vec<&str> = kept.collect();
    let start = if pairs.is_empty() { String::new() } else { pairs.join("&") + "&" };
    format!("{path}?{start}language={language}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_another_language_keeps_everything_else() {
        for (target, other) in [
            ("/settings", "/settings?language=de"),
            ("/settings?", "/settings?language=de"),
            ("/settings?language=ja", "/settings?language=de"),
            (
                "/settings?access_token=Atza|x%2By&exitUri=%2Fnull",
                "/settings?access_token=Atza|x%2By&exitUri=%2Fnull&language=de",
            ),
            ("/ap/oa?state=a%26b&&language=en_US&x", "/ap/oa?state=a%26b&x&language=de"),
            ("/ap/oa?ui_locales=fr+en&l%61nguage=en&languages=1", "/ap/oa?languages=1&language=de"),
        ] {
            assert_eq!(at(target, Language::German), other);
            assert_eq!(at(&at(target, Language::Japanese), Language::German), other, "however often");
        }
    }
}
