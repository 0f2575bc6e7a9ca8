//! The source of a request, as reported by the proxies in front of this server.
//!
//! A proxy appends the address of its client to `X-Forwarded-For` or `Forwarded` (RFC 7239). Invariant: only entries
//! that a trusted proxy appended count. A client can write any entry before them.

use super::address_limiter;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

/// The proxies in front of this server whose headers count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TrustedProxies(Vec<IpNet>);

impl TryFrom<Vec<String>> for TrustedProxies {
    type Error = String;
    fn try_from(list: Vec<String>) -> Result<Self, String> {
        let network = |text: &String| {
            let address = || text.parse::<IpAddr>().map(|address| address.to_canonical().into());
            text.parse::<IpNet>().or_else(|_| address()).map_err(|_| {
                format!("`{text}` is neither an address nor a network: write such as \"127.0.0.1\" or \"10.0.0.0/8\"")
            })
        };
        list.iter().map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    /// Whether no proxy is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a network that contains every address, if the list has one.
    pub fn network_of_all(&self) -> Option<&IpNet> {
        self.0.iter().find(|network| network.prefix_len() == 0)
    }

    /// Whether an address belongs to a trusted proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

/// Finds the sources of requests, for rate limits and logs.
///
/// A source is the address at the other end of the connection. If that is a trusted proxy, the source is the last
/// address that a trusted proxy names and that is itself no trusted proxy. An IPv6 address counts as its /64 network.
#[derive(Debug, Default)]
pub struct ClientSources {
    proxies: TrustedProxies,
    /// Whether an unreadable header of a proxy has been logged.
    reported: AtomicBool,
}

impl ClientSources {
    /// Makes a finder of sources behind these proxies.
    #[must_use]
    pub fn new(proxies: TrustedProxies) -> Self {
        Self { proxies, reported: AtomicBool::new(false) }
    }

    /// The trusted proxies.
    #[must_use]
    pub fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    /// Returns the source of a request from a peer.
    pub fn of_peer(&self, headers: &HeaderMap, peer: SocketAddr) -> String {
        let client = client_address(&self.proxies, peer.ip(), headers);
        if let Some(problem) = client.problem {
            report(&self.reported, peer.ip(), problem);
        }
        network(client.address)
    }

    /// Returns the source of a request whose extensions have the peer's address, or `local` if they do not.
    pub fn of_request(&self, extensions: &Extensions, headers: &HeaderMap) -> String {
        match extensions.get::<ConnectInfo<SocketAddr>>() {
            Some(ConnectInfo(peer)) => self.of_peer(headers, *peer),
            None => "local".into(),
        }
    }
}

/// Logs an unreadable header of a proxy. It does so once, because the proxy sends such a header with each request.
fn report(reported: &AtomicBool, proxy: IpAddr, problem: ForwardedProblem) {
    if reported.swap(true, Ordering::Relaxed) {
        return;
    }
    match problem {
        ForwardedProblem::Unreadable(text) => tracing::warn!(
            %proxy,
            text,
            "a proxy forwards an address that cannot be read: its requests count as its own, together; let it write \
             X-Forwarded-For or Forwarded with the address of its client (reported once)"
        ),
        ForwardedProblem::Contradiction => tracing::warn!(
            %proxy,
            "X-Forwarded-For and Forwarded name different clients: such requests count as the proxy's own; let the proxy \
             remove the one that it does not write (reported once)"
        ),
    }
}

/// The reason why the headers of a proxy do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ForwardedProblem {
    /// This text is not an address.
    Unreadable(String),
    /// Both headers are present and disagree. The client may have written either of them.
    Contradiction,
}

/// The address of a client, as far as trusted proxies report it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ClientAddress {
    address: IpAddr,
    problem: Option<ForwardedProblem>,
}

fn client_address(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
    let near = |problem| ClientAddress { address: peer, problem };
    if proxies.is_empty() || !proxies.contains(peer) {
        return near(None);
    }
    let lines = |name: &str| -> Vec<_> {
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect()
    };
    let (listed, forwarded) = (lines("x-forwarded-for"), lines("forwarded"));
    let follow = |nodes: Vec<&str>| (!nodes.is_empty()).then(|| last_untrusted(proxies, peer, nodes));
    let listed = follow(listed.iter().flat_map(|line| split(line, ',')).collect());
    let forwarded = follow(forwarded.iter().flat_map(|line| split(line, ',')).map(forwarded_for).collect());
    match (listed, forwarded) {
        (Some(one), Some(other)) if one.address != other.address => near(Some(ForwardedProblem::Contradiction)),
        (Some(found), _) | (None, Some(found)) => found,
        (None, None) => near(None),
    }
}

/// Walks a list of addresses from its end to the first address that is no trusted proxy.
fn last_untrusted(proxies: &TrustedProxies, peer: IpAddr, nodes: Vec<&str>) -> ClientAddress {
    let mut address = peer;
    for node in nodes.into_iter().rev() {
        if !proxies.contains(address) {
            break;
        }
        match parse_node(node) {
            Node::Address(before) => address = before,
            Node::Unknown => break,
            Node::Unreadable => {
                let text = node.chars().filter(|c| !c.is_control()).take(64).collect();
                return ClientAddress { address, problem: Some(ForwardedProblem::Unreadable(text)) };
            }
        }
    }
    ClientAddress { address, problem: None }
}

/// Splits a line at a separator. Separators within quotes do not count.
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

/// Returns the `for` parameter of an element of `Forwarded`, or `unknown` if it has none.
fn forwarded_for(element: &str) -> &str {
    let mut pairs = split(element, ';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map_or("unknown", |(_, value)| value)
}

/// One entry of a proxy's header: a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Address(IpAddr),
    /// The proxy does not know the client, or hides it.
    Unknown,
    Unreadable,
}

/// Parses an address with or without port, brackets, quotes and zone.
fn parse_node(node: &str) -> Node {
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

/// Formats a source: an IPv4 address, or the /64 network of an IPv6 address.
pub(super) fn network(address: IpAddr) -> String {
    match address_limiter::network_of(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn proxies(list: &[&str]) -> TrustedProxies {
        list.iter().map(ToString::to_string).collect::<Vec<_>>().try_into().unwrap()
    }

    fn found(headers: &[(&'static str, &'static str)]) -> ClientAddress {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        client_address(&proxies(&["127.0.0.1", "10.0.0.0/8", "2001:db8:aaaa::/48"]), "127.0.0.1".parse().unwrap(), &map)
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
            assert_eq!(parse_node(text), Node::Address(address.parse().unwrap()), "{text}");
        }
        for text in ["unknown", "Unknown", "_hidden", "\"_SEVKISEK\""] {
            assert_eq!(parse_node(text), Node::Unknown, "{text}");
        }
        for text in ["", "x", "192.0.2", "192.0.2.7:", "192.0.2.7:99999", "[2001:db8::7", "[2001:db8::7]x", "[x]:1"] {
            assert_eq!(parse_node(text), Node::Unreadable, "{text}");
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
            assert_eq!(
                found(headers),
                ClientAddress { address: address.parse().unwrap(), problem: None },
                "{headers:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_leads_no_further() {
        let unreadable = |text: &str| Some(ForwardedProblem::Unreadable(text.into()));
        for (headers, address, problem) in [
            (&[("x-forwarded-for", "192.0.2.7, foo")][..], "127.0.0.1", unreadable("foo")),
            (&[("x-forwarded-for", "192.0.2.7, foo, 10.1.1.1")], "10.1.1.1", unreadable("foo")),
            (&[("forwarded", "for=192.0.2.7, for=[2001:db8::7")], "127.0.0.1", unreadable("[2001:db8::7")),
            (
                &[("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.8")],
                "127.0.0.1",
                Some(ForwardedProblem::Contradiction),
            ),
        ] {
            assert_eq!(found(headers), ClientAddress { address: address.parse().unwrap(), problem }, "{headers:?}");
        }
        assert_eq!(
            found(&[("x-forwarded-for", "foo, 192.0.2.7")]).problem,
            None,
            "what a client invents is no problem"
        );
    }

    #[test]
    fn a_strangers_headers_are_not_read() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("192.0.2.7"));
        for (list, peer) in [(&[][..], "127.0.0.1"), (&["10.0.0.0/8"], "11.0.0.1"), (&["10.0.0.1"], "10.0.0.2")] {
            let peer = peer.parse().unwrap();
            assert_eq!(
                client_address(&proxies(list), peer, &headers),
                ClientAddress { address: peer, problem: None },
                "{list:?}"
            );
        }
        let mapped = "::ffff:10.0.0.1".parse().unwrap();
        assert_eq!(
            client_address(&proxies(&["10.0.0.1"]), mapped, &headers).address,
            "192.0.2.7".parse::<IpAddr>().unwrap()
        );
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["foo", "10.0.0.0/33", "10.0.0.1:80", ""] {
            let why = TrustedProxies::try_from(vec!["127.0.0.1".to_owned(), text.to_owned()]).unwrap_err();
            assert!(why.contains(&format!("`{text}` is neither an address nor a network")), "{why}");
        }
    }

    #[test]
    fn an_address_of_version_6_is_told_by_its_network() {
        let network_of = |text: &str| network(text.parse().unwrap());
        assert_eq!(network_of("192.0.2.7"), "192.0.2.7");
        assert_eq!(network_of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network_of("2001:db8:1:2::9"), "2001:db8:1:2::/64");
    }
}
