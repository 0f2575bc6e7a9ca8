//! What mails say.

use super::Text;
use opendrs_domain::order::{CancelledBy, Problem};

/// Mails: subjects, sentences, names of facts, links.
pub struct Letters {
    pub hello: fn(name: &str) -> String,
    /// Subject of a mail about an order.
    pub subject: fn(test: bool, what: &str, title: &str) -> String,
    /// Which device it is about.
    pub device: fn(model: &str, serial: &str, test: bool) -> String,
    /// Names of facts.
    pub product: Text,
    pub quantity: Text,
    pub price: Text,
    pub ships_to: Text,
    pub no_address: Text,
    pub expected: Text,
    pub order_number: Text,
    pub carrier: Text,
    pub tracking: Text,
    pub reason: Text,
    /// The link to an order that waits for its customer.
    pub decide: Text,
    /// The link to any other order.
    pub see: Text,
    /// The link to the carrier's page of a parcel.
    pub track: Text,
    /// What stands in an order's way.
    pub problem: fn(problem: Option<Problem>) -> Text,
    pub placed_subject: Text,
    pub placed: fn(model: &str) -> String,
    pub cancel_until: fn(until: &str) -> String,
    pub held_subject: fn(problem: Option<Problem>) -> Text,
    pub held: fn(model: &str, problem: &str) -> String,
    /// What its reader can do about it.
    pub remedy: fn(problem: Option<Problem>) -> Text,
    /// What happens if its reader does nothing: until when it waits, and on which day their pause is over.
    pub unanswered: fn(problem: Option<Problem>, until: &str, resumes: Option<&str>) -> String,
    /// Subject of the reminder, of the subject of the first mail.
    pub reminder_subject: fn(subject: &str) -> String,
    pub reminder: Text,
    pub shipped_subject: Text,
    pub shipped: Text,
    pub delivered_subject: Text,
    pub delivered: Text,
    /// The same where nobody has said that it arrived.
    pub assumed_subject: Text,
    pub assumed: Text,
    pub cancelled_subject: Text,
    pub cancelled: fn(by: Option<CancelledBy>) -> Text,
    pub not_charged: Text,
    /// In place of a reason, where whoever cancelled it owed one.
    pub no_reason: Text,
    pub expired_subject: Text,
    /// Whether its customer was asked, and what stood in its way.
    pub expired: fn(asked: bool, problem: &str) -> String,
    pub ended: Text,
    pub subscribed_subject: fn(model: &str) -> String,
    pub subscribed: [Text; 2],
    pub off_subject: fn(model: &str) -> String,
    pub off: Text,
    /// What a slot reorders, or that it does not.
    pub chosen: fn(title: &str, price: &str) -> String,
    pub not_chosen: Text,
    pub left_subject: fn(model: &str) -> String,
    pub left: fn(model: &str) -> String,
    pub taken_subject: fn(model: &str) -> String,
    pub taken: fn(model: &str) -> String,
    /// Who it was is not told.
    pub taken_more: Text,
    /// Another account sets up the device: to its owner.
    pub announced_subject: fn(model: &str) -> String,
    pub announced: fn(model: &str) -> String,
    pub announced_more: Text,
    pub announced_link: Text,
    /// The owner is asked.
    pub asked_subject: fn(model: &str) -> String,
    pub asked: fn(model: &str) -> String,
    pub asked_until: fn(until: &str) -> String,
    pub asked_link: Text,
    /// It changed hands, and may be taken back.
    pub taken_until: fn(until: &str) -> String,
    pub taken_link: Text,
    /// To the other account.
    pub agreed_subject: fn(model: &str) -> String,
    pub agreed: fn(model: &str, until: &str) -> String,
    pub declined_subject: fn(model: &str) -> String,
    pub declined: fn(model: &str) -> String,
    pub taken_back_subject: fn(model: &str) -> String,
    pub taken_back: fn(model: &str) -> String,
    pub under_way: Text,
    pub price_changed_subject: Text,
    pub price_changed: fn(before: &str, price: &str) -> String,
    /// It is asked before it is ordered at the new price.
    pub price_asks: fn(model: &str) -> String,
    /// It is ordered at the new price.
    pub price_goes_on: fn(model: &str) -> String,
    /// Names of facts.
    pub price_before: Text,
    pub price_agreed: Text,
    /// More mails are due than are sent in a day.
    pub too_many_subject: fn(model: &str) -> String,
    pub too_many: fn(model: &str) -> String,
}
