//! Mail to customers: which change they are told of, and when a mail is tried again or given up.
//!
//! Not here: words, links and sending. Invariant: what a mail tells is written down with the change it tells of and does
//! not change afterwards; it holds neither the customer's address nor anything secret.

use crate::id::{CustomerId, DeviceId, InstanceId, OrderId};
use crate::money::Money;
use crate::order::{Cancellation, Order, OrderChange, OrderMailKind, OrderNumber, OrderProblem, Tracking};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// An order as its mail tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderSummary {
    /// The order.
    pub order: OrderId,
    /// The registration that the order's id names.
    pub device: DeviceId,
    /// The product's title.
    pub title: String,
    /// How much it brings.
    pub quantity: f64,
    /// In which unit.
    pub unit: String,
    /// What it costs.
    pub price: Money,
    /// A test order: no payment, no parcel.
    pub test: bool,
    /// While held: until when. Once placed: when the cancel window ends.
    pub window_ends_at: Time,
    /// Expected delivery, if known.
    pub expected_at: Option<Time>,
    /// The store's word of what keeps it, or kept it, from being placed.
    problem: Option<String>,
    /// While its owner's pause holds it: when the pause ends.
    #[serde(default)]
    pub resumes_at: Option<Time>,
    /// It reminds of a hold that was mailed before.
    #[serde(default)]
    pub reminder: bool,
    /// How its parcel can be followed.
    #[serde(default)]
    pub tracking: Tracking,
    /// It is only assumed to have arrived: nobody has said so.
    #[serde(default)]
    pub assumed: bool,
    /// Who cancelled it, and why.
    #[serde(default)]
    pub cancellation: Option<Cancellation>,
}

impl OrderSummary {
    fn from_order(order: &Order) -> Self {
        let item = &order.item;
        Self {
            order: order.id,
            device: order.instance_id().device,
            title: item.title.clone(),
            quantity: item.quantity,
            unit: item.unit.clone(),
            price: item.price.clone(),
            test: order.test,
            window_ends_at: order.window_ends_at,
            expected_at: order.expected_at,
            problem: order.problem.map(|problem| problem.as_str().to_owned()),
            resumes_at: order.resumes_at,
            reminder: false,
            tracking: order.tracking.clone(),
            assumed: false,
            cancellation: order.cancellation.clone(),
        }
    }

    /// What keeps it, or kept it, from being placed.
    #[must_use]
    pub fn problem(&self) -> Option<OrderProblem> {
        self.problem.as_deref().and_then(OrderProblem::parse)
    }

    /// What the wire calls the order.
    #[must_use]
    pub fn instance_id(&self) -> InstanceId {
        InstanceId { device: self.device, order: self.order }
    }

    /// What people call it.
    #[must_use]
    pub fn number(&self) -> OrderNumber {
        OrderNumber::from_order_id(self.order)
    }
}

/// A slot as the mail about subscriptions tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotSummary {
    /// The slot's name.
    pub name: String,
    /// What is reordered for it, and its price; `None` where automatic reordering is off.
    pub product: Option<(String, Money)>,
}

/// A price change, as its mail describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceChangeSummary {
    /// The product's title.
    pub title: String,
    /// The price before.
    pub before: Money,
    /// The price now.
    pub price: Money,
    /// The price that the customer agreed to, if any.
    pub agreed: Option<Money>,
    /// Whether the customer is asked before an order at this price.
    pub asks: bool,
}

/// Who takes over a device, and until when its earlier owner may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeoverSummary {
    /// Who.
    pub customer: CustomerId,
    /// Until when.
    pub answer_by: Time,
}

/// What a mail tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MailContent {
    /// An order was placed.
    Placed(OrderSummary),
    /// An order waits for its customer, or for a problem to be resolved; or still does, as [`Bought::reminder`] says.
    Held(OrderSummary),
    /// A parcel left.
    Shipped(OrderSummary),
    /// A parcel arrived, or should have by now.
    Delivered(OrderSummary),
    /// An order was cancelled.
    Cancelled(OrderSummary),
    /// An order's problem was not resolved in time.
    Expired(OrderSummary),
    /// What the device's slots reorder from now on, every slot.
    Subscribed(Vec<SlotSummary>),
    /// The device is no longer registered.
    Deregistered,
    /// The same, since somebody else registered it (docs/spec/registrations.md#one-unit-one-customer). No longer
    /// written.
    TakenOver,
    /// The price of a product that a slot reorders changed.
    PriceChanged(PriceChangeSummary),
    /// More mails about the device are due than one gets in a day: those that follow are not sent.
    TooMany,
    /// Another customer sets up the device; its owner may keep it.
    TakeoverAnnounced(TakeoverSummary),
    /// Another customer wants to set up the device, and its owner is asked.
    TakeoverAsked(TakeoverSummary),
    /// The device belongs to another customer now; its earlier owner may take it back.
    ChangedHands(TakeoverSummary),
    /// To the other customer: the owner agreed, until then.
    TakeoverAgreed(Time),
    /// To the other customer: the owner refused.
    TakeoverDeclined,
    /// To the other customer: the earlier owner took the device back.
    TakenBack,
}

impl MailContent {
    /// What kind of mail it is, in the word of the store and of the command line.
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
        }
    }

    /// The takeover that its reader may answer.
    #[must_use]
    pub fn takeover(&self) -> Option<&TakeoverSummary> {
        match self {
            MailContent::TakeoverAnnounced(by) | MailContent::TakeoverAsked(by) | MailContent::ChangedHands(by) => {
                Some(by)
            }
            _ => None,
        }
    }

    /// Whether it counts among the mails that a device may cause in a day, and is not sent when there were as many. What
    /// tells that a device changes hands always is sent: too many mails must not hide it.
    #[must_use]
    pub fn counts_toward_daily_limit(&self) -> bool {
        self.order().is_some() || matches!(self, MailContent::Subscribed(_) | MailContent::PriceChanged(_))
    }

    /// The order that it is about, if it is about one.
    #[must_use]
    pub fn order(&self) -> Option<&OrderSummary> {
        match self {
            MailContent::Placed(bought)
            | MailContent::Held(bought)
            | MailContent::Shipped(bought)
            | MailContent::Delivered(bought)
            | MailContent::Cancelled(bought)
            | MailContent::Expired(bought) => Some(bought),
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
            | MailContent::TakenBack => None,
        }
    }

    /// The order that its reader may cancel by a link: a standard one that did not leave yet.
    #[must_use]
    pub fn cancellable_order(&self) -> Option<InstanceId> {
        match self {
            MailContent::Placed(bought) | MailContent::Held(bought) if !bought.test => Some(bought.instance_id()),
            _ => None,
        }
    }
}

/// What the customer is mailed of an order's change, if anything.
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
    })
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailState {
    /// It is sent when it is due.
    Waiting,
    /// A node is sending it; when its lease ends, another may.
    Sending,
    /// A mail server took it.
    Sent,
    /// No mail server is set: it is kept to be looked at.
    Kept,
    /// It was given up.
    Dead,
    /// It was not sent, since its device caused more mails than one may in a day.
    Suppressed,
}

impl MailState {
    const ALL: [MailState; 6] = [
        MailState::Waiting,
        MailState::Sending,
        MailState::Sent,
        MailState::Kept,
        MailState::Dead,
        MailState::Suppressed,
    ];

    /// The word of the store and of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MailState::Waiting => "waiting",
            MailState::Sending => "sending",
            MailState::Sent => "sent",
            MailState::Kept => "kept",
            MailState::Dead => "dead",
            MailState::Suppressed => "suppressed",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How an attempt to send a mail ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// The mail server took it.
    Sent,
    /// There is no mail server: it stays where it is.
    Kept,
    /// Not now; why.
    TransientFailure(String),
    /// The mail server will never take it; why.
    PermanentFailure(String),
    /// It was not sent, since its device caused more mails than one may in a day.
    OverLimit,
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailDecision {
    /// It is over, well or not; why, if it was given up.
    Finished(MailState, Option<String>),
    /// Again, then; why.
    Retry(Time, String),
}

/// Waits before each retry: about three days in all.
const RETRY_WAITS: [Span; 10] = [
    Span::from_mins(1),
    Span::from_mins(5),
    Span::from_mins(15),
    Span::from_hours(1),
    Span::from_hours(3),
    Span::from_hours(6),
    Span::from_hours(12),
    Span::from_hours(12),
    Span::from_hours(18),
    Span::from_hours(20),
];

/// What follows from an attempt, counted from 1.
#[must_use]
pub fn decide_after_attempt(attempt: i64, outcome: &MailOutcome, now: Time) -> MailDecision {
    let wait = usize::try_from(attempt - 1).ok().and_then(|n| RETRY_WAITS.get(n));
    match (outcome, wait) {
        (MailOutcome::Sent, _) => MailDecision::Finished(MailState::Sent, None),
        (MailOutcome::Kept, _) => MailDecision::Finished(MailState::Kept, None),
        (MailOutcome::TransientFailure(why), Some(wait)) => MailDecision::Retry(now + *wait, why.clone()),
        (MailOutcome::TransientFailure(why), None) => {
            MailDecision::Finished(MailState::Dead, Some(format!("{why}; it was tried for three days")))
        }
        (MailOutcome::OverLimit, _) => MailDecision::Finished(
            MailState::Suppressed,
            Some("its device caused more mails today than limits.mails_per_day".into()),
        ),
        (MailOutcome::PermanentFailure(why), _) => MailDecision::Finished(MailState::Dead, Some(why.clone())),
    }
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
