//! How many connections of one address are open.
//!
//! Not here: how many there are of all ([`super::Limits::connections`]). Invariant: only open connections are remembered,
//! so there are never more entries than connections; it is asked once a connection, never for a request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Open connections by address, of one listener.
#[derive(Default)]
pub(super) struct AddressLimiter {
    /// How many an address may have open; 0 for any number.
    max_open: u32,
    open: Mutex<HashMap<IpAddr, u32>>,
}

/// A connection's place among those of its address, until it is dropped.
pub(super) struct ConnectionPermit {
    limiter: Arc<AddressLimiter>,
    address: IpAddr,
}

/// Who has one address of version 6 has all that share its first half.
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

    /// Whether connections are counted at all.
    pub(super) fn is_enabled(&self) -> bool {
        self.max_open > 0
    }

    /// Counts a connection; `None` where its address has as many as it may.
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
