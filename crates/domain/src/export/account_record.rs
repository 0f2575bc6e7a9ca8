//! The records of an account: profile, address, sessions, apps, mails and takeovers.
//!
//! Not here: what belongs to a device. Invariant: the columns of a record are its fields, in their order.

use super::{ExportKind, ExportRecord, time_text};
use crate::customer::{Address, Customer};
use crate::language::Language;
use crate::mail::{MailContent, MailState, MailSubject, PriceChangeSummary};
use crate::money::Money;
use crate::session::Session;
use crate::takeover::TakeoverState;
use crate::time::Time;
use crate::zone::Zone;
use serde::Serialize;

pub(super) const PROFILE_COLUMNS: &[&str] = &[
    "id",
    "email",
    "name",
    "language",
    "timeZone",
    "createdAt",
    "passwordChangedAt",
    "secondFactorSince",
    "recoveryCodesLeft",
    "linkedIssuer",
    "linkedSince",
    "blockedAt",
    "deletionAt",
];

/// The account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileRecord {
    id: String,
    email: String,
    name: String,
    language: Option<&'static str>,
    time_zone: Option<&'static str>,
    created_at: String,
    password_changed_at: Option<String>,
    second_factor_since: Option<String>,
    recovery_codes_left: Option<i64>,
    linked_issuer: Option<String>,
    linked_since: Option<String>,
    blocked_at: Option<String>,
    deletion_at: Option<String>,
}

impl ExportRecord for ProfileRecord {
    const KIND: ExportKind = ExportKind::Profile;
}

/// What the store has of an account besides its customer.
#[derive(Clone, Debug, Default)]
pub struct AccountFacts {
    /// When the password was last changed.
    pub password_changed_at: Option<Time>,
    /// Since when sign-ins need a second factor.
    pub second_factor_since: Option<Time>,
    /// How many recovery codes were not used; `None` without a second factor.
    pub recovery_codes_left: Option<i64>,
    /// The issuer of the provider at which the customer signs in, too.
    pub linked_issuer: Option<String>,
    /// When that was linked.
    pub linked_since: Option<Time>,
    /// When the account was blocked.
    pub blocked_at: Option<Time>,
    /// When it is to be deleted.
    pub deletion_at: Option<Time>,
}

impl ProfileRecord {
    /// The record of a customer.
    #[must_use]
    pub fn new(customer: &Customer, facts: AccountFacts) -> Self {
        Self {
            id: customer.id.to_string(),
            email: customer.email.to_string(),
            name: customer.name.clone(),
            language: customer.language.map(Language::tag),
            time_zone: customer.zone.map(Zone::name),
            created_at: time_text(customer.created_at),
            password_changed_at: facts.password_changed_at.map(time_text),
            second_factor_since: facts.second_factor_since.map(time_text),
            recovery_codes_left: facts.recovery_codes_left,
            linked_issuer: facts.linked_issuer,
            linked_since: facts.linked_since.map(time_text),
            blocked_at: facts.blocked_at.map(time_text),
            deletion_at: facts.deletion_at.map(time_text),
        }
    }
}

pub(super) const ADDRESS_COLUMNS: &[&str] = &["line1", "line2", "city", "region", "postalCode", "country"];

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressRecord {
    line1: String,
    line2: Option<String>,
    city: String,
    region: Option<String>,
    postal_code: String,
    country: String,
}

impl ExportRecord for AddressRecord {
    const KIND: ExportKind = ExportKind::Addresses;
}

impl From<Address> for AddressRecord {
    fn from(address: Address) -> Self {
        let Address { line1, line2, city, region, postal_code, country } = address;
        Self { line1, line2, city, region, postal_code, country }
    }
}

pub(super) const SESSION_COLUMNS: &[&str] = &["signedInAt", "usedAt", "endsAt", "browser"];

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRecord {
    signed_in_at: String,
    used_at: String,
    ends_at: String,
    browser: String,
}

impl ExportRecord for SessionRecord {
    const KIND: ExportKind = ExportKind::Sessions;
}

impl From<&Session> for SessionRecord {
    fn from(session: &Session) -> Self {
        Self {
            signed_in_at: time_text(session.created_at),
            used_at: time_text(session.used_at),
            ends_at: time_text(session.expires_at),
            browser: session.agent.clone(),
        }
    }
}

pub(super) const LINKED_APP_COLUMNS: &[&str] = &["app", "maker", "scopes", "grantedAt", "withdrawn"];

/// An app with what the customer consented to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedAppRecord {
    app: String,
    maker: String,
    scopes: String,
    granted_at: String,
    withdrawn: bool,
}

impl ExportRecord for LinkedAppRecord {
    const KIND: ExportKind = ExportKind::LinkedApps;
}

impl LinkedAppRecord {
    /// The record of a consent: the security profile's name, its maker's, and the scopes separated by blanks. One
    /// without scopes was withdrawn.
    #[must_use]
    pub fn new(app: String, maker: String, scopes: String, granted_at: Time) -> Self {
        let withdrawn = scopes.is_empty();
        Self { app, maker, scopes, granted_at: time_text(granted_at), withdrawn }
    }
}

pub(super) const MAIL_COLUMNS: &[&str] = &[
    "id",
    "at",
    "kind",
    "to",
    "device",
    "orderNumber",
    "product",
    "price",
    "currency",
    "state",
    "endedAt",
    "attempts",
];

/// A mail to the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailRecord {
    id: String,
    at: String,
    kind: &'static str,
    /// The address of a mail about the account. Mails about devices go to the address of the profile.
    to: Option<String>,
    device: Option<String>,
    order_number: Option<String>,
    product: Option<String>,
    price: Option<String>,
    currency: Option<String>,
    state: &'static str,
    ended_at: Option<String>,
    attempts: i64,
}

impl ExportRecord for MailRecord {
    const KIND: ExportKind = ExportKind::Mails;
}

/// How far a mail is.
#[derive(Clone, Copy, Debug)]
pub struct MailProgress {
    /// Its state.
    pub state: MailState,
    /// When it was sent or given up.
    pub ended_at: Option<Time>,
    /// The number of attempts.
    pub attempts: i64,
}

impl MailRecord {
    /// The record of a mail. Of a takeover it does not name the other customer.
    #[must_use]
    pub fn new(id: String, at: Time, subject: &MailSubject, content: &MailContent, progress: MailProgress) -> Self {
        let (order_number, product, price) = match (content.order(), content) {
            (Some(order), _) => (Some(order.number().to_string()), Some(&order.title), Some(&order.price)),
            (None, MailContent::PriceChanged(PriceChangeSummary { title, price, .. })) => {
                (None, Some(title), Some(price))
            }
            _ => (None, None, None),
        };
        let to = match subject {
            MailSubject::Device { .. } => None,
            MailSubject::Account(recipient) => Some(recipient.email.to_string()),
        };
        Self {
            id,
            at: time_text(at),
            kind: content.kind(),
            to,
            device: subject.device().map(|device| device.to_string()),
            order_number,
            product: product.cloned(),
            price: price.map(Money::to_decimal_text),
            currency: price.map(|price| price.currency.clone()),
            state: progress.state.as_str(),
            ended_at: progress.ended_at.map(time_text),
            attempts: progress.attempts,
        }
    }
}

/// The part of a customer in a takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TakeoverRole {
    /// The customer takes the unit over.
    NewOwner,
    /// The unit is, or was, the customer's.
    EarlierOwner,
}

pub(super) const TAKEOVER_COLUMNS: &[&str] = &["role", "model", "serial", "state", "answerBy"];

/// A takeover. It does not name the other customer, or the other's registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverRecord {
    role: TakeoverRole,
    model: String,
    serial: String,
    state: &'static str,
    answer_by: String,
}

impl ExportRecord for TakeoverRecord {
    const KIND: ExportKind = ExportKind::Takeovers;
}

impl TakeoverRecord {
    /// The record of a takeover of a unit, by the code of its model and its serial.
    #[must_use]
    pub fn new(role: TakeoverRole, model: String, serial: String, state: TakeoverState, answer_by: Time) -> Self {
        Self { role, model, serial, state: state.as_str(), answer_by: time_text(answer_by) }
    }
}

pub(super) const TAKEOVER_ATTEMPT_COLUMNS: &[&str] = &["at"];

/// When the customer began a takeover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverAttemptRecord {
    at: String,
}

impl ExportRecord for TakeoverAttemptRecord {
    const KIND: ExportKind = ExportKind::TakeoverAttempts;
}

impl From<Time> for TakeoverAttemptRecord {
    fn from(at: Time) -> Self {
        Self { at: time_text(at) }
    }
}
