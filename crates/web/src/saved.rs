//! What a form changed, for the page that follows it.
//!
//! Invariant: the redirect after a form names the change by one of a closed list of values. A link from elsewhere can
//! make a page say nothing else.

use super::query_param;
use axum::http::request::Parts;
use opendrs_domain::login::form;
use opendrs_texts::{ReaderTexts, Text};

/// A change that the customer made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SavedChange {
    Product,
    Rules,
    SwitchedOff,
    Address,
    Language,
    Cancelled,
    Order,
    Removed,
    Unlinked,
    Name,
    Password,
    Sessions,
    Kept,
    Placed,
    AlreadyOpen,
    Skipped,
    Unskipped,
    Paused,
    Resumed,
    SecondFactorOff,
    IdentityRemoved,
    Renamed,
    NameRemoved,
    Zone,
    Stated,
    StatementRemoved,
}

/// Each change, and its value in the URL.
const NAMES: [(SavedChange, &str); 26] = [
    (SavedChange::Product, "product"),
    (SavedChange::Rules, "rules"),
    (SavedChange::SwitchedOff, "off"),
    (SavedChange::Address, "address"),
    (SavedChange::Language, "language"),
    (SavedChange::Cancelled, "cancelled"),
    (SavedChange::Order, "order"),
    (SavedChange::Removed, "removed"),
    (SavedChange::Unlinked, "unlinked"),
    (SavedChange::Name, "name"),
    (SavedChange::Password, "password"),
    (SavedChange::Sessions, "sessions"),
    (SavedChange::Kept, "kept"),
    (SavedChange::Placed, "placed"),
    (SavedChange::AlreadyOpen, "open"),
    (SavedChange::Skipped, "skipped"),
    (SavedChange::Unskipped, "unskipped"),
    (SavedChange::Paused, "paused"),
    (SavedChange::Resumed, "resumed"),
    (SavedChange::SecondFactorOff, "one-step"),
    (SavedChange::IdentityRemoved, "identity"),
    (SavedChange::Renamed, "renamed"),
    (SavedChange::NameRemoved, "unnamed"),
    (SavedChange::Zone, "zone"),
    (SavedChange::Stated, "stated"),
    (SavedChange::StatementRemoved, "unstated"),
];

impl SavedChange {
    /// Reads the change that a page's URL names.
    pub(super) fn from_request(parts: &Parts) -> Option<Self> {
        let name = query_param(parts, "saved");
        NAMES.into_iter().find(|(_, known)| *known == name).map(|(change, _)| change)
    }

    /// Returns the sentence that confirms the change.
    pub(super) fn text(self, texts: &ReaderTexts) -> Text {
        let said = &texts.parts;
        match self {
            SavedChange::Product => said.saved_product,
            SavedChange::Rules => said.saved_rules,
            SavedChange::SwitchedOff => said.saved_off,
            SavedChange::Address => said.saved_address,
            SavedChange::Language => said.saved_language,
            SavedChange::Cancelled => said.saved_cancelled,
            SavedChange::Order => said.saved_order,
            SavedChange::Removed => said.saved_removed,
            SavedChange::Unlinked => said.saved_unlinked,
            SavedChange::Name => texts.account.name_saved,
            SavedChange::Password => texts.account.password_saved,
            SavedChange::Sessions => texts.account.sessions_ended,
            SavedChange::Kept => texts.account.kept,
            SavedChange::Placed => texts.ordering.placed,
            SavedChange::AlreadyOpen => texts.ordering.already_open,
            SavedChange::Skipped => texts.ordering.skipped,
            SavedChange::Unskipped => texts.ordering.kept,
            SavedChange::Paused => texts.ordering.pause_saved,
            SavedChange::Resumed => texts.ordering.pause_ended,
            SavedChange::SecondFactorOff => texts.second_factor.off_saved,
            SavedChange::IdentityRemoved => texts.federation.removed_saved,
            SavedChange::Renamed => texts.device_names.saved,
            SavedChange::NameRemoved => texts.device_names.removed,
            SavedChange::Zone => texts.account.zone_saved,
            SavedChange::Stated => texts.slot_statements.saved,
            SavedChange::StatementRemoved => texts.slot_statements.removed,
        }
    }

    /// Returns the URL of a page that confirms the change.
    pub(super) fn url(self, page: &str) -> String {
        let (page, place) = page.split_once('#').map_or((page, None), |(page, place)| (page, Some(place)));
        let name = NAMES.into_iter().find(|(change, _)| *change == self).map_or("", |(_, name)| name);
        let joint = if page.contains('?') { '&' } else { '?' };
        let place = place.map_or(String::new(), |place| format!("#{place}"));
        format!("{page}{joint}saved={name}{place}")
    }

    /// Returns the URL of a device's page that confirms the change at a slot, where the customer made it.
    pub(super) fn url_at_slot(self, page: &str, slot: &str) -> String {
        let slot = form::percent_encode(slot, "");
        format!("{}&slot={slot}#slot-{slot}", self.url(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_the_change_before_its_fragment() {
        for (page, url) in [
            ("/settings", "/settings?saved=rules"),
            ("/settings?a=b", "/settings?a=b&saved=rules"),
            ("/settings?a=b#orders", "/settings?a=b&saved=rules#orders"),
        ] {
            assert_eq!(SavedChange::Rules.url(page), url);
        }
        assert_eq!(SavedChange::Rules.url_at_slot("/s", "a b"), "/s?saved=rules&slot=a%20b#slot-a%20b");
    }
}
