//! The view of an order for its owner, in a list and on its own page: state, steps, what ended it, and tracking.
//!
//! What it is not: the actions of the owner ([`super::order`]). Invariant: a delivery has a day, never a time of day.

use opendrs_domain::login::form;
use opendrs_domain::order::{Order, OrderState};
use opendrs_domain::time::{Span, Time};
use opendrs_texts::{ReaderTexts, Text};

/// A state in a few words, and its colour.
pub(super) struct StatePill {
    /// `good`, `warn`, `info`, or empty for a state that needs no attention.
    pub(super) kind: &'static str,
    pub(super) label: Text,
}

/// One fact of an order.
pub(super) struct OrderFact {
    pub(super) term: Text,
    pub(super) value: String,
}

/// One step of an order.
pub(super) struct OrderStep {
    pub(super) label: Text,
    /// The day of the step, if it is known.
    pub(super) day: Option<String>,
    pub(super) done: bool,
    /// Whether it is the last step that is done.
    pub(super) current: bool,
}

/// An order in its owner's list.
pub(super) struct OrderListRow {
    pub(super) instance: String,
    pub(super) title: String,
    pub(super) price: String,
    pub(super) placed: String,
    /// The status, without a full stop.
    pub(super) standing: String,
    /// The product and the status.
    pub(super) summary: String,
    pub(super) state: StatePill,
    pub(super) steps: Vec<OrderStep>,
    pub(super) number: String,
    /// Who cancelled the order, and why; a withdrawal, and what followed it.
    pub(super) notes: Vec<String>,
    /// The carrier's page of the parcel.
    pub(super) track: Option<String>,
    pub(super) held: bool,
    pub(super) cancellable: bool,
}

/// The address of an order's page.
pub(super) fn order_url(instance: &str) -> String {
    format!("/order?id={}", form::percent_encode(instance, ""))
}

/// The address of the page that withdraws from an order's contract.
pub(super) fn withdrawal_url(instance: &str) -> String {
    format!("/order/withdraw?id={}", form::percent_encode(instance, ""))
}

/// The sentence about the right to withdraw, with its last day if the period has begun: the moment at which it ends is
/// the first of the next day.
pub(super) fn withdrawal_notice(order: &Order, period: Span, texts: &ReaderTexts) -> String {
    let days = period.as_secs() / Span::from_hours(24).as_secs();
    let until = order.withdrawal_ends_at(period).map(|end| texts.last_moment(&end));
    (texts.withdrawals.right)(days, until.as_deref())
}

/// Returns the status of an order for its owner, without a full stop.
pub(super) fn status_text(order: &Order, texts: &ReaderTexts) -> String {
    let said = &texts.orders;
    let expected = order.expected_at.map(|at| texts.date(&at));
    let tracking = &order.tracking;
    match order.state {
        OrderState::Held => (said.held)(order.problem).into(),
        OrderState::Placed | OrderState::Fulfilling => (said.preparing)(expected.as_deref()),
        OrderState::Shipped => {
            (said.shipped)(expected.as_deref(), tracking.carrier.as_deref(), tracking.number.as_deref())
        }
        OrderState::Delivered => match order.delivered_at {
            Some(at) => (said.delivered)(&texts.day(&at)),
            None => said.delivery_assumed.into(),
        },
        OrderState::Cancelled => said.cancelled.into(),
        OrderState::Expired => said.expired.into(),
    }
}

/// Returns the state of an order in a few words.
pub(super) fn order_pill(order: &Order, texts: &ReaderTexts) -> StatePill {
    let (kind, label) = match order.state {
        OrderState::Held => ("warn", texts.parts.order_waits),
        OrderState::Placed | OrderState::Fulfilling => ("info", texts.parts.ordered),
        OrderState::Shipped => ("info", texts.parts.shipped),
        OrderState::Delivered => ("good", texts.parts.delivered),
        OrderState::Cancelled => ("", texts.orders.cancelled),
        OrderState::Expired => ("", texts.letters.expired_subject),
    };
    StatePill { kind, label }
}

/// Returns the state of a slot or device that has these open orders, or `None` if it has none.
pub(super) fn open_orders_pill<'o>(orders: impl Iterator<Item = &'o Order>, texts: &ReaderTexts) -> Option<StatePill> {
    let mut found = None;
    for order in orders {
        match order.state {
            OrderState::Held => return Some(StatePill { kind: "warn", label: texts.parts.order_waits }),
            OrderState::Placed | OrderState::Fulfilling | OrderState::Shipped => {
                found = Some(StatePill { kind: "info", label: texts.parts.order_underway });
            }
            OrderState::Delivered | OrderState::Cancelled | OrderState::Expired => {}
        }
    }
    found
}

/// Returns the steps of an order: none while it waits, and none if it ended early.
pub(super) fn order_steps(order: &Order, texts: &ReaderTexts) -> Vec<OrderStep> {
    let reached = match order.state {
        OrderState::Held | OrderState::Cancelled | OrderState::Expired => return Vec::new(),
        OrderState::Placed | OrderState::Fulfilling => 0,
        OrderState::Shipped => 1,
        OrderState::Delivered => 2,
    };
    let placed = order.placed_at.unwrap_or(order.opened_at);
    let labels = [
        (texts.parts.ordered, Some(texts.day(&placed))),
        (texts.parts.shipped, None),
        (texts.parts.delivered, order.delivered_at.map(|at| texts.day(&at))),
    ];
    let steps = labels.into_iter().enumerate();
    steps.map(|(at, (label, day))| OrderStep { label, day, done: at <= reached, current: at == reached }).collect()
}

/// Returns the steps of an order with their times, oldest first.
pub(super) fn order_history(order: &Order, texts: &ReaderTexts) -> Vec<OrderFact> {
    let (said, steps, times) = (&texts.orders, &texts.parts, &order.times);
    let ended = |state: OrderState| times.ended_at.filter(|_| order.state == state);
    let placed_later = order.placed_at.filter(|at| *at != order.opened_at);
    let assumed = ended(OrderState::Delivered).filter(|_| order.delivered_at.is_none());
    let mut all = vec![
        (Some(order.opened_at), steps.ordered),
        (times.held_at, said.step_held),
        (times.approved_at, said.step_approved),
        (placed_later, said.step_placed),
        (times.shipped_at, steps.shipped),
        (order.delivered_at, steps.delivered),
        (assumed, said.delivery_assumed),
        (ended(OrderState::Cancelled), said.cancelled),
        (ended(OrderState::Expired), said.step_expired),
        (order.withdrawal.as_ref().map(|withdrawal| withdrawal.at), said.step_withdrawn),
        (order.returned_at, said.step_returned),
        (order.refund.as_ref().map(|refund| refund.at), said.step_refunded),
    ];
    all.sort_by_key(|(at, _)| *at);
    let fact = |(at, term): (Option<Time>, Text)| Some(OrderFact { term, value: texts.moment(&at?) });
    all.into_iter().filter_map(fact).collect()
}

/// Returns sentences for the owner: who cancelled the order, and why; a withdrawal, and what followed it.
pub(super) fn order_notes(order: &Order, texts: &ReaderTexts) -> Vec<String> {
    let cancelled = order.cancellation.iter().flat_map(|cancellation| {
        let who = (texts.letters.cancelled)(Some(cancellation.by)).to_owned();
        std::iter::once(who).chain(texts.cancel_reason(cancellation).map(texts.orders.reason))
    });
    let said = &texts.withdrawals;
    let withdrawn = order.withdrawal.as_ref().map(|withdrawal| (said.withdrawn)(&texts.moment(&withdrawal.at)));
    let returned = order.returned_at.map(|at| (said.returned)(&texts.day(&at)));
    let refunded =
        order.refund.as_ref().map(|refund| (said.refunded)(&texts.money(&refund.amount), &texts.day(&refund.at)));
    let later = [withdrawn, returned, refunded].into_iter().flatten();
    cancelled.chain(later.map(|line| line + texts.shared.stop)).collect()
}

pub(super) fn order_list_row(order: &Order, now: Time, texts: &ReaderTexts) -> OrderListRow {
    let standing = status_text(order, texts);
    OrderListRow {
        summary: format!("{}: {standing}{}", order.item.title, texts.shared.stop),
        standing,
        instance: order.instance_id().to_string(),
        title: order.item.title.clone(),
        price: texts.money(&order.item.price),
        placed: texts.moment(&order.opened_at),
        state: order_pill(order, texts),
        steps: order_steps(order, texts),
        number: order.number().to_string(),
        notes: order_notes(order, texts),
        track: order.tracking.link.clone(),
        held: order.state == OrderState::Held,
        cancellable: order.is_cancellable(now),
    }
}
