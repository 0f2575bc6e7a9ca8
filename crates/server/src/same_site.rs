//! The guard of a test server's own routes: it admits programs that can reach the server, and refuses web pages of
//! other sites.
//!
//! A browser lets any page send requests to `localhost`. It also lets a page read the answers if the page's host name
//! resolves to this machine (DNS rebinding). Invariant: a request of a guarded route has a host name of this server and
//! comes from no other site.

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use opendrs_edge::state::{AppState, PublicUrls};
use opendrs_http::response::json;
use std::sync::Arc;
use url::{Host, Url};

/// Refuses requests from pages of other sites.
pub(crate) async fn require_own_origin(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    // The host in an absolute-form target precedes the header (RFC 9112, 3.2.2).
    let target = request.uri().authority().map(|authority| authority.as_str());
    match target
        .map_or(Ok(()), |target| parse_own_host(target, &state.urls).map(drop))
        .and_then(|()| check_origin(request.headers(), &state.urls))
    {
        Ok(()) => next.run(request).await,
        Err(why) => json(StatusCode::FORBIDDEN, serde_json::json!({ "message": why }).to_string()),
    }
}

fn check_origin(headers: &HeaderMap, urls: &PublicUrls) -> Result<(), &'static str> {
    let text = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let host = match text(HOST) {
        // Browsers always send a `Host` header.
        None => None,
        Some(text) => Some(parse_own_host(&text, urls)?),
    };
    let elsewhere =
        "This request comes from a page of another site: only programs and this server's own pages may send it.";
    if headers.get("sec-fetch-site").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"cross-site")) {
        return Err(elsewhere);
    }
    match text(ORIGIN).map(|origin| parse_host(&origin)) {
        None => Ok(()),
        Some(Some(origin)) if Some(&origin) == host.as_ref() || is_loopback(&origin) => Ok(()),
        Some(_) => Err(elsewhere),
    }
}

/// Parses the host of a request, and checks that it belongs to this server.
fn parse_own_host(text: &str, urls: &PublicUrls) -> Result<Host, &'static str> {
    parse_host(&format!("http://{text}")).filter(|host| is_own_host(host, urls)).ok_or(
        "The Host header is not a name of this server: use its IP address or localhost, or set web.public_url to the \
         address that is called.",
    )
}

fn parse_host(url: &str) -> Option<Host> {
    let url = Url::parse(url).ok()?;
    let bare = url.username().is_empty() && url.password().is_none() && url.path() == "/" && url.query().is_none();
    url.host().filter(|_| bare).map(|host| host.to_owned())
}

/// Whether a host belongs to this server. A page of another site cannot have an IP address or this server's name as
/// host.
fn is_own_host(host: &Host, urls: &PublicUrls) -> bool {
    let known =
        |url: &String| Url::parse(url).is_ok_and(|url| url.host().map(|host| host.to_owned()).as_ref() == Some(host));
    match host {
        Host::Domain(_) => is_loopback(host) || [&urls.service, &urls.login, &urls.web].into_iter().any(known),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

/// Whether a host is this machine, whatever a name server returns.
fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn is_allowed(list: &[(&'static str, &'static str)]) -> bool {
        let url = |name: &str| format!("https://{name}.example/");
        let urls = PublicUrls { service: url("api") + "v1", login: url("drs"), web: url("drs") };
        let value = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        check_origin(&list.iter().map(value).collect(), &urls).is_ok()
    }

    #[test]
    fn programs_and_own_pages_are_let_in() {
        for list in [
            &[][..],
            &[("host", "127.0.0.1:7373")],
            &[("host", "localhost:7373")],
            &[("host", "LOCALHOST")],
            &[("host", "drs.localhost:7373")],
            &[("host", "[::1]:7373")],
            &[("host", "172.17.0.2:7373")],
            &[("host", "drs.example")],
            &[("host", "api.example")],
            &[("host", "drs.example:8443"), ("origin", "https://drs.example"), ("sec-fetch-site", "same-origin")],
            &[("host", "localhost:7373"), ("sec-fetch-site", "none")],
            &[("host", "localhost:7373"), ("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")],
            &[("host", "127.0.0.1:7373"), ("origin", "http://localhost:3000")],
        ] {
            assert!(is_allowed(list), "{list:?}");
        }
    }

    #[test]
    fn other_sites_are_not() {
        for list in [
            &[("host", "evil.example")][..],
            &[("host", "localhost.evil.example:7373")],
            &[("host", "127.0.0.1.evil.example")],
            &[("host", "evil.drs.example")],
            &[("host", "drs.example.evil.example")],
            &[("host", "localhost@evil.example")],
            &[("host", "evil.example/localhost")],
            &[("host", "")],
            &[("host", "localhost:7373"), ("origin", "https://evil.example")],
            &[("host", "localhost:7373"), ("origin", "https://localhost.evil.example")],
            &[("host", "localhost:7373"), ("origin", "null")],
            &[("host", "localhost:7373"), ("origin", "")],
            &[("host", "172.17.0.2:7373"), ("origin", "http://172.17.0.3")],
            &[("host", "drs.example"), ("origin", "https://evil.drs.example"), ("sec-fetch-site", "same-site")],
            &[("host", "localhost:7373"), ("sec-fetch-site", "cross-site")],
            &[("host", "localhost:7373"), ("origin", "http://localhost:7373"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(!is_allowed(list), "{list:?}");
        }
    }
}
