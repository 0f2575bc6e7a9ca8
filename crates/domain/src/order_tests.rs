//! Tests of an order's life: fixed sequences, and random ones checked against invariants.

use super::*;
use crate::fulfilment::{Backend, BackendReport};
use crate::id::{DeviceId, OrderId};
use crate::money::Money;
use crate::text::{Asin, SlotId};
use crate::time::{Span, Time};
use proptest::prelude::*;
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

fn place_order(test: bool, problem: Option<OrderProblem>) -> (Order, OrderChange) {
    place_order_with(Backend::Simulated, test, problem)
}

fn place_order_with(backend: Backend, test: bool, problem: Option<OrderProblem>) -> (Order, OrderChange) {
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
    let (recipient, approved_price, trigger) = (None, None, OrderTrigger::Device);
    let new = NewOrder { id, device, slot, item, test, backend, recipient, approved_price, trigger };
    Order::place(new, problem, start_time(), &TIMING)
}

/// Advances time to each due moment until the order is final, and records what happened.
fn run_to_end(mut order: Order, problem: impl Fn(Time) -> Option<OrderProblem>, timing: &OrderTiming) -> Vec<String> {
    let mut log = Vec::new();
    while let Some(now) = order.due_at {
        let change = order.advance(now, problem(now), timing).unwrap();
        if change.from != change.to {
            let notification =
                change.notification.map_or(String::new(), |notification| format!(" tell {notification:?}"));
            log.push(format!("{} {}{notification}", now.since(start_time()), change.to.as_str()));
        }
    }
    log
}

#[test]
fn a_standard_order_waits_a_day_ships_and_arrives() {
    let (order, change) = place_order(false, None);
    assert_eq!((change.notification, order.wire_status()), (Some(OrderNotification::Placed), "Processing"));
    assert_eq!(order.expected_at, Some(start_time() + Span::from_hours(72) + Span::from_mins(30)));
    assert_eq!(
        run_to_end(order, |_| None, &TIMING),
        ["1d fulfilling", "1d 30m shipped tell Shipped", "3d 30m delivered"]
    );
}

#[test]
fn without_a_word_of_delivery_the_slot_is_freed_a_day_after_it_was_expected() {
    let timing = OrderTiming { carrier_reports_delivery: false, ..TIMING };
    let log = run_to_end(place_order(false, None).0, |_| None, &timing);
    assert_eq!(log.last().unwrap(), "4d 30m delivered");
}

#[test]
fn a_test_order_takes_twenty_minutes_and_asks_no_customer() {
    let (mut order, change) = place_order(true, None);
    assert_eq!(change.notification, Some(OrderNotification::Placed));
    assert_eq!(run_to_end(order.clone(), |_| None, &TIMING), ["10m shipped tell Shipped", "20m delivered"]);
    assert_eq!(order.cancel(CancelRequester::Customer, start_time()), Err(CancelError::IsTestOrder));
}

#[test]
fn a_held_order_expires_after_72_hours_and_says_so_once() {
    let (order, change) = place_order(false, Some(OrderProblem::MissingAddress));
    assert_eq!((change.notification, order.expected_at, order.wire_status()), (None, None, "Processing"));
    assert_eq!(run_to_end(order, |_| Some(OrderProblem::MissingAddress), &TIMING), ["3d expired tell Cancelled"]);
}

#[test]
fn an_order_of_a_pause_waits_for_its_end_and_is_placed_then() {
    let (mut order, _) = place_order(false, Some(OrderProblem::Paused));
    let until = start_time() + Span::from_hours(30 * 24);
    order.extend_hold(Some(until), start_time(), &TIMING);
    assert_eq!(order.window_ends_at, until + TIMING.problem_hold);
    let log = run_to_end(order.clone(), |now| (now < until).then_some(OrderProblem::Paused), &TIMING);
    assert_eq!(log[..2], ["30d placed tell Placed", "31d fulfilling"]);
    // Another problem then has its 72 hours from that time on.
    let log = run_to_end(
        order,
        |now| Some(if now < until { OrderProblem::Paused } else { OrderProblem::ApprovalRequired }),
        &TIMING,
    );
    assert_eq!(log, ["33d expired tell Cancelled"]);
}

#[test]
fn a_pause_that_ends_early_gives_an_order_the_72_hours_of_any_other() {
    let (mut order, _) = place_order(false, Some(OrderProblem::Paused));
    let month = start_time() + Span::from_hours(30 * 24);
    order.extend_hold(Some(month), start_time(), &TIMING);
    let back = start_time() + Span::from_hours(100);
    order.extend_hold(None, back, &TIMING);
    assert_eq!(order.window_ends_at, back + TIMING.problem_hold);
    order.extend_hold(None, back + Span::from_hours(5), &TIMING);
    assert_eq!(order.window_ends_at, back + TIMING.problem_hold, "and no more");
    let (mut never, _) = place_order(false, Some(OrderProblem::ApprovalRequired));
    let before = never.clone();
    never.extend_hold(None, start_time() + Span::from_hours(5), &TIMING);
    assert_eq!(never, before);
    let (mut placed, _) = place_order(false, None);
    let before = placed.clone();
    placed.extend_hold(Some(month), start_time(), &TIMING);
    assert_eq!(placed, before, "what is placed is no longer held");
}

#[test]
fn a_resolved_problem_starts_the_24_hours_anew() {
    let (order, _) = place_order(false, Some(OrderProblem::OutOfStock));
    let resolved = start_time() + Span::from_hours(5);
    let log = run_to_end(order, |now| (now < resolved).then_some(OrderProblem::OutOfStock), &TIMING);
    assert_eq!(log[..2], ["5h placed tell Placed", "1d 5h fulfilling"]);
}

#[test]
fn the_customers_word_is_for_a_held_order_at_the_price_they_saw() {
    let (mut order, _) = place_order(false, Some(OrderProblem::ApprovalRequired));
    let later = start_time() + Span::from_mins(5);
    let other = Money::parse("25.00", "USD").unwrap();
    assert_eq!(order.approve(&other, later), Err(ApproveError::PriceChanged(order.item.price.clone())));
    assert_eq!((order.approved_price.clone(), order.due_at), (None, Some(start_time() + TIMING.recheck_every)));
    let seen = order.item.price.clone();
    order.approve(&seen, later).unwrap();
    let change = order.advance(later, None, &TIMING).unwrap();
    assert_eq!(
        (change.notification, order.window_ends_at),
        (Some(OrderNotification::Placed), later + TIMING.cancel_window)
    );
    assert_eq!(order.approve(&seen, later), Err(ApproveError::NotHeld));
}

#[test]
fn the_customer_cancels_within_the_window_and_no_later() {
    let (order, _) = place_order(false, None);
    let last = order.window_ends_at - Span::from_secs(1);
    assert!(order.is_cancellable(last));
    assert_eq!(
        order.clone().cancel(CancelRequester::Customer, last).unwrap().notification,
        Some(OrderNotification::Cancelled)
    );
    assert_eq!(order.clone().cancel(CancelRequester::Customer, order.window_ends_at), Err(CancelError::TooLate));
    let mut held = place_order(false, Some(OrderProblem::MissingAddress)).0;
    assert_eq!(
        held.cancel(CancelRequester::Customer, start_time()).unwrap().notification,
        Some(OrderNotification::Cancelled),
        "alone: no OrderPlaced"
    );
    assert_eq!(held.cancel(CancelRequester::Customer, start_time()), Err(CancelError::AlreadyFinal));
}

#[test]
fn a_test_call_cancels_what_has_not_shipped_and_frees_what_has() {
    let mut order = place_order(true, None).0;
    assert_eq!(
        order.clone().cancel(CancelRequester::CancelTestOrder, start_time()).unwrap().notification,
        Some(OrderNotification::Cancelled)
    );
    order.advance(order.due_at.unwrap(), None, &TIMING);
    let change = order.cancel(CancelRequester::CancelTestOrder, start_time()).unwrap();
    assert_eq!((change.notification, change.to, order.wire_status()), (None, OrderState::Delivered, "Shipped"));
}

#[test]
fn nothing_happens_before_its_time() {
    let (mut order, _) = place_order(false, None);
    assert_eq!(order.advance(order.due_at.unwrap() - Span::from_micros(1), None, &TIMING), None);
}

const NO_TRACKING: Tracking = Tracking { number: None, carrier: None, link: None };
const NO_PARTS: PriceParts = PriceParts { shipping: None, tax: None };
const SHIPPED: BackendReport = BackendReport::Shipped { expected_at: None, tracking: NO_TRACKING };
const ACCEPTED: BackendReport = BackendReport::Accepted { expected_at: None, price_parts: NO_PARTS };
const CANCELLED: BackendReport = BackendReport::Cancelled(Cancellation { by: CancelledBy::Shop, reason: None });

#[test]
fn a_real_back_end_ships_and_delivers_when_it_says_so() {
    let (mut order, change) = place_order_with(Backend::Manual, false, None);
    assert_eq!(change.notification, Some(OrderNotification::Placed));
    let mut say = |report: &BackendReport, hours| {
        let change = order.apply_report(report, start_time() + Span::from_hours(hours), &TIMING);
        (change.map(|c| c.map(|c| (c.to, c.notification))), order.due_at)
    };
    let free = Some(start_time() + Span::from_hours(2 + 48 + 24));
    assert_eq!(say(&BackendReport::Delivered, 1).0, Err(ReportError::InvalidState("placed")));
    assert_eq!(say(&SHIPPED, 2), (Ok(Some((OrderState::Shipped, Some(OrderNotification::Shipped)))), free));
    assert_eq!(say(&SHIPPED, 3), (Ok(None), free), "again");
    assert_eq!(say(&ACCEPTED, 3), (Ok(None), free), "late");
    assert_eq!(say(&CANCELLED, 3).0, Err(ReportError::InvalidState("shipped")));
    assert_eq!(say(&BackendReport::Delivered, 4), (Ok(Some((OrderState::Delivered, None))), None));
    assert_eq!(say(&BackendReport::Delivered, 5), (Ok(None), None));

    let mut silent = place_order_with(Backend::Manual, false, None).0;
    silent.advance(silent.due_at.unwrap(), None, &TIMING).unwrap();
    assert_eq!((silent.state, silent.due_at), (OrderState::Fulfilling, None), "the clock ships nothing");
    assert_eq!(place_order(false, None).0.apply_report(&SHIPPED, start_time(), &TIMING), Err(ReportError::Simulated));
}

#[test]
fn a_back_ends_problem_holds_and_the_maker_is_told_of_the_order_once() {
    let (mut order, _) = place_order_with(Backend::Manual, false, None);
    let later = start_time() + Span::from_hours(30);
    let held =
        order.apply_report(&BackendReport::Problem(OrderProblem::PaymentFailed), later, &TIMING).unwrap().unwrap();
    assert_eq!((held.to, held.notification, order.expected_at), (OrderState::Held, None, None));
    assert_eq!(order.window_ends_at, later + TIMING.problem_hold);
    let mut lost = order.clone();
    let placed = order.apply_report(&ACCEPTED, later, &TIMING).unwrap().unwrap();
    assert_eq!(
        (placed.to, placed.notification, order.problem, order.problem_from_backend),
        (OrderState::Placed, None, None, false)
    );
    let ended = lost.advance(lost.window_ends_at, lost.problem, &TIMING).unwrap();
    assert_eq!(ended.notification, Some(OrderNotification::Cancelled));
    assert_eq!(lost.apply_report(&CANCELLED, later, &TIMING), Ok(None));
    assert_eq!(lost.apply_report(&SHIPPED, later, &TIMING), Err(ReportError::InvalidState("expired")));
}

#[test]
fn a_back_end_does_not_decide_for_the_customer() {
    let mut order = place_order_with(Backend::Manual, false, Some(OrderProblem::ApprovalRequired)).0;
    for report in [ACCEPTED, BackendReport::Problem(OrderProblem::PaymentFailed)] {
        assert_eq!(order.apply_report(&report, start_time(), &TIMING), Err(ReportError::AwaitingCustomer));
    }
    assert_eq!(order.apply_report(&SHIPPED, start_time(), &TIMING), Err(ReportError::InvalidState("held")));
    assert!(
        order.apply_report(&CANCELLED, start_time(), &TIMING).is_ok_and(|change| change.is_some()),
        "it may refuse it"
    );
}

#[test]
fn an_order_that_its_back_end_has_to_confirm_is_placed_by_its_word() {
    let waiting = || place_order_with(Backend::Webhook, false, Some(OrderProblem::AwaitingBackend)).0;
    let (later, mut order) = (start_time() + Span::from_mins(1), waiting());
    let expected = start_time() + Span::from_hours(50);
    let placed = order
        .apply_report(&BackendReport::Accepted { expected_at: Some(expected), price_parts: NO_PARTS }, later, &TIMING)
        .unwrap()
        .unwrap();
    assert_eq!((placed.notification, order.expected_at), (Some(OrderNotification::Placed), Some(expected)));
    assert_eq!(order.window_ends_at, later + TIMING.cancel_window);
    let mut refused = waiting();
    let held =
        refused.apply_report(&BackendReport::Problem(OrderProblem::OutOfStock), later, &TIMING).unwrap().unwrap();
    assert_eq!((held.notification, held.to, refused.problem), (None, OrderState::Held, Some(OrderProblem::OutOfStock)));
    assert_eq!(
        refused.window_ends_at,
        start_time() + TIMING.problem_hold,
        "the 72 hours count from the order's making"
    );
}

#[test]
fn a_back_end_says_what_a_price_consists_of() {
    let usd = |amount: &str| Some(Money::parse(amount, "USD").unwrap());
    let accepted = |order: &mut Order, shipping, tax| {
        let parts = PriceParts { shipping, tax };
        order
            .apply_report(&BackendReport::Accepted { expected_at: None, price_parts: parts }, start_time(), &TIMING)
            .unwrap();
        order.price_parts.clone()
    };
    let waiting = || place_order_with(Backend::Webhook, false, Some(OrderProblem::AwaitingBackend)).0;
    let parts = accepted(&mut waiting(), usd("3.90"), usd("24.99"));
    assert_eq!(parts, PriceParts { shipping: usd("3.90"), tax: usd("24.99") });
    let euros = Some(Money::parse("1.00", "EUR").unwrap());
    assert_eq!(accepted(&mut waiting(), usd("25.00"), euros), NO_PARTS, "what cannot be a part is none");
}

#[test]
fn the_day_that_a_back_end_named_stays_when_it_ships() {
    let mut order = place_order_with(Backend::Webhook, false, Some(OrderProblem::AwaitingBackend)).0;
    let day = start_time() + Span::from_hours(200);
    order
        .apply_report(&BackendReport::Accepted { expected_at: Some(day), price_parts: NO_PARTS }, start_time(), &TIMING)
        .unwrap();
    order.apply_report(&SHIPPED, start_time() + Span::from_hours(30), &TIMING).unwrap();
    assert_eq!((order.expected_at, order.due_at), (Some(day), Some(day + TIMING.assume_delivered_after)));
}

#[test]
fn a_parcel_does_not_leave_while_its_customer_was_promised_time() {
    let (order, _) = place_order_with(Backend::Manual, false, None);
    let ends = order.window_ends_at;
    assert_eq!(order.check_cancel_window(ends - Span::from_secs(1)), Err(ReportError::CancelWindowOpen(ends)));
    assert_eq!(order.check_cancel_window(ends), Ok(()));
}

#[test]
fn an_order_is_sent_elsewhere_only_while_it_is_held_for_its_customer() {
    let recipient =
        Recipient { name: "Ann".into(), email: crate::text::Email::parse("ann@example.com").unwrap(), address: None };
    for (problem, may) in [
        (Some(OrderProblem::ApprovalRequired), true),
        (Some(OrderProblem::MissingAddress), true),
        (Some(OrderProblem::AwaitingBackend), false),
        (None, false),
    ] {
        let (mut order, _) = place_order(false, problem);
        assert_eq!(order.change_recipient(recipient.clone(), start_time()).is_ok(), may, "{problem:?}");
        assert_eq!(order.recipient.is_some(), may, "{problem:?}");
    }
}

#[test]
fn a_test_order_has_no_back_end() {
    assert_eq!(place_order_with(Backend::Manual, true, None).0.backend, Backend::Simulated);
}

proptest! {
    /// For any sequence: OrderPlaced comes first and once, ItemShipped and OrderCancelled exclude each other, a final
    /// order stays as it is, and any other has a due time.
    #[test]
    fn any_life_keeps_the_promises(
        test in any::<bool>(),
        mut bad in any::<bool>(),
        steps in prop::collection::vec((0_u8..4, 0_i64..40), 1..40),
    ) {
        let wrong = |bad: bool| (bad && !test).then_some(OrderProblem::OutOfStock);
        let (mut order, change) = place_order(test, wrong(bad));
        let (mut now, mut notifications) = (start_time(), Vec::from_iter(change.notification));
        for (step, hours) in steps {
            now = now + Span::from_hours(hours);
            let before = order.clone();
            let change = match step {
                0 => order.cancel(CancelRequester::Customer, now).ok(),
                1 if test => order.cancel(CancelRequester::CancelTestOrder, now).ok(),
                2 => { bad = !bad; None }
                _ => order.advance(now, wrong(bad), &TIMING),
            };
            notifications.extend(change.and_then(|c| c.notification));
            prop_assert_eq!(order.state.is_final(), order.due_at.is_none());
            if before.state.is_final() {
                prop_assert_eq!(&before, &order);
            }
        }
        prop_assert!(notifications.iter().filter(|t| **t == OrderNotification::Placed).count() <= 1);
        prop_assert!(!(notifications.contains(&OrderNotification::Shipped) && notifications.contains(&OrderNotification::Cancelled)));
        if notifications.contains(&OrderNotification::Shipped) {
            prop_assert_eq!(notifications[0], OrderNotification::Placed);
        }
        prop_assert_eq!(notifications.contains(&OrderNotification::Shipped), order.wire_status() == "Shipped");
    }
}

#[test]
fn a_back_end_takes_no_more_than_the_customer_allows() {
    use crate::rule::{PriceCap, SlotRules, SlotTerms};
    use crate::subscription::AgreedPrice;
    let usd = |amount: &str| Money::parse(amount, "USD").unwrap();
    let (mut order, _) = place_order_with(Backend::Vendure, false, Some(OrderProblem::AwaitingBackend));
    let free = SlotTerms::default();
    let rules = |cap| SlotRules { cap: Some(cap), ..SlotRules::default() };
    let capped = SlotTerms { rules: rules(PriceCap::Amount(usd("30.00"))), agreed_price: None };
    let agreed = AgreedPrice { asin: Asin::parse("B000000001").unwrap(), price: usd("24.99"), at: None };
    let percent = SlotTerms { rules: rules(PriceCap::Percent(10)), agreed_price: Some(agreed) };
    let allowed =
        |order: &Order, price: &Money| [&free, &capped, &percent].map(|terms| terms.allows_charge(order, price));
    assert_eq!(allowed(&order, &usd("24.99")), [true, true, true]);
    assert_eq!(allowed(&order, &usd("25.00")), [false, true, true], "without a cap nothing dearer was allowed");
    assert_eq!(allowed(&order, &usd("30.00")), [false, true, false]);
    assert_eq!(allowed(&order, &usd("30.01")), [false, false, false]);
    assert_eq!(allowed(&order, &Money::parse("1.00", "EUR").unwrap()), [false, false, false]);
    order.approve(&usd("24.99"), start_time()).unwrap();
    assert_eq!(allowed(&order, &usd("25.00")), [false, false, false], "who was asked is bound by what they saw");
    order.item.price = usd("20.00");
    assert_eq!(allowed(&order, &usd("24.99")), [true, true, true]);
}
