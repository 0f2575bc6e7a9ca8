//! Tests of what the compiler cannot check: each language has a text, and its own one.

use super::*;
use opendrs_domain::account::PasswordError;
use opendrs_domain::customer::AddressError;
use opendrs_domain::federation::FederationRefusal;
use opendrs_domain::money::ParseMoneyError;
use opendrs_domain::order::{ApproveError, CancelError, CancelledBy, OrderProblem};
use opendrs_domain::rule::{RuleFormError, RuleFormNumber};
use opendrs_service::FormError;

fn money() -> Money {
    Money::parse("1234.50", "EUR").unwrap()
}

/// Every error that a customer may see.
fn customer_errors() -> Vec<Error> {
    let amount = |digits| ParseMoneyError::Amount { amount: "12,x".into(), currency: "EUR".into(), digits };
    let rules = [
        RuleFormError::MissingMode,
        RuleFormError::Price(amount(0)),
        RuleFormError::Price(amount(2)),
        RuleFormError::Price(ParseMoneyError::Currency("EURO".into())),
        RuleFormError::MissingCap,
        RuleFormError::MissingCapKind,
        RuleFormError::Number(RuleFormNumber::Percent),
        RuleFormError::Number(RuleFormNumber::Orders),
        RuleFormError::Number(RuleFormNumber::Days),
        RuleFormError::IncompleteLimit,
        RuleFormError::Date("soon".into()),
        RuleFormError::IncompletePause,
        RuleFormError::PauseIsOver,
        RuleFormError::MissingPause,
        RuleFormError::PauseEndsBeforeStart,
    ];
    let parts = [
        AddressError::Street,
        AddressError::Optional,
        AddressError::City,
        AddressError::PostalCode,
        AddressError::Country,
    ];
    let choices = [
        FormError::Incomplete,
        FormError::Unreadable,
        FormError::Expired,
        FormError::NoButton,
        FormError::Malformed("`a/b` is not a slot id".into()),
        FormError::NoAddress,
        FormError::TakeoverForbidden,
        FormError::TakeoverDeclined,
        FormError::OwnerChanged,
        FormError::TakeoverClosed,
        FormError::ProductNotOffered,
        FormError::ChooseOfferedProduct,
        FormError::NoSelection,
        FormError::NoProductToOrder,
        FormError::OutOfStock,
        FormError::NotReordered,
        FormError::ProductChanged,
        FormError::WrongAppCode,
        FormError::SignInExpired,
        FormError::NoProductForRules,
        FormError::SlotUnanswered("Filter".into()),
        FormError::AllSlotsSkipped,
        FormError::AccountsClosed,
        FormError::InvalidEmail,
        FormError::InvalidName,
        FormError::WrongCode,
        FormError::LinkEnded,
        FormError::EmailTaken,
        FormError::OwnEmail,
        FormError::WrongCurrentPassword,
        FormError::InvalidPassword(PasswordError::TooShort),
        FormError::InvalidPassword(PasswordError::TooLong),
        FormError::InvalidPassword(PasswordError::Common),
    ];
    let choices = choices.into_iter().chain(rules.map(FormError::InvalidRule)).chain(parts.map(FormError::Address));
    let others = [
        Error::InvalidToken,
        Error::WrongPassword,
        Error::CustomerBlocked,
        Error::FederationRefused(FederationRefusal::Cancelled),
        Error::FederationRefused(FederationRefusal::Unusable("the database is away".into())),
        Error::FederationRefused(FederationRefusal::NoVerifiedEmail),
        Error::FederationRefused(FederationRefusal::UnknownState),
        Error::Throttled(30),
        Error::RateLimited(30),
        Error::OrderLimitReached(30),
        Error::SignupClosed,
        Error::UnknownOrder,
        Error::UnknownSlot { slot: "s".into(), model: "m".into() },
        Error::CancelRejected(CancelError::TooLate),
        Error::CancelRejected(CancelError::AlreadyFinal),
        Error::CancelRejected(CancelError::IsTestOrder),
        Error::CancelRejected(CancelError::IsStandardOrder),
        Error::ApproveRejected(ApproveError::NotHeld),
        Error::ApproveRejected(ApproveError::PriceChanged(money())),
        Error::Unavailable("the database is away".into()),
        Error::Internal("a row is missing".into()),
        Error::InvalidCommand("there is no such thing".into()),
    ];
    choices.map(Error::from).chain(others).collect()
}

#[test]
fn every_refusal_is_said_in_every_language_and_no_two_alike() {
    for language in Language::ALL {
        let texts = Texts::for_language(language);
        let mut said = Vec::new();
        for error in customer_errors() {
            let words = (texts.error_message)(&error);
            assert!(words.ends_with(['.', '。']), "{language}: {error}: {words}");
            // The text of the error itself is for developers.
            assert_ne!(words, error.to_string(), "{language}");
            assert!(!said.contains(&words), "{language} says twice: {words}");
            // Details for the log or for developers do not appear.
            assert!(!words.contains("database") && !words.contains(" row ") && !words.contains("a/b"), "{words}");
            said.push(words);
        }
        let dearer = (texts.error_message)(&Error::ApproveRejected(ApproveError::PriceChanged(money())));
        assert!(dearer.contains(&language.format_money(&money())), "{dearer}");
    }
}

#[test]
fn every_reason_to_wait_is_said_in_every_language_and_no_two_alike() {
    for texts in Language::ALL.map(Texts::for_language) {
        let problems: Vec<_> = OrderProblem::ALL.map(Some).into_iter().chain([None]).collect();
        for say in [texts.orders.held, texts.letters.problem] {
            let mut said: Vec<_> = problems.iter().map(|problem| say(*problem)).collect();
            said.sort_unstable();
            said.dedup();
            assert_eq!(said.len(), problems.len(), "{said:?}");
        }
    }
}

#[test]
fn what_a_customer_has_to_decide_is_no_failure() {
    let asked = [
        OrderProblem::ApprovalRequired,
        OrderProblem::PriceTooHigh,
        OrderProblem::OrderLimitReached,
        OrderProblem::Paused,
        OrderProblem::Skipped,
    ];
    let failed =
        [Some(OrderProblem::MissingAddress), Some(OrderProblem::OutOfStock), Some(OrderProblem::PaymentFailed), None];
    for texts in Language::ALL.map(Texts::for_language) {
        let subjects = failed.map(texts.letters.held_subject);
        let standings = failed.map(texts.orders.held);
        let unanswered = |problem| (texts.letters.unanswered)(problem, "UNTIL", Some("DAY"));
        let drops = unanswered(Some(OrderProblem::PaymentFailed));
        for problem in asked.map(Some) {
            assert!(!subjects.contains(&(texts.letters.held_subject)(problem)), "{problem:?}");
            let standing = (texts.orders.held)(problem);
            let begins = |text: &str| text.split([':', '：']).next().unwrap().to_owned();
            assert!(!standings.map(begins).contains(&begins(standing)), "{standing}");
            assert_ne!(unanswered(problem), drops);
            let names = if problem == Some(OrderProblem::Paused) { "DAY" } else { "UNTIL" };
            assert!(unanswered(problem).contains(names), "{problem:?}");
        }
        let mut said: Vec<_> =
            CancelledBy::ALL.map(Some).into_iter().chain([None]).map(texts.letters.cancelled).collect();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), 6, "{said:?}");
    }
}

#[test]
fn one_is_not_many() {
    let said = |language, window| (Texts::for_language(language).set_up.cancel_within)(window);
    for (language, window, words) in [
        (Language::English, CancelWindow::Hours(1), "1 hour "),
        (Language::English, CancelWindow::Hours(24), "24 hours "),
        (Language::English, CancelWindow::Minutes(1), "1 minute "),
        (Language::English, CancelWindow::Minutes(90), "90 minutes "),
        (Language::German, CancelWindow::Hours(1), "1 Stunde "),
        (Language::German, CancelWindow::Hours(24), "24 Stunden "),
        (Language::German, CancelWindow::Minutes(1), "1 Minute "),
        (Language::German, CancelWindow::Minutes(90), "90 Minuten "),
        (Language::Japanese, CancelWindow::Hours(1), "1時間"),
        (Language::Japanese, CancelWindow::Minutes(90), "90分"),
    ] {
        assert!(said(language, window).contains(words), "{}", said(language, window));
    }
    let wait = |seconds| (Texts::for_language(Language::German).error_message)(&Error::Throttled(seconds));
    assert!(wait(1).contains(" 1 Sekunde ") && wait(2).contains(" 2 Sekunden "), "{} {}", wait(1), wait(2));
}

/// A button that places an order states that the order costs money. German law permits only this label.
#[test]
fn the_button_that_orders_says_that_it_costs_money() {
    let said =
        Language::ALL.map(|language| (Texts::for_language(language).orders.pay)(&language.format_money(&money())));
    let wanted = ["Order and pay 1234.50 EUR", "Zahlungspflichtig bestellen", "€1,234.50 を支払って注文を確定する"];
    assert_eq!(said, wanted);
}

/// Templates write these texts without escaping, because old page readers look for the apostrophe in one of them.
#[test]
fn what_is_written_as_it_is_holds_no_markup() {
    for texts in Language::ALL.map(Texts::for_language) {
        for text in [texts.sorry.title, texts.settings.other_account, texts.settings.open_device] {
            assert!(!text.contains(['<', '>', '&', '"']), "{text}");
        }
    }
}
