//! The calls of partners' programs: back ends that report on orders, and receivers that confirm their subscription.
//!
//! Invariant: every call is authenticated by a signature, a token or a secret in its path.

pub(crate) mod fulfilment;
pub(crate) mod subscription;
