//! English texts of parts that several customer pages have.

use crate::PartTexts;

pub const PART_TEXTS: PartTexts = PartTexts {
    skip: "Skip to content",
    ordered: "Ordered",
    shipped: "Shipped",
    delivered: "Delivered",
    progress: "Progress of the order",
    reorders: "Reorders automatically",
    level_left: |percent| format!("{percent}% left"),
    level_heard: |when| format!("Last reported {when}"),
    level_unknown: "Your device has not reported a level yet.",
    level_chart: |slot| format!("Level of the {slot}"),
    level_between: |from, until, refills| {
        let refills = match refills {
            0 => String::new(),
            1 => ", with one refill".into(),
            count => format!(", with {count} refills"),
        };
        format!("From {from} to {until}{refills}.")
    },
    level_table: "Show as a table",
    level_day: "Day",
    level_column: "Level",
    asks_first: "Asks you first",
    no_reorders: "Not reordered",
    order_waits: "Order waiting",
    order_underway: "Order placed",
    test_device: "Test device",
    orders_wait: |count| match count {
        1 => "An order is waiting".into(),
        count => format!("{count} orders are waiting"),
    },
    change_product: "Change product",
    products_offered: |count| format!("{count} to choose from"),
    rule_ask: "Nothing is ordered until you approve it.",
    rule_amount: |price| format!("We ask you first if an order costs more than {price}."),
    rule_percent: |percent| format!("We ask you first if an order costs over {percent}% more than you agreed to."),
    rule_limit: |orders, days| {
        let orders = if orders == "1" { "1 order".to_owned() } else { format!("{orders} orders") };
        let days = if days == "1" { "day".to_owned() } else { format!("{days} days") };
        format!("No more than {orders} every {days}.")
    },
    rule_pause: |from, until| format!("Nothing is ordered from {from} to {until}."),
    saved_product: "Saved. This product will be reordered when it runs low.",
    saved_rules: "Your rules have been saved.",
    saved_off: "Automatic reordering is now off. Orders already placed will still arrive.",
    saved_address: "Your address has been saved.",
    saved_language: "Your language has been saved.",
    saved_cancelled: "Your order has been cancelled.",
    saved_order: "Thank you. Your order has been updated.",
    saved_removed: "Your device has been removed.",
    saved_unlinked: "Your consent has been withdrawn.",
};
