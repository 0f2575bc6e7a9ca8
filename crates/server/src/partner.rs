//! The calls of partners' programs: back ends that report on orders, and receivers that confirm their subscription.
//!
//! Invariant: a call that changes something is authenticated by a signature or a token. The one exception is SNS's
//! `Unsubscribe`, which the receiver can undo; the signing certificate is public.

pub(crate) mod fulfilment;
pub(crate) mod subscription;
