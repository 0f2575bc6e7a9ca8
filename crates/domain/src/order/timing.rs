//! The durations of an order's life, which an operator sets.
//!
//! Not here: what happens when one of them is over ([`super::lifecycle`]). Invariant: every order of an installation has
//! the same durations.

use crate::time::Span;

/// What an operator decides of every order's life; all are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTiming {
    /// How long the customer may cancel (24 h).
    pub cancel_window: Span,
    /// How long a problem may stay unresolved (72 h).
    pub problem_hold: Span,
    /// How often a held order is looked at again (1 h).
    pub recheck_every: Span,
    /// How many per cent dearer than agreed an order may be before its customer is asked (10); a highest price of their
    /// own replaces it.
    pub price_tolerance_percent: u32,
    /// How long before a hold ends its customer is reminded (24 h), or half the hold if that is less; zero: never.
    pub remind_before: Span,
    /// From the end of the window to the parcel's leaving.
    pub ship_after: Span,
    /// From leaving to the expected delivery.
    pub deliver_after: Span,
    /// Whether the carrier tells of delivery. If not, the slot is freed `free_after` the expected delivery.
    pub carrier_reports_delivery: bool,
    /// See `delivery_known` (one day).
    pub assume_delivered_after: Span,
    /// Test orders: from placement to leaving (10 min).
    pub test_ship_after: Span,
    /// Test orders: from leaving to delivery (10 min).
    pub test_deliver_after: Span,
}
