//! Redirect URIs: which may be registered, which are trusted, and how parameters are added to them.
//!
//! Invariant: a response is sent only to a URI that the client registered, compared character by character. There is
//! one exception: a strict client's loopback address may have any port (RFC 8252, 7.3).

use super::form;
use crate::profile::{Client, ClientKind};
use std::net::Ipv6Addr;

/// The scheme of Login with Amazon's app SDK, which is older than the rule that an app's scheme has a dot.
const SDK_SCHEME: &str = "amzn";

/// Checks whether a URI may be registered for a kind of client.
///
/// # Errors
/// A sentence that names the rule.
pub fn validate_redirect_uri(uri: &str, kind: ClientKind) -> Result<(), String> {
    let refuse = |rule: &str| Err(format!("redirect URI `{}` {rule}", uri.chars().take(120).collect::<String>()));
    if uri.len() > 2000 || uri.chars().any(|c| c.is_whitespace() || c.is_control() || "\"<>\\^`{}#*".contains(c)) {
        return refuse("must be at most 2000 characters without blanks, quotes, wildcards or a fragment");
    }
    if !uri.is_ascii() {
        return refuse("must be ASCII: write a host's name as browsers send it (xn--...), and percent-encode the rest");
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return refuse("has no scheme") };
    let scheme = scheme.to_ascii_lowercase();
    let authority = rest.strip_prefix("//").map(|r| r.split(['/', '?']).next().unwrap_or_default());
    match (scheme.as_str(), authority) {
        (_, Some(authority)) if authority.contains('@') => refuse("must not hold a user name"),
        ("http" | "https", None | Some("")) => refuse("has no host"),
        ("http" | "https", Some(authority)) => match UriHost::parse(authority) {
            None => {
                refuse("has no valid host: write a name, an IPv4 address or an IPv6 address in brackets, and a port")
            }
            Some(host) if scheme == "http" && !host.is_loopback() => {
                refuse("uses http, which is allowed for localhost, 127.0.0.1 and [::1] only: use https")
            }
            Some(_) => Ok(()),
        },
        _ if is_script_uri(uri) => refuse("has a scheme that runs code"),
        (scheme, _) if kind.is_confidential() => {
            refuse(&format!("has the scheme {scheme}: a web client needs https; apps' schemes go with android or ios"))
        }
        (scheme, _) if !is_scheme(scheme) => refuse("has no valid scheme"),
        // Schemes that browsers and systems define (file, about, blob, ws, intent) have no dot. An app's own scheme is
        // its maker's domain name reversed (RFC 8252, 7.1 and 8.4).
        (scheme, _) if scheme != SDK_SCHEME && !scheme.contains('.') => refuse(&format!(
            "has the scheme {scheme}: an app's own scheme is a reversed domain name, such as com.example.app, \
             amzn-com.example.app or amzn"
        )),
        _ => Ok(()),
    }
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// The host of a URI's completely parsed authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UriHost<'u>(&'u str);

impl<'u> UriHost<'u> {
    /// Reads an authority without a user name: a host, and perhaps a port.
    fn parse(authority: &'u str) -> Option<Self> {
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (address, _) = rest.split_once(']')?;
                address.parse::<Ipv6Addr>().ok()?;
                authority.split_at(address.len() + 2)
            }
            None => {
                let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
                let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
                plain.then_some((host, port))?
            }
        };
        let is_port = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok();
        (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(Self(host))
    }

    fn is_loopback(self) -> bool {
        self.0 == "localhost" || self.is_loopback_address()
    }

    /// A host name may resolve elsewhere; these two addresses do not.
    fn is_loopback_address(self) -> bool {
        self.0 == "127.0.0.1" || self.0 == "[::1]"
    }
}

/// The host of a loopback address, and what follows host and port; `None` for any other URI.
fn split_loopback(uri: &str) -> Option<(UriHost<'_>, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    UriHost::parse(authority).filter(|host| host.is_loopback_address()).map(|host| (host, path))
}

/// Whether a link would run code or display forged content: `javascript:`, `data:`, `vbscript:`, also disguised.
/// Browsers drop control characters and leading blanks before they parse the scheme, and so does this.
#[must_use]
pub fn is_script_uri(uri: &str) -> bool {
    let dense: String = uri.chars().filter(|c| !c.is_control() && !c.is_whitespace()).take(16).collect();
    let dense = dense.to_ascii_lowercase();
    ["javascript:", "data:", "vbscript:"].iter().any(|scheme| dense.starts_with(scheme))
}

/// The redirect target of a request: the URI sent, if registered; without one, the only registered one.
///
/// # Errors
/// The reason on the error page (docs/spec/login.md#authorization-errors).
pub fn resolve_redirect_uri<'c>(client: &'c Client, sent: Option<&'c str>) -> Result<&'c str, &'static str> {
    let is_registered = |sent: &str| {
        let any_port = split_loopback(sent).filter(|_| client.is_strict());
        client.redirect_uris.iter().any(|uri| uri == sent || any_port.is_some_and(|to| split_loopback(uri) == Some(to)))
    };
    match (sent, client.redirect_uris.as_slice()) {
        (Some(sent), _) if is_registered(sent) => Ok(sent),
        (Some(_), _) => Err("The redirect URI you provided has not been whitelisted for your application"),
        (None, [only]) => Ok(only),
        (None, _) => Err("The request is missing a required parameter : redirect_uri"),
    }
}

/// Adds parameters to a URI's query. Blanks become `+`, as LwA writes them; the `:` of a scope stays.
#[must_use]
pub fn append_params(uri: &str, params: &[(&str, &str)]) -> String {
    let mut out = uri.to_owned();
    for (name, value) in params {
        let joint = match out.find('?') {
            None => "?",
            Some(at) if at + 1 == out.len() || out.ends_with('&') => "",
            Some(_) => "&",
        };
        let value = match *name {
            "error_description" => form::percent_encode(value, " ").replace(' ', "+"),
            "scope" => form::percent_encode(value, ":"),
            _ => form::percent_encode(value, ""),
        };
        out.push_str(&format!("{joint}{name}={value}"));
    }
    out
}

/// Whether a URI is a web address, whose server may respond with redirects of its own. All others have an app's scheme.
#[must_use]
pub fn is_web_uri(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

/// The source that a page's Content-Security-Policy must name so that a form may redirect to this URI: an origin, or a
/// scheme. `None` where a policy cannot name it, as with an IPv6 address.
#[must_use]
pub fn csp_source(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let clean = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.:".contains(&b));
    let scheme = scheme.to_ascii_lowercase();
    let source = match scheme.as_str() {
        "http" | "https" => {
            let authority = rest.strip_prefix("//")?.split(['/', '?']).next()?;
            clean(authority).then(|| format!("{scheme}://{authority}"))
        }
        _ => clean(&scheme).then(|| format!("{scheme}:")),
    };
    source.filter(|s| !s.contains(' ') && !s.contains(';'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ClientId, MakerId, ProfileId};
    use crate::profile::ClientMode;
    use uuid::Uuid;

    fn sample_client(uris: &[&str]) -> Client {
        Client {
            id: ClientId(Uuid::nil()),
            profile: ProfileId(Uuid::nil()),
            maker: MakerId(Uuid::nil()),
            kind: ClientKind::Web,
            secret_hash: None,
            redirect_uris: uris.iter().map(ToString::to_string).collect(),
            mode: ClientMode::Lwa,
            former_secret_hash: None,
            access: crate::profile::ClientAccess::default(),
        }
    }

    #[test]
    fn what_may_be_registered() {
        use ClientKind::{Android, Device, Ios, Web};
        for (uri, kind) in [
            ("https://setup.example.net/drs/done", Web),
            ("https://setup.example.net:8443/done?close", Web),
            ("http://localhost:3000/cb", Web),
            ("http://127.0.0.1/cb", Web),
            ("http://[::1]:80/cb", Web),
            ("http://[::1]", Web),
            ("https://[2001:db8::1]:8443/cb", Web),
            ("https://a_b.example/cb", Web),
            ("amzn://com.example.app", Android),
            ("amzn-com.example.App://", Ios),
            ("com.example.app:/done", Android),
            ("com.example.app:/done", Device),
            ("http://127.0.0.1/done", Device),
        ] {
            assert_eq!(validate_redirect_uri(uri, kind), Ok(()), "{uri}");
        }
        for (uri, kind) in [
            ("http://setup.example.net/", Web),
            ("http://localhost.evil.net/", Web),
            ("https://good@evil.net/", Web),
            ("https://a.net/#f", Web),
            ("https://*.a.net/", Web),
            ("https://", Web),
            ("amzn://com.example.app", Web),
            ("javascript:alert(1)", Android),
            ("data:text/html,x", Ios),
            ("no-scheme", Web),
            ("https://bücher.example/cb", Web),
            ("https://a.example/ü", Web),
            ("http://[::1].evil.example/", Web),
            ("http://[::1]evil.example/", Web),
            ("http://[::1]:evil/", Web),
            ("http://[::1/", Web),
            ("http://::1/", Web),
            ("http://[::1%25eth0]/", Web),
            ("http://127.0.0.1.evil.example/", Web),
            ("http://127.0.0.1:80.evil.example/", Web),
            ("http://127.0.0.1:/", Web),
            ("http://127.0.0.1:65536/", Web),
            ("http://127.1/", Web),
            ("http://localhost:3000:4000/", Web),
            ("http:localhost/", Web),
            ("https://a.example:x/", Web),
            ("https://[a.example]/", Web),
            ("https://a.example;b/", Web),
            ("https://a%2eexample/", Web),
            ("https://:443/", Web),
            ("https:///cb", Web),
            ("https:a.example", Web),
            ("file:///etc/passwd", Android),
            ("about:blank", Android),
            ("blob:https://a.example/1", Android),
            ("view-source:https://a.example/", Android),
            ("filesystem:https://a.example/temporary/", Ios),
            ("ws://a.example/", Android),
            ("wss://a.example/", Ios),
            ("ftp://a.example/", Device),
            ("mailto:a@a.example", Android),
            ("intent://a#Intent;end", Android),
            ("content://a/b", Android),
            ("chrome://settings", Device),
            ("example:/done", Ios),
            ("4.example:/done", Ios),
            ("VBScript:x", Ios),
        ] {
            assert!(validate_redirect_uri(uri, kind).is_err(), "{uri}");
        }
    }

    #[test]
    fn targets_match_to_the_character() {
        let client = sample_client(&["https://good.example/cb"]);
        assert_eq!(resolve_redirect_uri(&client, Some("https://good.example/cb")), Ok("https://good.example/cb"));
        assert_eq!(resolve_redirect_uri(&client, None), Ok("https://good.example/cb"));
        for uri in [
            "https://good.example/cb/",
            "https://good.example/CB",
            "https://good.example/cb?x=1",
            "http://good.example/cb",
            "https://good.example:443/cb",
            "https://good.example/x/../cb",
            "https://good.example/%63b",
            "https://good@evil.example/cb",
            "https://sub.good.example/cb",
            "https://good.example.evil/cb",
            "https://good.example/cb#f",
            "https://good.example\\cb",
            "https://good.example/cb\n",
            " https://good.example/cb",
            "https://good。example/cb",
            "HTTPS://good.example/cb",
            "https://good.example/cb%00",
            "//good.example/cb",
        ] {
            assert!(resolve_redirect_uri(&client, Some(uri)).is_err(), "{uri}");
        }
        assert!(resolve_redirect_uri(&self::sample_client(&["https://a/", "https://b/"]), None).is_err());
    }

    #[test]
    fn a_strict_clients_loopback_address_has_any_port() {
        let registered =
            ["http://127.0.0.1/cb?x=1", "http://[::1]:3000/cb", "http://localhost:3000/cb", "https://a.net/cb"];
        let strict = Client { mode: ClientMode::Strict, ..sample_client(&registered) };
        let sent =
            ["http://127.0.0.1:51004/cb?x=1", "http://127.0.0.1:80/cb?x=1", "http://[::1]:1/cb", "http://[::1]/cb"];
        for uri in sent {
            assert_eq!(resolve_redirect_uri(&strict, Some(uri)), Ok(uri));
            assert!(resolve_redirect_uri(&sample_client(&registered), Some(uri)).is_err(), "{uri}: to the character");
        }
        for uri in registered {
            assert_eq!(resolve_redirect_uri(&strict, Some(uri)), Ok(uri));
        }
        for uri in [
            "http://127.0.0.1:51004/cb",
            "http://127.0.0.1:51004/cb?x=1#f",
            "http://127.0.0.1:51004/cb/?x=1",
            "http://127.0.0.1:65536/cb?x=1",
            "http://127.0.0.1:/cb?x=1",
            "http://127.0.0.1:5a/cb?x=1",
            "http://127.0.0.1:+80/cb?x=1",
            "http://127.0.0.1:80:80/cb?x=1",
            "http://127.0.0.1:80@evil.example/cb?x=1",
            "http://127.0.0.1:80.evil.example/cb?x=1",
            "http://127.0.0.1.evil.example/cb?x=1",
            "http://127.0.0.2/cb?x=1",
            "HTTP://127.0.0.1:80/cb?x=1",
            "https://127.0.0.1:80/cb?x=1",
            "http://[::1]:80/cb?x=1",
            "http://[0:0:0:0:0:0:0:1]:80/cb",
            "http://[::1].evil.example/cb",
            "http://[::1%25eth0]:80/cb",
            "http://localhost/cb",
            "http://localhost:3001/cb",
            "http://localhost:80/cb?x=1",
            "https://a.net:443/cb",
        ] {
            assert!(resolve_redirect_uri(&strict, Some(uri)).is_err(), "{uri}");
        }
    }

    #[test]
    fn parameters_join_what_is_there() {
        let params = [("code", "AN1"), ("scope", "dash:replenish profile"), ("state", "a&b=c://%26")];
        assert_eq!(
            append_params("amzn://com.example", &params),
            "amzn://com.example?code=AN1&scope=dash:replenish%20profile&state=a%26b%3Dc%3A%2F%2F%2526"
        );
        let denied = [("error_description", "Access not permitted."), ("error", "access_denied")];
        assert_eq!(
            append_params("https://a/?close", &denied),
            "https://a/?close&error_description=Access+not+permitted.&error=access_denied"
        );
    }

    #[test]
    fn disguised_code_is_seen() {
        for uri in ["javascript:x", " JavaScript:x", "java\tscript:x", "\u{1}data:x", "vb\nscript:x"] {
            assert!(is_script_uri(uri), "{uri:?}");
        }
        for uri in ["/null", "amzn//com.example.app", "https://a", "RemindMeLater", "database:x"] {
            assert!(!is_script_uri(uri), "{uri:?}");
        }
    }

    #[test]
    fn a_policy_names_an_origin_or_a_scheme() {
        assert_eq!(csp_source("https://a.example:8100/x?y").as_deref(), Some("https://a.example:8100"));
        assert_eq!(csp_source("HTTPS://A.example/x").as_deref(), Some("https://A.example"));
        assert_eq!(csp_source("amzn://com.example").as_deref(), Some("amzn:"));
        assert_eq!(csp_source("https://a;script-src *"), None);
        assert_eq!(csp_source("http://[::1]:8200/cb"), None, "browsers ignore such a source");
    }

    #[test]
    fn an_apps_scheme_is_no_web_server() {
        for (uri, web) in [
            ("https://a.example/cb", true),
            ("HTTP://[::1]/cb", true),
            ("amzn://com.example", false),
            ("https-app://cb", false),
        ] {
            assert_eq!(is_web_uri(uri), web, "{uri}");
        }
    }
}
