//! English texts.

mod account;
mod brand;
mod device;
mod errors;
mod federation;
mod mails;
mod ordering;
mod parts;
mod second_factor;
mod withdrawal;

use super::{
    CancelWindow, ConsentTexts, ConsentWithdrawalTexts, DeviceRemovalTexts, ErrorHeadings, ErrorPageTexts, LeaveTexts,
    Marked, NotFoundTexts, OrderTexts, RuleTexts, SettingsTexts, SetupTexts, SharedTexts, SignInTexts, TakeoverTexts,
    TeaserTexts, Text, Texts,
};
use opendrs_domain::language::Language;
use opendrs_domain::order::{OrderProblem, OrderTrigger};

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
        none_offered: "No product is available for this yet.",
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
    brand: brand::BRAND_TEXTS,
    sign_in: SignInTexts {
        title: "Sign in",
        email: "Email address",
        password: "Password",
        remember: "Keep me signed in for 30 days",
    },
    missing: NotFoundTexts {
        home_title: "Automatic reordering",
        home_text: "Set up a new device from the device itself or from its app. The devices that you have already set up are in your list.",
        title: "Page not found",
        text: "There is no page at this address. Please check the address, or go to your devices.",
        form_title: "This page cannot be opened directly",
        form_text: "It only opens when you send a form. Please go back and send the form again, or go to your devices.",
    },
    takeovers: TakeoverTexts {
        notice: "This device belongs to another account. If you complete the set-up, it becomes yours, and we'll let its earlier owner know by email.",
        blocked: "This device belongs to another account",
        waiting: |until| {
            format!(
                "We have emailed the owner and asked them to hand the device over. They can agree until {until}. Once they have agreed, please set up the device again."
            )
        },
        back: "Back to the app",
        requested: |model| format!("Hand over your {model}?"),
        requested_why: "Someone wants to set up your device with another account. If you agree, they can, and the device will no longer reorder for you.",
        announced: |model| format!("Another account is setting up your {model}"),
        announced_why: "If the device is still yours, press “Keep my device”. The other account can then no longer complete the set-up.",
        done: |model| format!("Your {model} now belongs to another account"),
        done_why: "If you take the device back, it will reorder for you as before, and the other account will lose it.",
        until: |until| format!("You can answer until {until}."),
        agree: "Hand it over",
        decline: "Keep my device",
        undo: "Take my device back",
        agreed: "You agreed to hand over your device",
        agreed_text: "The other account can now set it up.",
        declined: "You are keeping your device",
        declined_text: "The other account cannot set it up.",
        undone: "Your device is yours again",
        undone_text: "It will reorder for you as before.",
        closed: "This request is closed",
    },
    leaving: LeaveTexts {
        title: "One moment, please",
        text: "We're taking you to the next page. If nothing happens, please use this link.",
        link: "Continue",
    },
    consent: ConsentTexts {
        title: |profile| format!("{profile} asks for your consent"),
        asks: |maker| format!("This app by {maker} asks for your consent to:"),
        replenish: "reorder supplies for this device, and see the status of those orders",
        profile: "use your name and email address",
        user_id: "recognise your account by an ID",
        postal_code: "use your postal code",
        device: "Device: ",
        serial: |serial| format!(", serial number {serial}."),
        share: |maker| format!("We share the details and the status of this device's orders with {maker}."),
        privacy: |maker| format!("Privacy notice of {maker}"),
        allow: "Allow",
    },
    set_up: SetupTexts {
        choose: |slot| format!("Choose your {slot}"),
        step: |model, number, count| format!("For your {model}, step {number} of {count}"),
        once: "We order it when your device runs low. You choose once, and you can change or stop it at any time.",
        per_order: |amount| format!("{amount} per order."),
        tax: "Includes tax and shipping.",
        out_of_stock: "Currently out of stock.",
        next: "Next",
        skip: "Don't reorder this",
        title: "Confirm automatic reordering",
        confirm: "Please confirm",
        will_order: |model| format!("Your {model} will reorder these automatically when it runs low:"),
        column_slot: "For",
        column_price: "Price per order",
        skipped: "not reordered",
        test: "This is a test device: you won't be charged, and nothing will be shipped.",
        cancel_within: |window| {
            let window = match window {
                CancelWindow::Hours(1) => "1 hour".to_owned(),
                CancelWindow::Hours(hours) => format!("{hours} hours"),
                CancelWindow::Minutes(1) => "1 minute".to_owned(),
                CancelWindow::Minutes(minutes) => format!("{minutes} minutes"),
            };
            format!("After each order, you have {window} to cancel it.")
        },
        complete: "Complete Setup",
        complete_paying: "Complete Setup with obligation to pay",
        choose_again: "Choose again",
    },
    teaser: TeaserTexts {
        title: |model| format!("Automatic reordering for your {model}"),
        heading: "Never run out",
        notices: Marked("Your ", " notices when its supplies run low and reorders them automatically."),
        points: [
            "You choose the product and see its price before anything is ordered.",
            "We'll email you about every order, with its price, while you can still cancel.",
            "You can change the product, pause or stop at any time.",
        ],
        next: "What would you like to do?",
        start: "Get Started",
        later: "Remind me later",
        skip: "Skip",
        unknown_model: "We could not find your device",
        unknown_model_why: "The link does not name a device that we know. Please open it again from your device's app.",
    },
    settings: SettingsTexts {
        title: |model| format!("Settings for your {model}"),
        serial: |serial| format!("Serial number {serial}"),
        test: ". Test device: you won't be charged, and nothing will be shipped",
        reordering: Marked("Automatic reordering is ", "."),
        on: "on",
        off: "off",
        use_product: "Use this product",
        use_product_paying: "Use this product with obligation to pay",
        switch_on: "Switch on",
        switch_on_paying: "Switch on with obligation to pay",
        switch_off: "Switch off",
        no_address: ": no address yet",
        change_address: "Change the address",
        save_address: "Save the address",
        kept: "Orders that keep their address",
        kept_why: "A new address applies to future orders. These orders keep the address that they were placed with. If one is \
                   still waiting for you, open it to ship it somewhere else.",
        kept_order: |number, title, address| format!("Order {number}, {title}: {address}"),
        orders: "Orders from this device",
        none: "None yet.",
        language: "Language for pages and emails",
        use_language: "Use this language",
        signed_in: |name| format!("Signed in as {name}."),
        open_device: "Open a device to see and change what it reorders.",
        device: |model, serial| format!("{model}, serial number {serial}"),
        no_device: "There is no device in your account yet. Set one up from the device itself or from its app.",
        link_expired: "This link no longer works. Please open the settings again from your device or app.",
        other_account: "Another account's device",
        other_account_why: "This device belongs to a different account from the one that you are signed in with.",
        other_sign_in: "Sign in with another account",
        unregistered: "This device is not registered",
        unregistered_why: "Please start its set-up again from the device or its app.",
    },
    removal: DeviceRemovalTexts {
        link: "Remove",
        title: |model| format!("Remove your {model}"),
        heading: |model| format!("Remove your {model}?"),
        why: "It won't reorder any more, and we'll let the manufacturer know. Orders already placed will still arrive. If you \
              want to use it again, set it up from the device or its app.",
        button: "Remove this device",
        keep: "Keep it",
    },
    unlinking: ConsentWithdrawalTexts {
        apps: "Apps with your consent",
        app: |profile, maker, since| format!("{profile} by {maker}. Since {since}, it has your consent to:"),
        no_app: "No app has your consent.",
        link: "Withdraw consent",
        title: |profile| format!("Withdraw your consent to {profile}"),
        heading: |profile| format!("Withdraw your consent to {profile}?"),
        why: |profile, maker| {
            format!(
                "{profile} won't be able to act for you any more, and we'll let {maker} know. Orders already placed will still \
                 arrive. If you want to use the app again, sign in there and give your consent again."
            )
        },
        devices: |maker| format!("These devices from {maker} will be removed from your account:"),
        button: "Withdraw consent",
        keep: "Keep my consent",
    },
    rules: RuleTexts {
        title: |slot| format!("Order rules for your {slot}"),
        about: "If an order does not meet these rules, we hold it and let you know. We never change an order without asking you.",
        mode: "When your device wants to order",
        automatic: "Place the order automatically",
        ask: "Ask me first",
        cap: "Highest price",
        cap_agreed: |price, day| {
            let day = day.map_or(String::new(), |day| format!(" on {day}"));
            format!("Highest price. You agreed to {price}{day}")
        },
        no_cap: |ask_above| match ask_above {
            0 => "No highest price: ask me whenever the price is higher than I agreed to".into(),
            percent => format!("No highest price: ask me when the price is over {percent}% higher than I agreed to"),
        },
        cap_amount: |currency| format!("An amount in {currency}"),
        cap_percent: "A percentage above the price you agreed to",
        cap_value: "Amount or percentage",
        limit: "Order limit (leave both fields empty for no limit)",
        limit_orders: "No more than this many orders",
        limit_days: "in this many days",
        pause: "Pause (leave both fields empty for no pause)",
        pause_from: "First day without orders",
        pause_until: "Last day without orders",
        substitutes: "If it is out of stock, order one of these instead",
        save: "Save these rules",
    },
    orders: OrderTexts {
        title: "Your order",
        brings: |amount, model, serial| format!("{amount} for your {model}, serial number {serial}."),
        number: |number| format!("Order number {number}."),
        shipping: |price| format!("Includes {price} for shipping."),
        tax: |price| format!("Includes {price} in tax."),
        tax_at: |rate, price| format!("Includes {price} in tax ({rate}%)."),
        free_shipping: "Free delivery.",
        unit_price: |price, amount| format!("{price} per {amount}."),
        use_address: "Use this address",
        use_present: |address| format!("Ship it to {address}"),
        pay: |price| format!("Order and pay {price}"),
        try_again: "Try again",
        held: held_status,
        preparing: |at| format!("Being prepared{}", expected_suffix(at)),
        shipped: |at, carrier, number| {
            let carrier = carrier.map_or(String::new(), |carrier| format!(" with {carrier}"));
            let number = number.map_or(String::new(), |number| format!(", tracking number {number}"));
            format!("Shipped{carrier}{}{number}", expected_suffix(at))
        },
        delivered: |day| format!("Delivered on {day}"),
        delivery_assumed: "Should have arrived",
        cancelled: "Cancelled",
        expired: "Not placed: it was not approved, or the problem was not resolved in time",
        reason: |reason| format!("Reason: {reason}"),
        sold_by: "Sold by",
        why: "Why it was ordered",
        why_ordered: |trigger, model, approved| {
            let approved = approved.map_or(String::new(), |at| format!(" You approved it on {at}."));
            match trigger {
                OrderTrigger::Device => format!("Your {model} asked for it.{approved}"),
                OrderTrigger::Customer => format!("You ordered it yourself.{approved}"),
            }
        },
        history: "History",
        step_held: "Waiting",
        step_approved: "Approved by you",
        step_placed: "Order confirmed",
        step_expired: "Not placed",
        step_withdrawn: "You withdrew",
        step_returned: "Return received",
        step_refunded: "Refunded",
        cancel_title: "Cancel your order",
        cancel_heading: "Cancel this order?",
        cancel_until: |placed, until| format!("Ordered on {placed}. You can cancel it until {until}."),
        keep: "If you want to keep the order, close this page.",
        cancelled_title: "Your order is cancelled",
        cancelled_text: "Nothing will be shipped, and you won't be charged.",
        not_cancelled: "This order cannot be cancelled",
    },
    withdrawals: withdrawal::WITHDRAWAL_TEXTS,
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
    error_message: errors::describe_error,
    account: account::ACCOUNT_TEXTS,
    ordering: ordering::ORDERING_TEXTS,
    second_factor: second_factor::SECOND_FACTOR_TEXTS,
    device_names: device::DEVICE_NAME_TEXTS,
    slot_statements: device::SLOT_STATEMENT_TEXTS,
    federation: federation::FEDERATION_TEXTS,
    letters: mails::MAIL_TEXTS,
};

fn expected_suffix(at: Option<&str>) -> String {
    at.map_or(String::new(), |at| format!(", delivery expected on {at}"))
}

fn held_status(problem: Option<OrderProblem>) -> Text {
    match problem {
        None => "Being placed",
        Some(OrderProblem::MissingAddress) => "On hold: we need an address that we can deliver to",
        Some(OrderProblem::OutOfStock) => "On hold: the product is out of stock",
        Some(OrderProblem::PaymentFailed) => "On hold: the payment failed",
        Some(OrderProblem::AwaitingBackend) => "Being confirmed",
        Some(OrderProblem::PriceTooHigh) => "Waiting for your approval: the price is higher than you agreed to",
        Some(OrderProblem::ApprovalRequired) => "Waiting for your approval",
        Some(OrderProblem::OrderLimitReached) => "Waiting for your approval: your order limit has been reached",
        Some(OrderProblem::Paused) => "Waiting until your pause ends",
        Some(OrderProblem::Skipped) => "Skipped, as you asked",
    }
}
