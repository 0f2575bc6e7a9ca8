//! A device model and its slots.
//!
//! Invariant: a model belongs to one maker, and a slot's id is unique within its model. Slots have a fixed order, which
//! every list of slots on the wire follows (docs/spec/calls.md#slot-order).

use crate::id::{CompositeId, MakerId, ModelId};
use crate::picture::Picture;
use crate::takeover;
use crate::text::{Asin, ModelCode, SlotId};

/// A device model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Internal identifier.
    pub id: ModelId,
    /// The model's maker.
    pub maker: MakerId,
    /// What devices send as `device_model`; unique within the maker.
    pub code: ModelCode,
    /// Name for customers.
    pub name: String,
    /// The id by which the teaser page finds it.
    pub composite_id: CompositeId,
    /// Whether it is certified: then it may be linked without `should_include_non_live`.
    pub live: bool,
    /// Whether another customer may take over a registered unit.
    pub takeover_policy: takeover::TakeoverPolicy,
    /// Its picture, if there is one.
    pub picture: Option<Picture>,
}

/// One consumable that a model measures and reorders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its id in paths and notifications.
    pub id: SlotId,
    /// Name for customers: `Choose your <name>`.
    pub name: String,
    /// Unit in which its levels are reported.
    pub unit: String,
    /// Products a customer may choose, first one preselected.
    pub products: Vec<Asin>,
}
