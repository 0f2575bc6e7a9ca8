//! What pages say: the catalogue's rooms, a page each.

use super::Text;
use opendrs_domain::order::OrderProblem;

/// A sentence around one value that the page puts into bold type: what stands before it and after it.
pub struct Marked(pub Text, pub Text);

/// What several pages say.
pub struct SharedTexts {
    /// Of the links to the other languages.
    pub languages: Text,
    /// The link back to the app.
    pub exit: Text,
    /// Gives up what is under way.
    pub cancel: Text,
    /// The button that cancels an order.
    pub cancel_order: Text,
    /// The customer's devices.
    pub your_devices: Text,
    /// Above an address.
    pub shipping_address: Text,
    /// Above products.
    pub product: Text,
    /// A slot without products.
    pub none_offered: Text,
    /// What ends a sentence that is put together.
    pub stop: Text,
    /// The button that ends the sign-in.
    pub sign_out: Text,
    pub line1: Text,
    pub line2: Text,
    pub city: Text,
    pub region: Text,
    pub postal_code: Text,
    pub country: Text,
}

/// Pages at addresses that have none.
pub struct NotFoundTexts {
    /// At the root.
    pub home_title: Text,
    pub home_text: Text,
    /// At an unknown path.
    pub title: Text,
    pub text: Text,
    /// At a path that takes forms alone.
    pub form_title: Text,
    pub form_text: Text,
}

/// A device that another account has, or that another account sets up.
pub struct TakeoverTexts {
    /// In a sign-up: what completing it does.
    pub notice: Text,
    /// In a sign-up that cannot go on.
    pub blocked: Text,
    pub waiting: fn(until: &str) -> String,
    pub back: Text,
    /// The earlier owner's page, by what there is to answer: agree or refuse, keep, take back.
    pub requested: fn(model: &str) -> String,
    pub requested_why: Text,
    pub announced: fn(model: &str) -> String,
    pub announced_why: Text,
    pub done: fn(model: &str) -> String,
    pub done_why: Text,
    pub until: fn(until: &str) -> String,
    pub agree: Text,
    pub decline: Text,
    pub undo: Text,
    /// After the answer.
    pub agreed: Text,
    pub agreed_text: Text,
    pub declined: Text,
    pub declined_text: Text,
    pub undone: Text,
    pub undone_text: Text,
    /// Where there is nothing to answer.
    pub closed: Text,
}

/// The page by which a browser leaves for the client, or goes on.
pub struct LeaveTexts {
    pub title: Text,
    pub text: Text,
    pub link: Text,
}

/// Signing in.
pub struct SignInTexts {
    /// Heading and button.
    pub title: Text,
    pub email: Text,
    pub password: Text,
    pub remember: Text,
}

/// The page that asks for consent.
pub struct ConsentTexts {
    pub title: fn(profile: &str) -> String,
    /// Goes on after the profile's name, and before the list of what is asked for.
    pub asks: fn(maker: &str) -> String,
    /// What each scope opens: `dash:replenish`, `profile`, `profile:user_id`, `postal_code`.
    pub replenish: Text,
    pub profile: Text,
    pub user_id: Text,
    pub postal_code: Text,
    /// Before the device's name.
    pub device: Text,
    /// After it.
    pub serial: fn(serial: &str) -> String,
    pub share: fn(maker: &str) -> String,
    pub privacy: fn(maker: &str) -> String,
    pub allow: Text,
}

/// How long an order may be cancelled.
#[derive(Clone, Copy)]
pub enum CancelWindow {
    Hours(i64),
    Minutes(i64),
}

/// A page a slot, and the overview.
pub struct SetupTexts {
    pub choose: fn(slot: &str) -> String,
    pub step: fn(model: &str, number: usize, count: usize) -> String,
    /// Above the products.
    pub once: Text,
    /// How much an order brings.
    pub per_order: fn(amount: String) -> String,
    /// What a price covers: all that an order costs, so that the amount agreed to is the amount paid.
    pub tax: Text,
    pub out_of_stock: Text,
    pub next: Text,
    pub skip: Text,
    /// Of the overview.
    pub title: Text,
    pub confirm: Text,
    pub will_order: fn(model: &str) -> String,
    /// Heads of the table's columns: what for, and what an order costs.
    pub column_slot: Text,
    pub column_price: Text,
    pub skipped: Text,
    pub test: Text,
    /// Of orders that are none of a test device.
    pub cancel_within: fn(window: CancelWindow) -> String,
    pub complete: Text,
    pub choose_again: Text,
}

/// Before anybody signs in.
pub struct TeaserTexts {
    pub title: fn(model: &str) -> String,
    pub heading: Text,
    /// Around the model's name.
    pub notices: Marked,
    pub points: [Text; 3],
    /// Of the links.
    pub next: Text,
    pub start: Text,
    pub later: Text,
    pub skip: Text,
    /// A teaser of no model.
    pub unknown_model: Text,
    pub unknown_model_why: Text,
}

/// The settings of a device, the list of devices, and what is shown in their place.
pub struct SettingsTexts {
    pub title: fn(model: &str) -> String,
    pub serial: fn(serial: &str) -> String,
    /// Goes on after the serial.
    pub test: Text,
    /// Around [`Settings::on`] or [`Settings::off`].
    pub reordering: Marked,
    pub on: Text,
    pub off: Text,
    pub use_product: Text,
    pub switch_on: Text,
    pub switch_off: Text,
    /// Goes on after the customer's name.
    pub no_address: Text,
    /// The link to the page where it is changed, and that page's button.
    pub change_address: Text,
    pub save_address: Text,
    /// Of the page that changes the address: open orders that keep the one they were placed with.
    pub kept: Text,
    pub kept_why: Text,
    pub kept_order: fn(number: &str, title: &str, address: &str) -> String,
    pub orders: Text,
    pub order: fn(price: &str, placed: &str, standing: &str) -> String,
    pub none: Text,
    /// The customer's language: heading and button.
    pub language: Text,
    pub use_language: Text,
    /// Of the list of devices.
    pub signed_in: fn(name: &str) -> String,
    /// Goes on after that.
    pub open_device: Text,
    pub device: fn(model: &str, serial: &str) -> String,
    pub no_device: Text,
    pub link_expired: Text,
    /// A device of somebody else.
    pub other_account: Text,
    pub other_account_why: Text,
    pub other_sign_in: Text,
    /// A device of nobody.
    pub unregistered: Text,
    pub unregistered_why: Text,
}

/// The removal of a device from an account.
pub struct DeviceRemovalTexts {
    /// In the list of devices.
    pub link: Text,
    pub title: fn(model: &str) -> String,
    pub heading: fn(model: &str) -> String,
    pub why: Text,
    pub button: Text,
    pub keep: Text,
}

/// The apps that have a customer's consent, and its withdrawal.
pub struct ConsentWithdrawalTexts {
    /// Above the list, which follows that of the devices.
    pub apps: Text,
    /// Before the list of what it may use, each as [`Consent`] says it.
    pub app: fn(profile: &str, maker: &str, since: &str) -> String,
    pub no_app: Text,
    /// In the list.
    pub link: Text,
    pub title: fn(profile: &str) -> String,
    pub heading: fn(profile: &str) -> String,
    pub why: fn(profile: &str, maker: &str) -> String,
    /// Before the list of the devices that are removed.
    pub devices: fn(maker: &str) -> String,
    pub button: Text,
    pub keep: Text,
}

/// The customer's rules.
pub struct RuleTexts {
    pub title: fn(slot: &str) -> String,
    pub about: Text,
    pub mode: Text,
    pub automatic: Text,
    pub ask: Text,
    pub cap: Text,
    /// The same with what was agreed and, if it is known, on which day.
    pub cap_agreed: fn(price: &str, day: Option<&str>) -> String,
    /// No highest price of their own; above so many per cent more than agreed they are asked.
    pub no_cap: fn(ask_above: u32) -> String,
    pub cap_amount: fn(currency: &str) -> String,
    pub cap_percent: Text,
    pub cap_value: Text,
    pub limit: Text,
    pub limit_orders: Text,
    pub limit_days: Text,
    pub pause: Text,
    pub pause_from: Text,
    pub pause_until: Text,
    pub substitutes: Text,
    pub save: Text,
}

/// An order's page, where it stands, and the page that cancels it.
pub struct OrderTexts {
    pub title: Text,
    /// What it brings, and for which device.
    pub brings: fn(amount: &str, model: &str, serial: &str) -> String,
    /// Before the price, and after it.
    pub price: Text,
    pub placed: fn(placed: &str) -> String,
    pub number: fn(number: &str) -> String,
    /// What the price includes.
    pub shipping: fn(price: &str) -> String,
    pub tax: fn(price: &str) -> String,
    pub use_address: Text,
    /// The button that has an order which is held sent to the account's present address.
    pub use_present: fn(address: &str) -> String,
    /// The button that places an order. It says that it is to be paid for; in German it must say nothing else.
    pub pay: fn(price: &str) -> String,
    pub try_again: Text,
    /// Where it stands: without a stop at the end. Nothing is known while it is being placed.
    pub held: fn(problem: Option<OrderProblem>) -> Text,
    pub preparing: fn(expected: Option<&str>) -> String,
    pub shipped: fn(expected: Option<&str>, carrier: Option<&str>, tracking: Option<&str>) -> String,
    pub delivered: fn(day: &str) -> String,
    /// Nobody has said that it arrived.
    pub delivery_assumed: Text,
    pub cancelled: Text,
    pub expired: Text,
    /// Why it was cancelled.
    pub reason: fn(reason: &str) -> String,
    /// Of the page that cancels.
    pub cancel_title: Text,
    pub cancel_heading: Text,
    pub cancel_until: fn(placed: &str, until: &str) -> String,
    pub keep: Text,
    pub cancelled_title: Text,
    pub cancelled_text: Text,
    pub not_cancelled: Text,
}

/// The page for requests that cannot be trusted. Its reason is for the client's developer, and English.
pub struct ErrorPageTexts {
    pub title: Text,
    pub text: Text,
    pub summary: Text,
    pub details: Text,
}
