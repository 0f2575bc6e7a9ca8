//! Normalization of request paths: every spelling that old clients use becomes the form in which routes are written.
//!
//! Segments are percent-decoded, repeated slashes collapse, a trailing slash is ignored, and `O2` becomes `o2`
//! (docs/spec/calls.md#paths). Invariant: `%2F` inside a segment stays encoded, so decoding never splits a segment.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use opendrs_domain::login::form;

/// The characters that a segment may have unencoded: those of RFC 3986's `pchar`.
const SEGMENT_CHARS: &str = "!$&'()*+,;=:@";

/// Whether a path already has the routes' form. Nearly all paths do.
fn is_canonical(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.first() == Some(&b'/')
        && (bytes.len() == 1 || bytes.last() != Some(&b'/'))
        && !bytes.windows(2).any(|pair| pair == b"//" || pair == b"/O")
        && !bytes.contains(&b'%')
}

/// Converts a path to the routes' form, or returns `None` if a decoded segment is not UTF-8.
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

/// Rewrites a request's path to the routes' form. Of an absolute-form target it keeps only the path, since the host is
/// never used. A path that cannot be decoded stays unchanged and matches no route.
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
