//! A device: one registered unit.
//!
//! Invariant: a registration ends once and for ever; a unit that comes back gets a new one. So whatever is bound to a
//! registration (tokens, codes, orders' locks) ends with it, without a list of what was issued
//! (docs/spec/registrations.md#end-of-registration).

use crate::id::{ClientId, CustomerId, DeviceId, MakerId, ModelId};
use crate::text::{ModelCode, Serial};
use crate::time::Time;

/// A unit that a customer linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// This registration.
    pub id: DeviceId,
    /// Its model.
    pub model: ModelId,
    /// The model's code, as notifications and paths name it.
    pub model_code: ModelCode,
    /// The unit's serial.
    pub serial: Serial,
    /// The model's maker.
    pub maker: MakerId,
    /// The owner.
    pub customer: CustomerId,
    /// The owner, as the maker sees them (`directedCustomerId`).
    pub directed_customer_id: String,
    /// The client it was linked through (`lwaClientId`).
    pub client: ClientId,
    /// Its orders are test orders.
    pub test: bool,
    /// Since when.
    pub registered_at: Time,
    /// Last use it told of (DeviceStatus).
    pub active_at: Option<Time>,
    /// When the registration ended.
    pub deregistered_at: Option<Time>,
    /// Token families that were revoked one by one, because their code was used twice.
    pub revoked_families: RevokedFamilies,
    /// Since when its owner is blocked, and its tokens are refused.
    pub suspended_at: Option<Time>,
}

impl Device {
    /// Whether a token of this family may speak for the device.
    #[must_use]
    pub fn accepts_token_family(&self, family: u64) -> bool {
        self.deregistered_at.is_none() && self.suspended_at.is_none() && !self.revoked_families.0.contains(&family)
    }
}

/// Token families, few and usually none. One family descends from one authorization code.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RevokedFamilies(pub Vec<u64>);

impl RevokedFamilies {
    /// Reads the store's form: hex numbers with blanks between.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split_ascii_whitespace().map(|w| u64::from_str_radix(w, 16).ok()).collect::<Option<_>>().map(Self)
    }

    /// Adds one; `false` if it was there.
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
