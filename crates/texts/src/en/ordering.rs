//! English texts of orders by hand, of a skipped order and of the pause of all orders.

use crate::OrderingTexts;

pub const ORDERING_TEXTS: OrderingTexts = OrderingTexts {
    order_now: "Order now",
    order_now_about: "We'll place the order right away, without waiting for your device.",
    order_now_to: |address| format!("We'll ship it to {address}."),
    already_open: "An order for this is already under way, so we didn't place another one.",
    placed: "Thank you. We've received your order.",
    skip: "Skip the next order",
    keep: "Don't skip the next order",
    rule_skip: "The next order is skipped.",
    skipped: "We'll skip the next order. We'll email you when your device asks for it, so you can still change your mind.",
    kept: "The next order will be placed as usual.",
    newest_orders: "Newest orders",
    older_orders: "Older orders",
    pause_all: "Pause all orders",
    pause_about: "We won't order anything for any of your devices during this time. Orders already placed will still arrive.",
    pause_choose: "Choose the days",
    pause_button: "Pause all orders",
    paused: |from, until| format!("All orders are paused from {from} to {until}."),
    resume: "End the pause",
    pause_saved: "All your orders are paused.",
    pause_ended: "The pause has ended. We'll order again when something runs low.",
};
