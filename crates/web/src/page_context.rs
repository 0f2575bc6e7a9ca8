//! The context in which a page is rendered: the application's state, the language, the brand, and the links to other
//! languages.
//!
//! Invariant: only the browser remembers a language that a URL requests, so that opening a page changes nothing on the
//! server. Links to other languages keep the rest of the URL byte for byte.

use super::PageError;
use super::brand::PageBrand;
use super::cookie::{LANGUAGE_COOKIE, cookie_name, find_cookie, set_cookie};
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::brand::MakerBrand;
use opendrs_domain::customer::Customer;
use opendrs_domain::id::{CustomerId, MakerId};
use opendrs_domain::language::{Language, LanguagePreferences};
use opendrs_domain::login::form;
use opendrs_domain::zone::Zone;
use opendrs_edge::state::AppState;
use opendrs_http::request::{header, query};
use opendrs_service::{brand, customer};
use opendrs_texts::ReaderTexts;
use std::borrow::Cow;
use std::sync::Arc;

/// The parameters that request a language: that of Login with Amazon, and the list of OpenID Connect.
const LANGUAGE_PARAMS: [&str; 2] = ["language", "ui_locales"];

/// The context in which a page is rendered.
#[derive(Clone)]
pub(super) struct PageContext {
    pub(super) state: Arc<AppState>,
    pub(super) texts: &'static ReaderTexts,
    /// The language that the browser has to remember.
    language_to_remember: Option<Language>,
    /// The maker whose page it is; `None` for the operator's.
    brand: Option<Arc<MakerBrand>>,
}

/// What surrounds the content of every page: the brand, and the links to other languages.
pub(super) struct PageFrame {
    /// The brand.
    pub(super) brand: PageBrand,
    /// The links to other languages; empty where the page cannot be requested again.
    pub(super) languages: Vec<LanguageLink>,
}

/// A link to the page in one language.
pub(super) struct LanguageLink {
    pub(super) language: Language,
    pub(super) href: String,
}

/// The languages that a request asks for, in order of precedence.
pub(super) struct LanguageHints {
    requested: Option<Language>,
    remembered: Option<Language>,
    accepted: Option<String>,
}

impl LanguageHints {
    pub(super) fn from_request(state: &AppState, parts: &Parts) -> Self {
        let pairs = query(&parts.uri);
        let asked = pairs.iter().filter(|(name, _)| LANGUAGE_PARAMS.contains(&name.as_str()));
        let accepted = header(&parts.headers, "accept-language");
        Self {
            requested: asked.filter_map(|(_, tags)| Language::parse_first(tags)).next(),
            remembered: find_cookie(parts, &cookie_name(state, LANGUAGE_COOKIE)).and_then(Language::parse),
            accepted: accepted.map(Cow::into_owned),
        }
    }

    /// Returns the context for a customer, or for somebody who is not signed in.
    pub(super) fn page_context(&self, state: &Arc<AppState>, customer: Option<&Customer>) -> PageContext {
        let Self { requested: asked, remembered: chosen, accepted } = self;
        let (asked, chosen, default) = (*asked, *chosen, state.app.settings.language);
        let wishes = LanguagePreferences {
            from_query: asked,
            from_cookie: chosen,
            from_account: customer.and_then(|customer| customer.language),
            accept_language: accepted.as_deref(),
            default,
        };
        let texts = ReaderTexts::find(wishes.resolve(), zone_of(state, customer));
        PageContext {
            state: state.clone(),
            texts,
            language_to_remember: asked.filter(|_| asked != chosen),
            brand: None,
        }
    }
}

impl PageContext {
    /// Returns the context of pages for developers, which are English.
    pub(super) fn english(state: &Arc<AppState>) -> Self {
        Self {
            state: state.clone(),
            texts: ReaderTexts::find(Language::English, Zone::UTC),
            language_to_remember: None,
            brand: None,
        }
    }

    /// Returns the context of a page about something of a customer, who need not be signed in. Its times are in their
    /// zone.
    pub(super) async fn in_zone_of(&self, customer: CustomerId) -> Result<Self, PageError> {
        let owner = customer::load(&self.state.app, customer).await.map_err(PageError::with_context(self))?;
        let texts = ReaderTexts::find(self.texts.language, zone_of(&self.state, Some(&owner)));
        Ok(Self { texts, ..self.clone() })
    }

    /// Returns the context of a maker's page.
    pub(super) async fn branded(&self, maker: MakerId) -> Result<Self, PageError> {
        let found = brand::find(&self.state.app, maker).await.map_err(PageError::with_context(self))?;
        Ok(Self { brand: Some(Arc::new(found)), ..self.clone() })
    }

    /// Returns the frame of a page with a link to it in each language. `target` is the page's URL.
    pub(super) fn frame(&self, target: &str) -> PageFrame {
        let links = Language::ALL.map(|language| LanguageLink { language, href: path_in_language(target, language) });
        PageFrame { languages: links.into(), ..self.frame_without_languages() }
    }

    /// Returns the frame of a page that cannot be requested again in another language.
    pub(super) fn frame_without_languages(&self) -> PageFrame {
        let brand = match &self.brand {
            Some(brand) => PageBrand::new(brand, self.texts),
            None => PageBrand::new(&brand::of_operator(&self.state.app), self.texts),
        };
        PageFrame { brand, languages: Vec::new() }
    }

    /// Sets the cookie for the language that the page's URL requests.
    pub(super) fn with_language_cookie(&self, mut response: Response) -> Response {
        if let Some(language) = self.language_to_remember {
            set_language_cookie(&self.state, &mut response, language);
        }
        response
    }
}

/// Returns the time zone of a customer's pages, or of those for somebody who is not signed in.
fn zone_of(state: &AppState, customer: Option<&Customer>) -> Zone {
    let default = state.app.settings.zone;
    customer.map_or(default, |customer| customer.zone_preferences(default).resolve())
}

/// Returns the path and query of the requested page.
pub(super) fn current_path(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", |address| address.as_str())
}

/// Sets the cookie that remembers a language until the browser is closed.
pub(super) fn set_language_cookie(state: &AppState, response: &mut Response, language: Language) {
    set_cookie(state, response, LANGUAGE_COOKIE, language.tag(), None);
}

/// Returns the URL of a page in a language. Only the parameters that request a language change.
fn path_in_language(target: &str, language: Language) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty()
            && !form::percent_decode(name.as_bytes(), true).is_some_and(|name| LANGUAGE_PARAMS.contains(&name.as_str()))
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
            assert_eq!(path_in_language(target, Language::German), other);
            assert_eq!(
                path_in_language(&path_in_language(target, Language::Japanese), Language::German),
                other,
                "however often"
            );
        }
    }
}
