//! Mail to customers: which changes cause one, and when a mail is retried or becomes dead.
//!
//! Not here: texts, links and sending. Invariant: a mail's content is stored with the change that it reports and does
//! not change afterwards. It holds no secret: links are made when a mail is sent.

mod attempt;
mod translation;

pub use attempt::{MailDecision, MailOutcome, MailState, decide_after_attempt};

use crate::account::{AccountMail, MailRecipient};
use crate::id::{CustomerId, DeviceId, InstanceId, OrderId};
use crate::money::Money;
use crate::money::tax::TaxRate;
use crate::order::{
    Cancellation, Order, OrderChange, OrderMailKind, OrderNumber, OrderProblem, OrderTrigger, PriceParts, Refund,
    Tracking, Withdrawal,
};
use crate::text::Email;
use crate::time::Time;
use crate::translation::Translations;
use serde::{Deserialize, Serialize};

/// An order as its mail describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderSummary {
    /// The order.
    pub order: OrderId,
    /// The registration that the order's id names.
    pub device: DeviceId,
    /// The product's title.
    pub title: String,
    /// The quantity of one order.
    pub quantity: f64,
    /// The quantity's unit.
    pub unit: String,
    /// The price.
    pub price: Money,
    /// Shipping, which the price includes, if it is known.
    #[serde(default)]
    pub shipping: Option<Money>,
    /// Tax, which the price includes, if it is known.
    #[serde(default)]
    pub tax: Option<Money>,
    /// The rate of that tax, if it is known.
    #[serde(default)]
    pub tax_rate: Option<TaxRate>,
    /// A test order: no payment, no parcel.
    pub test: bool,
    /// During a hold: its end. Once placed: the end of the cancel window.
    pub window_ends_at: Time,
    /// Expected delivery, if known.
    pub expected_at: Option<Time>,
    /// The stored name of the problem that prevents, or prevented, its placement.
    problem: Option<String>,
    /// During its owner's pause: when the pause ends.
    #[serde(default)]
    pub resumes_at: Option<Time>,
    /// Whether it reminds of a hold about which a mail was sent before.
    #[serde(default)]
    pub reminder: bool,
    /// The parcel's tracking.
    #[serde(default)]
    pub tracking: Tracking,
    /// Whether its delivery is only assumed, without a report.
    #[serde(default)]
    pub assumed: bool,
    /// Who cancelled it, and why.
    #[serde(default)]
    pub cancellation: Option<Cancellation>,
    /// When it was ordered; unknown in mails of earlier releases.
    #[serde(default)]
    pub opened_at: Option<Time>,
    /// What made the order.
    #[serde(default)]
    pub trigger: OrderTrigger,
    /// The customer's withdrawal from the contract.
    #[serde(default)]
    pub withdrawal: Option<Withdrawal>,
    /// What the customer got back.
    #[serde(default)]
    pub refund: Option<Refund>,
}

impl OrderSummary {
    fn from_order(order: &Order) -> Self {
        let item = &order.item;
        let PriceParts { shipping, tax } = order.item.price_parts(&order.price_parts);
        Self {
            trigger: order.trigger,
            order: order.id,
            device: order.instance_id().device,
            title: item.title.clone(),
            quantity: item.quantity,
            unit: item.unit.clone(),
            price: item.price.clone(),
            shipping,
            tax,
            tax_rate: order.stated_tax_rate(),
            test: order.test,
            window_ends_at: order.window_ends_at,
            expected_at: order.expected_at,
            problem: order.problem.map(|problem| problem.as_str().to_owned()),
            resumes_at: order.resumes_at,
            reminder: false,
            tracking: order.tracking.clone(),
            assumed: false,
            cancellation: order.cancellation.clone(),
            opened_at: Some(order.opened_at),
            withdrawal: order.withdrawal.clone(),
            refund: order.refund.clone(),
        }
    }

    /// The problem that prevents, or prevented, its placement.
    #[must_use]
    pub fn problem(&self) -> Option<OrderProblem> {
        self.problem.as_deref().and_then(OrderProblem::parse)
    }

    /// The order's id on the wire.
    #[must_use]
    pub fn instance_id(&self) -> InstanceId {
        InstanceId { device: self.device, order: self.order }
    }

    /// The order's number for people.
    #[must_use]
    pub fn number(&self) -> OrderNumber {
        OrderNumber::from_order_id(self.order)
    }
}

/// A slot as the mail about subscriptions describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotSummary {
    /// The slot's name.
    pub name: String,
    /// Translations of the name.
    #[serde(default, skip_serializing_if = "Translations::is_empty")]
    pub names: Translations,
    /// The product that is reordered, and its price; `None` if automatic reordering is off.
    pub product: Option<(String, Money)>,
    /// Translations of the product's title.
    #[serde(default, skip_serializing_if = "Translations::is_empty")]
    pub titles: Translations,
}

/// A price change, as its mail describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceChangeSummary {
    /// The product's title.
    pub title: String,
    /// Translations of the title.
    #[serde(default, skip_serializing_if = "Translations::is_empty")]
    pub titles: Translations,
    /// The price before.
    pub before: Money,
    /// The price now.
    pub price: Money,
    /// The price that the customer agreed to, if any.
    pub agreed: Option<Money>,
    /// Whether an order at this price needs the customer's approval.
    pub asks: bool,
}

/// A takeover, as the mail to the earlier owner describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeoverSummary {
    /// The customer who takes over the device.
    pub customer: CustomerId,
    /// Until when the earlier owner may answer.
    pub answer_by: Time,
}

/// What a mail is about, and to whom it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailSubject {
    /// A device; to the present address of a customer, who may be another than its owner.
    Device {
        /// The device.
        device: DeviceId,
        /// The customer.
        customer: CustomerId,
    },
    /// An account; to the address as it was when the mail was written.
    Account(MailRecipient),
}

impl MailSubject {
    /// The device, if it is about one.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        match self {
            MailSubject::Device { device, .. } => Some(*device),
            MailSubject::Account(_) => None,
        }
    }

    /// The same for all mails to one recipient.
    #[must_use]
    pub fn recipient_key(&self) -> (Option<CustomerId>, Option<&Email>) {
        match self {
            MailSubject::Device { customer, .. } => (Some(*customer), None),
            MailSubject::Account(recipient) => (None, Some(&recipient.email)),
        }
    }
}

/// The content of a mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MailContent {
    /// An order was placed.
    Placed(OrderSummary),
    /// An order is held for its customer or a problem, or still is ([`OrderSummary::reminder`]).
    Held(OrderSummary),
    /// A parcel was shipped.
    Shipped(OrderSummary),
    /// A parcel was delivered, or should have been by now.
    Delivered(OrderSummary),
    /// An order was cancelled.
    Cancelled(OrderSummary),
    /// An order's problem was not resolved in time.
    Expired(OrderSummary),
    /// A customer withdrew from an order's contract: the confirmation that the law asks for.
    Withdrawn(OrderSummary),
    /// A customer got money back.
    Refunded(OrderSummary),
    /// What the device's slots reorder from now on; every slot is listed.
    Subscribed(Vec<SlotSummary>),
    /// The device is no longer registered.
    Deregistered,
    /// The same, because another customer registered it (docs/spec/registrations.md#one-unit-one-customer). No longer
    /// written.
    TakenOver,
    /// The price of a product that a slot reorders changed.
    PriceChanged(PriceChangeSummary),
    /// The device has caused its daily number of mails; the following ones are not sent.
    TooMany,
    /// Another customer sets up the device; its owner may keep it.
    TakeoverAnnounced(TakeoverSummary),
    /// Another customer wants to set up the device, and its owner is asked to agree.
    TakeoverAsked(TakeoverSummary),
    /// The device belongs to another customer now; its earlier owner may take it back.
    ChangedHands(TakeoverSummary),
    /// To the other customer: the owner agreed, valid until this time.
    TakeoverAgreed(Time),
    /// To the other customer: the owner refused.
    TakeoverDeclined,
    /// To the other customer: the earlier owner took the device back.
    TakenBack,
    /// About an account, not a device.
    Account(AccountMail),
}

impl MailContent {
    /// The kind of mail: its name in the store and on the command line.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            MailContent::Placed(_) => "order_placed",
            MailContent::Held(OrderSummary { reminder: true, .. }) => "order_reminder",
            MailContent::Held(_) => "order_held",
            MailContent::Shipped(_) => "order_shipped",
            MailContent::Delivered(_) => "order_delivered",
            MailContent::Cancelled(_) => "order_cancelled",
            MailContent::Expired(_) => "order_expired",
            MailContent::Withdrawn(_) => "order_withdrawn",
            MailContent::Refunded(_) => "order_refunded",
            MailContent::Subscribed(_) => "subscribed",
            MailContent::Deregistered => "deregistered",
            MailContent::TakenOver | MailContent::ChangedHands(_) => "taken_over",
            MailContent::PriceChanged(_) => "price_changed",
            MailContent::TooMany => "too_many",
            MailContent::TakeoverAnnounced(_) => "takeover_announced",
            MailContent::TakeoverAsked(_) => "takeover_asked",
            MailContent::TakeoverAgreed(_) => "takeover_agreed",
            MailContent::TakeoverDeclined => "takeover_declined",
            MailContent::TakenBack => "taken_back",
            MailContent::Account(news) => news.kind(),
        }
    }

    /// The takeover that the recipient may answer.
    #[must_use]
    pub fn takeover(&self) -> Option<&TakeoverSummary> {
        match self {
            MailContent::TakeoverAnnounced(by) | MailContent::TakeoverAsked(by) | MailContent::ChangedHands(by) => {
                Some(by)
            }
            _ => None,
        }
    }

    /// Whether it counts toward the daily limit of a device's mails and is suppressed beyond it. Mails about takeovers
    /// are always sent, so that no flood of mails hides them. So is the confirmation of a withdrawal, which is owed.
    #[must_use]
    pub fn counts_toward_daily_limit(&self) -> bool {
        let owed = matches!(self, MailContent::Withdrawn(_));
        self.order().is_some() && !owed || matches!(self, MailContent::Subscribed(_) | MailContent::PriceChanged(_))
    }

    /// The order that it is about, if any.
    #[must_use]
    pub fn order(&self) -> Option<&OrderSummary> {
        match self {
            MailContent::Placed(bought)
            | MailContent::Held(bought)
            | MailContent::Shipped(bought)
            | MailContent::Delivered(bought)
            | MailContent::Cancelled(bought)
            | MailContent::Expired(bought)
            | MailContent::Withdrawn(bought)
            | MailContent::Refunded(bought) => Some(bought),
            MailContent::Subscribed(_)
            | MailContent::Deregistered
            | MailContent::TakenOver
            | MailContent::PriceChanged(_)
            | MailContent::TooMany
            | MailContent::TakeoverAnnounced(_)
            | MailContent::TakeoverAsked(_)
            | MailContent::ChangedHands(_)
            | MailContent::TakeoverAgreed(_)
            | MailContent::TakeoverDeclined
            | MailContent::TakenBack
            | MailContent::Account(_) => None,
        }
    }

    /// The same, to change it.
    fn order_mut(&mut self) -> Option<&mut OrderSummary> {
        match self {
            MailContent::Placed(bought)
            | MailContent::Held(bought)
            | MailContent::Shipped(bought)
            | MailContent::Delivered(bought)
            | MailContent::Cancelled(bought)
            | MailContent::Expired(bought)
            | MailContent::Withdrawn(bought)
            | MailContent::Refunded(bought) => Some(bought),
            _ => None,
        }
    }

    /// The order that the recipient may cancel by a link: a standard one that is not shipped yet.
    #[must_use]
    pub fn cancellable_order(&self) -> Option<InstanceId> {
        match self {
            MailContent::Placed(bought) | MailContent::Held(bought) if !bought.test => Some(bought.instance_id()),
            _ => None,
        }
    }
}

/// The mail's content for an order's change, if the change causes a mail.
#[must_use]
pub fn content_for_change(order: &Order, change: OrderChange) -> Option<MailContent> {
    let bought = OrderSummary::from_order(order);
    Some(match change.mail? {
        OrderMailKind::Placed => MailContent::Placed(bought),
        OrderMailKind::Held => MailContent::Held(bought),
        OrderMailKind::Reminder => MailContent::Held(OrderSummary { reminder: true, ..bought }),
        OrderMailKind::Shipped => MailContent::Shipped(bought),
        OrderMailKind::Delivered => MailContent::Delivered(bought),
        OrderMailKind::AssumedDelivered => MailContent::Delivered(OrderSummary { assumed: true, ..bought }),
        OrderMailKind::Cancelled => MailContent::Cancelled(bought),
        OrderMailKind::Expired => MailContent::Expired(bought),
        OrderMailKind::Withdrawn => MailContent::Withdrawn(bought),
        OrderMailKind::Refunded => MailContent::Refunded(bought),
    })
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
