//! What pages say: the catalogue's rooms, a page each.

use super::Text;
use opendrs_domain::order::Problem;

/// A sentence around one value that the page puts into bold type: what stands before it and after it.
pub(crate) struct Marked(pub(crate) Text, pub(crate) Text);

/// What several pages say.
pub(crate) struct Shared {
    /// Of the links to the other languages.
    pub(crate) languages: Text,
    /// The link back to the app.
    pub(crate) exit: Text,
    /// Gives up what is under way.
    pub(crate) cancel: Text,
    /// The button that cancels an order.
    pub(crate) cancel_order: Text,
    /// The customer's devices.
    pub(crate) your_devices: Text,
    /// Above an address.
    pub(crate) shipping_address: Text,
    /// Above products.
    pub(crate) product: Text,
    /// A slot without products.
    pub(crate) none_offered: Text,
    /// What ends a sentence that is put together.
    pub(crate) stop: Text,
    /// The button that ends the sign-in.
    pub(crate) sign_out: Text,
    pub(crate) line1: Text,
    pub(crate) line2: Text,
    pub(crate) city: Text,
    pub(crate) region: Text,
    pub(crate) postal_code: Text,
    pub(crate) country: Text,
}

/// Pages at addresses that have none.
pub(crate) struct Missing {
    /// At the root.
    pub(crate) home_title: Text,
    pub(crate) home_text: Text,
    /// At an unknown path.
    pub(crate) title: Text,
    pub(crate) text: Text,
    /// At a path that takes forms alone.
    pub(crate) form_title: Text,
    pub(crate) form_text: Text,
}

/// A device that another account has, or that another account sets up.
pub(crate) struct Takeovers {
    /// In a sign-up: what completing it does.
    pub(crate) notice: Text,
    /// In a sign-up that cannot go on.
    pub(crate) blocked: Text,
    pub(crate) waiting: fn(until: &str) -> String,
    pub(crate) back: Text,
    /// The earlier owner's page, by what there is to answer: agree or refuse, keep, take back.
    pub(crate) asked: fn(model: &str) -> String,
    pub(crate) asked_why: Text,
    pub(crate) announced: fn(model: &str) -> String,
    pub(crate) announced_why: Text,
    pub(crate) done: fn(model: &str) -> String,
    pub(crate) done_why: Text,
    pub(crate) until: fn(until: &str) -> String,
    pub(crate) agree: Text,
    pub(crate) decline: Text,
    pub(crate) undo: Text,
    /// After the answer.
    pub(crate) agreed: Text,
    pub(crate) agreed_text: Text,
    pub(crate) declined: Text,
    pub(crate) declined_text: Text,
    pub(crate) undone: Text,
    pub(crate) undone_text: Text,
    /// Where there is nothing to answer.
    pub(crate) over: Text,
}

/// The page by which a browser leaves for the client, or goes on.
pub(crate) struct Leaving {
    pub(crate) title: Text,
    pub(crate) text: Text,
    pub(crate) link: Text,
}

/// Signing in.
pub(crate) struct SignIn {
    /// Heading and button.
    pub(crate) title: Text,
    pub(crate) email: Text,
    pub(crate) password: Text,
    pub(crate) remember: Text,
}

/// The page that asks for consent.
pub(crate) struct Consent {
    pub(crate) title: fn(profile: &str) -> String,
    /// Goes on after the profile's name, and before the list of what is asked for.
    pub(crate) asks: fn(maker: &str) -> String,
    /// What each scope opens: `dash:replenish`, `profile`, `profile:user_id`, `postal_code`.
    pub(crate) replenish: Text,
    pub(crate) profile: Text,
    pub(crate) user_id: Text,
    pub(crate) postal_code: Text,
    /// Before the device's name.
    pub(crate) device: Text,
    /// After it.
    pub(crate) serial: fn(serial: &str) -> String,
    pub(crate) share: fn(maker: &str) -> String,
    pub(crate) privacy: fn(maker: &str) -> String,
    pub(crate) allow: Text,
}

/// How long an order may be cancelled.
#[derive(Clone, Copy)]
pub(crate) enum Window {
    Hours(i64),
    Minutes(i64),
}

/// A page a slot, and the overview.
pub(crate) struct SetUp {
    pub(crate) choose: fn(slot: &str) -> String,
    pub(crate) step: fn(model: &str, number: usize, count: usize) -> String,
    /// Above the products.
    pub(crate) once: Text,
    /// How much an order brings.
    pub(crate) per_order: fn(amount: String) -> String,
    /// What a price covers: all that an order costs, so that the amount agreed to is the amount paid.
    pub(crate) tax: Text,
    pub(crate) out_of_stock: Text,
    pub(crate) next: Text,
    pub(crate) skip: Text,
    /// Of the overview.
    pub(crate) title: Text,
    pub(crate) confirm: Text,
    pub(crate) will_order: fn(model: &str) -> String,
    /// Heads of the table's columns: what for, and what an order costs.
    pub(crate) column_slot: Text,
    pub(crate) column_price: Text,
    pub(crate) skipped: Text,
    pub(crate) test: Text,
    /// Of orders that are none of a test device.
    pub(crate) cancel_within: fn(window: Window) -> String,
    pub(crate) complete: Text,
    pub(crate) choose_again: Text,
}

/// Before anybody signs in.
pub(crate) struct Teaser {
    pub(crate) title: fn(model: &str) -> String,
    pub(crate) heading: Text,
    /// Around the model's name.
    pub(crate) notices: Marked,
    pub(crate) points: [Text; 3],
    /// Of the links.
    pub(crate) next: Text,
    pub(crate) start: Text,
    pub(crate) later: Text,
    pub(crate) skip: Text,
    /// A teaser of no model.
    pub(crate) unknown: Text,
    pub(crate) unknown_why: Text,
}

/// The settings of a device, the list of devices, and what is shown in their place.
pub(crate) struct Settings {
    pub(crate) title: fn(model: &str) -> String,
    pub(crate) serial: fn(serial: &str) -> String,
    /// Goes on after the serial.
    pub(crate) test: Text,
    /// Around [`Settings::on`] or [`Settings::off`].
    pub(crate) reordering: Marked,
    pub(crate) on: Text,
    pub(crate) off: Text,
    pub(crate) use_product: Text,
    pub(crate) switch_on: Text,
    pub(crate) switch_off: Text,
    /// Goes on after the customer's name.
    pub(crate) no_address: Text,
    /// The link to the page where it is changed, and that page's button.
    pub(crate) change_address: Text,
    pub(crate) save_address: Text,
    /// Of the page that changes the address: open orders that keep the one they were placed with.
    pub(crate) kept: Text,
    pub(crate) kept_why: Text,
    pub(crate) kept_order: fn(number: &str, title: &str, address: &str) -> String,
    pub(crate) orders: Text,
    pub(crate) order: fn(price: &str, placed: &str, standing: &str) -> String,
    pub(crate) none: Text,
    /// The customer's language: heading and button.
    pub(crate) language: Text,
    pub(crate) use_language: Text,
    /// Of the list of devices.
    pub(crate) signed_in: fn(name: &str) -> String,
    /// Goes on after that.
    pub(crate) open_device: Text,
    pub(crate) device: fn(model: &str, serial: &str) -> String,
    pub(crate) no_device: Text,
    pub(crate) link_gone: Text,
    /// A device of somebody else.
    pub(crate) other_account: Text,
    pub(crate) other_account_why: Text,
    pub(crate) other_sign_in: Text,
    /// A device of nobody.
    pub(crate) unregistered: Text,
    pub(crate) unregistered_why: Text,
}

/// The removal of a device from an account.
pub(crate) struct Removal {
    /// In the list of devices.
    pub(crate) link: Text,
    pub(crate) title: fn(model: &str) -> String,
    pub(crate) heading: fn(model: &str) -> String,
    pub(crate) why: Text,
    pub(crate) button: Text,
    pub(crate) keep: Text,
}

/// The apps that have a customer's consent, and its withdrawal.
pub(crate) struct Unlinking {
    /// Above the list, which follows that of the devices.
    pub(crate) apps: Text,
    /// Before the list of what it may use, each as [`Consent`] says it.
    pub(crate) app: fn(profile: &str, maker: &str, since: &str) -> String,
    pub(crate) no_app: Text,
    /// In the list.
    pub(crate) link: Text,
    pub(crate) title: fn(profile: &str) -> String,
    pub(crate) heading: fn(profile: &str) -> String,
    pub(crate) why: fn(profile: &str, maker: &str) -> String,
    /// Before the list of the devices that are removed.
    pub(crate) devices: fn(maker: &str) -> String,
    pub(crate) button: Text,
    pub(crate) keep: Text,
}

/// The customer's rules.
pub(crate) struct Rules {
    pub(crate) title: fn(slot: &str) -> String,
    pub(crate) about: Text,
    pub(crate) mode: Text,
    pub(crate) automatic: Text,
    pub(crate) ask: Text,
    pub(crate) cap: Text,
    /// The same with what was agreed and, if it is known, on which day.
    pub(crate) cap_agreed: fn(price: &str, day: Option<&str>) -> String,
    /// No highest price of their own; above so many per cent more than agreed they are asked.
    pub(crate) no_cap: fn(ask_above: u32) -> String,
    pub(crate) cap_amount: fn(currency: &str) -> String,
    pub(crate) cap_percent: Text,
    pub(crate) cap_value: Text,
    pub(crate) limit: Text,
    pub(crate) limit_orders: Text,
    pub(crate) limit_days: Text,
    pub(crate) pause: Text,
    pub(crate) pause_from: Text,
    pub(crate) pause_until: Text,
    pub(crate) substitutes: Text,
    pub(crate) save: Text,
}

/// An order's page, where it stands, and the page that cancels it.
pub(crate) struct Orders {
    pub(crate) title: Text,
    /// What it brings, and for which device.
    pub(crate) brings: fn(amount: &str, model: &str, serial: &str) -> String,
    /// Before the price, and after it.
    pub(crate) price: Text,
    pub(crate) placed: fn(placed: &str) -> String,
    pub(crate) number: fn(number: &str) -> String,
    /// What the price includes.
    pub(crate) shipping: fn(price: &str) -> String,
    pub(crate) tax: fn(price: &str) -> String,
    pub(crate) use_address: Text,
    /// The button that has an order which is held sent to the account's present address.
    pub(crate) use_present: fn(address: &str) -> String,
    /// The button that places an order. It says that it is to be paid for; in German it must say nothing else.
    pub(crate) pay: fn(price: &str) -> String,
    pub(crate) try_again: Text,
    /// Where it stands: without a stop at the end. Nothing is known while it is being placed.
    pub(crate) held: fn(problem: Option<Problem>) -> Text,
    pub(crate) preparing: fn(expected: Option<&str>) -> String,
    pub(crate) shipped: fn(expected: Option<&str>, carrier: Option<&str>, tracking: Option<&str>) -> String,
    pub(crate) delivered: fn(day: &str) -> String,
    /// Nobody has said that it arrived.
    pub(crate) assumed: Text,
    pub(crate) cancelled: Text,
    pub(crate) expired: Text,
    /// Why it was cancelled.
    pub(crate) reason: fn(reason: &str) -> String,
    /// Of the page that cancels.
    pub(crate) cancel_title: Text,
    pub(crate) cancel_heading: Text,
    pub(crate) cancel_until: fn(placed: &str, until: &str) -> String,
    pub(crate) keep: Text,
    pub(crate) cancelled_title: Text,
    pub(crate) cancelled_text: Text,
    pub(crate) not_cancelled: Text,
}

/// The page for requests that cannot be trusted. Its reason is for the client's developer, and English.
pub(crate) struct Sorry {
    pub(crate) title: Text,
    pub(crate) text: Text,
    pub(crate) summary: Text,
    pub(crate) details: Text,
}
