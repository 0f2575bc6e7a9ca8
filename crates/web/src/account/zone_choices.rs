//! The choice of the time zone on the account's page.
//!
//! Not here: what follows from it ([`crate::page_context`]).

use opendrs_domain::customer::Customer;
use opendrs_domain::zone::{Zone, ZonePreferences};
use opendrs_texts::ReaderTexts;

/// The zones that a customer may choose.
pub(super) struct ZoneChoices {
    /// The choice of the zone that follows from the address.
    pub(super) automatic: String,
    /// Every other choice.
    pub(super) zones: Vec<ZoneChoice>,
}

/// A zone in the list.
pub(super) struct ZoneChoice {
    pub(super) name: &'static str,
    /// The name with blanks, as people read it.
    pub(super) label: String,
    pub(super) chosen: bool,
}

impl ZoneChoices {
    pub(super) fn new(customer: &Customer, default: Zone, texts: &ReaderTexts) -> Self {
        let preferences: ZonePreferences<'_> = customer.zone_preferences(default);
        let label = |zone: Zone| zone.name().replace('_', " ");
        let choice =
            |zone: Zone| ZoneChoice { name: zone.name(), label: label(zone), chosen: preferences.chosen == Some(zone) };
        Self {
            automatic: (texts.account.zone_automatic)(&label(preferences.derived())),
            zones: Zone::all().map(choice).collect(),
        }
    }
}
