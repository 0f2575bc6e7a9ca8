//! The check of outgoing requests: no client may use this server to reach addresses that only this server can reach.
//!
//! Invariant: an IPv4 address inside an IPv6 address is checked as IPv4. An address or network that the operator lists
//! is always allowed. A listed name is allowed whatever it resolves to.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const fn net_v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn net_v6(first: u16, second: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), bits)
}

/// The networks that are not public: this host, private networks, link-local (with the metadata service of clouds at
/// 169.254.169.254), shared, test and documentation networks, multicast and reserved. Azure's metadata service is one
/// of them, although its address looks public.
const NON_PUBLIC_V4: [Ipv4Net; 16] = [
    net_v4(0, 0, 0, 0, 8),
    net_v4(10, 0, 0, 0, 8),
    net_v4(100, 64, 0, 0, 10),
    net_v4(127, 0, 0, 0, 8),
    net_v4(168, 63, 129, 16, 32),
    net_v4(169, 254, 0, 0, 16),
    net_v4(172, 16, 0, 0, 12),
    net_v4(192, 0, 0, 0, 24),
    net_v4(192, 0, 2, 0, 24),
    net_v4(192, 88, 99, 0, 24),
    net_v4(192, 168, 0, 0, 16),
    net_v4(198, 18, 0, 0, 15),
    net_v4(198, 51, 100, 0, 24),
    net_v4(203, 0, 113, 0, 24),
    net_v4(224, 0, 0, 0, 4),
    net_v4(240, 0, 0, 0, 4),
];

/// Only 2000::/3 is assigned. Within it, Teredo, ORCHID, benchmarking and documentation networks are not public.
const PUBLIC_V6: Ipv6Net = net_v6(0x2000, 0, 3);
const NON_PUBLIC_V6: [Ipv6Net; 3] = [net_v6(0x2001, 0, 23), net_v6(0x2001, 0xdb8, 32), net_v6(0x3fff, 0, 20)];

/// Returns the IPv4 address inside an IPv6 address: mapped, compatible, NAT64 or 6to4.
fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match parts {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => v4(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}

/// Whether an address is reachable for everyone on the internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NON_PUBLIC_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => match embedded_ipv4(address) {
            Some(inner) => is_public(IpAddr::V4(inner)),
            None => PUBLIC_V6.contains(&address) && !NON_PUBLIC_V6.iter().any(|net| net.contains(&address)),
        },
    }
}

/// The networks and names that are allowed besides public addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressGuard {
    networks: Vec<IpNet>,
    names: Vec<String>,
}

impl AddressGuard {
    /// Parses `outbound.allow`: networks, addresses and host names.
    pub(super) fn parse(list: &[String]) -> Result<Self, String> {
        let mut guard = Self::default();
        for item in list {
            if let Ok(net) = item.parse::<IpNet>() {
                guard.networks.push(net);
            } else if let Ok(address) = item.parse::<IpAddr>() {
                guard.networks.push(address.into());
            } else if let Ok(url::Host::Domain(name)) = url::Host::parse(item) {
                guard.names.push(name.trim_end_matches('.').to_owned());
            } else {
                return Err(format!(
                    "outbound.allow holds `{item}`: write a network such as 10.0.0.0/8, an address or a host name"
                ));
            }
        }
        Ok(guard)
    }

    /// Whether requests to this name are allowed whatever it resolves to.
    pub(super) fn allows_name(&self, name: &str) -> bool {
        self.names.iter().any(|known| known.eq_ignore_ascii_case(name.trim_end_matches('.')))
    }

    /// Whether requests to this address are allowed.
    pub(super) fn allows_address(&self, address: IpAddr) -> bool {
        let unwrapped = match address {
            IpAddr::V6(v6) => embedded_ipv4(v6).map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        is_public(address) || self.networks.iter().any(|net| net.contains(&address) || net.contains(&unwrapped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_open() {
        let guard = AddressGuard::default();
        for open in ["93.184.215.14", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"] {
            assert!(guard.allows_address(open.parse().unwrap()), "{open}");
        }
        for closed in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.1.1",
            "168.63.129.16",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
        ] {
            assert!(!guard.allows_address(closed.parse().unwrap()), "{closed}");
        }
    }

    #[test]
    fn what_is_listed_is_allowed_and_nothing_else() {
        let list = ["10.0.0.0/8", "192.168.7.7", "::1", "Shop.Internal", "localhost"].map(str::to_owned);
        let guard = AddressGuard::parse(&list).unwrap();
        for good in ["10.9.8.7", "192.168.7.7", "::1", "::ffff:10.0.0.1"] {
            assert!(guard.allows_address(good.parse().unwrap()), "{good}");
        }
        for bad in ["192.168.7.8", "127.0.0.1", "169.254.169.254"] {
            assert!(!guard.allows_address(bad.parse().unwrap()), "{bad}");
        }
        assert!(
            guard.allows_name("shop.internal")
                && guard.allows_name("LOCALHOST.")
                && !guard.allows_name("x.shop.internal")
        );
        for wrong in ["10.0.0.0/40", "http://a", "", "a b"] {
            assert!(AddressGuard::parse(&[wrong.to_owned()]).unwrap_err().contains("write a network"), "{wrong}");
        }
    }
}
