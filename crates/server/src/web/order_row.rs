//! The view of an order for its owner, in a list and on its own page: status, cancellation and tracking.
//!
//! What it is not: the actions of the owner ([`super::order`]). Invariant: a delivery has a day, never a time of day.

use opendrs_domain::order::{Order, OrderState};
use opendrs_domain::time::Time;
use opendrs_texts::Texts;

/// An order in its owner's list.
pub(super) struct OrderListRow {
    pub(super) instance: String,
    pub(super) title: String,
    pub(super) line: String,
    pub(super) number: String,
    /// Who cancelled the order, and why.
    pub(super) notes: Vec<String>,
    /// The carrier's page of the parcel.
    pub(super) track: Option<String>,
    pub(super) held: bool,
    pub(super) cancellable: bool,
}

/// Returns the status of an order for its owner, without a full stop.
pub(super) fn status_text(order: &Order, texts: &Texts) -> String {
    let said = &texts.orders;
    let expected = order.expected_at.map(|at| texts.day(&at));
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

/// Returns sentences for the owner: who cancelled the order, and why.
pub(super) fn cancellation_notes(order: &Order, texts: &Texts) -> Vec<String> {
    let Some(cancellation) = &order.cancellation else { return Vec::new() };
    let who = (texts.letters.cancelled)(Some(cancellation.by)).to_owned();
    let why = texts.cancel_reason(cancellation).map(texts.orders.reason);
    std::iter::once(who).chain(why).collect()
}

pub(super) fn order_list_row(order: &Order, now: Time, texts: &Texts) -> OrderListRow {
    let (price, placed) = (texts.money(&order.item.price), texts.moment(&order.opened_at));
    OrderListRow {
        instance: order.instance_id().to_string(),
        title: order.item.title.clone(),
        line: (texts.settings.order)(&price, &placed, &status_text(order, texts)),
        number: order.number().to_string(),
        notes: cancellation_notes(order, texts),
        track: order.tracking.link.clone(),
        held: order.state == OrderState::Held,
        cancellable: order.is_cancellable(now),
    }
}
