//! A device: one registered unit.
//!
//! Invariant: a registration ends once and for ever; a unit that returns gets a new one. So all tokens, codes and slot
//! locks of a registration end with it, without a list of what was issued
//! (docs/spec/registrations.md#end-of-registration).

use crate::id::{ClientId, CustomerId, DeviceId, MakerId, ModelId};
use crate::language::Language;
use crate::text::{DeviceName, ModelCode, Serial};
use crate::time::Time;
use crate::translation::Translations;

/// A device with the shard of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceRef {
    /// The shard.
    pub shard: i64,
    /// The registration's id.
    pub id: DeviceId,
}

/// A registered unit of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The registration's id.
    pub id: DeviceId,
    /// Its model.
    pub model: ModelId,
    /// The model's code, as in notifications and paths.
    pub model_code: ModelCode,
    /// The unit's serial.
    pub serial: Serial,
    /// The model's maker.
    pub maker: MakerId,
    /// The owner.
    pub customer: CustomerId,
    /// The owner's directed id (`directedCustomerId`).
    pub directed_customer_id: String,
    /// The client through which it was registered (`lwaClientId`).
    pub client: ClientId,
    /// Whether its orders are test orders.
    pub test: bool,
    /// When it was registered.
    pub registered_at: Time,
    /// The last use that it reported (DeviceStatus).
    pub active_at: Option<Time>,
    /// When the registration ended.
    pub deregistered_at: Option<Time>,
    /// Token families that were revoked one by one, because their code was used twice.
    pub revoked_families: RevokedFamilies,
    /// When its owner was blocked. Until unblocked, its tokens are refused.
    pub suspended_at: Option<Time>,
}

impl Device {
    /// The device with the shard of its rows.
    #[must_use]
    pub fn in_shard(&self, shard: i64) -> DeviceRef {
        DeviceRef { shard, id: self.id }
    }

    /// Whether a token of this family is accepted for the device.
    #[must_use]
    pub fn accepts_token_family(&self, family: u64) -> bool {
        self.deregistered_at.is_none() && self.suspended_at.is_none() && !self.revoked_families.0.contains(&family)
    }
}

/// A device with the names under which its owner knows it. No maker and no shop gets the owner's own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDevice {
    /// The device.
    pub device: Device,
    /// The name of its model.
    pub model_name: String,
    /// Translations of that name.
    pub model_names: Translations,
    /// The name that its owner gave it.
    pub own_name: Option<DeviceName>,
}

impl NamedDevice {
    /// The device with the model's name for customers who read a language. Only pages and mails use it.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        self.model_name = self.model_names.pick(language, &self.model_name).to_owned();
        self
    }

    /// The name for the owner: their own, or else the model's.
    #[must_use]
    pub fn name(&self) -> &str {
        self.own_name.as_ref().map_or(&self.model_name, DeviceName::as_str)
    }

    /// The name for the owner, followed by the model's name if that is another one.
    #[must_use]
    pub fn full_name(&self) -> String {
        match &self.own_name {
            Some(name) if name.as_str() != self.model_name => format!("{name} ({})", self.model_name),
            _ => self.model_name.clone(),
        }
    }
}

/// Revoked token families, usually none and never many. One family descends from one authorization code.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RevokedFamilies(pub Vec<u64>);

impl RevokedFamilies {
    /// Reads the stored form: hex numbers separated by blanks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split_ascii_whitespace().map(|w| u64::from_str_radix(w, 16).ok()).collect::<Option<_>>().map(Self)
    }

    /// Adds a family; `false` if it was there.
    pub fn insert(&mut self, family: u64) -> bool {
        let new = !self.0.contains(&family);
        if new {
            self.0.push(family);
        }
        new
    }
}

impl std::fmt::Display for RevokedFamilies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.0.iter().map(|n| format!("{n:x}")).collect();
        f.write_str(&words.join(" "))
    }
}
