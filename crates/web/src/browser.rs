//! The browser that sent a request: its cookie, session, language and form token.
//!
//! Invariant: a POST is processed only if its form token matches its cookie and it does not come from another site.

use super::PageError;
use super::cookie::{SESSION_COOKIE, SIGNUP_COOKIE, cookie_name, find_cookie, is_cookie_id, set_cookie};
use super::navigation::is_navigation;
use super::page_context::{LanguageHints, PageContext};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_domain::login::form;
use opendrs_domain::session::Session;
use opendrs_edge::state::AppState;
use opendrs_http::body::read_body;
use opendrs_http::request::header;
use opendrs_service::{FormError, customer, session};
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

/// A browser, as its request identifies it.
pub(super) struct BrowserSession {
    cookie: String,
    /// Whether the cookie is new, so that the response must set it.
    is_new: bool,
    /// Whether a person uses the browser: it declares its requests as navigations.
    pub(super) navigates: bool,
    /// The id of the sign-up in progress, if any: the one that continued last.
    pub(super) signup_id: Option<String>,
    /// The session, if the customer is signed in.
    pub(super) session: Option<Session>,
    /// The language and state with which pages are rendered.
    pub(super) context: PageContext,
}

impl BrowserSession {
    async fn read(state: &Arc<AppState>, parts: &Parts) -> Result<Self, PageError> {
        let said = LanguageHints::from_request(state, parts);
        // The context before the customer is loaded.
        let shown = said.page_context(state, None);
        let refused = PageError::with_context(&shown);
        let sent = find_cookie(parts, &cookie_name(state, SESSION_COOKIE))
            .filter(|value| is_cookie_id(value))
            .map(str::to_owned);
        let session = match &sent {
            Some(cookie) => session::find(&state.app, cookie).await.map_err(&refused)?,
            None => None,
        };
        let shown = match &session {
            Some(session) => {
                let owner = customer::load(&state.app, session.customer).await.map_err(&refused)?;
                said.page_context(state, Some(&owner))
            }
            None => shown,
        };
        let fresh = sent.is_none();
        let cookie = sent.unwrap_or_else(|| session::anonymous_cookie(&state.app));
        let signup = find_cookie(parts, &cookie_name(state, SIGNUP_COOKIE))
            .filter(|value| is_cookie_id(value))
            .map(str::to_owned);
        Ok(Self {
            cookie,
            is_new: fresh,
            navigates: is_navigation(&parts.headers),
            signup_id: signup,
            session,
            context: shown,
        })
    }

    /// Returns the token for the page's forms.
    pub(super) fn form_token(&self, state: &AppState) -> String {
        session::form_token(&state.app, &self.cookie)
    }

    /// Sets the cookie of a sign-up, so that the browser can continue it at URLs without its id.
    pub(super) fn with_signup_cookie(&self, mut response: Response, id: &str) -> Response {
        if self.signup_id.as_deref() != Some(id) {
            set_cookie(&self.context.state, &mut response, SIGNUP_COOKIE, id, None);
        }
        response
    }

    /// Returns the value of the session's cookie.
    pub(super) fn cookie_value(&self) -> &str {
        &self.cookie
    }

    /// Sets the session's cookie if the browser has none yet, because the page's forms are bound to it.
    pub(super) fn with_session_cookie(&self, state: &AppState, mut response: Response) -> Response {
        if self.is_new {
            set_cookie(state, &mut response, SESSION_COOKIE, &self.cookie, None);
        }
        response
    }
}

/// A posted form.
pub(super) struct PostedForm(Vec<(String, String)>);

impl PostedForm {
    /// Reads a form and checks that it comes from a page of this server.
    async fn read(
        state: &Arc<AppState>,
        parts: &Parts,
        browser: &BrowserSession,
        body: Body,
    ) -> Result<Self, PageError> {
        let refuse = |why: FormError| PageError::with_context(&browser.context)(why.into());
        let body = read_body(body, state.body_limits).await.map_err(|_| refuse(FormError::Incomplete))?;
        let form = Self(form::decode_pairs(&body).ok_or_else(|| refuse(FormError::Unreadable))?);
        let elsewhere = header(&parts.headers, "sec-fetch-site").is_some_and(|state| state == "cross-site");
        let fits = session::is_form_token(&state.app, browser.cookie_value(), form.get("csrf").unwrap_or_default());
        if elsewhere || !fits || browser.is_new {
            return Err(refuse(FormError::Expired));
        }
        Ok(form)
    }

    /// Returns the value of a field, or `None` if it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    /// Returns every value of a field that may occur several times.
    pub(super) fn get_all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str()).collect()
    }

    /// Whether a field was sent, such as the name of the pressed button.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }
}

impl FromRequestParts<Arc<AppState>> for BrowserSession {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, PageError> {
        Self::read(state, parts).await
    }
}

/// The program that sent a request.
pub(super) struct RequestClient {
    /// Where the request comes from, as limits and throttles count it.
    pub(super) source: String,
    /// What the program calls itself; empty if it does not.
    pub(super) agent: String,
}

impl FromRequestParts<Arc<AppState>> for RequestClient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, Infallible> {
        let agent = header(&parts.headers, "user-agent").map(Cow::into_owned).unwrap_or_default();
        Ok(Self { source: state.sources.of_request(&parts.extensions, &parts.headers), agent })
    }
}

/// A browser and the form that it posted, which is checked.
pub(super) struct PostedPage {
    pub(super) browser: BrowserSession,
    pub(super) form: PostedForm,
}

impl FromRequest<Arc<AppState>> for PostedPage {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let browser = BrowserSession::read(state, &parts).await?;
        let form = PostedForm::read(state, &parts, &browser, body).await?;
        Ok(Self { browser, form })
    }
}
