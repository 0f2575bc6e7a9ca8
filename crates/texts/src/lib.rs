//! Everything that pages and mails say to customers, in each language.
//!
//! What it is: one catalogue of typed texts ([`Texts`]), filled in once for each language (`en`, `de`, `ja`); a text that
//! one of them lacks, or that takes other values, does not compile. What it is not: which language is spoken
//! (`domain::language`), and what makers and customers wrote themselves. Invariant: a text is a whole sentence or label,
//! so that each language orders its words as it must; it holds no markup, and values are escaped where they are shown.

mod de;
mod en;
mod ja;
mod mails;
mod pages;

pub use mails::MailTexts;
pub use pages::{
    CancelWindow, ConsentTexts, ConsentWithdrawalTexts, DeviceRemovalTexts, ErrorPageTexts, LeaveTexts, Marked,
    NotFoundTexts, OrderTexts, RuleTexts, SettingsTexts, SetupTexts, SharedTexts, SignInTexts, TakeoverTexts,
    TeaserTexts,
};

use opendrs_domain::language::Language;
use opendrs_domain::money::Money;
use opendrs_domain::order::{Cancellation, CancelledBy};
use opendrs_domain::time::Time;
use opendrs_service::Error;

/// A text without values.
pub type Text = &'static str;

/// All texts of a language.
pub struct Texts {
    /// Which language it is.
    pub language: Language,
    /// What several pages say.
    pub shared: SharedTexts,
    /// Signing in.
    pub sign_in: SignInTexts,
    /// Pages at addresses that have none.
    pub missing: NotFoundTexts,
    /// A device that another account has, or that another account sets up.
    pub takeovers: TakeoverTexts,
    /// The page by which a browser leaves for the client, or goes on.
    pub leaving: LeaveTexts,
    /// The page that asks for consent.
    pub consent: ConsentTexts,
    /// A page a slot, and the overview.
    pub set_up: SetupTexts,
    /// Before anybody signs in.
    pub teaser: TeaserTexts,
    /// The settings of a device, and the list of devices.
    pub settings: SettingsTexts,
    /// The removal of a device from an account.
    pub removal: DeviceRemovalTexts,
    /// The apps that have a customer's consent.
    pub unlinking: ConsentWithdrawalTexts,
    /// The customer's rules.
    pub rules: RuleTexts,
    /// An order's page, where it stands, and the page that cancels it.
    pub orders: OrderTexts,
    /// The page for requests that cannot be trusted.
    pub sorry: ErrorPageTexts,
    /// Headings of refusals.
    pub error_headings: ErrorHeadings,
    /// Why not: for the customer.
    pub error_message: fn(error: &Error) -> String,
    /// Mails.
    pub letters: MailTexts,
}

/// Headings of pages that refuse something.
pub struct ErrorHeadings {
    /// Too much at once.
    pub rate_limited: Text,
    /// The store is out of reach.
    pub unavailable: Text,
    /// A bug.
    pub internal: Text,
    /// A sign-up that is over.
    pub expired: Text,
    /// Everything else.
    pub failed: Text,
}

impl Texts {
    /// The texts of a language.
    pub fn for_language(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::German => &de::TEXTS,
            Language::Japanese => &ja::TEXTS,
        }
    }

    /// A price.
    pub fn money(&self, money: &Money) -> String {
        self.language.format_money(money)
    }

    /// A moment.
    pub fn moment(&self, at: &Time) -> String {
        self.language.format_time(*at)
    }

    /// A day.
    pub fn day(&self, at: &Time) -> String {
        self.language.format_date(*at)
    }

    /// Why an order was cancelled; who does so for its customer owes them a reason.
    pub fn cancel_reason<'c>(&self, cancellation: &'c Cancellation) -> Option<&'c str> {
        let owed = matches!(cancellation.by, CancelledBy::Shop | CancelledBy::Operator);
        cancellation.reason.as_deref().or(owed.then_some(self.letters.no_reason))
    }

    /// So much of something; its unit is the maker's word.
    pub fn amount(&self, quantity: &f64, unit: &str) -> String {
        format!("{} {unit}", self.language.format_number(*quantity))
    }
}

#[cfg(test)]
mod tests;
