//! The texts of parts that several customer pages have: states, steps, summaries, and confirmations of a change.

use super::Text;

/// Texts of parts that several customer pages have.
pub struct PartTexts {
    /// Link before everything else of a page, for the keyboard: it leads to the page's own content.
    pub skip: Text,
    /// Label of the day or time of an order, and its first step.
    pub ordered: Text,
    /// Second step of an order.
    pub shipped: Text,
    /// Last step of an order.
    pub delivered: Text,
    /// Accessible name of the steps of an order.
    pub progress: Text,
    /// State of a slot or device that orders automatically.
    pub reorders: Text,
    /// The level of a slot. `percent` is a whole number.
    pub level_left: fn(percent: u8) -> String,
    /// When the device reported a slot last.
    pub level_heard: fn(when: &str) -> String,
    /// In place of the level of a slot that was never reported.
    pub level_unknown: Text,
    /// Title of a level's chart. `slot` is the slot's name.
    pub level_chart: fn(slot: &str) -> String,
    /// What the chart shows, for those who do not see it: from a day on, until a day, and the refills between.
    pub level_between: fn(from: &str, until: &str, refills: usize) -> String,
    /// Title of the fold with the chart's numbers.
    pub level_table: Text,
    /// Heading of the days.
    pub level_day: Text,
    /// Heading of the levels.
    pub level_column: Text,
    /// State of a slot whose orders need the customer's approval.
    pub asks_first: Text,
    /// State of a slot or device that orders nothing.
    pub no_reorders: Text,
    /// State of a slot or device with an order that waits.
    pub order_waits: Text,
    /// State of a slot or device with an order on its way.
    pub order_underway: Text,
    /// State of a test device.
    pub test_device: Text,
    /// Heading of the notice about the orders that wait. `count` is their number.
    pub orders_wait: fn(count: usize) -> String,
    /// Title of the fold with the other products of a slot.
    pub change_product: Text,
    /// Addition to that title. `count` is the number of products.
    pub products_offered: fn(count: usize) -> String,
    /// Rule in a summary: every order needs the customer's approval.
    pub rule_ask: Text,
    /// Rule in a summary: the highest price. `price` is an amount.
    pub rule_amount: fn(price: &str) -> String,
    /// Rule in a summary: the highest price. `percent` is over the price agreed.
    pub rule_percent: fn(percent: &str) -> String,
    /// Rule in a summary: the order limit. `orders` and `days` are whole numbers.
    pub rule_limit: fn(orders: &str, days: &str) -> String,
    /// Rule in a summary: the pause. `from` and `until` are its first and its last day.
    pub rule_pause: fn(from: &str, until: &str) -> String,
    /// Confirms that another product was chosen, or that reordering was switched on.
    pub saved_product: Text,
    /// Confirms that the rules were saved.
    pub saved_rules: Text,
    /// Confirms that reordering was switched off.
    pub saved_off: Text,
    /// Confirms that the address was saved.
    pub saved_address: Text,
    /// Confirms that the language was changed.
    pub saved_language: Text,
    /// Confirms that an order was cancelled.
    pub saved_cancelled: Text,
    /// Confirms that the owner's answer about an order was saved.
    pub saved_order: Text,
    /// Confirms that a device was removed.
    pub saved_removed: Text,
    /// Confirms that a consent was withdrawn.
    pub saved_unlinked: Text,
}
