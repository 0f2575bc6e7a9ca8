//! Which mails an order causes, and how long sending is retried.

use super::*;
use crate::fulfilment::{Backend, BackendReport};
use crate::language::Language;
use crate::order::{CancelRequester, CancelledBy, NewOrder, OrderItem, OrderTiming, OrderTrigger};
use crate::product::Product;
use crate::text::{Asin, SlotId};
use crate::time::Span;
use uuid::Uuid;

const TIMING: OrderTiming = OrderTiming {
    cancel_window: Span::from_hours(24),
    problem_hold: Span::from_hours(72),
    recheck_every: Span::from_hours(1),
    price_tolerance_percent: 10,
    remind_before: Span::from_hours(24),
    ship_after: Span::from_mins(30),
    deliver_after: Span::from_hours(48),
    carrier_reports_delivery: true,
    assume_delivered_after: Span::from_hours(24),
    withdrawal_period: Span::from_hours(14 * 24),
    test_ship_after: Span::from_mins(10),
    test_deliver_after: Span::from_mins(10),
};

fn start_time() -> Time {
    Time::from_secs(1_520_000_000)
}

fn place_order(test: bool, problem: Option<OrderProblem>) -> (Order, Vec<MailContent>) {
    let item = OrderItem {
        asin: Asin::parse("B000000001").unwrap(),
        title: "Filter".into(),
        quantity: 3.0,
        unit: "count".into(),
        price: Money::parse("24.99", "USD").unwrap(),
        shipping: None,
        tax_rate: None,
    };
    let (id, device) = (OrderId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
    let slot = SlotId::parse("s").unwrap();
    let new = NewOrder {
        id,
        device,
        slot,
        item,
        test,
        backend: Backend::Simulated,
        recipient: None,
        approved_price: None,
        trigger: OrderTrigger::Device,
    };
    let (order, change) = Order::place(new, problem, start_time(), &TIMING);
    let news = content_for_change(&order, change).into_iter().collect();
    (order, news)
}

/// The kinds of all mails of an order when only time passes.
fn mail_kinds(
    (mut order, mut news): (Order, Vec<MailContent>),
    problem: impl Fn(Time) -> Option<OrderProblem>,
) -> Vec<&'static str> {
    while let Some(now) = order.due_at {
        let change = order.advance(now, problem(now), &TIMING).unwrap();
        news.extend(content_for_change(&order, change));
    }
    news.iter().map(MailContent::kind).collect()
}

#[test]
fn an_order_is_told_of_when_it_is_placed_ships_and_arrives() {
    for test in [false, true] {
        assert_eq!(mail_kinds(place_order(test, None), |_| None), ["order_placed", "order_shipped", "order_delivered"]);
    }
}

#[test]
fn a_held_order_is_told_of_once_then_reminded_of_once_and_when_it_is_over() {
    for held in [
        OrderProblem::MissingAddress,
        OrderProblem::PaymentFailed,
        OrderProblem::PriceTooHigh,
        OrderProblem::ApprovalRequired,
        OrderProblem::OrderLimitReached,
    ]
    .map(Some)
    {
        let log = ["order_held", "order_reminder", "order_expired"];
        assert_eq!(mail_kinds(place_order(false, held), |_| held), log, "{held:?}");
    }
    // These holds need no action of the customer.
    for held in [OrderProblem::OutOfStock, OrderProblem::Paused].map(Some) {
        assert_eq!(mail_kinds(place_order(false, held), |_| held), ["order_held", "order_expired"], "{held:?}");
    }
    let held = Some(OrderProblem::MissingAddress);
    let resolved = |now: Time| held.filter(|_| now.since(start_time()) < Span::from_hours(5));
    assert_eq!(
        mail_kinds(place_order(false, held), resolved),
        ["order_held", "order_placed", "order_shipped", "order_delivered"]
    );
}

#[test]
fn a_new_reason_for_holding_an_order_is_told_of() {
    let (address, stock) = (Some(OrderProblem::MissingAddress), Some(OrderProblem::OutOfStock));
    let changes = |now: Time| if now.since(start_time()) < Span::from_hours(5) { address } else { stock };
    assert_eq!(mail_kinds(place_order(false, address), changes), ["order_held", "order_held", "order_expired"]);
    let changes = |now: Time| if now.since(start_time()) < Span::from_hours(50) { stock } else { address };
    let log = ["order_held", "order_held", "order_expired"];
    assert_eq!(mail_kinds(place_order(false, stock), changes), log, "a new reason so late is reminder enough");
    // While a back end has not answered there is no mail; its answer causes one.
    let (mut order, news) = place_order(false, Some(OrderProblem::AwaitingBackend));
    order.backend = Backend::Webhook;
    assert_eq!(news, []);
    let said: Vec<_> = [OrderProblem::OutOfStock, OrderProblem::OutOfStock, OrderProblem::PaymentFailed]
        .into_iter()
        .map(|problem| {
            let change = order.apply_report(&BackendReport::Problem(problem), start_time(), &TIMING).unwrap().unwrap();
            content_for_change(&order, change).map(|news| news.kind())
        })
        .collect();
    assert_eq!(said, [Some("order_held"), None, Some("order_held")]);
}

#[test]
fn a_cancelled_order_is_told_of_unless_its_parcel_is_only_counted_as_arrived() {
    let cancelled = |mut order: Order, by, now| {
        let change = order.cancel(by, now).unwrap();
        content_for_change(&order, change).map(|news| news.kind())
    };
    assert_eq!(cancelled(place_order(false, None).0, CancelRequester::Customer, start_time()), Some("order_cancelled"));
    let (mut shipped, _) = place_order(true, None);
    let now = shipped.due_at.unwrap();
    shipped.advance(now, None, &TIMING).unwrap();
    assert_eq!(cancelled(shipped, CancelRequester::CancelTestOrder, now), None);
}

#[test]
fn a_delivery_is_mailed_early_late_and_only_assumed() {
    let mailed = |order: &Order, change: Option<OrderChange>| match change
        .and_then(|change| content_for_change(order, change))
    {
        Some(MailContent::Delivered(bought)) => Some(bought.assumed),
        other => panic!("{other:?}"),
    };
    let mut order = place_order(false, None).0;
    order.backend = Backend::Manual;
    let report = |order: &mut Order, report: &BackendReport, now| order.apply_report(report, now, &TIMING).unwrap();
    let shipped = BackendReport::Shipped { expected_at: None, tracking: Tracking::default() };
    report(&mut order, &shipped, start_time()).unwrap();
    let expected = order.expected_at.unwrap();
    let mut early = order.clone();
    let change = report(&mut early, &BackendReport::Delivered, expected - Span::from_hours(20));
    assert_eq!(mailed(&early, change), Some(false));
    // No report came in time, so delivery is assumed and the slot is free. Then the carrier reports after all.
    let change = order.advance(order.due_at.unwrap(), None, &TIMING);
    assert_eq!((mailed(&order, change), order.delivered_at), (Some(true), None));
    let late = expected + Span::from_hours(100);
    let change = report(&mut order, &BackendReport::Delivered, late);
    assert_eq!((mailed(&order, change), order.delivered_at), (Some(false), Some(late)));
    assert_eq!(report(&mut order, &BackendReport::Delivered, late), None, "once");
}

#[test]
fn tracking_that_comes_late_is_mailed() {
    let mut order = place_order(false, None).0;
    order.backend = Backend::Manual;
    let mut mailed = |number, carrier| {
        let shipped = BackendReport::Shipped { expected_at: None, tracking: Tracking::new(number, carrier, None) };
        let change = order.apply_report(&shipped, start_time(), &TIMING).unwrap()?;
        Some(content_for_change(&order, change).map(|news| news.order().unwrap().tracking.clone()))
    };
    assert_eq!(mailed(None, None), Some(Some(Tracking::default())));
    assert_eq!(mailed(Some("1Z9"), None), Some(Some(Tracking::new(Some("1Z9"), None, None))));
    assert_eq!(mailed(None, Some("DHL")), Some(None), "kept, and no third mail");
    assert_eq!(mailed(Some("1Z9"), Some("DHL")), None, "nothing new");
}

#[test]
fn a_cancel_says_who_and_why() {
    let mut order = place_order(false, None).0;
    order.backend = Backend::Manual;
    let why = Cancellation::new(CancelledBy::Operator, Some("No longer made"));
    let change = order.apply_report(&BackendReport::Cancelled(why.clone()), start_time(), &TIMING).unwrap().unwrap();
    let MailContent::Cancelled(bought) = content_for_change(&order, change).unwrap() else { panic!("not cancelled") };
    assert_eq!((bought.cancellation, order.cancellation), (Some(why.clone()), Some(why)));
    let mut order = place_order(false, None).0;
    order.cancel(CancelRequester::MailLink, start_time()).unwrap();
    assert_eq!(order.cancellation.unwrap().by, CancelledBy::MailLink);
}

#[test]
fn only_a_standard_order_that_did_not_leave_can_be_cancelled_by_its_mail() {
    let (order, news) = place_order(false, None);
    assert_eq!(news[0].cancellable_order(), Some(order.instance_id()));
    assert_eq!(place_order(false, Some(OrderProblem::OutOfStock)).1[0].cancellable_order(), Some(order.instance_id()));
    assert_eq!(place_order(true, None).1[0].cancellable_order(), None);
    assert_eq!(MailContent::Shipped(OrderSummary::from_order(&order)).cancellable_order(), None);
    assert_eq!(MailContent::TakenOver.cancellable_order(), None);
}

#[test]
fn what_a_mail_tells_reads_back() {
    let slots = [Some(("Filter".to_owned(), Money::parse("24.99", "USD").unwrap())), None];
    let slots = slots.map(|product| {
        let texts: Translations = [(Language::German, "„x“".to_owned())].into_iter().collect();
        SlotSummary { name: "漢字 \"x\"".into(), names: texts.clone(), product, titles: texts }
    });
    let by = TakeoverSummary { customer: CustomerId(Uuid::from_u128(7)), answer_by: start_time() };
    let mut all = vec![
        MailContent::Subscribed(slots.into()),
        MailContent::Deregistered,
        MailContent::TakenOver,
        MailContent::TooMany,
    ];
    all.extend([MailContent::TakeoverAnnounced(by), MailContent::TakeoverAsked(by), MailContent::ChangedHands(by)]);
    all.extend([MailContent::TakeoverAgreed(start_time()), MailContent::TakeoverDeclined, MailContent::TakenBack]);
    assert!(all.iter().all(|news| news.takeover().is_some() == (news.takeover() == Some(&by))));
    all.extend(place_order(false, Some(OrderProblem::OutOfStock)).1);
    for news in all {
        let text = serde_json::to_string(&news).unwrap();
        assert_eq!(serde_json::from_str::<MailContent>(&text).unwrap(), news);
    }
    let MailContent::Held(bought) = &place_order(false, Some(OrderProblem::OutOfStock)).1[0] else {
        panic!("not held")
    };
    assert_eq!(bought.problem(), Some(OrderProblem::OutOfStock));
}

#[test]
fn a_mail_server_is_waited_for_about_three_days() {
    let (mut now, mut attempt) = (start_time(), 1);
    let passing = MailOutcome::TransientFailure("451 come back later".into());
    while let MailDecision::Retry(at, why) = decide_after_attempt(attempt, &passing, now) {
        assert_eq!(why, "451 come back later");
        assert!(at > now);
        (now, attempt) = (at, attempt + 1);
    }
    assert_eq!((attempt, now.since(start_time()).to_string().as_str()), (11, "3d 21m"));
    let MailDecision::Finished(MailState::Dead, Some(why)) = decide_after_attempt(attempt, &passing, now) else {
        panic!("tried again")
    };
    assert_eq!(why, "451 come back later; it was tried for three days");
}

#[test]
fn what_a_mail_server_says_for_good_is_not_asked_twice() {
    let end = |outcome| decide_after_attempt(1, &outcome, start_time());
    assert_eq!(end(MailOutcome::Sent), MailDecision::Finished(MailState::Sent, None));
    assert_eq!(end(MailOutcome::Kept), MailDecision::Finished(MailState::Kept, None));
    assert_eq!(
        end(MailOutcome::PermanentFailure("550 no".into())),
        MailDecision::Finished(MailState::Dead, Some("550 no".into()))
    );
    let gone = MailDecision::Finished(MailState::Suppressed, Some("the account of its recipient was deleted".into()));
    assert_eq!(end(MailOutcome::RecipientGone), gone, "no failure for an operator to look at");
    for state in MailState::ALL {
        assert_eq!(MailState::parse(state.as_str()), Some(state));
    }
}

/// The catalogue's product of the sample order, with translations.
fn translated_product(title: &str, unit: &str) -> Product {
    let german = |text: &str| [(Language::German, text.to_owned())].into_iter().collect();
    Product {
        asin: Asin::parse("B000000001").unwrap(),
        title: title.into(),
        titles: german("Filterkartusche"),
        price: Money::parse("24.99", "USD").unwrap(),
        quantity: 3.0,
        unit: unit.into(),
        units: german("Stück"),
        available: true,
        sku: None,
        shipping: None,
        tax_rate: None,
        unit_price: None,
        picture: None,
    }
}

#[test]
fn a_mail_about_an_order_has_the_catalogues_translation_of_the_same_title() {
    let placed = place_order(false, None).1.remove(0);
    let product = |title, unit| Some(translated_product(title, unit));
    for (language, product, title, unit) in [
        (Language::German, product("Filter", "count"), "Filterkartusche", "Stück"),
        (Language::Japanese, product("Filter", "count"), "Filter", "count"),
        (Language::German, product("Filter", "piece"), "Filterkartusche", "count"),
        (Language::German, product("New filter", "count"), "Filter", "count"),
        (Language::German, None, "Filter", "count"),
    ] {
        let sent = placed.clone().in_language(language, product.as_ref());
        let bought = sent.order().unwrap();
        assert_eq!((bought.title.as_str(), bought.unit.as_str()), (title, unit), "{language} {product:?}");
    }
}

#[test]
fn every_mail_about_an_order_is_translated() {
    let (order, _) = place_order(false, None);
    let bought = OrderSummary::from_order(&order);
    for content in [
        MailContent::Placed,
        MailContent::Held,
        MailContent::Shipped,
        MailContent::Delivered,
        MailContent::Cancelled,
        MailContent::Expired,
        MailContent::Withdrawn,
        MailContent::Refunded,
    ] {
        let product = translated_product("Filter", "count");
        let sent = content(bought.clone()).in_language(Language::German, Some(&product));
        assert_eq!(sent.order().unwrap().title, "Filterkartusche", "{}", sent.kind());
    }
}

#[test]
fn mails_about_slots_and_prices_have_the_translations_that_they_were_written_with() {
    let german = |text: &str| -> Translations { [(Language::German, text.to_owned())].into_iter().collect() };
    let price = || Money::parse("24.99", "USD").unwrap();
    let (names, titles) = (german("Fach"), german("Filterkartusche"));
    let product = Some(("Filter".to_owned(), price()));
    let slot = SlotSummary { name: "Slot".into(), names, product, titles: titles.clone() };
    let sent = MailContent::Subscribed(vec![slot]).in_language(Language::German, None);
    let MailContent::Subscribed(slots) = sent else { panic!("{sent:?}") };
    let title = slots[0].product.as_ref().map(|(title, _)| title.as_str());
    assert_eq!((slots[0].name.as_str(), title), ("Fach", Some("Filterkartusche")));
    let title = "Filter".into();
    let news = PriceChangeSummary { title, titles, before: price(), price: price(), agreed: None, asks: false };
    let sent = MailContent::PriceChanged(news).in_language(Language::German, None);
    assert!(matches!(sent, MailContent::PriceChanged(PriceChangeSummary { title, .. }) if title == "Filterkartusche"));
    // A mail of an earlier release has no translations.
    let earlier = r#"{"title":"Filter","before":{"minor":1,"currency":"USD"},"price":{"minor":2,"currency":"USD"},"agreed":null,"asks":false}"#;
    assert!(serde_json::from_str::<PriceChangeSummary>(earlier).unwrap().titles.is_empty());
}
