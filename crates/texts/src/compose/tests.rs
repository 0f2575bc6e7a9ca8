//! Tests of mails with hostile titles, and with reports that leave information out.

mod language;

use super::*;
use opendrs_domain::account::{AccountMail, CodeRequest, CredentialState};
use opendrs_domain::brand::MakerBrand;
use opendrs_domain::brand::{Brand, LegalLinks};
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{CustomerId, DeviceId, ExportId, MailId, OrderId};
use opendrs_domain::language::Language;
use opendrs_domain::mail;
use opendrs_domain::money::Money;
use opendrs_domain::order::{
    Cancellation, CancelledBy, Order, OrderChange, OrderItem, OrderMailKind, OrderState, OrderTimes, OrderTrigger,
    PriceParts, Refund, Withdrawal,
};
use opendrs_domain::picture::{PictureFormat, PictureHash, PictureSize};
use opendrs_domain::text::{Asin, ContactLink, Email, Imprint, SlotId, WebLink};
use opendrs_domain::zone::Zone;
use opendrs_service::picture::StoredPicture;
use uuid::Uuid;

const TITLE: &str = "Filter\r\nBcc: all@example.com\u{2028}<script>alert(1)</script> & \"more\"";

/// A mail about an order. `known` is true if the delivery was reported, or if the mail is the first one about a hold.
fn order_mail(state: OrderState, problem: Option<OrderProblem>, known: bool) -> MailMessage {
    let now = Time::from_secs(1_520_000_000);
    let order = Order {
        id: OrderId(Uuid::from_u128(1)),
        device: DeviceId(Uuid::from_u128(2)),
        slot: SlotId::parse("s").unwrap(),
        item: OrderItem {
            asin: Asin::parse("B000000001").unwrap(),
            title: TITLE.into(),
            quantity: 3.0,
            unit: "count".into(),
            price: Money::parse("24.99", "USD").unwrap(),
            shipping: None,
            tax_rate: None,
        },
        price_parts: PriceParts::default(),
        recipient: None,
        test: false,
        state,
        problem,
        opened_at: now,
        window_ends_at: now,
        expected_at: Some(now),
        due_at: None,
        approved_price: None,
        backend: Backend::Simulated,
        problem_from_backend: false,
        placed_at: None,
        tracking: Tracking {
            number: Some("1Z9\n<b>".into()),
            carrier: Some("Carrier & Sons".into()),
            link: Some("https://carrier.example/?n=1Z9".into()),
        },
        last_hold_problem: None,
        original_device: None,
        resumes_at: Some(now),
        reminder_sent: false,
        delivered_at: known.then_some(now),
        cancellation: Some(Cancellation { by: CancelledBy::Shop, reason: known.then(|| "No longer\n<made>".into()) }),
        trigger: OrderTrigger::Device,
        times: OrderTimes::default(),
        withdrawal: Some(Withdrawal { at: now, reason: known.then(|| "Too\n<large>".into()) }),
        returned_at: None,
        refund: Some(Refund { amount: Money::parse("24.99", "USD").unwrap(), at: now }),
    };
    let mail = match (state, known) {
        (OrderState::Held, true) => OrderMailKind::Held,
        (OrderState::Held, false) => OrderMailKind::Reminder,
        (OrderState::Placed | OrderState::Fulfilling, _) => OrderMailKind::Placed,
        (OrderState::Shipped, _) => OrderMailKind::Shipped,
        (OrderState::Delivered, true) => OrderMailKind::Delivered,
        (OrderState::Delivered, false) => OrderMailKind::AssumedDelivered,
        (OrderState::Cancelled, _) => OrderMailKind::Cancelled,
        (OrderState::Expired, _) => OrderMailKind::Expired,
    };
    let change = OrderChange { notification: None, mail: Some(mail), from: OrderState::Placed, to: state };
    MailMessage {
        id: MailId(Uuid::from_u128(3)),
        at: now,
        to: Email::parse("ann@example.com").unwrap(),
        language: Language::English,
        zone: Zone::UTC,
        name: "Ann\n<b>Example</b>".into(),
        device: Some(MailDevice {
            name: "Pitcher\n\"7\"".into(),
            full_name: "Pitcher\n\"7\"".into(),
            serial: "SN-1".into(),
            is_test: false,
        }),
        address: Some("1 Main Street\r\n\r\nClick here".into()),
        content: mail::content_for_change(&order, change).unwrap(),
        cancel_url: Some("https://drs.example/order/cancel?token=x".into()),
        order_url: Some("https://drs.example/order?id=x".into()),
        takeover_url: Some("https://drs.example/takeover?token=x".into()),
        account_url: None,
        code: None,
        settings_url: "https://drs.example/settings".into(),
        brand: MakerBrand::default(),
        logo: None,
    }
}

#[test]
fn what_others_wrote_stays_on_its_line_and_is_no_markup() {
    for state in [
        OrderState::Held,
        OrderState::Placed,
        OrderState::Shipped,
        OrderState::Delivered,
        OrderState::Cancelled,
        OrderState::Expired,
    ] {
        let words = ComposedMail::compose(&order_mail(state, None, true));
        assert!(words.subject.ends_with("Filter Bcc: all@example.com <script>alert(1)</script> & \"more\""));
        assert!(!words.subject.contains(['\r', '\n']), "{}", words.subject);
        let (text, html) = (words.to_text().unwrap(), words.to_html().unwrap());
        assert!(!text.contains("\nBcc:") && !text.contains("\nClick here") && !text.contains('\u{2028}'), "{text}");
        assert!(text.starts_with("Hello Ann <b>Example</b>,\n"), "{text}");
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        // Text and HTML have the same content.
        for sentence in &words.lines {
            assert!(text.contains(sentence.as_str()), "{sentence}: {text}");
        }
        assert_eq!(html.matches("<p class=\"ink\"").count(), 1 + words.lines.len(), "{html}");
        assert_eq!(html.matches("<a ").count(), words.links.len(), "{html}");
        assert_eq!(html.matches("<th scope=\"row\"").count(), words.facts.len(), "{html}");
        assert_eq!(html.matches("<td class=\"button\"").count(), 1, "{html}");
    }
}

fn branded_mail() -> MailMessage {
    let bytes = vec![1, 2, 3];
    let size = PictureSize { width: 480, height: 96 };
    let logo = Picture { hash: PictureHash([7; 32]), format: PictureFormat::Png, size };
    let web = |path: &str| Some(WebLink::parse(&format!("https://aqua.example/{path}")).unwrap());
    let brand = Brand {
        logo: Some(logo),
        accent: Some(Accent::parse("#0b6e4f").unwrap()),
        links: LegalLinks {
            privacy: web("privacy"),
            terms: web("terms"),
            withdrawal: None,
            contact: Some(ContactLink::parse("mailto:help@aqua.example").unwrap()),
        },
        imprint: Some(Imprint::parse("Aqua <b>Appliances</b> Ltd\n1 Harbour Street, Dublin").unwrap()),
        ..Brand::default()
    };
    MailMessage {
        brand: MakerBrand { maker: Some("Aqua & Sons".into()), brand },
        logo: Some(StoredPicture { hash: logo.hash, format: logo.format, bytes }),
        ..order_mail(OrderState::Placed, None, true)
    }
}

#[test]
fn a_brand_signs_text_and_html() {
    let words = ComposedMail::compose(&branded_mail());
    let (text, html) = (words.to_text().unwrap(), words.to_html().unwrap());
    let signed = "-- \nPitcher \"7\", serial number SN-1\n\nAqua <b>Appliances</b> Ltd\n1 Harbour Street, Dublin\n\n\
                  Contact us: mailto:help@aqua.example\nPrivacy notice: https://aqua.example/privacy\n\
                  Terms and conditions: https://aqua.example/terms\n";
    assert!(text.ends_with(signed), "{text}");
    assert!(
        html.contains("<img class=\"ink\" src=\"cid:logo\" width=\"200\" height=\"40\" alt=\"Aqua &#38; Sons\""),
        "{html}"
    );
    for part in
        ["href=\"https://aqua.example/terms\"", "href=\"mailto:help@aqua.example\"", "bgcolor=\"#0b6e4f\"", "Dublin"]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains("withdrawal") && !html.contains("<b>"), "{html}");
}

#[test]
fn without_its_logo_a_mail_names_the_maker_and_without_a_brand_nobody() {
    let named = MailMessage { logo: None, ..branded_mail() };
    let html = ComposedMail::compose(&named).to_html().unwrap();
    assert!(!html.contains("<img") && html.contains(">Aqua &#38; Sons</strong>"), "{html}");
    let html = ComposedMail::compose(&order_mail(OrderState::Placed, None, true)).to_html().unwrap();
    assert!(!html.contains("<img") && !html.contains("<strong"), "{html}");
}

#[test]
fn the_dark_colours_apply_where_the_reader_prefers_them_or_a_preview_asks() {
    let words = ComposedMail::compose(&branded_mail());
    let html = |scheme| words.to_html_with(MailLook { logo_url: "/-/picture-x.png", scheme }).unwrap();
    for (scheme, condition) in [
        (ColourScheme::Preferred, "@media (prefers-color-scheme: dark) {"),
        (ColourScheme::Light, "@media not all {"),
        (ColourScheme::Dark, "@media all {"),
    ] {
        assert!(html(scheme).contains(condition) && html(scheme).contains("src=\"/-/picture-x.png\""), "{scheme:?}");
    }
    let dark = Accent::parse("#0b6e4f").unwrap().palette().dark;
    assert!(
        html(ColourScheme::Preferred).contains(&format!(".button {{ background-color: {} !important; }}", dark.fill))
    );
}

#[test]
fn the_button_is_what_a_reader_would_do_next() {
    let button = |letter: &MailMessage| ComposedMail::compose(letter).links[0].0;
    let order = |state| order_mail(state, Some(OrderProblem::ApprovalRequired), true);
    assert_eq!(button(&order(OrderState::Placed)), "See this order");
    assert_eq!(button(&order(OrderState::Held)), "Review this order");
    assert_eq!(button(&order(OrderState::Shipped)), "Track your parcel");
    let test = MailMessage { order_url: None, cancel_url: None, takeover_url: None, ..order(OrderState::Placed) };
    assert_eq!(button(&test), "Your devices");
}

#[test]
fn a_delivery_that_nobody_reported_is_called_none() {
    let words = |known| ComposedMail::compose(&order_mail(OrderState::Delivered, None, known));
    assert!(words(true).subject.starts_with("Delivered: ") && words(true).lines[0].contains("has been delivered"));
    assert!(
        words(false).subject.starts_with("Should have arrived: ")
            && words(false).lines[0].contains("should have arrived")
    );
}

#[test]
fn every_problem_says_what_it_is_and_what_to_do() {
    for (found, what, todo) in [
        (Some(OrderProblem::MissingAddress), "We need an address", "enter an address"),
        (Some(OrderProblem::OutOfStock), "out of stock", "choose another product"),
        (Some(OrderProblem::ApprovalRequired), "You asked us to check with you first", "approve or cancel it"),
        (Some(OrderProblem::OrderLimitReached), "Your order limit has been reached", "approve or cancel it"),
        (Some(OrderProblem::Paused), "You paused orders", "You don't need to do anything"),
        (None, "Something went wrong", "You don't need to do anything"),
    ] {
        let words = ComposedMail::compose(&order_mail(OrderState::Held, found, true));
        assert!(words.lines[0].contains(what) && words.lines[1].contains(todo), "{:?}", words.lines);
        assert!(ComposedMail::compose(&order_mail(OrderState::Expired, found, true)).lines[0].contains(what));
    }
}

#[test]
fn a_hold_says_what_happens_if_nobody_answers_and_is_reminded_of_once() {
    let words = |problem, first| ComposedMail::compose(&order_mail(OrderState::Held, Some(problem), first));
    for (problem, subject, unanswered) in [
        (
            OrderProblem::ApprovalRequired,
            "Your approval is needed: ",
            "Nothing is ordered unless you approve by 2 March 2018, 14:13 UTC.",
        ),
        (OrderProblem::PriceTooHigh, "Your approval is needed: ", "If the price comes down before"),
        (OrderProblem::OrderLimitReached, "Your approval is needed: ", "If your limit allows it before"),
        (
            OrderProblem::Paused,
            "Your order waits until your pause ends: ",
            "We'll place it on 2 March 2018, when your pause is over",
        ),
        (OrderProblem::MissingAddress, "Your order needs an address: ", "we drop it and you won't be charged"),
        (OrderProblem::PaymentFailed, "The payment for your order failed: ", "we drop it and you won't be charged"),
    ] {
        let (first, reminder) = (words(problem, true), words(problem, false));
        assert!(first.subject.starts_with(subject), "{}", first.subject);
        assert!(first.lines[2].contains(unanswered), "{:?}", first.lines);
        assert!(reminder.subject.starts_with(&format!("Reminder: {subject}")), "{}", reminder.subject);
        assert_eq!(reminder.lines[1..], first.lines[..]);
    }
}

#[test]
fn a_parcel_can_be_followed_and_a_day_is_a_day() {
    let words = ComposedMail::compose(&order_mail(OrderState::Shipped, None, true));
    let fact = |name: &str| words.facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((fact("Carrier"), fact("Tracking number")), (Some("Carrier & Sons"), Some("1Z9 <b>")));
    assert_eq!(fact("Expected delivery"), Some("2 March 2018"));
    assert_eq!(words.links[0], ("Track your parcel", "https://carrier.example/?n=1Z9".to_owned()));
    assert_eq!(fact("Order number").map(str::len), Some(14));
}

#[test]
fn a_cancel_says_who_and_why() {
    let words = |known| ComposedMail::compose(&order_mail(OrderState::Cancelled, None, known));
    let reason = |words: &ComposedMail| words.facts.iter().find(|(name, _)| name == "Reason").unwrap().1.clone();
    assert_eq!(words(true).lines[0], "The shop cancelled this order.");
    assert_eq!((reason(&words(true)), reason(&words(false))), ("No longer <made>".into(), "not given".into()));
}

/// The mails about a withdrawal and about a refund. `reasoned` is whether the customer gave a reason.
fn mails_after_delivery(reasoned: bool) -> [MailMessage; 2] {
    let bare = order_mail(OrderState::Delivered, None, reasoned);
    let bought = bare.content.order().unwrap().clone();
    let mail = |content| MailMessage { content, cancel_url: None, ..bare.clone() };
    [mail(mail::MailContent::Withdrawn(bought.clone())), mail(mail::MailContent::Refunded(bought))]
}

#[test]
fn the_confirmation_of_a_withdrawal_has_time_and_content() {
    let [confirmed, refunded] = mails_after_delivery(true).map(|mail| ComposedMail::compose(&mail));
    let fact = |words: &ComposedMail, name: &str| {
        words.facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let at = ReaderTexts::find(Language::English, Zone::UTC).moment(&Time::from_secs(1_520_000_000));
    assert!(confirmed.lines[0].contains(&at), "{:?}", confirmed.lines);
    assert!(confirmed.lines[1].starts_with("I, Ann <b>Example</b>, withdraw from the contract for order "));
    assert_eq!(fact(&confirmed, "Withdrawal received"), Some(at.clone()));
    assert_eq!(fact(&confirmed, "Ordered"), Some(at));
    assert_eq!(fact(&confirmed, "Reason"), Some("Too <large>".into()));
    assert!(confirmed.to_html().unwrap().contains("Too &#60;large&#62;"), "{}", confirmed.to_html().unwrap());
    let [silent, _] = mails_after_delivery(false).map(|mail| ComposedMail::compose(&mail));
    assert_eq!(fact(&silent, "Reason"), None);
    assert_eq!(fact(&refunded, "Refund"), Some("24.99 USD".into()));
}
