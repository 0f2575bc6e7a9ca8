//! Where a request came from, as the proxies in front of this server say.
//!
//! A proxy writes the address of whoever asked it behind what it was sent, into `X-Forwarded-For` or `Forwarded`
//! (RFC 7239). Invariant: only what a proxy of ours wrote is believed; what stands before that, anybody may have written.

use super::per_address;
use crate::site::Site;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

/// The proxies in front of this server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Proxies(Vec<IpNet>);

impl TryFrom<Vec<String>> for Proxies {
    type Error = String;
    fn try_from(list: Vec<String>) -> Result<Self, String> {
        let network = |text: &String| {
            let address = || text.parse::<IpAddr>().map(|address| address.to_canonical().into());
            text.parse::<IpNet>().or_else(|_| address()).map_err(|_| {
                format!("`{text}` is no address and no network: write such as \"127.0.0.1\" or \"10.0.0.0/8\"")
            })
        };
        list.iter().map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl Proxies {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A network that has every address in it, if there is one.
    pub(crate) fn all_of_them(&self) -> Option<&IpNet> {
        self.0.iter().find(|network| network.prefix_len() == 0)
    }

    /// Whether an address is one of them.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

/// Where a request came from, for the brake on guessing: the address at the other end; or, where that is a proxy of ours,
/// the last one that a proxy of ours names and that is none. An IPv6 address stands for its network.
pub(crate) fn source(site: &Site, request: &Parts) -> String {
    source_in(site, &request.extensions, &request.headers)
}

/// The same, by the parts of a request that it depends on.
pub(crate) fn source_in(site: &Site, extensions: &Extensions, headers: &HeaderMap) -> String {
    match extensions.get::<ConnectInfo<SocketAddr>>() {
        Some(ConnectInfo(peer)) => source_of(site, headers, *peer),
        None => "local".into(),
    }
}

/// The same, where the address at the other end is known.
pub(crate) fn source_of(site: &Site, headers: &HeaderMap, peer: SocketAddr) -> String {
    let found = client(&site.proxies, peer.ip(), headers);
    if let Some(trouble) = found.trouble {
        report(&site.forwarded_reported, peer.ip(), trouble);
    }
    network(found.address)
}

/// Says once what a proxy writes that cannot be read: it does so with each request.
fn report(reported: &AtomicBool, proxy: IpAddr, trouble: Trouble) {
    if reported.swap(true, Ordering::Relaxed) {
        return;
    }
    match trouble {
        Trouble::Unreadable(text) => tracing::warn!(
            %proxy,
            text,
            "a proxy forwards an address that cannot be read: its requests count as its own, together; let it write \
             X-Forwarded-For or Forwarded with the address of its client (reported once)"
        ),
        Trouble::Contradiction => tracing::warn!(
            %proxy,
            "X-Forwarded-For and Forwarded name different clients: such requests count as the proxy's own; let the proxy \
             remove the one that it does not write (reported once)"
        ),
    }
}

/// Why a proxy's word is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    /// What stands where an address should be.
    Unreadable(String),
    /// Both headers are there and disagree, and either may be the client's invention.
    Contradiction,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    address: IpAddr,
    trouble: Option<Trouble>,
}

fn client(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) -> Found {
    let near = |trouble| Found { address: peer, trouble };
    if proxies.is_empty() || !proxies.has(peer) {
        return near(None);
    }
    let lines = |name: &str| -> Vec<_> {
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect()
    };
    let (listed, forwarded) = (lines("x-forwarded-for"), lines("forwarded"));
    let follow = |nodes: Vec<&str>| (!nodes.is_empty()).then(|| walk(proxies, peer, nodes));
    let listed = follow(listed.iter().flat_map(|line| split(line, ',')).collect());
    let forwarded = follow(forwarded.iter().flat_map(|line| split(line, ',')).map(for_of).collect());
    match (listed, forwarded) {
        (Some(one), Some(other)) if one.address != other.address => near(Some(Trouble::Contradiction)),
        (Some(found), _) | (None, Some(found)) => found,
        (None, None) => near(None),
    }
}

/// Goes from the end of a list of addresses to the first that is no proxy of ours.
fn walk(proxies: &Proxies, peer: IpAddr, nodes: Vec<&str>) -> Found {
    let mut address = peer;
    for node in nodes.into_iter().rev() {
        if !proxies.has(address) {
            break;
        }
        match read(node) {
            Node::Address(before) => address = before,
            Node::Unknown => break,
            Node::Unreadable => {
                let text = node.chars().filter(|c| !c.is_control()).take(64).collect();
                return Found { address, trouble: Some(Trouble::Unreadable(text)) };
            }
        }
    }
    Found { address, trouble: None }
}

/// The parts of a line, where a separator within quotes is none.
fn split(line: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = line.split(move |c: char| {
        let counts = !escaped;
        escaped = quoted && counts && c == '\\';
        quoted ^= counts && c == '"';
        c == separator && !quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// What an element of `Forwarded` says of the client; `unknown` where it says nothing.
fn for_of(element: &str) -> &str {
    let mut pairs = split(element, ';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map_or("unknown", |(_, value)| value)
}

/// What a proxy says of its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Address(IpAddr),
    /// It does not know, or does not tell.
    Unknown,
    Unreadable,
}

/// Reads an address with or without port, brackets, quotes and zone.
fn read(node: &str) -> Node {
    let text = node.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).trim();
    if text.eq_ignore_ascii_case("unknown") || text.starts_with('_') {
        return Node::Unknown;
    }
    let is_port = |port: &str| port.parse::<u16>().is_ok() || port.starts_with('_');
    let host = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        Some((host, "")) => Some(host),
        Some((host, rest)) => rest.strip_prefix(':').filter(|port| is_port(port)).map(|_| host),
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => is_port(port).then_some(host),
            _ => Some(text),
        },
    };
    let address = host.and_then(|host| host.split('%').next()).and_then(|host| host.parse::<IpAddr>().ok());
    address.map_or(Node::Unreadable, |address| Node::Address(address.to_canonical()))
}

/// What a caller is known by: an address of version 4, or the network of one of version 6.
pub(super) fn network(address: IpAddr) -> String {
    match per_address::network(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn proxies(list: &[&str]) -> Proxies {
        list.iter().map(ToString::to_string).collect::<Vec<_>>().try_into().unwrap()
    }

    fn found(headers: &[(&'static str, &'static str)]) -> Found {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        client(&proxies(&["127.0.0.1", "10.0.0.0/8", "2001:db8:aaaa::/48"]), "127.0.0.1".parse().unwrap(), &map)
    }

    #[test]
    fn an_address_is_read_however_a_proxy_writes_it() {
        for (text, address) in [
            ("192.0.2.7", "192.0.2.7"),
            (" 192.0.2.7 ", "192.0.2.7"),
            ("192.0.2.7:51000", "192.0.2.7"),
            ("\"192.0.2.7:51000\"", "192.0.2.7"),
            ("192.0.2.7:_port", "192.0.2.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("fe80::7%eth0", "fe80::7"),
            ("[fe80::7%25eth0]:80", "fe80::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(read(text), Node::Address(address.parse().unwrap()), "{text}");
        }
        for text in ["unknown", "Unknown", "_hidden", "\"_SEVKISEK\""] {
            assert_eq!(read(text), Node::Unknown, "{text}");
        }
        for text in ["", "x", "192.0.2", "192.0.2.7:", "192.0.2.7:99999", "[2001:db8::7", "[2001:db8::7]x", "[x]:1"] {
            assert_eq!(read(text), Node::Unreadable, "{text}");
        }
    }

    #[test]
    fn the_last_that_is_no_proxy_is_the_client() {
        for (headers, address) in [
            (&[][..], "127.0.0.1"),
            (&[("x-forwarded-for", "192.0.2.1, 192.0.2.7")], "192.0.2.7"),
            (&[("x-forwarded-for", "192.0.2.1, 192.0.2.7:80, 10.9.9.9, 10.1.1.1")], "192.0.2.7"),
            (
                &[("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "192.0.2.7"), ("x-forwarded-for", "10.1.1.1")],
                "192.0.2.7",
            ),
            (&[("x-forwarded-for", "10.1.1.1")], "10.1.1.1"),
            (&[("x-forwarded-for", "")], "127.0.0.1"),
            (&[("x-forwarded-for", "192.0.2.1, unknown")], "127.0.0.1"),
            (&[("forwarded", "for=192.0.2.7;proto=https;by=10.1.1.1")], "192.0.2.7"),
            (&[("forwarded", "For=\"[2001:db8:1::7]:4711\"")], "2001:db8:1::7"),
            (&[("forwarded", "for=192.0.2.1, by=x;for=192.0.2.7 , for=\"[2001:db8:aaaa::1]\"")], "192.0.2.7"),
            (&[("forwarded", "for=192.0.2.1;by=\"a,for=192.0.2.9;\\\",for=192.0.2.8\"")], "192.0.2.1"),
            (&[("forwarded", "for=192.0.2.1"), ("forwarded", "for=192.0.2.7")], "192.0.2.7"),
            (&[("forwarded", "for=192.0.2.1, proto=http")], "127.0.0.1"),
            (&[("forwarded", "for=192.0.2.1, for=_hidden")], "127.0.0.1"),
            (&[("x-forwarded-for", "192.0.2.7, 10.1.1.1"), ("forwarded", "for=192.0.2.7")], "192.0.2.7"),
        ] {
            assert_eq!(found(headers), Found { address: address.parse().unwrap(), trouble: None }, "{headers:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_leads_no_further() {
        let unreadable = |text: &str| Some(Trouble::Unreadable(text.into()));
        for (headers, address, trouble) in [
            (&[("x-forwarded-for", "192.0.2.7, foo")][..], "127.0.0.1", unreadable("foo")),
            (&[("x-forwarded-for", "192.0.2.7, foo, 10.1.1.1")], "10.1.1.1", unreadable("foo")),
            (&[("forwarded", "for=192.0.2.7, for=[2001:db8::7")], "127.0.0.1", unreadable("[2001:db8::7")),
            (
                &[("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.8")],
                "127.0.0.1",
                Some(Trouble::Contradiction),
            ),
        ] {
            assert_eq!(found(headers), Found { address: address.parse().unwrap(), trouble }, "{headers:?}");
        }
        assert_eq!(
            found(&[("x-forwarded-for", "foo, 192.0.2.7")]).trouble,
            None,
            "what a client invents is no trouble"
        );
    }

    #[test]
    fn a_strangers_headers_are_not_read() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("192.0.2.7"));
        for (list, peer) in [(&[][..], "127.0.0.1"), (&["10.0.0.0/8"], "11.0.0.1"), (&["10.0.0.1"], "10.0.0.2")] {
            let peer = peer.parse().unwrap();
            assert_eq!(client(&proxies(list), peer, &headers), Found { address: peer, trouble: None }, "{list:?}");
        }
        let mapped = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(client(&proxies(&["10.0.0.1"]), mapped, &headers).address, "192.0.2.7".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["foo", "10.0.0.0/33", "10.0.0.1:80", ""] {
            let why = Proxies::try_from(vec!["127.0.0.1".to_owned(), text.to_owned()]).unwrap_err();
            assert!(why.contains(&format!("`{text}` is no address and no network")), "{why}");
        }
    }

    #[test]
    fn an_address_of_version_6_is_told_by_its_network() {
        let told = |text: &str| network(text.parse().unwrap());
        assert_eq!(told("192.0.2.7"), "192.0.2.7");
        assert_eq!(told("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(told("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(told("2001:db8:1:2::9"), "2001:db8:1:2::/64");
    }
}
