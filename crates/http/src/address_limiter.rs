//! The limit on open connections per client address.
//!
//! What it is not: the limit on all connections
//! ([`ConnectionLimits::connections`](super::ConnectionLimits::connections)).
//!
//! Invariant: the table has entries for open connections only, so it is never larger than their number. It is used once
//! for each connection and never for a request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The open connections of one listener, by address.
#[derive(Default)]
pub(super) struct AddressLimiter {
    /// The maximum number of open connections per address; 0 means no limit.
    max_open: u32,
    open: Mutex<HashMap<IpAddr, u32>>,
}

/// One counted connection of an address. Dropping it uncounts the connection.
pub(super) struct ConnectionPermit {
    limiter: Arc<AddressLimiter>,
    address: IpAddr,
}

/// Returns the network by which an address is counted. For IPv6 it is the /64 network, all of which one client may
/// have.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut parts = address.segments();
            parts[4..].fill(0);
            IpAddr::V6(Ipv6Addr::from(parts))
        }
        address => address,
    }
}

impl AddressLimiter {
    pub(super) fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { max_open: most, open: Mutex::default() })
    }

    fn lock_open(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this listener limits connections per address.
    pub(super) fn is_enabled(&self) -> bool {
        self.max_open > 0
    }

    /// Counts a connection, or returns `None` if its address has reached the limit.
    pub(super) fn try_acquire(self: &Arc<Self>, address: IpAddr) -> Option<ConnectionPermit> {
        let address = network_of(address);
        let mut open = self.lock_open();
        let count = open.entry(address).or_insert(0);
        if *count >= self.max_open {
            return None;
        }
        *count += 1;
        Some(ConnectionPermit { limiter: self.clone(), address })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.limiter.lock_open().entry(self.address) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_another_as_many() {
        let all = AddressLimiter::new(2);
        let enter = |text: &str| all.try_acquire(text.parse().unwrap());
        let (first, second) = (enter("192.0.2.7"), enter("::ffff:192.0.2.7"));
        assert!(first.is_some() && second.is_some() && enter("192.0.2.7").is_none());
        let others = [enter("192.0.2.8"), enter("2001:db8:1:2::1"), enter("2001:db8:1:2::2")];
        assert!(others.iter().all(Option::is_some) && enter("2001:db8:1:2::3").is_none());
        drop(first);
        assert!(enter("192.0.2.7").is_some());
        drop((second, others));
        assert!(all.lock_open().is_empty(), "nothing is left of those that were closed");
    }
}
