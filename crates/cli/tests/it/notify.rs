//! Notifications on their way to a receiver's socket, on both engines: confirmation, delivery, retries, dead
//! deliveries.

mod attempts;
mod giving;
mod handshake;
mod operator;
mod order;
#[cfg(feature = "sns")]
mod published;
mod sealed;
