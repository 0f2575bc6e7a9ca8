//! A device model and its slots.
//!
//! Invariant: a model belongs to one maker; a slot's id is unique within its model; slots have a fixed order, which
//! every list of slots on the wire follows (docs/spec/calls.md#slot-order).

use crate::id::{CompositeId, MakerId, ModelId};
use crate::takeover;
use crate::text::{Asin, ModelCode, SlotId};

/// A kind of device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Identifier inside.
    pub id: ModelId,
    /// Whose model it is.
    pub maker: MakerId,
    /// What devices send as `device_model`; unique within the maker.
    pub code: ModelCode,
    /// Name shown to customers.
    pub name: String,
    /// What the teaser page is asked for.
    pub composite_id: CompositeId,
    /// Certified: may be linked without `should_include_non_live`.
    pub live: bool,
    /// Whether another customer may set up a unit that somebody has.
    pub takeover_policy: takeover::TakeoverPolicy,
}

/// One consumable a model measures and reorders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its id in paths and notifications.
    pub id: SlotId,
    /// Name shown to customers: `Choose the <name>`.
    pub name: String,
    /// Unit in which its levels are reported.
    pub unit: String,
    /// Products a customer may choose, first one preselected.
    pub products: Vec<Asin>,
}
