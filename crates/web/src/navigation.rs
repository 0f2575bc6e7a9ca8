//! Telling browsers that a person uses from programs that read pages.
//!
//! Invariant: only headers decide that a page cannot set by a script.

use axum::http::HeaderMap;

/// Whether a request is a browser's navigation. Browsers that know Content Security Policy say so: with Fetch Metadata
/// where the page is trustworthy, and with `Upgrade-Insecure-Requests` everywhere. Programs that read pages say neither.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|found| found == value);
    says("sec-fetch-mode", "navigate") || says("upgrade-insecure-requests", "1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn browsers_say_that_they_navigate() {
        for (name, value, navigates) in [
            ("sec-fetch-mode", "navigate", true),
            ("upgrade-insecure-requests", "1", true),
            ("sec-fetch-mode", "cors", false),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/55.0 Safari/537.36", false),
            ("accept", "text/html", false),
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(is_navigation(&headers), navigates, "{name}: {value}");
        }
    }
}
