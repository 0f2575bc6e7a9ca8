//! The record of an order.
//!
//! Invariant: the columns of a record are its fields, in their order.

use super::{ExportKind, ExportRecord, time_text};
use crate::customer::Address;
use crate::money::Money;
use crate::order::{Order, OrderProblem};
use serde::Serialize;

pub(super) const ORDER_COLUMNS: &[&str] = &[
    "number",
    "id",
    "device",
    "slot",
    "product",
    "title",
    "quantity",
    "unit",
    "price",
    "currency",
    "shippingPart",
    "taxPart",
    "approvedPrice",
    "test",
    "state",
    "problem",
    "openedAt",
    "placedAt",
    "windowEndsAt",
    "resumesAt",
    "expectedAt",
    "deliveredAt",
    "carrier",
    "trackingNumber",
    "trackingLink",
    "cancelledBy",
    "cancelReason",
    "orderedBy",
    "approvedAt",
    "shippedAt",
    "endedAt",
    "withdrawnAt",
    "withdrawalReason",
    "returnedAt",
    "refund",
    "refundedAt",
    "shop",
    "shopReference",
    "name",
    "email",
    "line1",
    "line2",
    "city",
    "region",
    "postalCode",
    "country",
];

/// An order, with its recipient as of the order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRecord {
    number: String,
    id: String,
    device: String,
    slot: String,
    product: String,
    title: String,
    quantity: f64,
    unit: String,
    price: String,
    currency: String,
    shipping_part: Option<String>,
    tax_part: Option<String>,
    approved_price: Option<String>,
    test: bool,
    state: &'static str,
    problem: Option<&'static str>,
    opened_at: String,
    placed_at: Option<String>,
    window_ends_at: String,
    resumes_at: Option<String>,
    expected_at: Option<String>,
    delivered_at: Option<String>,
    carrier: Option<String>,
    tracking_number: Option<String>,
    tracking_link: Option<String>,
    cancelled_by: Option<&'static str>,
    cancel_reason: Option<String>,
    ordered_by: &'static str,
    approved_at: Option<String>,
    shipped_at: Option<String>,
    ended_at: Option<String>,
    withdrawn_at: Option<String>,
    withdrawal_reason: Option<String>,
    returned_at: Option<String>,
    refund: Option<String>,
    refunded_at: Option<String>,
    shop: &'static str,
    shop_reference: Option<String>,
    name: Option<String>,
    email: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    city: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
}

impl ExportRecord for OrderRecord {
    const KIND: ExportKind = ExportKind::Orders;
}

impl OrderRecord {
    /// The record of an order. `reference` is the shop's name for it.
    #[must_use]
    pub fn new(order: Order, reference: Option<String>) -> Self {
        let decimal = |money: Option<Money>| money.map(|money| money.to_decimal_text());
        let parts = order.item.price_parts(&order.price_parts);
        let (number, id) = (order.number().to_string(), order.instance_id().to_string());
        let (name, email, address) = match order.recipient {
            Some(person) => (Some(person.name), Some(person.email.to_string()), person.address),
            None => (None, None, None),
        };
        let Address { line1, line2, city, region, postal_code, country } = address.clone().unwrap_or_default();
        let part = |text: String| address.as_ref().map(|_| text);
        let (cancelled_by, cancel_reason) = match order.cancellation {
            Some(cancellation) => (Some(cancellation.by.as_str()), cancellation.reason),
            None => (None, None),
        };
        Self {
            number,
            id,
            device: order.device.to_string(),
            slot: order.slot.to_string(),
            product: order.item.asin.to_string(),
            title: order.item.title,
            quantity: order.item.quantity,
            unit: order.item.unit,
            price: order.item.price.to_decimal_text(),
            currency: order.item.price.currency,
            shipping_part: decimal(parts.shipping),
            tax_part: decimal(parts.tax),
            approved_price: decimal(order.approved_price),
            test: order.test,
            state: order.state.as_str(),
            problem: order.problem.map(OrderProblem::as_str),
            opened_at: time_text(order.opened_at),
            placed_at: order.placed_at.map(time_text),
            window_ends_at: time_text(order.window_ends_at),
            resumes_at: order.resumes_at.map(time_text),
            expected_at: order.expected_at.map(time_text),
            delivered_at: order.delivered_at.map(time_text),
            carrier: order.tracking.carrier,
            tracking_number: order.tracking.number,
            tracking_link: order.tracking.link,
            cancelled_by,
            cancel_reason,
            ordered_by: order.trigger.as_str(),
            approved_at: order.times.approved_at.map(time_text),
            shipped_at: order.times.shipped_at.map(time_text),
            ended_at: order.times.ended_at.map(time_text),
            withdrawn_at: order.withdrawal.as_ref().map(|withdrawal| time_text(withdrawal.at)),
            withdrawal_reason: order.withdrawal.and_then(|withdrawal| withdrawal.reason),
            returned_at: order.returned_at.map(time_text),
            refunded_at: order.refund.as_ref().map(|refund| time_text(refund.at)),
            refund: decimal(order.refund.map(|refund| refund.amount)),
            shop: order.backend.as_str(),
            shop_reference: reference,
            name,
            email,
            line1: part(line1),
            line2,
            city: part(city),
            region,
            postal_code: part(postal_code),
            country: part(country),
        }
    }
}
