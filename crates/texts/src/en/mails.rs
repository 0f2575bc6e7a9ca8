//! Texts of English mails.

use crate::{MailTexts, Text};
use opendrs_domain::order::{CancelledBy, OrderProblem};

pub const MAIL_TEXTS: MailTexts = MailTexts {
    hello: |name| format!("Hello {name},"),
    subject: |test, what, title| format!("{}{what}: {title}", if test { "Test: " } else { "" }),
    device: |model, serial, test| {
        let test = if test { ", a test device: you won't be charged, and nothing will be shipped" } else { "" };
        format!("{model}, serial number {serial}{test}")
    },
    product: "Product",
    quantity: "Quantity",
    price: "Price",
    ships_to: "Ships to",
    no_address: "no address yet",
    expected: "Expected delivery",
    order_number: "Order number",
    carrier: "Carrier",
    tracking: "Tracking number",
    reason: "Reason",
    decide: "Review this order",
    see: "See this order",
    track: "Track your parcel",
    problem: describe_problem,
    placed_subject: "Your order",
    placed: |model| format!("Your {model} ordered this for you."),
    placed_by_hand: |model| format!("You ordered this for your {model}."),
    cancel_until: |until| format!("You can cancel it until {until}. After that it ships and you will be charged."),
    held_subject,
    held: |model, problem| format!("Your {model} wants to order this for you. {problem}"),
    remedy,
    unanswered,
    reminder_subject: |subject| format!("Reminder: {subject}"),
    reminder: "This order is still waiting for you. This is our last reminder.",
    shipped_subject: "On its way",
    shipped: "Your order has shipped. It can no longer be cancelled.",
    delivered_subject: "Delivered",
    delivered: "Your order has been delivered. If it has not arrived, or if something is wrong with it, reply to this email.",
    delivery_assumed_subject: "Should have arrived",
    delivery_assumed: "Your order should have arrived by now, but nobody has confirmed the delivery to us. If it has not arrived, reply to this email.",
    cancelled_subject: "Cancelled",
    cancelled,
    not_charged: "Nothing will be shipped, and you won't be charged.",
    no_reason: "not given",
    expired_subject: "Not ordered",
    expired: |asked, problem| {
        if asked {
            format!("Your order was not placed because it was not approved in time. {problem}")
        } else {
            format!("Your order was not placed because the problem was not resolved in time. {problem}")
        }
    },
    order_ended: "Nothing will be shipped, and you won't be charged. Your device may order again.",
    reordering_on_subject: |model| format!("Automatic reordering for your {model}"),
    reordering_on: [
        "From now on, your device will automatically reorder the products you chose when it runs low.",
        "We'll email you about every order, with its price, while you can still cancel.",
    ],
    reordering_off_subject: |model| format!("Automatic reordering is off for your {model}"),
    reordering_off: "Your device no longer reorders automatically.",
    slot_product: |title, price| format!("{title}, {price}"),
    slot_off: "off",
    deregistered_subject: |model| format!("Your {model} is no longer registered"),
    deregistered: |model| format!("Your {model} is no longer registered. It won't reorder for you any more."),
    taken_over_subject: |model| format!("Your {model} was registered by someone else"),
    taken_over: |model| format!("Your {model} was registered by someone else. It won't reorder for you any more."),
    taken_over_advice: "If you gave the device away, you don't need to do anything. If that wasn't you, someone who has the device \
                 registered it; set it up again to make it yours.",
    takeover_announced_subject: |model| format!("Another account is setting up your {model}"),
    takeover_announced: |model| {
        format!(
            "Someone is setting up your {model} with another account. When they have finished, it will belong to them and will no longer reorder for you."
        )
    },
    takeover_announced_advice: "If you gave the device away, you don't need to do anything. If it is still yours, open the link below and press “Keep my device”. If you do nothing, the device goes to the other account.",
    takeover_announced_link: "Keep my device",
    takeover_requested_subject: |model| format!("Hand over your {model} to another account?"),
    takeover_requested: |model| {
        format!("Someone wants to set up your {model} with another account. It stays yours unless you agree.")
    },
    takeover_requested_until: |until| format!("You can answer until {until}."),
    takeover_requested_link: "Agree or decline",
    takeover_undo_until: |until| {
        format!(
            "If you gave the device away, you don't need to do anything. If it is still yours, you can take it back until {until}."
        )
    },
    takeover_undo_link: "Take my device back",
    takeover_agreed_subject: |model| format!("You can now set up the {model}"),
    takeover_agreed: |model, until| {
        format!(
            "The owner of the {model} agreed to hand it over. Please set it up from the device or its app by {until}."
        )
    },
    takeover_declined_subject: |model| format!("The {model} stays with its owner"),
    takeover_declined: |model| format!("The owner of the {model} did not agree to hand it over."),
    takeover_undone_subject: |model| format!("Your {model} went back to its earlier owner"),
    takeover_undone: |model| {
        format!("The earlier owner of your {model} took it back. It won't reorder for you any more.")
    },
    open_orders_continue: "Orders already placed will still arrive.",
    price_changed_subject: "The price has changed",
    price_changed: |before, price| {
        format!("The price of a product that you reorder has changed from {before} to {price}.")
    },
    price_needs_approval: |model| {
        format!("We'll ask you before your {model} orders it at this price. Nothing is ordered unless you approve.")
    },
    price_will_apply: |model| {
        format!(
            "From now on, your {model} will order it at this price. If you don't want that, set a highest price, choose \
             another product or switch off automatic reordering."
        )
    },
    price_before: "Previous price",
    price_agreed: "Price you agreed to",
    daily_limit_subject: |model| format!("No more emails about your {model} today"),
    daily_limit_reached: |model| {
        format!(
            "There is more news about your {model} than we send in one day. For now, we won't send you any more emails \
             about it. You can see your orders and settings on the page of your devices."
        )
    },
};

fn describe_problem(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "We need an address that we can deliver to.",
        Some(OrderProblem::OutOfStock) => "The product is out of stock.",
        Some(OrderProblem::PaymentFailed) => "The payment failed.",
        Some(OrderProblem::PriceTooHigh) => "The price is higher than you agreed to.",
        Some(OrderProblem::ApprovalRequired) => "You asked us to check with you first.",
        Some(OrderProblem::OrderLimitReached) => "Your order limit has been reached.",
        Some(OrderProblem::Skipped) => "You asked us to skip this order.",
        Some(OrderProblem::Paused) => "You paused orders for this period.",
        Some(OrderProblem::AwaitingBackend) => "The shop did not confirm it.",
        None => "Something went wrong.",
    }
}

fn held_subject(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::ApprovalRequired | OrderProblem::PriceTooHigh | OrderProblem::OrderLimitReached) => {
            "Your approval is needed"
        }
        Some(OrderProblem::Skipped) => "Your order was skipped, as you asked",
        Some(OrderProblem::Paused) => "Your order waits until your pause ends",
        Some(OrderProblem::MissingAddress) => "Your order needs an address",
        Some(OrderProblem::OutOfStock) => "Your order is waiting for stock",
        Some(OrderProblem::PaymentFailed) => "The payment for your order failed",
        Some(OrderProblem::AwaitingBackend) | None => "We could not place your order yet",
    }
}

fn remedy(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "Open the order and enter an address.",
        Some(OrderProblem::PaymentFailed) => "Open the order and try again once you can pay, or cancel it.",
        Some(OrderProblem::PriceTooHigh | OrderProblem::ApprovalRequired | OrderProblem::OrderLimitReached) => {
            "Open the order to see what it costs, then approve or cancel it."
        }
        Some(OrderProblem::Skipped) => {
            "You don't need to do anything. If you want it after all, open the order and approve it."
        }
        Some(OrderProblem::Paused) => {
            "You don't need to do anything. If you want it sooner, open the order and approve it."
        }
        Some(OrderProblem::OutOfStock) => {
            "You don't need to do anything. If you would prefer something else, cancel this order and choose \
             another product in the device's settings."
        }
        Some(OrderProblem::AwaitingBackend) | None => "You don't need to do anything.",
    }
}

fn unanswered(problem: Option<OrderProblem>, until: &str, resumes: Option<&str>) -> String {
    match (problem, resumes) {
        (Some(OrderProblem::ApprovalRequired | OrderProblem::Skipped), _) => {
            format!("Nothing is ordered unless you approve by {until}.")
        }
        (Some(OrderProblem::PriceTooHigh), _) => format!(
            "If the price comes down before {until}, we'll place the order. Otherwise, nothing is ordered unless you approve by \
             then."
        ),
        (Some(OrderProblem::OrderLimitReached), _) => format!(
            "If your limit allows it before {until}, we'll place the order. Otherwise, nothing is ordered unless you approve by \
             then."
        ),
        (Some(OrderProblem::Paused), Some(day)) => {
            format!("We'll place it on {day}, when your pause is over, unless something else prevents it.")
        }
        _ => format!(
            "We'll place it as soon as this is resolved. If it isn't by {until}, we drop it and you won't be charged."
        ),
    }
}

fn cancelled(by: Option<CancelledBy>) -> Text {
    match by {
        Some(CancelledBy::Customer) => "You cancelled this order.",
        Some(CancelledBy::MailLink) => "This order was cancelled with the link in our email.",
        Some(CancelledBy::Device) => "Your device cancelled this order.",
        Some(CancelledBy::Shop) => "The shop cancelled this order.",
        Some(CancelledBy::Operator) => "Customer service cancelled this order.",
        None => "This order was cancelled.",
    }
}
