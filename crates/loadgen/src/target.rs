//! The permitted targets of load.
//!
//! Invariant: load goes to this machine only.

use std::net::SocketAddr;

/// Refuses an address that is not on this machine's loopback.
pub(crate) fn loopback(address: SocketAddr) -> Result<(), String> {
    if address.ip().is_loopback() { Ok(()) } else { Err(format!("{address} is not on this machine's loopback")) }
}
