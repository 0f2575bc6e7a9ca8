//! What mails say.

use super::Text;
use opendrs_domain::order::{CancelledBy, OrderProblem};

/// Mails: subjects, sentences, names of facts, links.
pub struct MailTexts {
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
    pub problem: fn(problem: Option<OrderProblem>) -> Text,
    pub placed_subject: Text,
    pub placed: fn(model: &str) -> String,
    pub cancel_until: fn(until: &str) -> String,
    pub held_subject: fn(problem: Option<OrderProblem>) -> Text,
    pub held: fn(model: &str, problem: &str) -> String,
    /// What its reader can do about it.
    pub remedy: fn(problem: Option<OrderProblem>) -> Text,
    /// What happens if its reader does nothing: until when it waits, and on which day their pause is over.
    pub unanswered: fn(problem: Option<OrderProblem>, until: &str, resumes: Option<&str>) -> String,
    /// Subject of the reminder, of the subject of the first mail.
    pub reminder_subject: fn(subject: &str) -> String,
    pub reminder: Text,
    pub shipped_subject: Text,
    pub shipped: Text,
    pub delivered_subject: Text,
    pub delivered: Text,
    /// The same where nobody has said that it arrived.
    pub delivery_assumed_subject: Text,
    pub delivery_assumed: Text,
    pub cancelled_subject: Text,
    pub cancelled: fn(by: Option<CancelledBy>) -> Text,
    pub not_charged: Text,
    /// In place of a reason, where whoever cancelled it owed one.
    pub no_reason: Text,
    pub expired_subject: Text,
    /// Whether its customer was asked, and what stood in its way.
    pub expired: fn(asked: bool, problem: &str) -> String,
    pub order_ended: Text,
    pub reordering_on_subject: fn(model: &str) -> String,
    pub reordering_on: [Text; 2],
    pub reordering_off_subject: fn(model: &str) -> String,
    pub reordering_off: Text,
    /// What a slot reorders, or that it does not.
    pub slot_product: fn(title: &str, price: &str) -> String,
    pub slot_off: Text,
    pub deregistered_subject: fn(model: &str) -> String,
    pub deregistered: fn(model: &str) -> String,
    pub taken_over_subject: fn(model: &str) -> String,
    pub taken_over: fn(model: &str) -> String,
    /// Who it was is not told.
    pub taken_over_advice: Text,
    /// Another account sets up the device: to its owner.
    pub takeover_announced_subject: fn(model: &str) -> String,
    pub takeover_announced: fn(model: &str) -> String,
    pub takeover_announced_advice: Text,
    pub takeover_announced_link: Text,
    /// The owner is asked.
    pub takeover_requested_subject: fn(model: &str) -> String,
    pub takeover_requested: fn(model: &str) -> String,
    pub takeover_requested_until: fn(until: &str) -> String,
    pub takeover_requested_link: Text,
    /// It changed hands, and may be taken back.
    pub takeover_undo_until: fn(until: &str) -> String,
    pub takeover_undo_link: Text,
    /// To the other account.
    pub takeover_agreed_subject: fn(model: &str) -> String,
    pub takeover_agreed: fn(model: &str, until: &str) -> String,
    pub takeover_declined_subject: fn(model: &str) -> String,
    pub takeover_declined: fn(model: &str) -> String,
    pub takeover_undone_subject: fn(model: &str) -> String,
    pub takeover_undone: fn(model: &str) -> String,
    pub open_orders_continue: Text,
    pub price_changed_subject: Text,
    pub price_changed: fn(before: &str, price: &str) -> String,
    /// It is asked before it is ordered at the new price.
    pub price_needs_approval: fn(model: &str) -> String,
    /// It is ordered at the new price.
    pub price_will_apply: fn(model: &str) -> String,
    /// Names of facts.
    pub price_before: Text,
    pub price_agreed: Text,
    /// More mails are due than are sent in a day.
    pub daily_limit_subject: fn(model: &str) -> String,
    pub daily_limit_reached: fn(model: &str) -> String,
}
