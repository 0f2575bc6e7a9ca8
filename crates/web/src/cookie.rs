//! Cookies: their names, how they are set and found.
//!
//! Not here: what they stand for (`service::session`). Invariant: a cookie is `HttpOnly` and `SameSite=Lax`; where the
//! pages are reached by HTTPS it is `Secure` and bound to this host.

use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::Response;
use opendrs_edge::state::AppState;

/// The cookie that stands for a sign-in, and binds forms to a browser.
pub(super) const SESSION_COOKIE: &str = "opendrs";
/// The cookie that remembers a language.
pub(super) const LANGUAGE_COOKIE: &str = "opendrs-language";

/// The cookie that names the sign-up under way, so that no address does. It is worth nothing without the session's.
pub(super) const SIGNUP_COOKIE: &str = "opendrs-signup";

/// With `__Host-` a browser sends a cookie to this host alone, and by https alone.
pub(super) fn cookie_name(state: &AppState, name: &str) -> String {
    if state.is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// Puts a cookie on an answer; an age of 0 removes it.
pub(super) fn set_cookie(state: &AppState, response: &mut Response, name: &str, value: &str, max_age: Option<i64>) {
    let secure = if state.is_https() { "; Secure" } else { "" };
    let age = max_age.map_or(String::new(), |seconds| format!("; Max-Age={seconds}"));
    let name = cookie_name(state, name);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// A cookie's value, as sent.
pub(super) fn find_cookie<'p>(parts: &'p Parts, name: &str) -> Option<&'p str> {
    let headers = parts.headers.get_all("cookie").iter();
    let pairs = headers.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(n, _)| *n == name);
    Some(values.next()?.1)
}

/// Whether it may be a session's.
pub(super) fn is_cookie_id(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit())
}
