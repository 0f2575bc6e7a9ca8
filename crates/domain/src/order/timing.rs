//! The durations of an order's life, which an operator sets.
//!
//! Not here: the transitions when they end ([`super::lifecycle`]). Invariant: every order of an installation has the
//! same durations.

use crate::time::Span;

/// The durations and limits of every order; all are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTiming {
    /// How long the customer may cancel (24 h).
    pub cancel_window: Span,
    /// How long a problem may stay unresolved (72 h).
    pub problem_hold: Span,
    /// How often a held order is checked again (1 h).
    pub recheck_every: Span,
    /// By how many per cent an order may exceed the agreed price before its customer is asked (10). A highest price of
    /// the customer's replaces it.
    pub price_tolerance_percent: u32,
    /// How long before the end of a hold its customer is reminded (24 h), or half the hold if that is less. Zero means
    /// never.
    pub remind_before: Span,
    /// From the end of the cancel window to shipment.
    pub ship_after: Span,
    /// From shipment to the expected delivery.
    pub deliver_after: Span,
    /// Whether the carrier reports delivery. If not, the slot is freed `assume_delivered_after` the expected delivery.
    pub carrier_reports_delivery: bool,
    /// How long after the expected delivery an order without a report counts as delivered (one day).
    pub assume_delivered_after: Span,
    /// How long after the delivery the customer may withdraw from the contract (14 days). Zero switches withdrawals off.
    pub withdrawal_period: Span,
    /// Test orders: from placement to shipment (10 min).
    pub test_ship_after: Span,
    /// Test orders: from shipment to delivery (10 min).
    pub test_deliver_after: Span,
}
