//! Texts of English mails.

use crate::{MailTexts, Text};
use opendrs_domain::order::{CancelledBy, OrderProblem};

pub const MAIL_TEXTS: MailTexts = MailTexts {
    hello: |name| format!("Hello {name},"),
    subject: |test, what, title| format!("{}{what}: {title}", if test { "Test: " } else { "" }),
    device: |model, serial, test| {
        let test = if test { ", a test device: nothing is charged and nothing is shipped" } else { "" };
        format!("{model}, serial {serial}{test}")
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
    track: "Track the parcel",
    problem: describe_problem,
    placed_subject: "Your order",
    placed: |model| format!("Your {model} ordered this for you."),
    cancel_until: |until| format!("You can cancel it until {until}. After that it ships and you will be charged."),
    held_subject,
    held: |model, problem| format!("Your {model} wants to order this for you. {problem}"),
    remedy,
    unanswered,
    reminder_subject: |subject| format!("Reminder: {subject}"),
    reminder: "This order is still waiting for you. We will not remind you again.",
    shipped_subject: "On its way",
    shipped: "Your order has shipped and can no longer be cancelled.",
    delivered_subject: "Delivered",
    delivered: "Your order has been delivered. If it is not there, or something is wrong with it, reply to this mail.",
    delivery_assumed_subject: "Should have arrived",
    delivery_assumed: "Your order should have arrived by now. We have no delivery confirmation. If it has not arrived, reply to this mail.",
    cancelled_subject: "Cancelled",
    cancelled,
    not_charged: "Nothing is sent and nothing is charged.",
    no_reason: "none was given",
    expired_subject: "Not ordered",
    expired: |asked, problem| {
        if asked {
            format!("Your order was not placed, because it was not approved in time. {problem}")
        } else {
            format!("Your order was not placed, because this was not resolved in time. {problem}")
        }
    },
    order_ended: "Nothing is sent and nothing is charged. The device may order again.",
    reordering_on_subject: |model| format!("Automatic reordering for your {model}"),
    reordering_on: [
        "From now on your device orders by itself what you chose, when it runs low.",
        "We'll email you about every order, with its price, while you can still cancel.",
    ],
    reordering_off_subject: |model| format!("Automatic reordering is off for your {model}"),
    reordering_off: "Your device orders nothing by itself any more.",
    slot_product: |title, price| format!("{title}, {price}"),
    slot_off: "off",
    deregistered_subject: |model| format!("Your {model} is no longer registered"),
    deregistered: |model| format!("Your {model} is no longer registered. It orders nothing for you any more."),
    taken_over_subject: |model| format!("Your {model} was registered by somebody else"),
    taken_over: |model| format!("Your {model} was registered by somebody else. It orders nothing for you any more."),
    taken_over_advice: "If you gave the device away, all is well. If not, whoever did this has it at hand: you can set it up \
                 again for yourself.",
    takeover_announced_subject: |model| format!("Another account is setting up your {model}"),
    takeover_announced: |model| {
        format!(
            "Somebody is setting up your {model} with another account. When they finish, it belongs to them and no longer reorders for you."
        )
    },
    takeover_announced_advice: "If you gave the device away, you need not do anything. If it is still yours, open the link below and press “Keep my device”. If you do nothing, the other account gets it.",
    takeover_announced_link: "Keep my device",
    takeover_requested_subject: |model| format!("May another account have your {model}?"),
    takeover_requested: |model| {
        format!("Somebody wants to set up your {model} with another account. It stays yours unless you agree.")
    },
    takeover_requested_until: |until| format!("You can answer until {until}."),
    takeover_requested_link: "Agree or refuse",
    takeover_undo_until: |until| {
        format!(
            "If you gave the device away, you need not do anything. If it is still yours, you can take it back until {until}."
        )
    },
    takeover_undo_link: "Take my device back",
    takeover_agreed_subject: |model| format!("You can set up the {model} now"),
    takeover_agreed: |model, until| {
        format!(
            "The owner of the {model} agreed to hand it over. You have until {until} to set it up from the device or its app."
        )
    },
    takeover_declined_subject: |model| format!("The {model} stays with its owner"),
    takeover_declined: |model| format!("The owner of the {model} did not agree to hand it over."),
    takeover_undone_subject: |model| format!("Your {model} went back to its earlier owner"),
    takeover_undone: |model| format!("The earlier owner of your {model} took it back. It no longer reorders for you."),
    open_orders_continue: "An order that is under way goes on.",
    price_changed_subject: "The price has changed",
    price_changed: |before, price| {
        format!("The price of a product that you reorder has changed from {before} to {price}.")
    },
    price_needs_approval: |model| {
        format!("We will ask you before your {model} orders it at this price. Nothing is ordered unless you approve.")
    },
    price_will_apply: |model| {
        format!(
            "Your {model} orders it at this price from now on. If you don't want that, set a highest price, choose another \
             product or switch automatic reordering off."
        )
    },
    price_before: "Price before",
    price_agreed: "Price you agreed to",
    daily_limit_subject: |model| format!("No more emails about your {model} today"),
    daily_limit_reached: |model| {
        format!(
            "There is more news about your {model} than we send in a day. For now we send no more emails about it. \
             Your orders and settings are on the page of your devices."
        )
    },
};

fn describe_problem(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "We need an address that can be delivered to.",
        Some(OrderProblem::OutOfStock) => "The product is out of stock.",
        Some(OrderProblem::PaymentFailed) => "The payment failed.",
        Some(OrderProblem::PriceTooHigh) => "It costs more than you agreed to.",
        Some(OrderProblem::ApprovalRequired) => "You asked us to check with you first.",
        Some(OrderProblem::OrderLimitReached) => "Your order limit has been reached.",
        Some(OrderProblem::Paused) => "You paused orders at this time.",
        Some(OrderProblem::AwaitingBackend) => "The shop did not confirm it.",
        None => "Something went wrong.",
    }
}

fn held_subject(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::ApprovalRequired | OrderProblem::PriceTooHigh | OrderProblem::OrderLimitReached) => {
            "Your approval is needed"
        }
        Some(OrderProblem::Paused) => "Your order waits until your pause ends",
        Some(OrderProblem::MissingAddress) => "Your order needs an address",
        Some(OrderProblem::OutOfStock) => "Your order waits for stock",
        Some(OrderProblem::PaymentFailed) => "The payment for your order failed",
        Some(OrderProblem::AwaitingBackend) | None => "We could not place your order yet",
    }
}

fn remedy(problem: Option<OrderProblem>) -> Text {
    match problem {
        Some(OrderProblem::MissingAddress) => "Open the order and enter an address.",
        Some(OrderProblem::PaymentFailed) => "Open the order once you can pay, or cancel it.",
        Some(OrderProblem::PriceTooHigh | OrderProblem::ApprovalRequired | OrderProblem::OrderLimitReached) => {
            "Open the order to see what it costs, then approve or cancel it."
        }
        Some(OrderProblem::Paused) => "You need not do anything. If you want it sooner, open the order and approve it.",
        Some(OrderProblem::OutOfStock) => {
            "You need not do anything. If you would rather have something else, cancel this order and choose \
             another product in the device's settings."
        }
        Some(OrderProblem::AwaitingBackend) | None => "You need not do anything.",
    }
}

fn unanswered(problem: Option<OrderProblem>, until: &str, resumes: Option<&str>) -> String {
    match (problem, resumes) {
        (Some(OrderProblem::ApprovalRequired), _) => format!("Nothing is ordered unless you approve by {until}."),
        (Some(OrderProblem::PriceTooHigh), _) => format!(
            "If the price comes down before {until}, we place the order. Otherwise nothing is ordered unless you approve by \
             then."
        ),
        (Some(OrderProblem::OrderLimitReached), _) => format!(
            "If your limit allows it before {until}, we place the order. Otherwise nothing is ordered unless you approve by \
             then."
        ),
        (Some(OrderProblem::Paused), Some(day)) => {
            format!("We place it on {day}, when your pause is over, if nothing else is in the way.")
        }
        _ => format!(
            "We place it as soon as this is resolved. If that is not done by {until}, we drop the order and you won't be \
             charged."
        ),
    }
}

fn cancelled(by: Option<CancelledBy>) -> Text {
    match by {
        Some(CancelledBy::Customer) => "You cancelled this order.",
        Some(CancelledBy::MailLink) => "This order was cancelled with the link in our mail.",
        Some(CancelledBy::Device) => "Your device cancelled this order.",
        Some(CancelledBy::Shop) => "The shop cancelled this order.",
        Some(CancelledBy::Operator) => "Customer service cancelled this order.",
        None => "This order was cancelled.",
    }
}
