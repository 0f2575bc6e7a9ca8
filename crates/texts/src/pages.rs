//! The texts of pages: one struct of texts for each page.

use super::Text;
use opendrs_domain::order::OrderProblem;

/// A sentence around one value that a page sets in bold type: the text before the value, and the text after it.
pub struct Marked(pub Text, pub Text);

/// Texts that several pages share.
pub struct SharedTexts {
    /// Accessible name of the links to the other languages, at the top of a page.
    pub languages: Text,
    /// Link from the settings pages back to the app.
    pub exit: Text,
    /// Button or link that abandons a sign-in, a sign-up or a change of address.
    pub cancel: Text,
    /// Button that cancels an order, and the cancel link in a mail.
    pub cancel_order: Text,
    /// Title of the list of a customer's devices, and the label of links to it.
    pub your_devices: Text,
    /// Title of the address page, and the heading above an address.
    pub shipping_address: Text,
    /// Legend above a slot's products in the settings, and head of the product column of the overview.
    pub product: Text,
    /// Shown in place of the products of a slot for which none is offered.
    pub none_offered: Text,
    /// Full stop that ends the status of an order on the order's page.
    pub stop: Text,
    /// Button that signs out.
    pub sign_out: Text,
    /// Label of the first address line.
    pub line1: Text,
    /// Label of the optional second address line.
    pub line2: Text,
    /// Label of the city in an address form.
    pub city: Text,
    /// Label of the optional state or region in an address form.
    pub region: Text,
    /// Label of the postal code in an address form.
    pub postal_code: Text,
    /// Label of the two-letter country code in an address form.
    pub country: Text,
}

/// Texts of the pages at the root, at unknown paths, and at paths that accept forms only.
pub struct NotFoundTexts {
    /// Title of the page at the root.
    pub home_title: Text,
    /// Text of the page at the root.
    pub home_text: Text,
    /// Title of the page at an unknown path.
    pub title: Text,
    /// Text of the page at an unknown path.
    pub text: Text,
    /// Title of the page at a path that accepts posted forms only.
    pub form_title: Text,
    /// Text of the page at a path that accepts posted forms only.
    pub form_text: Text,
}

/// Texts about a takeover, for both accounts: the one that has the device and the one that sets it up.
pub struct TakeoverTexts {
    /// Notice on the sign-up's overview: completing the sign-up takes the device from its owner.
    pub notice: Text,
    /// Title of the page of a sign-up that cannot continue, because another account has the device.
    pub blocked: Text,
    /// Text of that page while the owner has not answered. `until` is the last moment to answer.
    pub waiting: fn(until: &str) -> String,
    /// Button on that page that leads back to the app.
    pub back: Text,
    /// Title of the owner's page while the takeover needs their consent. `model` is the device model's name.
    pub requested: fn(model: &str) -> String,
    /// Text of the owner's page while the takeover needs their consent.
    pub requested_why: Text,
    /// Title of the owner's page while they may keep the device. `model` is the device model's name.
    pub announced: fn(model: &str) -> String,
    /// Text of the owner's page while they may keep the device.
    pub announced_why: Text,
    /// Title of the earlier owner's page while they may undo the takeover. `model` is the device model's name.
    pub done: fn(model: &str) -> String,
    /// Text of the earlier owner's page while they may undo the takeover.
    pub done_why: Text,
    /// Sentence on the owner's page. `until` is the last moment to answer.
    pub until: fn(until: &str) -> String,
    /// Button by which the owner agrees to the takeover.
    pub agree: Text,
    /// Button by which the owner declines the takeover.
    pub decline: Text,
    /// Button by which the earlier owner undoes the takeover.
    pub undo: Text,
    /// Title of the page after the owner agreed.
    pub agreed: Text,
    /// Text of the page after the owner agreed.
    pub agreed_text: Text,
    /// Title of the page after the owner declined.
    pub declined: Text,
    /// Text of the page after the owner declined.
    pub declined_text: Text,
    /// Title of the page after the earlier owner undid the takeover.
    pub undone: Text,
    /// Text of the page after the earlier owner undid the takeover.
    pub undone_text: Text,
    /// Title of the owner's page when no answer is possible any more.
    pub closed: Text,
}

/// Texts of the page from which a browser leaves for the client, or continues.
pub struct LeaveTexts {
    /// Title and heading of the page.
    pub title: Text,
    /// Text of the page: it forwards by itself.
    pub text: Text,
    /// Link to the next page, in case the browser does not forward.
    pub link: Text,
}

/// Texts of the sign-in page.
pub struct SignInTexts {
    /// Title, heading and button of the page.
    pub title: Text,
    /// Label of the mail address.
    pub email: Text,
    /// Label of the password.
    pub password: Text,
    /// Label of the checkbox that keeps the customer signed in.
    pub remember: Text,
}

/// Texts of the page that asks for consent.
pub struct ConsentTexts {
    /// Title of the page. `profile` is the security profile's name.
    pub title: fn(profile: &str) -> String,
    /// Sentence between the security profile's name and the list of scopes. `maker` is the maker's name.
    pub asks: fn(maker: &str) -> String,
    /// List entry for the scope `dash:replenish`.
    pub replenish: Text,
    /// List entry for the scope `profile`.
    pub profile: Text,
    /// List entry for the scope `profile:user_id`.
    pub user_id: Text,
    /// List entry for the scope `postal_code`.
    pub postal_code: Text,
    /// Text before the device model's name.
    pub device: Text,
    /// Text after the device model's name. `serial` is the device's serial.
    pub serial: fn(serial: &str) -> String,
    /// Sentence about the order data that the maker receives. `maker` is the maker's name.
    pub share: fn(maker: &str) -> String,
    /// Link to the maker's privacy notice. `maker` is the maker's name.
    pub privacy: fn(maker: &str) -> String,
    /// Button that gives the consent.
    pub allow: Text,
}

/// The cancel window of an order, in the unit in which pages show it.
#[derive(Clone, Copy)]
pub enum CancelWindow {
    /// A number of whole hours.
    Hours(i64),
    /// A number of minutes.
    Minutes(i64),
}

/// Texts of the sign-up: one page for each slot, and the overview.
pub struct SetupTexts {
    /// Title and heading of a slot's page. `slot` is the slot's name.
    pub choose: fn(slot: &str) -> String,
    /// Line of a slot's page. `model` is the device model's name; `number` is the slot's position among `count` slots.
    pub step: fn(model: &str, number: usize, count: usize) -> String,
    /// Legend above the products of a slot's page.
    pub once: Text,
    /// Note to a product: how much one order brings. `amount` is a number with its unit.
    pub per_order: fn(amount: String) -> String,
    /// Note to a product: its price includes tax and shipping, so that the customer pays what they agreed to.
    pub tax: Text,
    /// Note to a product that is out of stock.
    pub out_of_stock: Text,
    /// Button that chooses the marked product.
    pub next: Text,
    /// Button that skips the slot.
    pub skip: Text,
    /// Title of the overview.
    pub title: Text,
    /// Heading of the overview.
    pub confirm: Text,
    /// Sentence above the overview's table. `model` is the device model's name.
    pub will_order: fn(model: &str) -> String,
    /// Head of the table's column with the slots.
    pub column_slot: Text,
    /// Head of the table's column with the price of one order.
    pub column_price: Text,
    /// Shown in the table in place of the product of a skipped slot.
    pub skipped: Text,
    /// Notice on the overview of a test device.
    pub test: Text,
    /// Sentence on the overview of a device that is no test device. `window` is the cancel window.
    pub cancel_within: fn(window: CancelWindow) -> String,
    /// Button that completes the sign-up.
    pub complete: Text,
    /// Button that leads back to the first slot.
    pub choose_again: Text,
}

/// Texts of the teaser page, which is shown before anyone signs in.
pub struct TeaserTexts {
    /// Title of the page. `model` is the device model's name.
    pub title: fn(model: &str) -> String,
    /// Heading of the page.
    pub heading: Text,
    /// Sentence around the device model's name.
    pub notices: Marked,
    /// The three points of the list.
    pub points: [Text; 3],
    /// Accessible name of the group of buttons.
    pub next: Text,
    /// Button that starts the sign-up.
    pub start: Text,
    /// Button of the app's `remindLaterUri`.
    pub later: Text,
    /// Button of the app's `skipUri`.
    pub skip: Text,
    /// Title of the page for an unknown composite id.
    pub unknown_model: Text,
    /// Text of the page for an unknown composite id.
    pub unknown_model_why: Text,
}

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
    /// Button that chooses the marked product of a slot that reorders.
    pub use_product: Text,
    /// Button that switches the reordering of a slot on.
    pub switch_on: Text,
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
    /// Line of one order. `price` is its price, `placed` the time of the order, `standing` its status.
    pub order: fn(price: &str, placed: &str, standing: &str) -> String,
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
    /// Sentence before the scopes, whose entries are those of [`ConsentTexts`]. `profile` and `maker` are names,
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
    /// Text before the price.
    pub price: Text,
    /// Text after the price. `placed` is the time of the order.
    pub placed: fn(placed: &str) -> String,
    /// Sentence with the order number. `number` is the order number.
    pub number: fn(number: &str) -> String,
    /// Price part for shipping. `price` is its amount.
    pub shipping: fn(price: &str) -> String,
    /// Price part for tax. `price` is its amount.
    pub tax: fn(price: &str) -> String,
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

/// Texts of the page for authorization requests that cannot be trusted. Its reason is English, for the client's
/// developer.
pub struct ErrorPageTexts {
    /// Title and heading of the page.
    pub title: Text,
    /// Text below the heading.
    pub text: Text,
    /// Heading above the reason.
    pub summary: Text,
    /// Heading above the parameters of the request.
    pub details: Text,
}
