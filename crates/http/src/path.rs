//! Request paths as old clients write them, in the one form that routes are written in.
//!
//! Segments are percent-decoded, repeated slashes collapse, a slash at the end does not matter, `O2` is `o2`
//! (docs/spec/calls.md#paths). Invariant: `%2F` inside a segment stays inside it, so decoding never makes a segment
//! out of another's text.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use opendrs_domain::login::form;

/// What may stand in a segment unencoded: the characters of RFC 3986's `pchar`.
const SEGMENT_CHARS: &str = "!$&'()*+,;=:@";

/// Whether a path is in the routes' form already, which nearly all are.
fn is_canonical(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.first() == Some(&b'/')
        && (bytes.len() == 1 || bytes.last() != Some(&b'/'))
        && !bytes.windows(2).any(|pair| pair == b"//" || pair == b"/O")
        && !bytes.contains(&b'%')
}

/// The path in the routes' form; `None` where a segment is not UTF-8 after decoding.
fn canonicalize(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let decoded = form::percent_decode(segment.as_bytes(), false)?;
        out.push('/');
        if decoded.eq_ignore_ascii_case("o2") && out == "/auth/" {
            out.push_str("o2");
        } else {
            out.push_str(&form::percent_encode(&decoded, SEGMENT_CHARS));
        }
    }
    if out.is_empty() {
        out.push('/');
    }
    Some(out)
}

/// Rewrites a request's path into the routes' form. An absolute-form target keeps its path alone: the host is never
/// looked at. What cannot be decoded is left, and finds no route.
pub fn normalize_path(uri: &mut Uri) {
    if uri.authority().is_none() && uri.query() != Some("") && is_canonical(uri.path()) {
        return;
    }
    let Some(path) = canonicalize(uri.path()) else { return };
    let target = match uri.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    if let Ok(target) = target.parse::<PathAndQuery>() {
        *uri = Uri::from(target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_is_one_path() {
        for (sent, means) in [
            ("/replenish/7c0a-1", "/replenish/7c0a-1"),
            ("/replenish/7c0a%2D1/", "/replenish/7c0a-1"),
            ("//subscriptionInfo", "/subscriptionInfo"),
            ("/auth/O2/token", "/auth/o2/token"),
            ("/auth//%4F2/tokeninfo?access_token=a%7Cb", "/auth/o2/tokeninfo?access_token=a%7Cb"),
            ("/getOrderInfo/amzn1%2Edash%2Ev2%2Eo%2Eci4", "/getOrderInfo/amzn1.dash.v2.o.ci4"),
            ("/replenish/a%2Fb", "/replenish/a%2Fb"),
            ("/replenish/a%252Fb", "/replenish/a%252Fb"),
            ("/replenish/O2", "/replenish/O2"),
            ("/x?", "/x"),
            ("http://dash-replenishment-service-na.amazon.com/registration", "/registration"),
            ("/", "/"),
        ] {
            let mut uri: Uri = sent.parse().unwrap();
            normalize_path(&mut uri);
            assert_eq!(uri.to_string(), means, "{sent}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_left_alone() {
        let mut uri: Uri = "/replenish/%ff".parse().unwrap();
        normalize_path(&mut uri);
        assert_eq!(uri.to_string(), "/replenish/%ff");
    }
}
