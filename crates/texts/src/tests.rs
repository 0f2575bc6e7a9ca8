//! What a compiler does not see: that each language says something, and something of its own.

use super::*;
use opendrs_domain::customer::BadAddress;
use opendrs_domain::money::BadMoney;
use opendrs_domain::order::{CancelledBy, NotApproved, NotCancelled, Problem};
use opendrs_domain::rule::{BadRule, Counted};
use opendrs_service::BadChoice;

const TRANSLATED: [Language; 2] = [Language::German, Language::Japanese];

fn money() -> Money {
    Money::parse("1234.50", "EUR").unwrap()
}

/// Every refusal that a customer may be told of.
fn refusals() -> Vec<Error> {
    let amount = |digits| BadMoney::Amount { amount: "12,x".into(), currency: "EUR".into(), digits };
    let rules = [
        BadRule::NoMode,
        BadRule::Price(amount(0)),
        BadRule::Price(amount(2)),
        BadRule::Price(BadMoney::Currency("EURO".into())),
        BadRule::NoCap,
        BadRule::Number(Counted::Percent),
        BadRule::Number(Counted::Orders),
        BadRule::Number(Counted::Days),
        BadRule::HalfALimit,
        BadRule::Date("soon".into()),
        BadRule::HalfAPause,
        BadRule::PauseBackwards,
    ];
    let parts =
        [BadAddress::Street, BadAddress::Optional, BadAddress::City, BadAddress::PostalCode, BadAddress::Country];
    let choices = [
        BadChoice::Torn,
        BadChoice::Unreadable,
        BadChoice::Expired,
        BadChoice::NoButton,
        BadChoice::Malformed("`a/b` is not a slot id".into()),
        BadChoice::NoAddress,
        BadChoice::TakeoverForbidden,
        BadChoice::TakeoverDeclined,
        BadChoice::OtherOwner,
        BadChoice::TakeoverOver,
        BadChoice::NotOffered,
        BadChoice::NotOfThese,
        BadChoice::NoAnswer,
        BadChoice::NothingToOrder,
        BadChoice::NothingToRule,
        BadChoice::Unanswered("Filter".into()),
        BadChoice::AllSkipped,
    ];
    let choices = choices.into_iter().chain(rules.map(BadChoice::Rule)).chain(parts.map(BadChoice::Address));
    let others = [
        Error::InvalidToken,
        Error::WrongPassword,
        Error::Blocked,
        Error::Throttled(30),
        Error::TooOften(30),
        Error::SignupGone,
        Error::UnknownOrder,
        Error::UnknownSlot { slot: "s".into(), model: "m".into() },
        Error::NotCancelled(NotCancelled::TooLate),
        Error::NotCancelled(NotCancelled::Over),
        Error::NotCancelled(NotCancelled::Test),
        Error::NotCancelled(NotCancelled::Standard),
        Error::NotApproved(NotApproved::NotHeld),
        Error::NotApproved(NotApproved::OtherPrice(money())),
        Error::Unavailable("the database is away".into()),
        Error::Internal("a row is missing".into()),
        Error::BadCommand("there is no such thing".into()),
    ];
    choices.map(Error::from).chain(others).collect()
}

#[test]
fn every_refusal_is_said_in_every_language_and_no_two_alike() {
    for language in TRANSLATED {
        let texts = Texts::of(language);
        let mut said = Vec::new();
        for error in refusals() {
            let words = (texts.refusal)(&error);
            assert!(words.ends_with(['.', '。']) && words != error.to_string(), "{language}: {error}: {words}");
            assert!(!said.contains(&words), "{language} says twice: {words}");
            // What is for the log or for developers is not told.
            assert!(!words.contains("database") && !words.contains("row") && !words.contains("a/b"), "{words}");
            said.push(words);
        }
        let dearer = (texts.refusal)(&Error::NotApproved(NotApproved::OtherPrice(money())));
        assert!(dearer.contains(&language.money(&money())), "{dearer}");
    }
}

#[test]
fn every_reason_to_wait_is_said_in_every_language_and_no_two_alike() {
    for texts in Language::ALL.map(Texts::of) {
        let problems: Vec<_> = Problem::ALL.map(Some).into_iter().chain([None]).collect();
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
    let asked = [Problem::Ask, Problem::Price, Problem::Limit, Problem::Paused];
    let failed = [Some(Problem::Address), Some(Problem::OutOfStock), Some(Problem::Payment), None];
    for texts in Language::ALL.map(Texts::of) {
        let subjects = failed.map(texts.letters.held_subject);
        let standings = failed.map(texts.orders.held);
        let unanswered = |problem| (texts.letters.unanswered)(problem, "UNTIL", Some("DAY"));
        let drops = unanswered(Some(Problem::Payment));
        for problem in asked.map(Some) {
            assert!(!subjects.contains(&(texts.letters.held_subject)(problem)), "{problem:?}");
            let standing = (texts.orders.held)(problem);
            let begins = |text: &str| text.split([':', '：']).next().unwrap().to_owned();
            assert!(!standings.map(begins).contains(&begins(standing)), "{standing}");
            assert_ne!(unanswered(problem), drops);
            let names = if problem == Some(Problem::Paused) { "DAY" } else { "UNTIL" };
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
    let said = |language, window| (Texts::of(language).set_up.cancel_within)(window);
    for (language, window, words) in [
        (Language::English, Window::Hours(1), "1 hour "),
        (Language::English, Window::Hours(24), "24 hours "),
        (Language::English, Window::Minutes(1), "1 minute "),
        (Language::English, Window::Minutes(90), "90 minutes "),
        (Language::German, Window::Hours(1), "1 Stunde "),
        (Language::German, Window::Hours(24), "24 Stunden "),
        (Language::German, Window::Minutes(1), "1 Minute "),
        (Language::German, Window::Minutes(90), "90 Minuten "),
        (Language::Japanese, Window::Hours(1), "1時間"),
        (Language::Japanese, Window::Minutes(90), "90分"),
    ] {
        assert!(said(language, window).contains(words), "{}", said(language, window));
    }
    let wait = |seconds| (Texts::of(Language::German).refusal)(&Error::Throttled(seconds));
    assert!(wait(1).contains(" 1 Sekunde ") && wait(2).contains(" 2 Sekunden "), "{} {}", wait(1), wait(2));
}

/// A button that places an order says that it costs money; German law wants these words and no others.
#[test]
fn the_button_that_orders_says_that_it_costs_money() {
    let said = Language::ALL.map(|language| (Texts::of(language).orders.pay)(&language.money(&money())));
    let wanted = ["Order and pay 1234.50 EUR", "Zahlungspflichtig bestellen", "€1,234.50 を支払って注文を確定する"];
    assert_eq!(said, wanted);
}

/// They are written without being escaped, since one of them has an apostrophe that page readers know.
#[test]
fn what_is_written_as_it_is_holds_no_markup() {
    for texts in Language::ALL.map(Texts::of) {
        for text in [texts.sorry.title, texts.settings.other_account, texts.settings.open_device] {
            assert!(!text.contains(['<', '>', '&', '"']), "{text}");
        }
    }
}
