//! Endpoint addresses: whether one is well-formed, its redacted form, and whether a redacted text matches an address.
//!
//! What it is not: it does not decide whether requests to an address are allowed. Invariant: a redacted address
//! contains neither the user name and password nor the query.

use std::net::Ipv6Addr;

/// Replaces each hidden part.
pub const REDACTED: &str = "***";

/// Checks that messages can be posted to an address.
///
/// # Errors
/// What is wrong with it.
pub fn check_http(address: &str) -> Result<(), &'static str> {
    let (scheme, rest) = address.split_once("://").unwrap_or_default();
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err("write http:// or https://, a host and a path, or the ARN of an Amazon SNS topic");
    }
    if address.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err("it has a blank or a control character");
    }
    if address.contains('#') {
        return Err("it has a fragment, which is never sent: leave out # and what follows");
    }
    let authority = rest.split(['/', '?', '\\']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_and_port.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, port))) if address.parse::<Ipv6Addr>().is_ok() => (address, port),
        Some(_) => return Err("its IPv6 address is not valid"),
        None => host_and_port.split_at(host_and_port.find(':').unwrap_or(host_and_port.len())),
    };
    if host.is_empty() {
        return Err("it has no host");
    }
    match port.strip_prefix(':').map(str::parse::<u16>) {
        None if port.is_empty() => Ok(()),
        Some(Ok(1..)) => Ok(()),
        _ => Err("its port is not a number from 1 to 65535"),
    }
}

/// An address with user name, password, query and fragment replaced by [`REDACTED`].
#[must_use]
pub fn redact(address: &str) -> String {
    let (base, rest) = address.split_at(address.find(['?', '#']).unwrap_or(address.len()));
    let (scheme, login_and_host) = match base.find("://") {
        Some(at) => base.split_at(at + 3),
        None => ("", base),
    };
    // Without a scheme the end of the host is unknown, so the whole text is searched.
    let end = login_and_host.find(['/', '\\']).filter(|_| !scheme.is_empty()).unwrap_or(login_and_host.len());
    let (authority, path) = login_and_host.split_at(end);
    let authority =
        authority.rsplit_once('@').map_or_else(|| authority.to_owned(), |(_, host)| format!("{REDACTED}@{host}"));
    let rest =
        rest.chars().next().filter(|_| rest.len() > 1).map_or_else(String::new, |mark| format!("{mark}{REDACTED}"));
    format!("{scheme}{authority}{path}{rest}")
}

/// Whether a redacted text matches an address: every [`REDACTED`] may be any text.
#[must_use]
pub fn matches_redacted(shown: &str, address: &str) -> bool {
    let Some((first, parts)) = shown.split_once(REDACTED) else { return shown == address };
    let Some(mut rest) = address.strip_prefix(first) else { return false };
    let (middle, last) = parts.rsplit_once(REDACTED).map_or((None, parts), |(middle, last)| (Some(middle), last));
    for part in middle.into_iter().flat_map(|middle| middle.split(REDACTED)) {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_a_scheme_a_host_and_perhaps_a_port() {
        for good in [
            "https://a.example/drs",
            "HTTPS://a.example",
            "http://user:p:w@a.example:8080/?key=a:b",
            "https://[::1]:8443/drs",
            "http://127.0.0.1:1",
        ] {
            assert_eq!(check_http(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("a.example/drs", "http://"),
            ("ftp://a.example", "http://"),
            ("https://", "host"),
            ("https:///drs", "host"),
            ("https://a@:80/", "host"),
            ("https://a.example/x y", "blank"),
            ("https://a.example/\n", "blank"),
            ("https://a.example/#part", "fragment"),
            ("https://[::1/", "IPv6"),
            ("https://[a]/", "IPv6"),
            ("https://a.example:0/", "port"),
            ("https://a.example:65536", "port"),
            ("https://a.example:", "port"),
            ("https://[::1]8080/", "port"),
        ] {
            assert!(check_http(bad).unwrap_err().contains(why), "{bad}");
        }
    }

    #[test]
    fn an_address_is_shown_without_login_and_query_and_what_is_shown_fits_it() {
        for (address, wanted) in [
            ("https://a.example/drs", "https://a.example/drs"),
            ("https://a.example/drs?", "https://a.example/drs"),
            ("https://a.example:8443/drs?key=of-key", "https://a.example:8443/drs?***"),
            ("https://a.example?key=of-key", "https://a.example?***"),
            ("https://user:pass@a.example/drs", "https://***@a.example/drs"),
            ("https://user@a.example", "https://***@a.example"),
            ("https://us@er:p@ss@a.example/drs?a=b@c#d", "https://***@a.example/drs?***"),
            ("http://user:pass@a.example\\drs", "http://***@a.example\\drs"),
            ("https://a.example/at@home", "https://a.example/at@home"),
            ("https://a.example/#part", "https://a.example/#***"),
            ("http:/user:pass@a.example/", "***@a.example/"),
            ("arn:aws:sns:eu-west-1:123456789012:kettles", "arn:aws:sns:eu-west-1:123456789012:kettles"),
            ("", ""),
        ] {
            assert_eq!(redact(address), wanted);
            assert!(address.ends_with('?') || matches_redacted(wanted, address), "{wanted} {address}");
        }
    }

    #[test]
    fn hidden_parts_stand_for_any_text_and_the_others_for_themselves() {
        let address = "https://user:pass@a.example/drs?a=b";
        for fitting in [
            address,
            "***",
            "https://user:***@a.example/drs?a=b",
            "https://***@a.example/drs?***",
            "https://***:***@a.example/drs?***=b",
        ] {
            assert!(matches_redacted(fitting, address), "{fitting}");
        }
        for other in [
            "",
            "https://***@b.example/drs?***",
            "https://***@a.example/drs",
            "http://***@a.example/drs?***",
            "https://***@a.example/drs?***/",
            "https://***@a.example/drs?a=b***b",
        ] {
            assert!(!matches_redacted(other, address), "{other}");
        }
    }
}
