//! The texts of pages and mails for customers, in each language.
//!
//! What it is: one catalogue of typed texts ([`Texts`]), filled in once for each language (`en`, `de`, `ja`). A
//! language that lacks a text, or gives it other parameters, does not compile.
//!
//! What it is not: the choice of the language (`opendrs_domain::language`), and the texts that makers and customers
//! wrote.
//!
//! Invariant: a text is a whole sentence or label, so that each language can choose its own word order. A text has no
//! markup. Templates escape the values.

mod account;
mod brand;
pub mod compose;
mod customer_account;
mod de;
mod device;
mod en;
mod federation;
mod ja;
mod mails;
mod ordering;
mod pages;
mod parts;
mod reader;
mod second_factor;
mod withdrawal;

pub use account::{ConsentWithdrawalTexts, DeviceRemovalTexts, OrderTexts, RuleTexts, SettingsTexts};
pub use brand::BrandTexts;
pub use customer_account::{AccountMailTexts, AccountTexts};
pub use device::{DeviceNameTexts, SlotStatementTexts};
pub use federation::FederationTexts;
pub use mails::MailTexts;
pub use ordering::OrderingTexts;
pub use pages::{
    CancelWindow, ConsentTexts, ErrorPageTexts, LeaveTexts, Marked, NotFoundTexts, SetupTexts, SharedTexts,
    SignInTexts, TakeoverTexts, TeaserTexts,
};
pub use parts::PartTexts;
pub use reader::ReaderTexts;
pub use second_factor::SecondFactorTexts;
pub use withdrawal::WithdrawalTexts;

use opendrs_domain::language::Language;
use opendrs_domain::money::Money;
use opendrs_domain::money::tax::TaxRate;
use opendrs_domain::order::{Cancellation, CancelledBy, PriceParts};
use opendrs_service::Error;

/// A text without parameters.
pub type Text = &'static str;

/// All texts of one language.
pub struct Texts {
    /// The language.
    pub language: Language,
    /// Texts that several pages share.
    pub shared: SharedTexts,
    /// Parts that several customer pages have.
    pub parts: PartTexts,
    /// The sign-in page.
    pub sign_in: SignInTexts,
    /// The pages at the root, at unknown paths, and at paths that accept forms only.
    pub missing: NotFoundTexts,
    /// The pages about a takeover.
    pub takeovers: TakeoverTexts,
    /// The page from which a browser leaves for the client, or continues.
    pub leaving: LeaveTexts,
    /// The page that asks for consent.
    pub consent: ConsentTexts,
    /// The pages of the sign-up: one for each slot, and the overview.
    pub set_up: SetupTexts,
    /// The teaser page, which is shown before anyone signs in.
    pub teaser: TeaserTexts,
    /// The settings of a device, and the list of devices.
    pub settings: SettingsTexts,
    /// The name that a customer gives to a device.
    pub device_names: DeviceNameTexts,
    /// What a customer states of a slot.
    pub slot_statements: SlotStatementTexts,
    /// The page that removes a device from an account.
    pub removal: DeviceRemovalTexts,
    /// The list of apps that have a customer's consent, and the page that withdraws a consent.
    pub unlinking: ConsentWithdrawalTexts,
    /// The form for the slot rules.
    pub rules: RuleTexts,
    /// An order's page, its status, and the page that cancels it.
    pub orders: OrderTexts,
    /// The pages and mails about withdrawals from the contract.
    pub withdrawals: WithdrawalTexts,
    /// The page for authorization requests that cannot be trusted.
    pub sorry: ErrorPageTexts,
    /// Headings of pages that refuse a request.
    pub error_headings: ErrorHeadings,
    /// The text of an error, for the customer.
    pub error_message: fn(error: &Error) -> String,
    /// The account pages, and mails about an account.
    pub account: AccountTexts,
    /// Orders by hand, a skipped order, the pause of all orders.
    pub ordering: OrderingTexts,
    /// The second factor of sign-ins.
    pub second_factor: SecondFactorTexts,
    /// The legal footer of pages and mails.
    pub brand: BrandTexts,
    /// Federated sign-in.
    pub federation: FederationTexts,
    /// Texts of mails.
    pub letters: MailTexts,
}

/// Headings of pages that refuse a request.
pub struct ErrorHeadings {
    /// A rate limit or an order limit is reached.
    pub rate_limited: Text,
    /// The store is unavailable.
    pub unavailable: Text,
    /// An internal error: a bug.
    pub internal: Text,
    /// The sign-up has ended.
    pub expired: Text,
    /// Every other error.
    pub failed: Text,
}

impl Texts {
    /// Returns the texts of a language.
    pub fn for_language(language: Language) -> &'static Self {
        match language {
            Language::English => &en::TEXTS,
            Language::German => &de::TEXTS,
            Language::Japanese => &ja::TEXTS,
        }
    }

    /// Formats a price as the language writes it.
    pub fn money(&self, money: &Money) -> String {
        self.language.format_money(money)
    }

    /// The sentences about what a price includes, as far as it is known. `rate` is the rate of the tax.
    pub fn price_parts(&self, PriceParts { shipping, tax }: &PriceParts, rate: Option<TaxRate>) -> Vec<String> {
        let said = &self.orders;
        let shipping = shipping.as_ref().map(|part| match part.minor {
            0 => said.free_shipping.to_owned(),
            _ => (said.shipping)(&self.money(part)),
        });
        let tax = tax.as_ref().map(|part| match rate {
            Some(rate) => (said.tax_at)(&self.language.format_number(rate.percent()), &self.money(part)),
            None => (said.tax)(&self.money(part)),
        });
        shipping.into_iter().chain(tax).collect()
    }

    /// Returns the reason of a cancellation. If the shop or an operator cancelled without a reason, the text states
    /// that.
    pub fn cancel_reason<'c>(&self, cancellation: &'c Cancellation) -> Option<&'c str> {
        let owed = matches!(cancellation.by, CancelledBy::Shop | CancelledBy::Operator);
        cancellation.reason.as_deref().or(owed.then_some(self.letters.no_reason))
    }

    /// Formats a quantity with its unit. The unit is the maker's own text. The protocol's unit of pieces, `count`, is no
    /// word for customers, so only the number is shown.
    pub fn amount(&self, quantity: &f64, unit: &str) -> String {
        let number = self.language.format_number(*quantity);
        if unit == "count" { number } else { format!("{number} {unit}") }
    }
}

#[cfg(test)]
mod tests;
