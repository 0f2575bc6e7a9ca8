//! The keys by which the store's writer keeps commands in order.
//!
//! Not here: shards ([`opendrs_store::Shards`]). Invariant: commands that change one device's rows have one key, so
//! that two of them never interleave within one transaction.

use opendrs_domain::device::Device;
use opendrs_domain::id::CustomerId;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The key of a device: that of its unit. Every command that changes rows of one device uses it.
pub(crate) fn for_device(device: &Device) -> u64 {
    let mut hasher = DefaultHasher::new();
    (device.model, &device.serial).hash(&mut hasher);
    hasher.finish()
}

/// The key of a customer's consents and of the tokens under them.
pub(crate) fn for_customer(customer: CustomerId) -> u64 {
    customer.0.as_u64_pair().1
}
