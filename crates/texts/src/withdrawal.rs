//! The texts about withdrawals from the contract: the button, its two pages, what follows, and the mails.
//!
//! The labels of the two buttons are those that the law of the European Union and of Germany names.

use super::Text;

/// Texts about withdrawals from the contract of an order.
pub struct WithdrawalTexts {
    /// Button on the order's page that begins a withdrawal; also the title of the page that it opens.
    pub begin: Text,
    /// Heading of that page.
    pub heading: Text,
    /// Sentence about the right. `days` is the period, `until` the last day if the period has begun.
    pub right: fn(days: i64, until: Option<&str>) -> String,
    /// The declaration. `name` is the customer's, `number` the order number.
    pub declaration: fn(name: &str, number: &str) -> String,
    /// Sentence about the confirmation. `email` is the customer's mail address.
    pub confirmation_to: fn(email: &str) -> String,
    /// Label of the field for a reason, which may stay empty.
    pub reason: Text,
    /// Button that declares the withdrawal.
    pub confirm: Text,
    /// Sentence below the button: how to keep the order.
    pub keep: Text,
    /// Title of the page after it.
    pub done: Text,
    /// Sentence of that page. `at` is the time of the withdrawal, `email` where the confirmation goes.
    pub received: fn(at: &str) -> String,
    /// What the customer does then, and what they get: two sentences, on that page and in the mail.
    pub next: [Text; 2],
    /// Link back to the order.
    pub back: Text,
    /// Title of the page for an order that cannot be withdrawn from.
    pub refused: Text,
    /// Line on the order's page after a withdrawal. `at` is its time.
    pub withdrawn: fn(at: &str) -> String,
    /// Line on the order's page after the goods came back. `day` is the day.
    pub returned: fn(day: &str) -> String,
    /// Line on the order's page after a refund. `amount` is what was refunded so far, `day` the day.
    pub refunded: fn(amount: &str, day: &str) -> String,
    /// Subject of the mail that confirms a withdrawal.
    pub subject: Text,
    /// Sentence of that mail. `at` is the time of the withdrawal.
    pub mail: fn(at: &str) -> String,
    /// Name of a fact in that mail: the customer's name.
    pub name: Text,
    /// Name of a fact in that mail: the time of the withdrawal.
    pub time: Text,
    /// Subject of the mail about a refund.
    pub refund_subject: Text,
    /// Sentence of that mail. `amount` is what was refunded so far.
    pub refund_mail: fn(amount: &str) -> String,
    /// Name of a fact in that mail: the amount.
    pub refund: Text,
}
