//! English texts.

mod mails;
mod parts;

use super::{
    CancelWindow, ConsentTexts, ConsentWithdrawalTexts, DeviceRemovalTexts, ErrorHeadings, ErrorPageTexts, LeaveTexts,
    Marked, NotFoundTexts, OrderTexts, RuleTexts, SettingsTexts, SetupTexts, SharedTexts, SignInTexts, TakeoverTexts,
    TeaserTexts, Text, Texts,
};
use opendrs_domain::language::Language;
use opendrs_domain::order::{CancelError, OrderProblem};
use opendrs_service::Error;

pub static TEXTS: Texts = Texts {
    language: Language::English,
    shared: SharedTexts {
        languages: "Language",
        exit: "Exit",
        cancel: "Cancel",
        cancel_order: "Cancel this order",
        your_devices: "Your devices",
        shipping_address: "Shipping address",
        product: "Product",
        none_offered: "No product is offered for this slot yet.",
        stop: ".",
        sign_out: "Sign out",
        line1: "Street and number",
        line2: "Flat, floor, company (optional)",
        city: "City",
        region: "State or region (optional)",
        postal_code: "Postal code",
        country: "Country (two letters, such as US)",
    },
    parts: parts::PART_TEXTS,
    sign_in: SignInTexts {
        title: "Sign in",
        email: "E-mail address",
        password: "Password",
        remember: "Keep me signed in for 30 days",
    },
    missing: NotFoundTexts {
        home_title: "Automatic reordering",
        home_text: "Set up a new device from the device itself or from its app. Devices that you have set up are in your list.",
        title: "Page not found",
        text: "There is no page at this address. Check the address, or go to your devices.",
        form_title: "This page cannot be opened directly",
        form_text: "It only takes what a form sends. Go back and use the form again, or go to your devices.",
    },
    takeovers: TakeoverTexts {
        notice: "This device belongs to another account. When you complete the set-up, it is yours, and its earlier owner is notified by email.",
        blocked: "This device belongs to another account",
        waiting: |until| {
            format!(
                "We asked its owner by email to hand it over. If the owner agrees by {until}, set the device up again."
            )
        },
        back: "Back to the app",
        requested: |model| format!("Hand over your {model}?"),
        requested_why: "Another account wants to set up your device. If you agree, it can, and the device no longer reorders for you.",
        announced: |model| format!("Another account is setting up your {model}"),
        announced_why: "If the device is still yours, press “Keep my device”. The other account then cannot finish its set-up.",
        done: |model| format!("Another account has your {model}"),
        done_why: "If you take the device back, it reorders for you as before, and the other account loses it.",
        until: |until| format!("You can answer until {until}."),
        agree: "Hand it over",
        decline: "Keep my device",
        undo: "Take my device back",
        agreed: "You agreed",
        agreed_text: "The other account can set up the device now.",
        declined: "You keep your device",
        declined_text: "The other account cannot set it up.",
        undone: "Your device is back",
        undone_text: "It reorders for you as before.",
        closed: "This request is closed",
    },
    leaving: LeaveTexts {
        title: "One moment, please",
        text: "You are being taken to the next page. If nothing happens, use this link.",
        link: "Continue",
    },
    consent: ConsentTexts {
        title: |profile| format!("{profile} asks for your consent"),
        asks: |maker| format!("by {maker} asks for your consent to:"),
        replenish: "reorder supplies for this device, and see the status of those orders",
        profile: "use your name and e-mail address",
        user_id: "use an identifier for your account",
        postal_code: "use your postal code",
        device: "Device: ",
        serial: |serial| format!(", serial {serial}."),
        share: |maker| format!("We share the details and the status of its orders with {maker}."),
        privacy: |maker| format!("Privacy notice of {maker}"),
        allow: "Allow",
    },
    set_up: SetupTexts {
        choose: |slot| format!("Choose the {slot}"),
        step: |model, number, count| format!("for your {model}, step {number} of {count}"),
        once: "It is ordered when the device runs low. You choose once, and may change or stop at any time.",
        per_order: |amount| format!("{amount} an order."),
        tax: "Includes tax and shipping.",
        out_of_stock: "Currently out of stock.",
        next: "Next",
        skip: "Skip this slot",
        title: "Confirm automatic reordering",
        confirm: "Please confirm",
        will_order: |model| format!("Your {model} will order these by itself when it runs low:"),
        column_slot: "For",
        column_price: "Price of an order",
        skipped: "skipped",
        test: "This is a test device: nothing is charged and nothing is shipped.",
        cancel_within: |window| {
            let window = match window {
                CancelWindow::Hours(1) => "1 hour".to_owned(),
                CancelWindow::Hours(hours) => format!("{hours} hours"),
                CancelWindow::Minutes(1) => "1 minute".to_owned(),
                CancelWindow::Minutes(minutes) => format!("{minutes} minutes"),
            };
            format!("After each order you have {window} to cancel it.")
        },
        complete: "Complete Setup",
        choose_again: "Choose again",
    },
    teaser: TeaserTexts {
        title: |model| format!("Automatic reordering for your {model}"),
        heading: "Never run out",
        notices: Marked("Your ", " notices when its supplies run low and reorders them by itself."),
        points: [
            "You choose the product and see its price before anything is ordered.",
            "We tell you of every order, and you have time to cancel it.",
            "You can change the product, pause or stop at any time.",
        ],
        next: "What next",
        start: "Get Started",
        later: "Remind me later",
        skip: "Skip",
        unknown_model: "This page does not exist",
        unknown_model_why: "This link is not complete: it names no device that we know. Please open it again from the app of your device.",
    },
    settings: SettingsTexts {
        title: |model| format!("Settings of your {model}"),
        serial: |serial| format!("Serial {serial}"),
        test: ". Test device: nothing is charged and nothing is shipped",
        reordering: Marked("Automatic reordering is ", "."),
        on: "on",
        off: "off",
        use_product: "Use this product",
        switch_on: "Switch on",
        switch_off: "Switch off",
        no_address: ": no address yet",
        change_address: "Change the address",
        save_address: "Save the address",
        kept: "Orders that keep their address",
        kept_why: "A new address is for later orders. These keep the one they were placed with. If one still waits for \
                   you, open it to send it elsewhere.",
        kept_order: |number, title, address| format!("Order {number}, {title}: {address}"),
        orders: "Orders of this device",
        none: "None yet.",
        language: "Language of pages and mails",
        use_language: "Use this language",
        signed_in: |name| format!("Signed in as {name}."),
        open_device: "Open a device to see and change what it reorders.",
        device: |model, serial| format!("{model}, serial {serial}"),
        no_device: "No device is linked to your account.",
        link_expired: "This link is no longer good. Open the settings again from your device or app.",
        other_account: "Another account's device",
        other_account_why: "This device is linked to another account than the one you are signed in with.",
        other_sign_in: "Sign in with another account",
        unregistered: "This device is not registered",
        unregistered_why: "Start its set-up again from the device or its app.",
    },
    removal: DeviceRemovalTexts {
        link: "Remove",
        title: |model| format!("Remove your {model}"),
        heading: |model| format!("Remove your {model}?"),
        why: "It can order nothing any more, and its maker is notified. Orders under way go on. To use it again, set it up anew \
              from the device or its app.",
        button: "Remove this device",
        keep: "Keep it",
    },
    unlinking: ConsentWithdrawalTexts {
        apps: "Apps with your consent",
        app: |profile, maker, since| format!("{profile} by {maker}, since {since}, has your consent to:"),
        no_app: "No app has your consent.",
        link: "Withdraw consent",
        title: |profile| format!("Withdraw your consent to {profile}"),
        heading: |profile| format!("Withdraw your consent to {profile}?"),
        why: |profile, maker| {
            format!(
                "{profile} can do nothing in your name any more, and {maker} is notified. Orders under way go on. To use it \
                 again, sign in from the app and give your consent anew."
            )
        },
        devices: |maker| format!("These devices of {maker} are removed from your account:"),
        button: "Withdraw consent",
        keep: "Keep it as it is",
    },
    rules: RuleTexts {
        title: |slot| format!("Rules for the {slot}"),
        about: "An order that breaks a rule is held and you decide; it is never changed without you.",
        mode: "When the device orders",
        automatic: "Place the order",
        ask: "Ask me first",
        cap: "Highest price",
        cap_agreed: |price, day| {
            let day = day.map_or(String::new(), |day| format!(" on {day}"));
            format!("Highest price. You agreed to {price}{day}")
        },
        no_cap: |ask_above| match ask_above {
            0 => "None of my own: ask me whenever it costs more than agreed".into(),
            percent => format!("None of my own: ask me when it costs over {percent} % more than agreed"),
        },
        cap_amount: |currency| format!("An amount in {currency}"),
        cap_percent: "Per cent over the price you agreed to",
        cap_value: "Amount or per cent",
        limit: "How many orders; leave both empty for no limit",
        limit_orders: "At most so many orders",
        limit_days: "in so many days",
        pause: "Pause; leave both empty for none",
        pause_from: "First day without orders",
        pause_until: "Last day without orders",
        substitutes: "If it is out of stock, order instead",
        save: "Save these rules",
    },
    orders: OrderTexts {
        title: "Your order",
        brings: |amount, model, serial| format!("{amount} for your {model}, serial {serial}."),
        number: |number| format!("Order number {number}."),
        shipping: |price| format!("Includes {price} for shipping."),
        tax: |price| format!("Includes {price} tax."),
        use_address: "Use this address",
        use_present: |address| format!("Send it to {address}"),
        pay: |price| format!("Order and pay {price}"),
        try_again: "Try again",
        held: held_status,
        preparing: |at| format!("In preparation{}", expected_suffix(at)),
        shipped: |at, carrier, number| {
            let carrier = carrier.map_or(String::new(), |carrier| format!(" with {carrier}"));
            let number = number.map_or(String::new(), |number| format!(", tracking number {number}"));
            format!("Shipped{carrier}{}{number}", expected_suffix(at))
        },
        delivered: |day| format!("Delivered on {day}"),
        delivery_assumed: "Should have arrived",
        cancelled: "Cancelled",
        expired: "Not placed: nobody approved it, or it could not be resolved in time",
        reason: |reason| format!("Reason: {reason}"),
        cancel_title: "Cancel your order",
        cancel_heading: "Cancel this order?",
        cancel_until: |placed, until| format!("Ordered {placed}. It can be cancelled until {until}."),
        keep: "To keep it, close this page.",
        cancelled_title: "Your order is cancelled",
        cancelled_text: "Nothing is sent and nothing is charged.",
        not_cancelled: "This order cannot be cancelled",
    },
    sorry: ErrorPageTexts {
        title: "We're sorry!",
        text: "An error occurred when we tried to process your request.",
        summary: "Error Summary",
        details: "Request Details",
    },
    error_headings: ErrorHeadings {
        rate_limited: "Please wait",
        unavailable: "Please try again",
        internal: "Something went wrong",
        expired: "This page has expired",
        failed: "That did not work",
    },
    error_message: describe_error,
    letters: mails::MAIL_TEXTS,
};

fn expected_suffix(at: Option<&str>) -> String {
    at.map_or(String::new(), |at| format!(", expected {at}"))
}

fn held_status(problem: Option<OrderProblem>) -> Text {
    match problem {
        None => "It is being placed",
        Some(OrderProblem::MissingAddress) => "On hold: an address to ship to is needed",
        Some(OrderProblem::OutOfStock) => "On hold: the product is out of stock",
        Some(OrderProblem::PaymentFailed) => "On hold: the payment failed",
        Some(OrderProblem::AwaitingBackend) => "It is being confirmed",
        Some(OrderProblem::PriceTooHigh) => "Waiting for your approval: it costs more than you agreed to",
        Some(OrderProblem::ApprovalRequired) => "Waiting for your approval",
        Some(OrderProblem::OrderLimitReached) => "Waiting for your approval: your order limit has been reached",
        Some(OrderProblem::Paused) => "Waiting until your pause ends",
    }
}

/// Returns the text of an error for a customer. Most errors have an English text of their own. Three texts differ,
/// because a page has a link where the device API has a token.
fn describe_error(error: &Error) -> String {
    match error {
        Error::InvalidToken => "This link is no longer good. Open the page again from your device or app.".into(),
        Error::UnknownOrder => "This order is unknown, or belongs to another device or account.".into(),
        Error::CancelRejected(CancelError::IsTestOrder) => "A test order is cancelled by its device.".into(),
        error => error.to_string(),
    }
}
