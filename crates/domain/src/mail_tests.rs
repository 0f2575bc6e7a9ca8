//! Which mails an order's life causes, and how long a mail server is waited for.

use super::*;
use crate::fulfilment::{Backend, Report};
use crate::order::{CancelledBy, Canceller, Item, NewOrder, Timing};
use crate::text::{Asin, SlotId};
use uuid::Uuid;

const TIMING: Timing = Timing {
    cancel_window: Span::from_hours(24),
    problem_hold: Span::from_hours(72),
    recheck: Span::from_hours(1),
    ask_above: 10,
    remind_before: Span::from_hours(24),
    ship_after: Span::from_mins(30),
    deliver_after: Span::from_hours(48),
    delivery_known: true,
    free_after: Span::from_hours(24),
    test_ship_after: Span::from_mins(10),
    test_deliver_after: Span::from_mins(10),
};

fn start() -> Time {
    Time::from_secs(1_520_000_000)
}

fn place(test: bool, problem: Option<Problem>) -> (Order, Vec<News>) {
    let item = Item {
        asin: Asin::parse("B000000001").unwrap(),
        title: "Filter".into(),
        quantity: 3.0,
        unit: "count".into(),
        price: Money::parse("24.99", "USD").unwrap(),
    };
    let (id, device) = (OrderId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
    let slot = SlotId::parse("s").unwrap();
    let new = NewOrder { id, device, slot, item, test, backend: Backend::Simulated, recipient: None };
    let (order, change) = Order::place(new, problem, start(), &TIMING);
    let news = of_order(&order, change).into_iter().collect();
    (order, news)
}

/// Every mail of an order's life, as its kind, when nothing but time passes.
fn mails((mut order, mut news): (Order, Vec<News>), problem: impl Fn(Time) -> Option<Problem>) -> Vec<&'static str> {
    while let Some(now) = order.due_at {
        let change = order.due(now, problem(now), &TIMING).unwrap();
        news.extend(of_order(&order, change));
    }
    news.iter().map(News::kind).collect()
}

#[test]
fn an_order_is_told_of_when_it_is_placed_ships_and_arrives() {
    for test in [false, true] {
        assert_eq!(mails(place(test, None), |_| None), ["order_placed", "order_shipped", "order_delivered"]);
    }
}

#[test]
fn a_held_order_is_told_of_once_then_reminded_of_once_and_when_it_is_over() {
    for held in [Problem::Address, Problem::Payment, Problem::Price, Problem::Ask, Problem::Limit].map(Some) {
        let story = ["order_held", "order_reminder", "order_expired"];
        assert_eq!(mails(place(false, held), |_| held), story, "{held:?}");
    }
    // Nobody is asked to do anything here.
    for held in [Problem::OutOfStock, Problem::Paused].map(Some) {
        assert_eq!(mails(place(false, held), |_| held), ["order_held", "order_expired"], "{held:?}");
    }
    let held = Some(Problem::Address);
    let resolved = |now: Time| held.filter(|_| now.since(start()) < Span::from_hours(5));
    assert_eq!(mails(place(false, held), resolved), ["order_held", "order_placed", "order_shipped", "order_delivered"]);
}

#[test]
fn a_new_reason_for_holding_an_order_is_told_of() {
    let (address, stock) = (Some(Problem::Address), Some(Problem::OutOfStock));
    let changes = |now: Time| if now.since(start()) < Span::from_hours(5) { address } else { stock };
    assert_eq!(mails(place(false, address), changes), ["order_held", "order_held", "order_expired"]);
    let changes = |now: Time| if now.since(start()) < Span::from_hours(50) { stock } else { address };
    let story = ["order_held", "order_held", "order_expired"];
    assert_eq!(mails(place(false, stock), changes), story, "a new reason so late is reminder enough");
    // While a back end has not said its word there is nothing to tell; what it says then is told once.
    let (mut order, news) = place(false, Some(Problem::Unconfirmed));
    order.backend = Backend::Webhook;
    assert_eq!(news, []);
    let said: Vec<_> = [Problem::OutOfStock, Problem::OutOfStock, Problem::Payment]
        .into_iter()
        .map(|problem| {
            let change = order.report(&Report::Problem(problem), start(), &TIMING).unwrap().unwrap();
            of_order(&order, change).map(|news| news.kind())
        })
        .collect();
    assert_eq!(said, [Some("order_held"), None, Some("order_held")]);
}

#[test]
fn a_cancelled_order_is_told_of_unless_its_parcel_is_only_counted_as_arrived() {
    let cancelled = |mut order: Order, by, now| {
        let change = order.cancel(by, now).unwrap();
        of_order(&order, change).map(|news| news.kind())
    };
    assert_eq!(cancelled(place(false, None).0, Canceller::Customer, start()), Some("order_cancelled"));
    let (mut shipped, _) = place(true, None);
    let now = shipped.due_at.unwrap();
    shipped.due(now, None, &TIMING).unwrap();
    assert_eq!(cancelled(shipped, Canceller::TestCall, now), None);
}

#[test]
fn a_delivery_is_mailed_early_late_and_only_assumed() {
    let mailed = |order: &Order, change: Option<Change>| match change.and_then(|change| of_order(order, change)) {
        Some(News::Delivered(bought)) => Some(bought.assumed),
        other => panic!("{other:?}"),
    };
    let mut order = place(false, None).0;
    order.backend = Backend::Manual;
    let report = |order: &mut Order, report: &Report, now| order.report(report, now, &TIMING).unwrap();
    let shipped = Report::Shipped { expected_at: None, tracking: Tracking::default() };
    report(&mut order, &shipped, start()).unwrap();
    let expected = order.expected_at.unwrap();
    let mut early = order.clone();
    let change = report(&mut early, &Report::Delivered, expected - Span::from_hours(20));
    assert_eq!(mailed(&early, change), Some(false));
    // Nobody said so in time: assumed, and the slot is free; then the carrier speaks after all.
    let change = order.due(order.due_at.unwrap(), None, &TIMING);
    assert_eq!((mailed(&order, change), order.delivered_at), (Some(true), None));
    let late = expected + Span::from_hours(100);
    let change = report(&mut order, &Report::Delivered, late);
    assert_eq!((mailed(&order, change), order.delivered_at), (Some(false), Some(late)));
    assert_eq!(report(&mut order, &Report::Delivered, late), None, "once");
}

#[test]
fn tracking_that_comes_late_is_mailed() {
    let mut order = place(false, None).0;
    order.backend = Backend::Manual;
    let mut mailed = |number, carrier| {
        let shipped = Report::Shipped { expected_at: None, tracking: Tracking::new(number, carrier, None) };
        let change = order.report(&shipped, start(), &TIMING).unwrap()?;
        Some(of_order(&order, change).map(|news| news.order().unwrap().tracking.clone()))
    };
    assert_eq!(mailed(None, None), Some(Some(Tracking::default())));
    assert_eq!(mailed(Some("1Z9"), None), Some(Some(Tracking::new(Some("1Z9"), None, None))));
    assert_eq!(mailed(None, Some("DHL")), Some(None), "kept, and no third mail");
    assert_eq!(mailed(Some("1Z9"), Some("DHL")), None, "nothing new");
}

#[test]
fn a_cancel_says_who_and_why() {
    let mut order = place(false, None).0;
    order.backend = Backend::Manual;
    let why = Cancellation::new(CancelledBy::Operator, Some("No longer made"));
    let change = order.report(&Report::Cancelled(why.clone()), start(), &TIMING).unwrap().unwrap();
    let News::Cancelled(bought) = of_order(&order, change).unwrap() else { panic!("not cancelled") };
    assert_eq!((bought.cancellation, order.cancellation), (Some(why.clone()), Some(why)));
    let mut order = place(false, None).0;
    order.cancel(Canceller::MailLink, start()).unwrap();
    assert_eq!(order.cancellation.unwrap().by, CancelledBy::MailLink);
}

#[test]
fn only_a_standard_order_that_did_not_leave_can_be_cancelled_by_its_mail() {
    let (order, news) = place(false, None);
    assert_eq!(news[0].cancellable(), Some(order.instance()));
    assert_eq!(place(false, Some(Problem::OutOfStock)).1[0].cancellable(), Some(order.instance()));
    assert_eq!(place(true, None).1[0].cancellable(), None);
    assert_eq!(News::Shipped(Bought::new(&order)).cancellable(), None);
    assert_eq!(News::TakenOver.cancellable(), None);
}

#[test]
fn what_a_mail_tells_reads_back() {
    let slots = [Some(("Filter".to_owned(), Money::parse("24.99", "USD").unwrap())), None];
    let slots = slots.map(|product| SlotNews { name: "漢字 \"x\"".into(), product });
    let by = Approach { customer: CustomerId(Uuid::from_u128(7)), answer_by: start() };
    let mut all = vec![News::Subscribed(slots.into()), News::Deregistered, News::TakenOver, News::TooMany];
    all.extend([News::TakeoverAnnounced(by), News::TakeoverAsked(by), News::ChangedHands(by)]);
    all.extend([News::TakeoverAgreed(start()), News::TakeoverDeclined, News::TakenBack]);
    assert!(all.iter().all(|news| news.approach().is_some() == (news.approach() == Some(&by))));
    all.extend(place(false, Some(Problem::OutOfStock)).1);
    for news in all {
        let text = serde_json::to_string(&news).unwrap();
        assert_eq!(serde_json::from_str::<News>(&text).unwrap(), news);
    }
    let News::Held(bought) = &place(false, Some(Problem::OutOfStock)).1[0] else { panic!("not held") };
    assert_eq!(bought.problem(), Some(Problem::OutOfStock));
}

#[test]
fn a_mail_server_is_waited_for_about_three_days() {
    let (mut now, mut attempt) = (start(), 1);
    let passing = Outcome::Passing("451 come back later".into());
    while let Next::Retry(at, why) = after(attempt, &passing, now) {
        assert_eq!(why, "451 come back later");
        assert!(at > now);
        (now, attempt) = (at, attempt + 1);
    }
    assert_eq!((attempt, now.since(start()).to_string().as_str()), (11, "3d 21m"));
    let Next::Over(State::Dead, Some(why)) = after(attempt, &passing, now) else { panic!("tried again") };
    assert_eq!(why, "451 come back later; it was tried for three days");
}

#[test]
fn what_a_mail_server_says_for_good_is_not_asked_twice() {
    let end = |outcome| after(1, &outcome, start());
    assert_eq!(end(Outcome::Sent), Next::Over(State::Sent, None));
    assert_eq!(end(Outcome::Kept), Next::Over(State::Kept, None));
    assert_eq!(end(Outcome::Final("550 no".into())), Next::Over(State::Dead, Some("550 no".into())));
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
    }
}
