//! The export of everything that is stored about a customer: its kinds of records, their keys, and its cells.
//!
//! Not here: where records are read, and how the archive is written (the service). Invariants: a record is flat, so
//! that it is an object in JSON and a row in CSV, with the same keys. No key holds a secret, or names another customer.

mod account_record;
mod device_record;
mod order_record;

pub use account_record::{
    AccountFacts, AddressRecord, LinkedAppRecord, MailProgress, MailRecord, ProfileRecord, SessionRecord,
    TakeoverAttemptRecord, TakeoverRecord, TakeoverRole,
};
pub use device_record::{
    DeviceRecord, EndedNotification, LevelRecord, NotificationRecord, PriceAgreementRecord, ReadingDayRecord,
    SlotRecord,
};
pub use order_record::OrderRecord;

use crate::time::{Span, Time};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// How long a prepared export can be downloaded.
pub const EXPORT_LIFETIME: Span = Span::from_hours(7 * 24);

/// A kind of record: a list in the document, and a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExportKind {
    /// The account. There is one record.
    Profile,
    /// The postal address of the account.
    Addresses,
    /// Browsers that are signed in.
    Sessions,
    /// Apps that the customer linked.
    LinkedApps,
    /// Mails to the customer.
    Mails,
    /// Takeovers of units by the customer, and of the customer's units by others.
    Takeovers,
    /// When the customer began takeovers.
    TakeoverAttempts,
    /// Registrations of units.
    Devices,
    /// What the slots of devices reorder, and the rules for it.
    Slots,
    /// Prices that the customer agreed to.
    PriceAgreements,
    /// The level of each slot by day.
    Levels,
    /// The readings of older days, summed up.
    ReadingDays,
    /// Orders.
    Orders,
    /// Notifications of the devices' makers.
    Notifications,
}

impl ExportKind {
    /// Every kind, in the order of the document.
    pub const ALL: [ExportKind; 14] = [
        ExportKind::Profile,
        ExportKind::Addresses,
        ExportKind::Sessions,
        ExportKind::LinkedApps,
        ExportKind::Mails,
        ExportKind::Takeovers,
        ExportKind::TakeoverAttempts,
        ExportKind::Devices,
        ExportKind::Slots,
        ExportKind::PriceAgreements,
        ExportKind::Levels,
        ExportKind::ReadingDays,
        ExportKind::Orders,
        ExportKind::Notifications,
    ];

    /// The key of the list in the document.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            ExportKind::Profile => "profile",
            ExportKind::Addresses => "addresses",
            ExportKind::Sessions => "sessions",
            ExportKind::LinkedApps => "linkedApps",
            ExportKind::Mails => "mails",
            ExportKind::Takeovers => "takeovers",
            ExportKind::TakeoverAttempts => "takeoverAttempts",
            ExportKind::Devices => "devices",
            ExportKind::Slots => "slots",
            ExportKind::PriceAgreements => "priceAgreements",
            ExportKind::Levels => "levels",
            ExportKind::ReadingDays => "readingDays",
            ExportKind::Orders => "orders",
            ExportKind::Notifications => "notifications",
        }
    }

    /// The name of the table without its ending. It is also the name in the store.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            ExportKind::LinkedApps => "linked_apps",
            ExportKind::TakeoverAttempts => "takeover_attempts",
            ExportKind::PriceAgreements => "price_agreements",
            ExportKind::ReadingDays => "reading_days",
            other => other.key(),
        }
    }

    /// The keys of a record, in the order of the table's columns.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            ExportKind::Profile => account_record::PROFILE_COLUMNS,
            ExportKind::Addresses => account_record::ADDRESS_COLUMNS,
            ExportKind::Sessions => account_record::SESSION_COLUMNS,
            ExportKind::LinkedApps => account_record::LINKED_APP_COLUMNS,
            ExportKind::Mails => account_record::MAIL_COLUMNS,
            ExportKind::Takeovers => account_record::TAKEOVER_COLUMNS,
            ExportKind::TakeoverAttempts => account_record::TAKEOVER_ATTEMPT_COLUMNS,
            ExportKind::Devices => device_record::DEVICE_COLUMNS,
            ExportKind::Slots => device_record::SLOT_COLUMNS,
            ExportKind::PriceAgreements => device_record::PRICE_AGREEMENT_COLUMNS,
            ExportKind::Levels => device_record::LEVEL_COLUMNS,
            ExportKind::ReadingDays => device_record::READING_DAY_COLUMNS,
            ExportKind::Orders => order_record::ORDER_COLUMNS,
            ExportKind::Notifications => device_record::NOTIFICATION_COLUMNS,
        }
    }
}

/// A record of an export.
pub trait ExportRecord: Serialize {
    /// The record's kind.
    const KIND: ExportKind;
}

/// A time in a record: RFC 3339 in UTC, with milliseconds.
fn time_text(at: Time) -> String {
    at.to_rfc3339_millis()
}

/// A day in a record, from days since 1970: `2018-03-04`.
fn day_text(day: i64) -> String {
    Time::from_secs(day.saturating_mul(86_400)).format("%Y-%m-%d")
}

/// What a spreadsheet may take for the beginning of a formula. Some read the wide forms like the others.
const FORMULA_STARTS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// The text of a cell, or an apostrophe and the text if a spreadsheet would take it for a formula.
#[must_use]
pub fn harmless_cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The cell of a value: empty for none, and JSON for lists and objects. Only texts can look like formulas.
#[must_use]
pub fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless_cell(text).into_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
#[path = "export/tests.rs"]
mod tests;
