//! The texts of mails.

use super::Text;
use opendrs_domain::order::{CancelledBy, OrderProblem};

/// Texts of mails: subjects, sentences, names of facts and labels of links.
pub struct MailTexts {
    /// Greeting. `name` is the customer's name.
    pub hello: fn(name: &str) -> String,
    /// Subject of a mail about an order or a price. `what` is one of the subjects below, `title` the product; `test`
    /// marks a test order.
    pub subject: fn(test: bool, what: &str, title: &str) -> String,
    /// Last line of every mail: its device. `model` is the device model's name; `test` marks a test device.
    pub device: fn(model: &str, serial: &str, test: bool) -> String,
    /// Name of a fact: the product.
    pub product: Text,
    /// Name of a fact: the quantity with its unit.
    pub quantity: Text,
    /// Name of a fact: the price.
    pub price: Text,
    /// Name of a fact: the shipping address. Also on the order's page.
    pub ships_to: Text,
    /// Value of the shipping address if there is none.
    pub no_address: Text,
    /// Name of a fact: the expected day of the delivery.
    pub expected: Text,
    /// Name of a fact: the order number.
    pub order_number: Text,
    /// Name of a fact: the carrier.
    pub carrier: Text,
    /// Name of a fact: the tracking number.
    pub tracking: Text,
    /// Name of a fact: the reason of a cancellation.
    pub reason: Text,
    /// Link to a held order.
    pub decide: Text,
    /// Link to an order that is not held.
    pub see: Text,
    /// Link to the carrier's page of a parcel. Also on pages.
    pub track: Text,
    /// Sentence about the problem of an order.
    pub problem: fn(problem: Option<OrderProblem>) -> Text,
    /// Subject of the mail about a placed order.
    pub placed_subject: Text,
    /// Sentence of the mail about a placed order. `model` is the device model's name.
    pub placed: fn(model: &str) -> String,
    /// The same for an order that the customer placed by hand.
    pub placed_by_hand: fn(model: &str) -> String,
    /// Sentence about the cancel window. `until` is its end.
    pub cancel_until: fn(until: &str) -> String,
    /// Subject of the mail about a held order, by its problem.
    pub held_subject: fn(problem: Option<OrderProblem>) -> Text,
    /// Sentence of the mail about a held order. `model` is the device model's name, `problem` the text of
    /// [`MailTexts::problem`].
    pub held: fn(model: &str, problem: &str) -> String,
    /// Sentence about what the customer can do about the problem.
    pub remedy: fn(problem: Option<OrderProblem>) -> Text,
    /// Sentence about what happens if the customer does nothing. `until` is the end of the hold, `resumes` the day on
    /// which their pause is over. Also on the order's page.
    pub unanswered: fn(problem: Option<OrderProblem>, until: &str, resumes: Option<&str>) -> String,
    /// Subject of the reminder of a held order. `subject` is the subject of the first mail.
    pub reminder_subject: fn(subject: &str) -> String,
    /// First sentence of the reminder of a held order.
    pub reminder: Text,
    /// Subject of the mail about a shipped order.
    pub shipped_subject: Text,
    /// Sentence of the mail about a shipped order.
    pub shipped: Text,
    /// Subject of the mail about a confirmed delivery.
    pub delivered_subject: Text,
    /// Sentence of the mail about a confirmed delivery.
    pub delivered: Text,
    /// Subject of the mail about a delivery that no report confirmed.
    pub delivery_assumed_subject: Text,
    /// Sentence of the mail about a delivery that no report confirmed.
    pub delivery_assumed: Text,
    /// Subject of the mail about a cancelled order.
    pub cancelled_subject: Text,
    /// Sentence about who cancelled the order; `by` is `None` if that is unknown. Also on pages.
    pub cancelled: fn(by: Option<CancelledBy>) -> Text,
    /// Sentence of the mail about a cancelled order: nothing is charged.
    pub not_charged: Text,
    /// Reason of a cancellation by the shop or an operator that gave none.
    pub no_reason: Text,
    /// Subject of the mail about an expired order.
    pub expired_subject: Text,
    /// Sentence of the mail about an expired order. `asked` is true if the order waited for the customer's decision;
    /// `problem` is the text of [`MailTexts::problem`].
    pub expired: fn(asked: bool, problem: &str) -> String,
    /// Last sentence of the mail about an expired order.
    pub order_ended: Text,
    /// Subject of the mail about reordering that is switched on. `model` is the device model's name.
    pub reordering_on_subject: fn(model: &str) -> String,
    /// The two sentences of the mail about reordering that is switched on.
    pub reordering_on: [Text; 2],
    /// Subject of the mail about reordering that is switched off. `model` is the device model's name.
    pub reordering_off_subject: fn(model: &str) -> String,
    /// Sentence of the mail about reordering that is switched off.
    pub reordering_off: Text,
    /// Value of a slot that reorders. `title` is the product, `price` its price.
    pub slot_product: fn(title: &str, price: &str) -> String,
    /// Value of a slot that does not reorder.
    pub slot_off: Text,
    /// Subject of the mail about a deregistered device. `model` is the device model's name.
    pub deregistered_subject: fn(model: &str) -> String,
    /// Sentence of the mail about a deregistered device. `model` is the device model's name.
    pub deregistered: fn(model: &str) -> String,
    /// Subject of the earlier owner's mail about a completed takeover. `model` is the device model's name.
    pub taken_over_subject: fn(model: &str) -> String,
    /// Sentence of that mail. It does not name the new owner. `model` is the device model's name.
    pub taken_over: fn(model: &str) -> String,
    /// Advice in that mail if the takeover cannot be undone.
    pub taken_over_advice: Text,
    /// Subject of the owner's mail about a takeover that they may decline. `model` is the device model's name.
    pub takeover_announced_subject: fn(model: &str) -> String,
    /// Sentence of that mail. `model` is the device model's name.
    pub takeover_announced: fn(model: &str) -> String,
    /// Advice in that mail.
    pub takeover_announced_advice: Text,
    /// Link in that mail to the takeover's page.
    pub takeover_announced_link: Text,
    /// Subject of the owner's mail about a takeover that needs their consent. `model` is the device model's name.
    pub takeover_requested_subject: fn(model: &str) -> String,
    /// Sentence of that mail. `model` is the device model's name.
    pub takeover_requested: fn(model: &str) -> String,
    /// Sentence of that mail. `until` is the last moment to answer.
    pub takeover_requested_until: fn(until: &str) -> String,
    /// Link in that mail to the takeover's page.
    pub takeover_requested_link: Text,
    /// Advice to the earlier owner if they may undo the takeover. `until` is the last moment to do so.
    pub takeover_undo_until: fn(until: &str) -> String,
    /// Link in that mail to the takeover's page.
    pub takeover_undo_link: Text,
    /// Subject of the new owner's mail: the owner agreed. `model` is the device model's name.
    pub takeover_agreed_subject: fn(model: &str) -> String,
    /// Sentence of that mail. `model` is the device model's name, `until` the last moment for the sign-up.
    pub takeover_agreed: fn(model: &str, until: &str) -> String,
    /// Subject of the mail to the account that wanted the device: the owner declined. `model` is the device model's
    /// name.
    pub takeover_declined_subject: fn(model: &str) -> String,
    /// Sentence of that mail. `model` is the device model's name.
    pub takeover_declined: fn(model: &str) -> String,
    /// Subject of the new owner's mail: the earlier owner undid the takeover. `model` is the device model's name.
    pub takeover_undone_subject: fn(model: &str) -> String,
    /// Sentence of that mail. `model` is the device model's name.
    pub takeover_undone: fn(model: &str) -> String,
    /// Last sentence of a mail about a registration that ended: open orders continue.
    pub open_orders_continue: Text,
    /// Subject of the mail about a price change.
    pub price_changed_subject: Text,
    /// Sentence of the mail about a price change. `before` is the old price, `price` the new one.
    pub price_changed: fn(before: &str, price: &str) -> String,
    /// Sentence of that mail if the new price needs the customer's approval. `model` is the device model's name.
    pub price_needs_approval: fn(model: &str) -> String,
    /// Sentence of that mail if the device orders at the new price. `model` is the device model's name.
    pub price_will_apply: fn(model: &str) -> String,
    /// Name of a fact: the price before the change.
    pub price_before: Text,
    /// Name of a fact: the price agreed.
    pub price_agreed: Text,
    /// Subject of the mail that announces the daily limit of mails. `model` is the device model's name.
    pub daily_limit_subject: fn(model: &str) -> String,
    /// Sentence of the mail that announces the daily limit of mails. `model` is the device model's name.
    pub daily_limit_reached: fn(model: &str) -> String,
}
