//! English mails.

use crate::texts::{Letters, Text};
use opendrs_domain::order::Problem;

pub(super) const LETTERS: Letters = Letters {
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
    expected: "Expected",
    decide: "See the order and decide",
    problem,
    placed_subject: "Your order",
    placed: |model| format!("Your {model} ordered this for you."),
    cancel_until: |until| format!("You can cancel it until {until}. After that it is sent, and you pay for it."),
    held_subject: "We could not place your order yet",
    held: |model, problem| format!("Your {model} wants to order this for you. {problem}"),
    remedy,
    held_until: |until| format!("The order is placed once nothing stands in its way, until {until}; then it ends."),
    shipped_subject: "On its way",
    shipped: "Your order has left and can no longer be cancelled.",
    delivered_subject: "Delivered",
    delivered: "Your order has been delivered. If it is not there, or something is wrong with it, reply to this mail.",
    assumed_subject: "Should be there by now",
    assumed: "Your order should have arrived by now; the carrier does not tell us. If it has not, reply to this mail.",
    cancelled_subject: "Cancelled",
    cancelled: "Your order was cancelled. Nothing is sent and nothing is charged.",
    expired_subject: "Not ordered",
    expired: |problem| format!("Your order was not placed. {problem}"),
    ended: "It ended without being placed: nothing is sent and nothing is charged. The device may order again.",
    subscribed_subject: |model| format!("Automatic reordering for your {model}"),
    subscribed: [
        "From now on your device orders by itself what you chose, when it runs low.",
        "A mail tells you of each order, with its price, while it can still be cancelled.",
    ],
    off_subject: |model| format!("Automatic reordering is off for your {model}"),
    off: "Your device orders nothing by itself any more.",
    chosen: |title, price| format!("{title}, {price}"),
    not_chosen: "off",
    left_subject: |model| format!("Your {model} is no longer registered"),
    left: |model| format!("Your {model} is no longer registered. It orders nothing for you any more."),
    taken_subject: |model| format!("Your {model} was registered by somebody else"),
    taken: |model| format!("Your {model} was registered by somebody else. It orders nothing for you any more."),
    taken_more: "If you gave the device away, all is well. If not, whoever did this has it at hand: you can set it up \
                 again for yourself.",
    announced_subject: |model| format!("Another account is setting up your {model}"),
    announced: |model| {
        format!(
            "Somebody is setting up your {model} with another account. When they finish, it belongs to them and no longer reorders for you."
        )
    },
    announced_more: "If you gave the device away, you need not do anything. If it is still yours, keep it.",
    announced_link: "Keep my device",
    asked_subject: |model| format!("May another account have your {model}?"),
    asked: |model| {
        format!("Somebody wants to set up your {model} with another account. It stays yours unless you agree.")
    },
    asked_until: |until| format!("You can answer until {until}."),
    asked_link: "Agree or refuse",
    taken_until: |until| {
        format!(
            "If you gave the device away, you need not do anything. If it is still yours, you can take it back until {until}."
        )
    },
    taken_link: "Take my device back",
    agreed_subject: |model| format!("You can set up the {model} now"),
    agreed: |model, until| {
        format!("The owner of the {model} agreed to hand it over. Set it up from the device or its app until {until}.")
    },
    declined_subject: |model| format!("The {model} stays with its owner"),
    declined: |model| format!("The owner of the {model} did not agree to hand it over."),
    taken_back_subject: |model| format!("Your {model} went back to its earlier owner"),
    taken_back: |model| format!("The earlier owner of your {model} took it back. It no longer reorders for you."),
    under_way: "An order that is under way goes on.",
    price_changed_subject: "The price has changed",
    price_changed: |before, price| {
        format!("The price of a product that you reorder has changed from {before} to {price}.")
    },
    price_asks: |model| {
        format!("We will ask you before your {model} orders it at this price. Nothing is ordered unless you approve.")
    },
    price_goes_on: |model| {
        format!(
            "Your {model} orders it at this price from now on. If you don't want that, set a highest price, choose another \
             product or switch automatic reordering off."
        )
    },
    price_before: "Price before",
    price_agreed: "Price you agreed to",
    too_many_subject: |model| format!("No more emails about your {model} today"),
    too_many: |model| {
        format!(
            "There is more news about your {model} than we send in a day. For now we send no more emails about it. \
             Your orders and settings are on the page of your devices."
        )
    },
};

fn problem(problem: Option<Problem>) -> Text {
    match problem {
        Some(Problem::Address) => "There is no address to deliver to.",
        Some(Problem::OutOfStock) => "The product is out of stock.",
        Some(Problem::Payment) => "It could not be paid for.",
        Some(Problem::Price) => "It costs more than you allow.",
        Some(Problem::Ask) => "You want to be asked first.",
        Some(Problem::Limit) => "There were as many orders as you allow.",
        Some(Problem::Paused) => "You paused orders at this time.",
        Some(Problem::Unconfirmed) => "The shop did not confirm it.",
        None => "Something stood in its way.",
    }
}

fn remedy(problem: Option<Problem>) -> Text {
    match problem {
        Some(Problem::Address) => "Open the order and enter an address.",
        Some(Problem::Payment) => "Open the order once you can pay, or cancel it.",
        Some(Problem::Price | Problem::Ask | Problem::Limit | Problem::Paused) => {
            "It waits for your word: open the order to see what it costs, and order or cancel it."
        }
        Some(Problem::OutOfStock) => {
            "You need not do anything. If you would rather have something else, cancel this order and choose \
             another product in the device's settings."
        }
        Some(Problem::Unconfirmed) | None => "You need not do anything.",
    }
}
