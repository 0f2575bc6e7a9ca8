//! An order's life, told as stories and held to its invariants by random ones.

use super::*;
use crate::fulfilment::Report;
use proptest::prelude::*;
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

fn place(test: bool, problem: Option<Problem>) -> (Order, Change) {
    place_with(Backend::Simulated, test, problem)
}

fn place_with(backend: Backend, test: bool, problem: Option<Problem>) -> (Order, Change) {
    let item = Item {
        asin: Asin::parse("B000000001").unwrap(),
        title: "Filter".into(),
        quantity: 3.0,
        unit: "count".into(),
        price: Money::parse("24.99", "USD").unwrap(),
    };
    let (id, device) = (OrderId(Uuid::from_u128(1)), DeviceId(Uuid::from_u128(2)));
    let slot = SlotId::parse("s").unwrap();
    Order::place(NewOrder { id, device, slot, item, test, backend, recipient: None }, problem, start(), &TIMING)
}

/// Lets time run to each due moment until the order is over, and writes down what happened.
fn live(mut order: Order, problem: impl Fn(Time) -> Option<Problem>, timing: &Timing) -> Vec<String> {
    let mut story = Vec::new();
    while let Some(now) = order.due_at {
        let change = order.due(now, problem(now), timing).unwrap();
        if change.from != change.to {
            let told = change.told.map_or(String::new(), |told| format!(" tell {told:?}"));
            story.push(format!("{} {}{told}", now.since(start()), change.to.as_str()));
        }
    }
    story
}

#[test]
fn a_standard_order_waits_a_day_ships_and_arrives() {
    let (order, change) = place(false, None);
    assert_eq!((change.told, order.status()), (Some(Told::Placed), "Processing"));
    assert_eq!(order.expected_at, Some(start() + Span::from_hours(72) + Span::from_mins(30)));
    assert_eq!(live(order, |_| None, &TIMING), ["1d fulfilling", "1d 30m shipped tell Shipped", "3d 30m delivered"]);
}

#[test]
fn without_a_word_of_delivery_the_slot_is_freed_a_day_after_it_was_expected() {
    let timing = Timing { delivery_known: false, ..TIMING };
    let story = live(place(false, None).0, |_| None, &timing);
    assert_eq!(story.last().unwrap(), "4d 30m delivered");
}

#[test]
fn a_test_order_takes_twenty_minutes_and_asks_no_customer() {
    let (mut order, change) = place(true, None);
    assert_eq!(change.told, Some(Told::Placed));
    assert_eq!(live(order.clone(), |_| None, &TIMING), ["10m shipped tell Shipped", "20m delivered"]);
    assert_eq!(order.cancel(Canceller::Customer, start()), Err(NotCancelled::Test));
}

#[test]
fn a_held_order_expires_after_72_hours_and_says_so_once() {
    let (order, change) = place(false, Some(Problem::Address));
    assert_eq!((change.told, order.expected_at, order.status()), (None, None, "Processing"));
    assert_eq!(live(order, |_| Some(Problem::Address), &TIMING), ["3d expired tell Cancelled"]);
}

#[test]
fn an_order_of_a_pause_waits_for_its_end_and_is_placed_then() {
    let (mut order, _) = place(false, Some(Problem::Paused));
    let until = start() + Span::from_hours(30 * 24);
    order.wait_for_owner(Some(until), start(), &TIMING);
    assert_eq!(order.window_ends_at, until + TIMING.problem_hold);
    let story = live(order.clone(), |now| (now < until).then_some(Problem::Paused), &TIMING);
    assert_eq!(story[..2], ["30d placed tell Placed", "31d fulfilling"]);
    // What else is in the way then has its 72 hours from then on.
    let story = live(order, |now| Some(if now < until { Problem::Paused } else { Problem::Ask }), &TIMING);
    assert_eq!(story, ["33d expired tell Cancelled"]);
}

#[test]
fn a_pause_that_ends_early_gives_an_order_the_72_hours_of_any_other() {
    let (mut order, _) = place(false, Some(Problem::Paused));
    let month = start() + Span::from_hours(30 * 24);
    order.wait_for_owner(Some(month), start(), &TIMING);
    let back = start() + Span::from_hours(100);
    order.wait_for_owner(None, back, &TIMING);
    assert_eq!(order.window_ends_at, back + TIMING.problem_hold);
    order.wait_for_owner(None, back + Span::from_hours(5), &TIMING);
    assert_eq!(order.window_ends_at, back + TIMING.problem_hold, "and no more");
    let (mut never, _) = place(false, Some(Problem::Ask));
    let before = never.clone();
    never.wait_for_owner(None, start() + Span::from_hours(5), &TIMING);
    assert_eq!(never, before);
    let (mut placed, _) = place(false, None);
    let before = placed.clone();
    placed.wait_for_owner(Some(month), start(), &TIMING);
    assert_eq!(placed, before, "what is placed is no longer held");
}

#[test]
fn a_resolved_problem_starts_the_24_hours_anew() {
    let (order, _) = place(false, Some(Problem::OutOfStock));
    let resolved = start() + Span::from_hours(5);
    let story = live(order, |now| (now < resolved).then_some(Problem::OutOfStock), &TIMING);
    assert_eq!(story[..2], ["5h placed tell Placed", "1d 5h fulfilling"]);
}

#[test]
fn the_customers_word_is_for_a_held_order_at_the_price_they_saw() {
    let (mut order, _) = place(false, Some(Problem::Ask));
    let later = start() + Span::from_mins(5);
    let other = Money::parse("25.00", "USD").unwrap();
    assert_eq!(order.approve(&other, later), Err(NotApproved::OtherPrice(order.item.price.clone())));
    assert_eq!((order.approved.clone(), order.due_at), (None, Some(start() + TIMING.recheck)));
    let seen = order.item.price.clone();
    order.approve(&seen, later).unwrap();
    let change = order.due(later, None, &TIMING).unwrap();
    assert_eq!((change.told, order.window_ends_at), (Some(Told::Placed), later + TIMING.cancel_window));
    assert_eq!(order.approve(&seen, later), Err(NotApproved::NotHeld));
}

#[test]
fn the_customer_cancels_within_the_window_and_no_later() {
    let (order, _) = place(false, None);
    let last = order.window_ends_at - Span::from_secs(1);
    assert!(order.is_cancellable(last));
    assert_eq!(order.clone().cancel(Canceller::Customer, last).unwrap().told, Some(Told::Cancelled));
    assert_eq!(order.clone().cancel(Canceller::Customer, order.window_ends_at), Err(NotCancelled::TooLate));
    let mut held = place(false, Some(Problem::Address)).0;
    assert_eq!(held.cancel(Canceller::Customer, start()).unwrap().told, Some(Told::Cancelled), "alone: no OrderPlaced");
    assert_eq!(held.cancel(Canceller::Customer, start()), Err(NotCancelled::Over));
}

#[test]
fn a_test_call_cancels_what_has_not_shipped_and_frees_what_has() {
    let mut order = place(true, None).0;
    assert_eq!(order.clone().cancel(Canceller::TestCall, start()).unwrap().told, Some(Told::Cancelled));
    order.due(order.due_at.unwrap(), None, &TIMING);
    let change = order.cancel(Canceller::TestCall, start()).unwrap();
    assert_eq!((change.told, change.to, order.status()), (None, State::Delivered, "Shipped"));
}

#[test]
fn nothing_happens_before_its_time() {
    let (mut order, _) = place(false, None);
    assert_eq!(order.due(order.due_at.unwrap() - Span::from_micros(1), None, &TIMING), None);
}

const NO_TRACKING: Tracking = Tracking { number: None, carrier: None, link: None };
const NO_PARTS: PriceParts = PriceParts { shipping: None, tax: None };
const SHIPPED: Report = Report::Shipped { expected_at: None, tracking: NO_TRACKING };
const ACCEPTED: Report = Report::Accepted { expected_at: None, parts: NO_PARTS };
const CANCELLED: Report = Report::Cancelled(Cancellation { by: CancelledBy::Shop, reason: None });

#[test]
fn a_real_back_end_ships_and_delivers_when_it_says_so() {
    let (mut order, change) = place_with(Backend::Manual, false, None);
    assert_eq!(change.told, Some(Told::Placed));
    let mut say = |report: &Report, hours| {
        let change = order.report(report, start() + Span::from_hours(hours), &TIMING);
        (change.map(|c| c.map(|c| (c.to, c.told))), order.due_at)
    };
    let free = Some(start() + Span::from_hours(2 + 48 + 24));
    assert_eq!(say(&Report::Delivered, 1).0, Err(NotReported::State("placed")));
    assert_eq!(say(&SHIPPED, 2), (Ok(Some((State::Shipped, Some(Told::Shipped)))), free));
    assert_eq!(say(&SHIPPED, 3), (Ok(None), free), "again");
    assert_eq!(say(&ACCEPTED, 3), (Ok(None), free), "late");
    assert_eq!(say(&CANCELLED, 3).0, Err(NotReported::State("shipped")));
    assert_eq!(say(&Report::Delivered, 4), (Ok(Some((State::Delivered, None))), None));
    assert_eq!(say(&Report::Delivered, 5), (Ok(None), None));

    let mut silent = place_with(Backend::Manual, false, None).0;
    silent.due(silent.due_at.unwrap(), None, &TIMING).unwrap();
    assert_eq!((silent.state, silent.due_at), (State::Fulfilling, None), "the clock ships nothing");
    assert_eq!(place(false, None).0.report(&SHIPPED, start(), &TIMING), Err(NotReported::Simulated));
}

#[test]
fn a_back_ends_problem_holds_and_the_maker_is_told_of_the_order_once() {
    let (mut order, _) = place_with(Backend::Manual, false, None);
    let later = start() + Span::from_hours(30);
    let held = order.report(&Report::Problem(Problem::Payment), later, &TIMING).unwrap().unwrap();
    assert_eq!((held.to, held.told, order.expected_at), (State::Held, None, None));
    assert_eq!(order.window_ends_at, later + TIMING.problem_hold);
    let mut lost = order.clone();
    let placed = order.report(&ACCEPTED, later, &TIMING).unwrap().unwrap();
    assert_eq!((placed.to, placed.told, order.problem, order.reported), (State::Placed, None, None, false));
    let ended = lost.due(lost.window_ends_at, lost.problem, &TIMING).unwrap();
    assert_eq!(ended.told, Some(Told::Cancelled));
    assert_eq!(lost.report(&CANCELLED, later, &TIMING), Ok(None));
    assert_eq!(lost.report(&SHIPPED, later, &TIMING), Err(NotReported::State("expired")));
}

#[test]
fn a_back_end_does_not_decide_for_the_customer() {
    let mut order = place_with(Backend::Manual, false, Some(Problem::Ask)).0;
    for report in [ACCEPTED, Report::Problem(Problem::Payment)] {
        assert_eq!(order.report(&report, start(), &TIMING), Err(NotReported::Customers));
    }
    assert_eq!(order.report(&SHIPPED, start(), &TIMING), Err(NotReported::State("held")));
    assert!(order.report(&CANCELLED, start(), &TIMING).is_ok_and(|change| change.is_some()), "it may refuse it");
}

#[test]
fn an_order_that_its_back_end_has_to_confirm_is_placed_by_its_word() {
    let waiting = || place_with(Backend::Webhook, false, Some(Problem::Unconfirmed)).0;
    let (later, mut order) = (start() + Span::from_mins(1), waiting());
    let expected = start() + Span::from_hours(50);
    let placed = order
        .report(&Report::Accepted { expected_at: Some(expected), parts: NO_PARTS }, later, &TIMING)
        .unwrap()
        .unwrap();
    assert_eq!((placed.told, order.expected_at), (Some(Told::Placed), Some(expected)));
    assert_eq!(order.window_ends_at, later + TIMING.cancel_window);
    let mut refused = waiting();
    let held = refused.report(&Report::Problem(Problem::OutOfStock), later, &TIMING).unwrap().unwrap();
    assert_eq!((held.told, held.to, refused.problem), (None, State::Held, Some(Problem::OutOfStock)));
    assert_eq!(refused.window_ends_at, start() + TIMING.problem_hold, "the 72 hours count from the order's making");
}

#[test]
fn a_back_end_says_what_a_price_consists_of() {
    let usd = |amount: &str| Some(Money::parse(amount, "USD").unwrap());
    let accepted = |order: &mut Order, shipping, tax| {
        let parts = PriceParts { shipping, tax };
        order.report(&Report::Accepted { expected_at: None, parts }, start(), &TIMING).unwrap();
        order.parts.clone()
    };
    let waiting = || place_with(Backend::Webhook, false, Some(Problem::Unconfirmed)).0;
    let parts = accepted(&mut waiting(), usd("3.90"), usd("24.99"));
    assert_eq!(parts, PriceParts { shipping: usd("3.90"), tax: usd("24.99") });
    let euros = Some(Money::parse("1.00", "EUR").unwrap());
    assert_eq!(accepted(&mut waiting(), usd("25.00"), euros), NO_PARTS, "what cannot be a part is none");
}

#[test]
fn the_day_that_a_back_end_named_stays_when_it_ships() {
    let mut order = place_with(Backend::Webhook, false, Some(Problem::Unconfirmed)).0;
    let day = start() + Span::from_hours(200);
    order.report(&Report::Accepted { expected_at: Some(day), parts: NO_PARTS }, start(), &TIMING).unwrap();
    order.report(&SHIPPED, start() + Span::from_hours(30), &TIMING).unwrap();
    assert_eq!((order.expected_at, order.due_at), (Some(day), Some(day + TIMING.free_after)));
}

#[test]
fn a_parcel_does_not_leave_while_its_customer_was_promised_time() {
    let (order, _) = place_with(Backend::Manual, false, None);
    let ends = order.window_ends_at;
    assert_eq!(order.check_cancel_window(ends - Span::from_secs(1)), Err(NotReported::Window(ends)));
    assert_eq!(order.check_cancel_window(ends), Ok(()));
}

#[test]
fn an_order_is_sent_elsewhere_only_while_it_is_held_for_its_customer() {
    let recipient =
        Recipient { name: "Ann".into(), email: crate::text::Email::parse("ann@example.com").unwrap(), address: None };
    for (problem, may) in
        [(Some(Problem::Ask), true), (Some(Problem::Address), true), (Some(Problem::Unconfirmed), false), (None, false)]
    {
        let (mut order, _) = place(false, problem);
        assert_eq!(order.send_to(recipient.clone(), start()).is_ok(), may, "{problem:?}");
        assert_eq!(order.recipient.is_some(), may, "{problem:?}");
    }
}

#[test]
fn a_test_order_has_no_back_end() {
    assert_eq!(place_with(Backend::Manual, true, None).0.backend, Backend::Simulated);
}

proptest! {
    /// Whatever happens, in any order: OrderPlaced comes first and once, ItemShipped and OrderCancelled exclude each
    /// other, an order that is over stays as it is, and one that is not over has a next moment.
    #[test]
    fn any_life_keeps_the_promises(
        test in any::<bool>(),
        mut bad in any::<bool>(),
        steps in prop::collection::vec((0_u8..4, 0_i64..40), 1..40),
    ) {
        let wrong = |bad: bool| (bad && !test).then_some(Problem::OutOfStock);
        let (mut order, change) = place(test, wrong(bad));
        let (mut now, mut told) = (start(), Vec::from_iter(change.told));
        for (step, hours) in steps {
            now = now + Span::from_hours(hours);
            let before = order.clone();
            let change = match step {
                0 => order.cancel(Canceller::Customer, now).ok(),
                1 if test => order.cancel(Canceller::TestCall, now).ok(),
                2 => { bad = !bad; None }
                _ => order.due(now, wrong(bad), &TIMING),
            };
            told.extend(change.and_then(|c| c.told));
            prop_assert_eq!(order.state.is_over(), order.due_at.is_none());
            if before.state.is_over() {
                prop_assert_eq!(&before, &order);
            }
        }
        prop_assert!(told.iter().filter(|t| **t == Told::Placed).count() <= 1);
        prop_assert!(!(told.contains(&Told::Shipped) && told.contains(&Told::Cancelled)));
        if told.contains(&Told::Shipped) {
            prop_assert_eq!(told[0], Told::Placed);
        }
        prop_assert_eq!(told.contains(&Told::Shipped), order.status() == "Shipped");
    }
}

#[test]
fn a_back_end_takes_no_more_than_the_customer_allows() {
    use crate::rule::{Cap, Rules, Terms};
    use crate::subscription::AgreedPrice;
    let usd = |amount: &str| Money::parse(amount, "USD").unwrap();
    let (mut order, _) = place_with(Backend::Vendure, false, Some(Problem::Unconfirmed));
    let free = Terms::default();
    let rules = |cap| Rules { cap: Some(cap), ..Rules::default() };
    let capped = Terms { rules: rules(Cap::Amount(usd("30.00"))), agreed: None };
    let agreed = AgreedPrice { asin: Asin::parse("B000000001").unwrap(), price: usd("24.99"), at: None };
    let percent = Terms { rules: rules(Cap::Percent(10)), agreed: Some(agreed) };
    let allowed =
        |order: &Order, price: &Money| [&free, &capped, &percent].map(|terms| terms.allows_charge(order, price));
    assert_eq!(allowed(&order, &usd("24.99")), [true, true, true]);
    assert_eq!(allowed(&order, &usd("25.00")), [false, true, true], "without a cap nothing dearer was allowed");
    assert_eq!(allowed(&order, &usd("30.00")), [false, true, false]);
    assert_eq!(allowed(&order, &usd("30.01")), [false, false, false]);
    assert_eq!(allowed(&order, &Money::parse("1.00", "EUR").unwrap()), [false, false, false]);
    order.approve(&usd("24.99"), start()).unwrap();
    assert_eq!(allowed(&order, &usd("25.00")), [false, false, false], "who was asked is bound by what they saw");
    order.item.price = usd("20.00");
    assert_eq!(allowed(&order, &usd("24.99")), [true, true, true]);
}
