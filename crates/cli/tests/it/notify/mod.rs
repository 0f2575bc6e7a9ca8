//! Notifications on their way to a receiver's socket, on either engine: asking, sending, trying again, giving up.

mod attempts;
mod giving;
mod handshake;
mod operator;
mod order;
#[cfg(feature = "sns")]
mod published;
mod sealed;
