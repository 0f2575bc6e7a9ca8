//! The texts of pages: one struct of texts for each page.

use super::Text;

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
    /// The same button for a device that is no test device: it states that the orders cost money. German law permits no
    /// other label.
    pub complete_paying: Text,
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
