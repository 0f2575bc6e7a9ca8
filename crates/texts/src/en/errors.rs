//! Texts of errors in English.
//!
//! Not here: the texts of the same errors for devices, clients and operators, which are those of [`Error`] itself.
//! Invariant: a customer reads no name of the wire and no detail that only a developer understands.

use opendrs_domain::account::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, PasswordError};
use opendrs_domain::customer::AddressError;
use opendrs_domain::federation::FederationRefusal;
use opendrs_domain::language::Language;
use opendrs_domain::money::ParseMoneyError;
use opendrs_domain::order::{ApproveError, CancelError, WithdrawError};
use opendrs_domain::rule::{MAX_FORM_NUMBER, RuleFormError, RuleFormNumber};
use opendrs_domain::slot_statement::{MAX_STOCK, StatementError};
use opendrs_domain::text::DeviceName;
use opendrs_service::{Error, FormError};

pub fn describe_error(error: &Error) -> String {
    match error {
        Error::InvalidToken => "This link no longer works. Please open the page again from your device or app.".into(),
        Error::WrongPassword => "The email address or the password is not correct.".into(),
        Error::CustomerBlocked => "This account is blocked. Please contact customer service.".into(),
        Error::Throttled(seconds) => {
            format!("There were too many attempts. Please try again in {}.", seconds_text(*seconds))
        }
        Error::RateLimited(seconds) => {
            format!("There were too many requests. Please wait {} and try again.", seconds_text(*seconds))
        }
        Error::OrderLimitReached(_) => "This device has reached its limit of orders for one day, so nothing was ordered. Please try again tomorrow.".into(),
        Error::SignupClosed => "This set-up is no longer open. Please start again from your device or app.".into(),
        Error::UnknownOrder => "We could not find this order. It may belong to another device or account.".into(),
        Error::UnknownSlot { .. } => "This device does not use this supply.".into(),
        Error::CancelRejected(why) => match why {
            CancelError::TooLate => "The time to cancel this order is over.".into(),
            CancelError::AlreadyFinal => "This order is already completed or cancelled.".into(),
            CancelError::IsTestOrder => "This is a test order. Only its device can cancel it.".into(),
            CancelError::IsStandardOrder => "Please cancel this order on the settings page of its device.".into(),
        },
        Error::WithdrawRejected(why) => match why {
            WithdrawError::NotOffered => "Withdrawals are not offered for this order.".into(),
            WithdrawError::Cancellable => "You can still cancel this order. Please use the button on its page.".into(),
            WithdrawError::NoContract => "This order was not placed, or it was cancelled.".into(),
            WithdrawError::TooLate => "The time to withdraw from this contract is over.".into(),
        },
        Error::ApproveRejected(ApproveError::NotHeld) => "This order is no longer waiting for you.".into(),
        Error::ApproveRejected(ApproveError::PriceChanged(price)) => {
            let price = Language::English.format_money(price);
            format!("The price has changed. It is now {price}. Please review this order again.")
        }
        Error::FederationRefused(why) => match why {
            FederationRefusal::Cancelled => "You cancelled the sign-in. You can try again, or sign in with your password.",
            FederationRefusal::Unusable(_) | FederationRefusal::ProviderError(_) => {
                "We can't reach the other service at the moment. Please try again later, or sign in with your password."
            }
            FederationRefusal::NoVerifiedEmail => {
                "The other service didn't give us a confirmed email address. Please confirm it there, or create an account with your email address here."
            }
            FederationRefusal::NotConfigured
            | FederationRefusal::UnknownState
            | FederationRefusal::Malformed
            | FederationRefusal::OtherIssuer
            | FederationRefusal::Token(_) => "This sign-in took too long or was interrupted. Please start again.",
        }
        .into(),
        Error::InvalidForm(choice) => describe_bad_choice(choice),
        Error::Unavailable(_) => "The service is temporarily unavailable. Please try again.".into(),
        Error::Internal(_) => "The problem is on our side. Please try again later.".into(),
        // Errors for devices, clients and operators, who get the text of the error itself. No page causes them.
        Error::InsufficientScope(_)
        | Error::Unsubscribed(_)
        | Error::NotTestDevice
        | Error::OtherDevice { .. }
        | Error::BadField(_)
        | Error::ReportRejected(_)
        | Error::OAuth { .. }
        | Error::InvalidCommand(_)
        | Error::UnknownEvent(_)
        | Error::InvalidSeed { .. } => "We could not complete your request.".into(),
    }
}

fn seconds_text(seconds: i64) -> String {
    match seconds {
        1 => "1 second".into(),
        seconds => format!("{seconds} seconds"),
    }
}

fn describe_bad_choice(choice: &FormError) -> String {
    match choice {
        FormError::Incomplete => "The form did not arrive completely. Please go back and send it again.".into(),
        FormError::Unreadable => "We could not read the form. Please go back and send it again.".into(),
        FormError::Expired => "This form has expired, or your browser does not accept cookies. Please allow cookies, go back, reload the page and try again.".into(),
        FormError::NoButton => "Please press one of the buttons.".into(),
        FormError::Malformed(_) => {
            "The form contains something that we do not know. Please go back, reload the page and try again.".into()
        }
        FormError::Address(part) => {
            let part = match part {
                AddressError::Street => "the street and number",
                AddressError::Optional => "the second line and the region",
                AddressError::City => "the city",
                AddressError::PostalCode => "the postal code",
                AddressError::Country => "the country (two letters, such as US)",
            };
            format!("Please check {part} in your address.")
        }
        FormError::NoAddress => "Please enter your shipping address.".into(),
        FormError::TakeoverForbidden => {
            "This device belongs to another account. You can set it up once its owner has removed it there.".into()
        }
        FormError::TakeoverDeclined => {
            "This device belongs to another account, and its owner decided to keep it.".into()
        }
        FormError::OwnerChanged => "This device now belongs to another account. Please start its set-up again.".into(),
        FormError::TakeoverClosed => "There is nothing left to answer here.".into(),
        FormError::ProductNotOffered => "This product is not available here.".into(),
        FormError::ChooseOfferedProduct => "Please choose one of the products that are shown.".into(),
        FormError::NoSelection => "Please choose a product, or press “Don't reorder this”.".into(),
        FormError::NoProductToOrder => "Please choose a product before you switch on automatic reordering.".into(),
        FormError::NotReordered => "Nothing was ordered, because this device doesn't reorder this now.".into(),
        FormError::ProductChanged => "The product has been changed meanwhile. Please check it and order again.".into(),
        FormError::WrongAppCode => "This code is not correct, or it was already used. Please enter the code that your app shows now.".into(),
        FormError::SignInExpired => "Your sign-in took too long, or your account has changed. Please sign in again.".into(),
        FormError::OutOfStock => "This product is out of stock.".into(),
        FormError::NoProductForRules => "Please choose a product first.".into(),
        FormError::SlotUnanswered(slot) => format!("Please choose a product for {slot} before you continue."),
        FormError::AllSlotsSkipped => "Please choose at least one product.".into(),
        FormError::AccountsClosed => {
            "New accounts are not available here. Please ask the manufacturer of your device.".into()
        }
        FormError::InvalidEmail => "Please enter your complete email address, such as ann@example.com.".into(),
        FormError::InvalidName => "Please enter your name: at most 120 characters, on one line and without special control characters.".into(),
        FormError::InvalidDeviceName => format!(
            "Please enter a name of at most {} characters, on one line and without special control characters.",
            DeviceName::MAX_CHARS
        ),
        FormError::WrongCode => "This code does not match. Please check it, or send another email.".into(),
        FormError::LinkEnded => "This link or code has expired or was already used. Please ask for a new one.".into(),
        FormError::EmailTaken => "This email address already has an account. Please sign in.".into(),
        FormError::OwnEmail => "This already is the email address of your account.".into(),
        FormError::WrongCurrentPassword => "Your current password is not correct.".into(),
        FormError::InvalidPassword(why) => match why {
            PasswordError::TooShort => {
                format!("Please choose a password with at least {MIN_PASSWORD_CHARS} characters.")
            }
            PasswordError::TooLong => format!("Please choose a password with at most {MAX_PASSWORD_CHARS} characters."),
            PasswordError::Common => {
                "This password is easy to guess. Please choose a longer one, such as three or four words.".into()
            }
        },
        FormError::InvalidStatement(why) => match why {
            StatementError::Date(text) => format!("“{text}” is not a date. Please enter year, month and day, such as 2026-11-23."),
            StatementError::Day => "Please choose a day from the year 2000 until today.".into(),
            StatementError::Stock => format!("Please enter your stock as a whole number from 0 to {MAX_STOCK}."),
        },
        FormError::InvalidRule(rule) => describe_bad_rule(rule),
    }
}

fn describe_bad_rule(rule: &RuleFormError) -> String {
    match rule {
        RuleFormError::MissingMode => "Please choose whether we place orders automatically or ask you first.".into(),
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits: 0 }) => format!(
            "The highest price “{amount}” is not an amount in {currency}. Please enter a whole number, such as 25."
        ),
        RuleFormError::Price(ParseMoneyError::Amount { amount, currency, digits }) => format!(
            "The highest price “{amount}” is not an amount in {currency}. Please enter a number with up to {digits} \
             decimals, such as 24.99."
        ),
        RuleFormError::Price(ParseMoneyError::Currency(currency)) => {
            format!("The highest price cannot be in “{currency}”, which is not a currency.")
        }
        RuleFormError::MissingCap => "Please enter your highest price, or choose “No highest price”.".into(),
        RuleFormError::MissingCapKind => {
            "Please choose whether your highest price is an amount or a percentage, or leave its field empty.".into()
        }
        RuleFormError::Number(counted) => {
            let what = match counted {
                RuleFormNumber::Percent => "the percentage above the price",
                RuleFormNumber::Orders => "the number of orders",
                RuleFormNumber::Days => "the number of days",
            };
            format!("Please enter {what} as a whole number from 1 to {MAX_FORM_NUMBER}.")
        }
        RuleFormError::IncompleteLimit => {
            "Please enter both the number of orders and the number of days, or leave both fields empty.".into()
        }
        RuleFormError::Date(text) => {
            format!("“{text}” is not a date. Please enter year, month and day, such as 2026-11-23.")
        }
        RuleFormError::IncompletePause => {
            "Please enter both the first and the last day of the pause, or leave both fields empty.".into()
        }
        RuleFormError::MissingPause => "Please choose the first and the last day of the pause.".into(),
        RuleFormError::PauseIsOver => "The last day of the pause is over. Please choose a later day.".into(),
        RuleFormError::PauseEndsBeforeStart => "The last day of the pause is before its first day.".into(),
    }
}
