//! Notifications: events of devices, written with the change that they report, and their messages to receivers.
//!
//! What it is: the ids of an event and its fan-out. What it is not: delivery of messages ([`crate::delivery`]).
//! Invariant: a change, its event and the event's messages commit together.

mod event_ids;
mod fan_out;

pub(crate) use event_ids::{ChangeContext, EventIds};
pub(crate) use fan_out::{NewEvent, fan_out_event, find_receivers, record_event};
