//! The browser at the other end: its cookie, its sign-in, its language, the token its forms carry.
//!
//! Invariant: a POST is looked at only after its form token was found to fit the cookie it came with, and it did not
//! come from another site.

use opendrs_http::body::read_body;
use opendrs_http::request::header;
use super::Refused;
use super::leave::is_navigation;
use super::shown::{Said, Shown};
use crate::state::Site;
use axum::body::Body;
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::login::form;
use opendrs_domain::session::Session;
use opendrs_service::{BadChoice, customer, session};
use std::sync::Arc;

/// A browser.
pub(super) struct Browser {
    cookie: String,
    /// The cookie is new and must be set.
    fresh: bool,
    /// It is a browser that a person uses, which says that it navigates.
    pub(super) navigates: bool,
    /// The sign-up under way, if any: the one that was last gone on with.
    pub(super) signup: Option<String>,
    /// Who signed in, if anybody.
    pub(super) session: Option<Session>,
    /// How pages are shown to them.
    pub(super) shown: Shown,
}

/// The cookie that stands for a sign-in, and binds forms to a browser.
pub(super) const SESSION: &str = "opendrs";
/// The cookie that remembers a language.
pub(super) const LANGUAGE: &str = "opendrs-language";

/// The cookie that names the sign-up under way, so that no address does. It is worth nothing without the session's.
const SIGNUP: &str = "opendrs-signup";

/// With `__Host-` a browser sends a cookie to this host alone, and by https alone.
pub(super) fn cookie_name(site: &Site, name: &str) -> String {
    if site.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
}

impl Browser {
    pub(super) async fn of(site: &Arc<Site>, parts: &Parts) -> Result<Self, Refused> {
        let said = Said::by(site, parts);
        // As far as is known before anybody was looked up.
        let shown = said.shown(site, None);
        let refused = Refused::by(&shown);
        let sent = cookie(parts, &cookie_name(site, SESSION)).filter(|value| is_ours(value)).map(str::to_owned);
        let session = match &sent {
            Some(cookie) => session::find(&site.app, cookie).await.map_err(&refused)?,
            None => None,
        };
        let shown = match &session {
            Some(session) if !said.is_enough() => {
                let owner = customer::get(&site.app, session.customer).await.map_err(&refused)?;
                said.shown(site, owner.language)
            }
            _ => shown,
        };
        let fresh = sent.is_none();
        let cookie = sent.unwrap_or_else(|| session::anonymous(&site.app));
        let signup = self::cookie(parts, &cookie_name(site, SIGNUP)).filter(|value| is_ours(value)).map(str::to_owned);
        Ok(Self { cookie, fresh, navigates: is_navigation(&parts.headers), signup, session, shown })
    }

    /// What the page's forms carry.
    pub(super) fn form_token(&self, site: &Site) -> String {
        session::form_token(&site.app, &self.cookie)
    }

    /// Lets the browser go on with a sign-up at addresses that do not name it.
    pub(super) fn with_signup(&self, mut response: Response, id: &str) -> Response {
        if self.signup.as_deref() != Some(id) {
            set_cookie(&self.shown.site, &mut response, SIGNUP, id, None);
        }
        response
    }

    /// The cookie's value.
    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Sets the cookie on a page, where the browser has none yet: its forms are bound to it.
    pub(super) fn remember(&self, site: &Site, mut response: Response) -> Response {
        if self.fresh {
            set_cookie(site, &mut response, SESSION, &self.cookie, None);
        }
        response
    }
}

/// Puts a cookie on an answer; an age of 0 removes it.
pub(super) fn set_cookie(site: &Site, response: &mut Response, name: &str, value: &str, max_age: Option<i64>) {
    let secure = if site.is_secure() { "; Secure" } else { "" };
    let age = max_age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
    let name = cookie_name(site, name);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// A cookie's value, as sent.
pub(super) fn cookie<'p>(parts: &'p Parts, name: &str) -> Option<&'p str> {
    let headers = parts.headers.get_all("cookie").iter();
    let pairs = headers.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(n, _)| *n == name);
    Some(values.next()?.1)
}

/// Whether it may be a session's.
fn is_ours(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A posted form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form and checks that it is ours.
    pub(super) async fn read(site: &Arc<Site>, parts: &Parts, browser: &Browser, body: Body) -> Result<Self, Refused> {
        let refuse = |why: BadChoice| Refused::by(&browser.shown)(why.into());
        let body = read_body(body, site.bodies).await.map_err(|_| refuse(BadChoice::Torn))?;
        let form = Self(form::decode(&body).ok_or_else(|| refuse(BadChoice::Unreadable))?);
        let elsewhere = header(&parts.headers, "sec-fetch-site").is_some_and(|site| site == "cross-site");
        let fits = session::form_token_is(&site.app, browser.cookie(), form.get("csrf").unwrap_or_default());
        if elsewhere || !fits || browser.fresh {
            return Err(refuse(BadChoice::Expired));
        }
        Ok(form)
    }

    /// A field's value; absent when empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// Every value of a field that may be sent several times.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str()).collect()
    }

    /// Whether a field was sent, such as the button that was pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }
}
