//! A device model and its slots.
//!
//! Invariant: a model belongs to one maker, and a slot's id is unique within its model. Slots have a fixed order, which
//! every list of slots on the wire follows (docs/spec/calls.md#slot-order).

use crate::id::{CompositeId, MakerId, ModelId};
use crate::language::Language;
use crate::picture::Picture;
use crate::takeover;
use crate::text::{Asin, ModelCode, SlotId};
use crate::translation::Translations;

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
    /// Translations of the name.
    pub names: Translations,
    /// The id by which the teaser page finds it.
    pub composite_id: CompositeId,
    /// Whether it is certified: then it may be linked without `should_include_non_live`.
    pub live: bool,
    /// Whether another customer may take over a registered unit.
    pub takeover_policy: takeover::TakeoverPolicy,
    /// Its picture, if there is one.
    pub picture: Option<Picture>,
}

impl Model {
    /// The name for customers who read a language.
    #[must_use]
    pub fn name_in(&self, language: Language) -> &str {
        self.names.pick(language, &self.name)
    }
}

/// One consumable that a model measures and reorders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its id in paths and notifications.
    pub id: SlotId,
    /// Name for customers: `Choose your <name>`.
    pub name: String,
    /// Translations of the name.
    pub names: Translations,
    /// Unit in which its levels are reported.
    pub unit: String,
    /// Translations of the unit.
    pub units: Translations,
    /// Products a customer may choose, first one preselected.
    pub products: Vec<Asin>,
}

impl Slot {
    /// The slot with its texts for customers who read a language. Only pages and mails use it.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        self.name = self.names.pick(language, &self.name).to_owned();
        self.unit = self.units.pick(language, &self.unit).to_owned();
        self
    }
}
