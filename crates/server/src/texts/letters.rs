//! What mails say.

use super::Text;
use opendrs_domain::order::{CancelledBy, Problem};

/// Mails: subjects, sentences, names of facts, links.
pub(crate) struct Letters {
    pub(crate) hello: fn(name: &str) -> String,
    /// Subject of a mail about an order.
    pub(crate) subject: fn(test: bool, what: &str, title: &str) -> String,
    /// Which device it is about.
    pub(crate) device: fn(model: &str, serial: &str, test: bool) -> String,
    /// Names of facts.
    pub(crate) product: Text,
    pub(crate) quantity: Text,
    pub(crate) price: Text,
    pub(crate) ships_to: Text,
    pub(crate) no_address: Text,
    pub(crate) expected: Text,
    pub(crate) order_number: Text,
    pub(crate) carrier: Text,
    pub(crate) tracking: Text,
    pub(crate) reason: Text,
    /// The link to an order that waits for its customer.
    pub(crate) decide: Text,
    /// The link to any other order.
    pub(crate) see: Text,
    /// The link to the carrier's page of a parcel.
    pub(crate) track: Text,
    /// What stands in an order's way.
    pub(crate) problem: fn(problem: Option<Problem>) -> Text,
    pub(crate) placed_subject: Text,
    pub(crate) placed: fn(model: &str) -> String,
    pub(crate) cancel_until: fn(until: &str) -> String,
    pub(crate) held_subject: fn(problem: Option<Problem>) -> Text,
    pub(crate) held: fn(model: &str, problem: &str) -> String,
    /// What its reader can do about it.
    pub(crate) remedy: fn(problem: Option<Problem>) -> Text,
    /// What happens if its reader does nothing: until when it waits, and on which day their pause is over.
    pub(crate) unanswered: fn(problem: Option<Problem>, until: &str, resumes: Option<&str>) -> String,
    /// Subject of the reminder, of the subject of the first mail.
    pub(crate) reminder_subject: fn(subject: &str) -> String,
    pub(crate) reminder: Text,
    pub(crate) shipped_subject: Text,
    pub(crate) shipped: Text,
    pub(crate) delivered_subject: Text,
    pub(crate) delivered: Text,
    /// The same where nobody has said that it arrived.
    pub(crate) assumed_subject: Text,
    pub(crate) assumed: Text,
    pub(crate) cancelled_subject: Text,
    pub(crate) cancelled: fn(by: Option<CancelledBy>) -> Text,
    pub(crate) not_charged: Text,
    /// In place of a reason, where whoever cancelled it owed one.
    pub(crate) no_reason: Text,
    pub(crate) expired_subject: Text,
    /// Whether its customer was asked, and what stood in its way.
    pub(crate) expired: fn(asked: bool, problem: &str) -> String,
    pub(crate) ended: Text,
    pub(crate) subscribed_subject: fn(model: &str) -> String,
    pub(crate) subscribed: [Text; 2],
    pub(crate) off_subject: fn(model: &str) -> String,
    pub(crate) off: Text,
    /// What a slot reorders, or that it does not.
    pub(crate) chosen: fn(title: &str, price: &str) -> String,
    pub(crate) not_chosen: Text,
    pub(crate) left_subject: fn(model: &str) -> String,
    pub(crate) left: fn(model: &str) -> String,
    pub(crate) taken_subject: fn(model: &str) -> String,
    pub(crate) taken: fn(model: &str) -> String,
    /// Who it was is not told.
    pub(crate) taken_more: Text,
    /// Another account sets up the device: to its owner.
    pub(crate) announced_subject: fn(model: &str) -> String,
    pub(crate) announced: fn(model: &str) -> String,
    pub(crate) announced_more: Text,
    pub(crate) announced_link: Text,
    /// The owner is asked.
    pub(crate) asked_subject: fn(model: &str) -> String,
    pub(crate) asked: fn(model: &str) -> String,
    pub(crate) asked_until: fn(until: &str) -> String,
    pub(crate) asked_link: Text,
    /// It changed hands, and may be taken back.
    pub(crate) taken_until: fn(until: &str) -> String,
    pub(crate) taken_link: Text,
    /// To the other account.
    pub(crate) agreed_subject: fn(model: &str) -> String,
    pub(crate) agreed: fn(model: &str, until: &str) -> String,
    pub(crate) declined_subject: fn(model: &str) -> String,
    pub(crate) declined: fn(model: &str) -> String,
    pub(crate) taken_back_subject: fn(model: &str) -> String,
    pub(crate) taken_back: fn(model: &str) -> String,
    pub(crate) under_way: Text,
    pub(crate) price_changed_subject: Text,
    pub(crate) price_changed: fn(before: &str, price: &str) -> String,
    /// It is asked before it is ordered at the new price.
    pub(crate) price_asks: fn(model: &str) -> String,
    /// It is ordered at the new price.
    pub(crate) price_goes_on: fn(model: &str) -> String,
    /// Names of facts.
    pub(crate) price_before: Text,
    pub(crate) price_agreed: Text,
    /// More mails are due than are sent in a day.
    pub(crate) too_many_subject: fn(model: &str) -> String,
    pub(crate) too_many: fn(model: &str) -> String,
}
