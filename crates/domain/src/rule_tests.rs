//! Tables of rules: form input, and the decision about an order.

use super::*;
use crate::date;
use crate::language::Language;
use crate::translation::Translations;
use proptest::prelude::*;

const ORDER: OrderId = OrderId(uuid::Uuid::from_u128(7));
const NOW: fn() -> Time = || Time::from_secs(1_520_000_000);

fn usd(amount: &str) -> Money {
    Money::parse(amount, "USD").unwrap()
}

fn product(n: u32, price: &str, available: bool) -> Product {
    let asin = Asin::parse(&format!("B00000000{n}")).unwrap();
    Product {
        asin,
        title: "Filter".into(),
        titles: Translations::default(),
        price: usd(price),
        quantity: 3.0,
        unit: "count".into(),
        units: Translations::default(),
        available,
        sku: None,
        picture: None,
        shipping: None,
        tax_rate: None,
        unit_price: None,
    }
}

/// Rules of a slot whose first product has an agreed price of 20.00 dollars.
fn slot_terms(rules: &SlotRules) -> SlotTerms {
    SlotTerms { rules: rules.clone(), agreed_price: Some(agreed_price(1, usd("20.00"))) }
}

fn agreed_price(n: u32, price: Money) -> AgreedPrice {
    AgreedPrice { asin: product(n, "1.00", true).asin, price, at: Some(NOW()) }
}

fn decide_product<'s>(
    rules: &SlotRules,
    products: &'s [Product],
    more: impl FnOnce(&mut RuleContext<'s>),
) -> (usize, Option<OrderProblem>) {
    let RuleDecision { product_index: at, problem, .. } = decide_with_rules(rules, products, more);
    (at, problem)
}

fn decide_with_rules<'s>(
    rules: &SlotRules,
    products: &'s [Product],
    more: impl FnOnce(&mut RuleContext<'s>),
) -> RuleDecision {
    decide_with_terms(&slot_terms(rules), products, more)
}

fn decide_with_terms<'s>(
    terms: &SlotTerms,
    products: &'s [Product],
    more: impl FnOnce(&mut RuleContext<'s>),
) -> RuleDecision {
    let now = NOW();
    let mut situation = RuleContext {
        order: ORDER,
        test: false,
        has_address: true,
        products,
        recent_orders: 0,
        approved_price: None,
        price_tolerance_percent: 10,
        now,
    };
    more(&mut situation);
    apply_rules(terms, &situation)
}

#[test]
fn without_rules_everything_is_ordered_that_can_be() {
    let (rules, one) = (SlotRules::default(), [product(1, "20.00", true)]);
    assert_eq!(decide_product(&rules, &one, |_| ()), (0, None));
    assert_eq!(decide_product(&rules, &one, |s| s.has_address = false), (0, Some(OrderProblem::MissingAddress)));
    assert_eq!(decide_product(&rules, &[product(1, "1.00", false)], |_| ()), (0, Some(OrderProblem::OutOfStock)));
    assert_eq!(decide_product(&rules, &[], |_| ()), (0, Some(OrderProblem::OutOfStock)));
}

#[test]
fn a_test_order_is_bound_by_nothing() {
    let rules = SlotRules { mode: ApprovalMode::Ask, cap: Some(PriceCap::Amount(usd("1.00"))), ..SlotRules::default() };
    let all = |s: &mut RuleContext<'_>| (s.test, s.has_address, s.recent_orders) = (true, false, 9);
    assert_eq!(decide_product(&rules, &[product(1, "5.00", false)], all), (0, None));
}

#[test]
fn without_a_rule_nothing_much_dearer_than_agreed_is_ordered() {
    let eur = Money::parse("1.00", "EUR").unwrap();
    for (price, ask_above, held) in [
        ("20.00", 10, false),
        ("22.00", 10, false),
        ("22.01", 10, true),
        ("5.00", 10, false),
        ("20.01", 0, true),
        ("20.00", 0, false),
        ("40.00", 100, false),
        ("40.01", 100, true),
    ] {
        let wanted = (0, held.then_some(OrderProblem::PriceTooHigh));
        let products = [product(1, price, true)];
        assert_eq!(
            decide_product(&SlotRules::default(), &products, |s| s.price_tolerance_percent = ask_above),
            wanted,
            "{price} {ask_above}"
        );
    }
    let other_currency = [Product { price: eur, ..product(1, "1.00", true) }];
    assert_eq!(decide_product(&SlotRules::default(), &other_currency, |_| ()).1, Some(OrderProblem::PriceTooHigh));
    let nobody_saw = SlotTerms::default();
    assert_eq!(
        decide_with_terms(&nobody_saw, &[product(1, "1.00", true)], |_| ()).problem,
        Some(OrderProblem::PriceTooHigh)
    );
}

#[test]
fn a_cap_replaces_the_default_and_holds_what_is_dearer() {
    for (cap, price, held) in [
        (PriceCap::Amount(usd("25.00")), "25.00", false),
        (PriceCap::Amount(usd("25.00")), "25.01", true),
        (PriceCap::Amount(usd("15.00")), "16.00", true),
        (PriceCap::Percent(5), "21.00", false),
        (PriceCap::Percent(5), "21.01", true),
        (PriceCap::Percent(50), "30.00", false),
        (PriceCap::Percent(50), "30.01", true),
        (PriceCap::Percent(10), "5.00", false),
        (PriceCap::Amount(Money::parse("25.00", "EUR").unwrap()), "1.00", true),
    ] {
        let rules = SlotRules { cap: Some(cap.clone()), ..SlotRules::default() };
        let wanted = held.then_some(OrderProblem::PriceTooHigh);
        assert_eq!(decide_product(&rules, &[product(1, price, true)], |_| ()), (0, wanted), "{cap:?} {price}");
    }
    let rules = SlotRules { cap: Some(PriceCap::Percent(10)), ..SlotRules::default() };
    let nobody_saw = SlotTerms { rules, agreed_price: None };
    assert_eq!(
        decide_with_terms(&nobody_saw, &[product(1, "1.00", true)], |_| ()).problem,
        Some(OrderProblem::PriceTooHigh)
    );
}

#[test]
fn a_substitute_has_its_own_agreed_price() {
    let (sold_out, dear) = (product(1, "20.00", false), product(2, "44.00", true));
    let named = SlotRules { substitutes: vec![dear.asin.clone()], ..SlotRules::default() };
    let priced = SlotRules { substitute_prices: vec![agreed_price(2, usd("40.00"))], ..named.clone() };
    let products = [sold_out.clone(), dear.clone()];
    assert_eq!(decide_product(&priced, &products, |_| ()), (1, None), "ten per cent over what they saw");
    assert_eq!(
        decide_product(&named, &products, |_| ()),
        (0, Some(OrderProblem::OutOfStock)),
        "it is far over what they saw"
    );
    let dearer = [sold_out, Product { price: usd("44.01"), ..dear }];
    assert_eq!(decide_product(&priced, &dearer, |_| ()), (0, Some(OrderProblem::OutOfStock)));
    let capped = SlotRules { cap: Some(PriceCap::Percent(10)), ..priced };
    assert_eq!(decide_product(&capped, &products, |_| ()), (0, Some(OrderProblem::OutOfStock)), "a cap is one for all");
}

#[test]
fn naming_a_substitute_again_does_not_move_its_price() {
    let asins = [2, 3, 4].map(|n| product(n, "1.00", true).asin);
    let [second, third, fourth] = &asins;
    let before = SlotRules {
        substitutes: vec![second.clone(), third.clone()],
        substitute_prices: vec![agreed_price(2, usd("2.00")), agreed_price(3, usd("3.00"))],
        ..SlotRules::default()
    };
    let shown = [agreed_price(2, usd("9.00")), agreed_price(3, usd("9.00")), agreed_price(4, usd("9.00"))];
    let mut rules = SlotRules { substitutes: vec![fourth.clone(), second.clone()], ..SlotRules::default() };
    rules.set_substitute_prices(&before, &shown);
    assert_eq!(rules.substitute_prices, [agreed_price(4, usd("9.00")), agreed_price(2, usd("2.00"))]);
    let mut again = SlotRules { substitutes: asins.to_vec(), ..SlotRules::default() };
    again.set_substitute_prices(&rules, &shown);
    assert_eq!(again.substitute_prices[1], agreed_price(3, usd("9.00")), "it was left out in between, and seen anew");
}

#[test]
fn a_limit_a_pause_and_the_wish_to_be_asked_hold() {
    let limit = SlotRules { limit: Some(OrderLimit { orders: 2, days: 30 }), ..SlotRules::default() };
    let one = [product(1, "5.00", true)];
    for (recent, wanted) in
        [(0, None), (1, None), (2, Some(OrderProblem::OrderLimitReached)), (3, Some(OrderProblem::OrderLimitReached))]
    {
        assert_eq!(decide_product(&limit, &one, |s| s.recent_orders = recent), (0, wanted), "{recent}");
    }
    let second = Span::from_secs(1);
    let pause = SlotRules { pause: Some(OrderPause { from: NOW(), until: NOW() + DAY }), ..SlotRules::default() };
    for (now, wanted) in [
        (NOW() - second, None),
        (NOW(), Some(OrderProblem::Paused)),
        (NOW() + DAY - second, Some(OrderProblem::Paused)),
        (NOW() + DAY, None),
    ] {
        assert_eq!(decide_product(&pause, &one, |s| s.now = now), (0, wanted), "{now}");
    }
    let ask = SlotRules { mode: ApprovalMode::Ask, ..SlotRules::default() };
    assert_eq!(decide_product(&ask, &one, |_| ()), (0, Some(OrderProblem::ApprovalRequired)));
}

#[test]
fn a_pause_is_known_whatever_is_named_first() {
    let until = NOW() + Span::from_hours(31 * 24);
    let rules = SlotRules { pause: Some(OrderPause { from: NOW(), until }), ..SlotRules::default() };
    let (one, none, word) = ([product(1, "5.00", true)], [product(1, "5.00", false)], usd("5.00"));
    let paused = |products, more: fn(&mut RuleContext<'_>)| decide_with_rules(&rules, products, more).paused_until;
    assert_eq!(paused(&one, |_| ()), Some(until));
    assert_eq!(paused(&none, |_| ()), Some(until));
    assert_eq!(paused(&[], |_| ()), Some(until));
    assert_eq!(paused(&one, |s| s.has_address = false), Some(until));
    assert_eq!(paused(&one, |s| s.now = NOW() - Span::from_secs(1)), None);
    assert_eq!(paused(&one, |s| s.test = true), None);
    let agreed = decide_with_rules(&rules, &none, |s| s.approved_price = Some(&word));
    assert_eq!(agreed.paused_until, None, "who agreed to this very order wants it now");
}

#[test]
fn the_customers_word_is_good_for_the_price_they_saw() {
    let rules = SlotRules {
        mode: ApprovalMode::Ask,
        cap: Some(PriceCap::Amount(usd("1.00"))),
        limit: Some(OrderLimit { orders: 1, days: 1 }),
        pause: Some(OrderPause { from: NOW(), until: NOW() + DAY }),
        ..SlotRules::default()
    };
    let (word, one) = (usd("5.00"), [product(1, "5.00", true)]);
    assert_eq!(decide_product(&rules, &one, |s| (s.approved_price, s.recent_orders) = (Some(&word), 9)), (0, None));
    let dearer = [product(1, "5.01", true)];
    assert_eq!(
        decide_product(&rules, &dearer, |s| s.approved_price = Some(&word)),
        (0, Some(OrderProblem::PriceTooHigh))
    );
    let gone = [product(1, "5.00", false)];
    assert_eq!(decide_product(&rules, &gone, |s| s.approved_price = Some(&word)), (0, Some(OrderProblem::OutOfStock)));
    assert_eq!(
        decide_product(&rules, &one, |s| (s.approved_price, s.has_address) = (Some(&word), false)),
        (0, Some(OrderProblem::MissingAddress))
    );
}

#[test]
fn only_what_is_out_of_stock_is_replaced_and_only_within_the_cap() {
    let rules = SlotRules { cap: Some(PriceCap::Amount(usd("10.00"))), ..SlotRules::default() };
    for (products, wanted) in [
        (vec![product(1, "9.00", true), product(2, "1.00", true)], (0, None)),
        (vec![product(1, "9.00", false), product(2, "8.00", false), product(3, "7.00", true)], (2, None)),
        (vec![product(1, "9.00", false), product(2, "11.00", true), product(3, "10.00", true)], (2, None)),
        (vec![product(1, "9.00", false), product(2, "11.00", true)], (0, Some(OrderProblem::OutOfStock))),
        (vec![product(1, "11.00", true), product(2, "9.00", true)], (0, Some(OrderProblem::PriceTooHigh))),
    ] {
        assert_eq!(decide_product(&rules, &products, |_| ()), wanted, "{products:?}");
    }
}

#[test]
fn what_is_typed_is_read() {
    let typed = RuleForm {
        mode: Some("ask"),
        cap_kind: Some("amount"),
        cap: Some("$25.50 "),
        limit_orders: Some("2"),
        limit_days: Some("30"),
        pause_from: Some("2026-07-01"),
        pause_until: Some("2026-07-14"),
    };
    let rules = SlotRules::parse_form(typed, Language::English, "USD", Vec::new(), NOW()).unwrap();
    assert_eq!((rules.mode, rules.cap.clone()), (ApprovalMode::Ask, Some(PriceCap::Amount(usd("25.50")))));
    assert_eq!(rules.limit.unwrap().period(), Span::from_hours(30 * 24));
    assert_eq!(
        rules.coming_pause(NOW()).map(|pause| (pause.first_date(), pause.last_date())),
        Some(("2026-07-01".into(), "2026-07-14".into()))
    );
    assert_eq!(rules.pause.unwrap().until, date::parse("2026-07-15").unwrap(), "the last day is part of it");
    let open = RuleForm { mode: Some("automatic"), ..RuleForm::default() };
    let open = SlotRules::parse_form(open, Language::English, "USD", Vec::new(), NOW()).unwrap();
    assert_eq!(open, SlotRules::default());
}

#[test]
fn what_cannot_be_meant_is_said() {
    let good = RuleForm { mode: Some("automatic"), ..RuleForm::default() };
    for (typed, says) in [
        (RuleForm { mode: None, ..good }, "Choose whether"),
        (RuleForm { cap_kind: Some("amount"), ..good }, "Write the highest price"),
        (RuleForm { cap: Some("5"), ..good }, "Choose whether the highest price is an amount"),
        (RuleForm { cap_kind: Some("x"), cap: Some("5"), ..good }, "Choose whether the highest price is an amount"),
        (
            RuleForm { cap_kind: Some("amount"), cap: Some("cheap"), ..good },
            "The highest price: `cheap` is not a price",
        ),
        (RuleForm { cap_kind: Some("percent"), cap: Some("-5"), ..good }, "from 1 to 1000"),
        (RuleForm { limit_orders: Some("2"), ..good }, "Write both how many"),
        (RuleForm { limit_orders: Some("0"), limit_days: Some("30"), ..good }, "the number of orders as a whole"),
        (RuleForm { limit_orders: Some("1"), limit_days: Some("9999999999"), ..good }, "the number of days"),
        (RuleForm { pause_from: Some("2026-07-01"), ..good }, "Write both the first"),
        (RuleForm { pause_from: Some("soon"), pause_until: Some("2026-07-01"), ..good }, "`soon` is not a date"),
        (RuleForm { pause_from: Some("2026-07-02"), pause_until: Some("2026-07-01"), ..good }, "lies before its first"),
    ] {
        let error = SlotRules::parse_form(typed, Language::English, "USD", Vec::new(), NOW()).unwrap_err().to_string();
        assert!(error.contains(says), "{typed:?}: {error}");
    }
}

proptest! {
    /// For all rules and catalogues: a placed order is for a product that the customer chose, in stock, at an allowed
    /// price.
    #[test]
    fn nothing_goes_through_that_the_customer_did_not_allow(
        cap in 0_i64..3000, prices in prop::collection::vec((1_i64..3000, any::<bool>()), 1..5), approved in prop::option::of(1_i64..3000),
    ) {
        let rules = SlotRules { cap: Some(PriceCap::Amount(Money { minor: cap, currency: "USD".into() })), ..SlotRules::default() };
        let products: Vec<_> = prices
            .iter()
            .map(|(minor, available)| {
                Product { price: Money { minor: *minor, currency: "USD".into() }, ..product(1, "1.00", *available) }
            })
            .collect();
        let word = approved.map(|minor| Money { minor, currency: "USD".into() });
        let (at, problem) = decide_product(&rules, &products, |s| s.approved_price = word.as_ref());
        if problem.is_none() {
            prop_assert!(products[at].available);
            prop_assert!(products[at].price.minor <= approved.unwrap_or(cap));
            prop_assert!(at == 0 || !products[0].available);
        }
    }
}

#[test]
fn the_next_order_is_skipped_and_no_other() {
    let products = [product(1, "20.00", true)];
    let next = SlotRules { skip: Some(SkippedOrder::Next), ..SlotRules::default() };
    assert_eq!(decide_product(&next, &products, |_| {}), (0, None), "an order that is open is not the next one");

    let this = next.with_skipped(ORDER).unwrap();
    assert_eq!(this.skip, Some(SkippedOrder::Order(ORDER)));
    assert_eq!(decide_product(&this, &products, |s| s.test = true), (0, None), "a test order buys nothing");
    let approved = usd("20.00");
    assert_eq!(decide_product(&this, &products, |s| s.approved_price = Some(&approved)), (0, None));
    assert_eq!(decide_product(&this, &products, |_| {}), (0, Some(OrderProblem::Skipped)), "it stays skipped");
    let later = OrderId(uuid::Uuid::from_u128(8));
    assert_eq!(decide_product(&this, &products, |s| s.order = later), (0, None));
    assert_eq!(this.with_skipped(later), None);
}

#[test]
fn a_pause_that_is_over_is_refused() {
    let read = |from, until| OrderPause::parse_form(Some(from), Some(until), NOW());
    // The time is in the middle of 2 March 2018.
    assert_eq!(read("2018-02-01", "2018-03-01"), Err(RuleFormError::PauseIsOver));
    assert!(read("2018-02-01", "2018-03-02").is_ok(), "the last day is not over");
    assert_eq!(OrderPause::parse_form(None, None, NOW()), Ok(None));
}
