//! English texts of orders by hand, of a skipped order and of the pause of all orders.

use crate::OrderingTexts;

pub const ORDERING_TEXTS: OrderingTexts = OrderingTexts {
    order_now: "Order now",
    order_now_about: "We'll place the order right away, without waiting for your device.",
    order_now_no_address: "Please enter your shipping address first.",
    order_now_to: |address| format!("We'll ship it to {address}."),
    already_open: "This order was already open, so we didn't place another one.",
    placed: "Thank you. We've received your order.",
    skip: "Skip the next order",
    keep: "Don't skip the next order",
    rule_skip: "The next order is skipped.",
    skipped: "We'll skip the next order. We'll email you when your device asks for it, so you can still change your mind.",
    kept: "The next order will be placed as usual.",
    newest_orders: "Newest orders",
    older_orders: "Older orders",
    pause_all: "Pause all orders",
    pause_about: "We won't order anything for any of your devices during this time. This replaces the pauses that you set for single supplies. Orders already placed will still arrive.",
    pause_choose: "Choose the days",
    pause_button: "Pause all orders",
    paused: |from, until| format!("All orders are paused from {from} to {until}."),
    partly_paused: "Some of your orders are paused.",
    resume_about: "When you end the pause, orders that wait for its end are placed at once.",
    paused_state: "Paused",
    resume: "End the pause",
    pause_saved: "Your pause has been saved.",
    pause_ended: "The pause has ended. Orders that waited for it are placed now.",
};
