//! The texts of the pages behind a sign-in: settings, devices, apps, rules and orders.

use super::{Marked, Text};
use opendrs_domain::order::{OrderProblem, OrderTrigger};

/// Texts of a device's settings, of the list of devices, and of the pages that are shown in their place.
pub struct SettingsTexts {
    /// Title of a device's settings. `model` is the device model's name.
    pub title: fn(model: &str) -> String,
    /// Line with the device's serial. `serial` is the serial.
    pub serial: fn(serial: &str) -> String,
    /// Addition to the serial of a test device.
    pub test: Text,
    /// Sentence around [`SettingsTexts::on`] or [`SettingsTexts::off`], above the products of a slot.
    pub reordering: Marked,
    /// State of a slot whose reordering is switched on.
    pub on: Text,
    /// State of a slot whose reordering is switched off.
    pub off: Text,
    /// Button that chooses the marked product of a slot of a test device that reorders.
    pub use_product: Text,
    /// The same for any other device: it states that the orders cost money.
    pub use_product_paying: Text,
    /// Button that switches the reordering of a slot of a test device on.
    pub switch_on: Text,
    /// The same for any other device: it states that the orders cost money.
    pub switch_on_paying: Text,
    /// Button that switches the reordering of a slot off.
    pub switch_off: Text,
    /// Text after the customer's name if the account has no address.
    pub no_address: Text,
    /// Link to the address page.
    pub change_address: Text,
    /// Button of the address page.
    pub save_address: Text,
    /// Heading above the open orders that keep the address with which they were placed, on a page that changes it.
    pub kept: Text,
    /// Text above those orders.
    pub kept_why: Text,
    /// One of those orders. `number` is the order number, `title` the product, `address` the address in one line.
    pub kept_order: fn(number: &str, title: &str, address: &str) -> String,
    /// Heading above the orders of a device.
    pub orders: Text,
    /// Shown in place of the orders of a device that has none.
    pub none: Text,
    /// Legend above the choice of the customer's language.
    pub language: Text,
    /// Button that changes the customer's language.
    pub use_language: Text,
    /// Sentence at the top of the list of devices. `name` is the customer's name.
    pub signed_in: fn(name: &str) -> String,
    /// Sentence after [`SettingsTexts::signed_in`].
    pub open_device: Text,
    /// One device in a list. `model` is the device model's name, `serial` the device's serial.
    pub device: fn(model: &str, serial: &str) -> String,
    /// Shown in place of the list of devices of a customer without any.
    pub no_device: Text,
    /// Note above the list of devices if the link names no device of the customer.
    pub link_expired: Text,
    /// Title of the page for a device of another account.
    pub other_account: Text,
    /// Text of the page for a device of another account.
    pub other_account_why: Text,
    /// Button of that page: it signs out, and leads to another sign-in.
    pub other_sign_in: Text,
    /// Title of the page for a device that is not registered.
    pub unregistered: Text,
    /// Text of the page for a device that is not registered.
    pub unregistered_why: Text,
}

/// Texts of the page that removes a device from an account.
pub struct DeviceRemovalTexts {
    /// Link to the page, in the list of devices.
    pub link: Text,
    /// Title of the page. `model` is the device model's name.
    pub title: fn(model: &str) -> String,
    /// Heading of the page. `model` is the device model's name.
    pub heading: fn(model: &str) -> String,
    /// Text of the page: the consequences of the removal.
    pub why: Text,
    /// Button that removes the device, and the link to the page from the device's settings.
    pub button: Text,
    /// Link back to the list of devices.
    pub keep: Text,
}

/// Texts of the list of apps that have a customer's consent, and of the page that withdraws a consent.
pub struct ConsentWithdrawalTexts {
    /// Heading of the list of apps, below the list of devices.
    pub apps: Text,
    /// Sentence before the scopes, whose entries are those of [`crate::ConsentTexts`]. `profile` and `maker` are names,
    /// `since` is the time of the consent.
    pub app: fn(profile: &str, maker: &str, since: &str) -> String,
    /// Shown in place of an empty list of apps.
    pub no_app: Text,
    /// Link to the page that withdraws the consent, in the list of apps.
    pub link: Text,
    /// Title of the page. `profile` is the security profile's name.
    pub title: fn(profile: &str) -> String,
    /// Heading of the page. `profile` is the security profile's name.
    pub heading: fn(profile: &str) -> String,
    /// Text of the page: the consequences of the withdrawal. `profile` and `maker` are names.
    pub why: fn(profile: &str, maker: &str) -> String,
    /// Sentence before the list of the devices that are removed. `maker` is the maker's name.
    pub devices: fn(maker: &str) -> String,
    /// Button that withdraws the consent.
    pub button: Text,
    /// Link back to the list of apps.
    pub keep: Text,
}

/// Texts of the form for the slot rules, in a device's settings.
pub struct RuleTexts {
    /// Title of a slot's form. `slot` is the slot's name.
    pub title: fn(slot: &str) -> String,
    /// Sentence above the form.
    pub about: Text,
    /// Legend of the choice who decides about an order.
    pub mode: Text,
    /// Choice: the order is placed without the customer.
    pub automatic: Text,
    /// Choice: the customer approves each order.
    pub ask: Text,
    /// Legend of the highest price if no price was agreed.
    pub cap: Text,
    /// Legend of the highest price. `price` is the price agreed, `day` the day of the agreement if it is known.
    pub cap_agreed: fn(price: &str, day: Option<&str>) -> String,
    /// Choice: no highest price. The customer must approve a price more than `ask_above` per cent over the price
    /// agreed.
    pub no_cap: fn(ask_above: u32) -> String,
    /// Choice: the highest price is an amount. `currency` is the currency code.
    pub cap_amount: fn(currency: &str) -> String,
    /// Choice: the highest price is per cent over the price agreed.
    pub cap_percent: Text,
    /// Label of the amount or of the per cent.
    pub cap_value: Text,
    /// Legend of the order limit.
    pub limit: Text,
    /// Label of the order limit's number of orders.
    pub limit_orders: Text,
    /// Label of the order limit's number of days.
    pub limit_days: Text,
    /// Legend of the pause.
    pub pause: Text,
    /// Label of the pause's first day.
    pub pause_from: Text,
    /// Label of the pause's last day.
    pub pause_until: Text,
    /// Legend of the substitutes.
    pub substitutes: Text,
    /// Button that saves the rules.
    pub save: Text,
}

/// Texts of an order's page, of its status, and of the page that cancels it.
pub struct OrderTexts {
    /// Title and heading of an order's page.
    pub title: Text,
    /// Sentence about the order. `amount` is a number with its unit, `model` the device model's name, `serial` the
    /// serial.
    pub brings: fn(amount: &str, model: &str, serial: &str) -> String,
    /// Sentence with the order number. `number` is the order number.
    pub number: fn(number: &str) -> String,
    /// Price part for shipping. `price` is its amount.
    pub shipping: fn(price: &str) -> String,
    /// Price part for tax. `price` is its amount.
    pub tax: fn(price: &str) -> String,
    /// Price part for tax with its rate. `rate` is per cent, `price` its amount.
    pub tax_at: fn(rate: &str, price: &str) -> String,
    /// Price part for shipping that costs nothing.
    pub free_shipping: Text,
    /// The unit price of a product. `amount` is the quantity with its unit, such as 1 l.
    pub unit_price: fn(price: &str, amount: &str) -> String,
    /// Button that saves the typed address and sends the held order there.
    pub use_address: Text,
    /// Button that sends a held order to the account's present address. `address` is that address in one line.
    pub use_present: fn(address: &str) -> String,
    /// Button that places a held order. It states that the order costs money; German law permits no other label.
    /// `price` is the price.
    pub pay: fn(price: &str) -> String,
    /// Button that checks again whether a held order can be placed.
    pub try_again: Text,
    /// Status of a held order, without a full stop. `problem` is `None` while the order is being placed.
    pub held: fn(problem: Option<OrderProblem>) -> Text,
    /// Status before shipping. `expected` is the expected day of the delivery.
    pub preparing: fn(expected: Option<&str>) -> String,
    /// Status after shipping. `expected` is the expected day of the delivery, `carrier` its name, `tracking` the
    /// number.
    pub shipped: fn(expected: Option<&str>, carrier: Option<&str>, tracking: Option<&str>) -> String,
    /// Status after the delivery. `day` is the day of the delivery.
    pub delivered: fn(day: &str) -> String,
    /// Status after the delivery if no report confirmed it.
    pub delivery_assumed: Text,
    /// Status of a cancelled order.
    pub cancelled: Text,
    /// Status of an expired order.
    pub expired: Text,
    /// Sentence below the status of a cancelled order. `reason` is the reason of the cancellation.
    pub reason: fn(reason: &str) -> String,
    /// Name of a fact: who sells.
    pub sold_by: Text,
    /// Name of a fact: why it was ordered.
    pub why: Text,
    /// Value of that fact. `model` is the device model's name, `approved` when its customer approved it.
    pub why_ordered: fn(trigger: OrderTrigger, model: &str, approved: Option<&str>) -> String,
    /// Heading above the times of an order's steps.
    pub history: Text,
    /// Step: it began to wait for its customer, or for something else.
    pub step_held: Text,
    /// Step: its customer approved it.
    pub step_approved: Text,
    /// Step: it was placed, where that was later than it was made.
    pub step_placed: Text,
    /// Step: it was not placed.
    pub step_expired: Text,
    /// Step: its customer withdrew from the contract.
    pub step_withdrawn: Text,
    /// Step: the goods came back.
    pub step_returned: Text,
    /// Step: money was paid back.
    pub step_refunded: Text,
    /// Title of the page that cancels an order.
    pub cancel_title: Text,
    /// Heading of the page that cancels an order.
    pub cancel_heading: Text,
    /// Sentence of that page. `placed` is the time of the order, `until` the end of the cancel window.
    pub cancel_until: fn(placed: &str, until: &str) -> String,
    /// Sentence of that page below the button: how to keep the order.
    pub keep: Text,
    /// Title of the page after the cancellation.
    pub cancelled_title: Text,
    /// Text of the page after the cancellation.
    pub cancelled_text: Text,
    /// Title of the page for an order that cannot be cancelled.
    pub not_cancelled: Text,
}
