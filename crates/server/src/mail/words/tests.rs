//! Words that a hostile title, or a carrier that says nothing, must not spoil.

use super::*;
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{CustomerId, DeviceId, MailId, OrderId};
use opendrs_domain::language::Language;
use opendrs_domain::mail;
use opendrs_domain::money::Money;
use opendrs_domain::order::{Change, Item, Order, Problem, State};
use opendrs_domain::text::{Asin, Email, SlotId};
use uuid::Uuid;

const TITLE: &str = "Filter\r\nBcc: all@example.com\u{2028}<script>alert(1)</script> & \"more\"";

fn letter(state: State, problem: Option<Problem>, delivery_known: bool) -> Letter {
    let now = Time::from_secs(1_520_000_000);
    let order = Order {
        id: OrderId(Uuid::from_u128(1)),
        device: DeviceId(Uuid::from_u128(2)),
        slot: SlotId::parse("s").unwrap(),
        item: Item {
            asin: Asin::parse("B000000001").unwrap(),
            title: TITLE.into(),
            quantity: 3.0,
            unit: "count".into(),
            price: Money::parse("24.99", "USD").unwrap(),
        },
        test: false,
        state,
        problem,
        opened_at: now,
        window_ends_at: now,
        expected_at: Some(now),
        due_at: None,
        approved: None,
        backend: Backend::Simulated,
        reported: false,
        placed_at: None,
        tracking: None,
        held_for: None,
        named_device: None,
    };
    let change = Change { told: None, from: State::Placed, to: state, new_reason: state == State::Held };
    Letter {
        id: MailId(Uuid::from_u128(3)),
        at: now,
        to: Email::parse("ann@example.com").unwrap(),
        language: Language::English,
        name: "Ann\n<b>Example</b>".into(),
        model: "Pitcher\n\"7\"".into(),
        serial: "SN-1".into(),
        test: false,
        address: Some("1 Main Street\r\n\r\nClick here".into()),
        delivery_known,
        news: mail::of_order(&order, change, now).unwrap(),
        cancel_url: Some("https://drs.example/order/cancel?token=x".into()),
        order_url: Some("https://drs.example/order?id=x".into()),
        takeover_url: Some("https://drs.example/takeover?token=x".into()),
        settings_url: "https://drs.example/settings".into(),
    }
}

#[test]
fn what_others_wrote_stays_on_its_line_and_is_no_markup() {
    for state in [State::Held, State::Placed, State::Shipped, State::Delivered, State::Cancelled, State::Expired] {
        let words = Words::of(&letter(state, None, true));
        assert!(words.subject.ends_with("Filter Bcc: all@example.com <script>alert(1)</script> & \"more\""));
        assert!(!words.subject.contains(['\r', '\n']), "{}", words.subject);
        let (text, html) = (words.text().unwrap(), words.html().unwrap());
        assert!(!text.contains("\nBcc:") && !text.contains("\nClick here") && !text.contains('\u{2028}'), "{text}");
        assert!(text.starts_with("Hello Ann <b>Example</b>,\n"), "{text}");
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        // Both forms say the same.
        for sentence in &words.lines {
            assert!(text.contains(sentence.as_str()), "{sentence}: {text}");
        }
        assert_eq!(html.matches("<p>").count(), 1 + words.lines.len() + words.links.len(), "{html}");
        assert_eq!(html.matches("<tr>").count(), words.facts.len(), "{html}");
    }
}

#[test]
fn where_the_carrier_says_nothing_the_customer_is_asked() {
    let words = |known| Words::of(&letter(State::Delivered, None, known));
    assert!(words(true).subject.starts_with("Delivered: ") && words(true).lines[0].contains("has been delivered"));
    assert!(
        words(false).subject.starts_with("Should be there by now: ")
            && words(false).lines[0].contains("should have arrived")
    );
}

#[test]
fn every_problem_says_what_it_is_and_what_to_do() {
    for (found, what, todo) in [
        (Some(Problem::Address), "There is no address", "enter an address"),
        (Some(Problem::OutOfStock), "out of stock", "choose another product"),
        (None, "Something stood in its way", "You need not do anything"),
    ] {
        let words = Words::of(&letter(State::Held, found, true));
        assert!(words.lines[0].contains(what) && words.lines[1].contains(todo), "{:?}", words.lines);
        assert!(Words::of(&letter(State::Expired, found, true)).lines[0].contains(what));
    }
}

/// Every letter there is: its news and its problem, with and without what may be missing.
fn letters(language: Language) -> Vec<Letter> {
    let mut all = Vec::new();
    for state in [State::Held, State::Placed, State::Shipped, State::Delivered, State::Cancelled, State::Expired] {
        for problem in Problem::ALL.map(Some).into_iter().chain([None]) {
            all.extend([true, false].map(|known| letter(state, problem, known)));
        }
    }
    let bare = letter(State::Placed, None, true);
    let price = Money::parse("24.99", "EUR").unwrap();
    for product in [Some(("Filter".to_owned(), price)), None] {
        let news = mail::News::Subscribed(vec![mail::SlotNews { name: "Slot".into(), product }]);
        all.push(Letter { news, address: None, ..bare.clone() });
    }
    all.extend(
        [mail::News::Deregistered, mail::News::TakenOver, mail::News::TooMany]
            .map(|news| Letter { news, ..bare.clone() }),
    );
    for asks in [true, false] {
        let [before, price] = ["24.99", "29.99"].map(|amount| Money::parse(amount, "EUR").unwrap());
        let news = mail::PriceChangeSummary { title: TITLE.into(), agreed: Some(before.clone()), before, price, asks };
        all.push(Letter { news: mail::News::PriceChanged(news), ..bare.clone() });
    }
    let by = mail::Approach { customer: CustomerId(Uuid::from_u128(4)), answer_by: Time::from_secs(1_000_000) };
    let takeovers = [
        mail::News::TakeoverAnnounced(by),
        mail::News::TakeoverAsked(by),
        mail::News::ChangedHands(by),
        mail::News::TakeoverAgreed(by.answer_by),
        mail::News::TakeoverDeclined,
        mail::News::TakenBack,
    ];
    all.extend(takeovers.map(|news| Letter { news, ..bare.clone() }));
    all.push(Letter { test: true, address: None, ..bare });
    all.into_iter().map(|letter| Letter { language, ..letter }).collect()
}

#[test]
fn every_letter_speaks_its_readers_language_alone() {
    let english: Vec<_> = letters(Language::English).iter().map(Words::of).collect();
    for language in [Language::German, Language::Japanese] {
        for (words, original) in letters(language).iter().map(Words::of).zip(&english) {
            let html = words.html().unwrap();
            assert!(html.contains(&format!("<html lang=\"{language}\">")), "{html}");
            let names = |words: &Words| -> Vec<String> {
                let facts = words.facts.iter().map(|(name, _)| name.clone()).filter(|name| name != "Slot");
                let links = words.links.iter().map(|(name, _)| (*name).to_owned());
                let texts = [words.subject.clone(), words.hello.clone(), words.device.clone()];
                words.lines.iter().cloned().chain(texts).chain(facts).chain(links).collect()
            };
            let (said, originally) = (names(&words), names(original));
            assert_eq!(said.len(), originally.len(), "{said:?} for {originally:?}");
            assert_eq!(said.iter().find(|text| originally.contains(text)), None, "{language}: {said:?}");
            // Where each leads is the same.
            let leads = |words: &Words| words.links.iter().map(|(_, url)| url.clone()).collect::<Vec<_>>();
            assert_eq!(leads(&words), leads(original));
            for sentence in &words.lines {
                assert!(sentence.ends_with(['.', '。']), "{sentence}");
            }
        }
    }
}
