//! Rules as tables: what is typed, and what it means for an order.

use super::*;
use proptest::prelude::*;

const NOW: fn() -> Time = || Time::from_secs(1_520_000_000);

fn usd(amount: &str) -> Money {
    Money::parse(amount, "USD").unwrap()
}

fn product(n: u32, price: &str, available: bool) -> Product {
    let asin = Asin::parse(&format!("B00000000{n}")).unwrap();
    Product {
        asin,
        title: "Filter".into(),
        price: usd(price),
        quantity: 3.0,
        unit: "count".into(),
        available,
        sku: None,
    }
}

/// Rules of a slot whose first product was agreed to at 20.00 dollars.
fn terms(rules: &Rules) -> Terms {
    Terms { rules: rules.clone(), agreed: Some(agreed(1, usd("20.00"))) }
}

fn agreed(n: u32, price: Money) -> AgreedPrice {
    AgreedPrice { asin: product(n, "1.00", true).asin, price, at: Some(NOW()) }
}

fn judged<'s>(
    rules: &Rules,
    products: &'s [Product],
    more: impl FnOnce(&mut Situation<'s>),
) -> (usize, Option<Problem>) {
    let Verdict { at, problem, .. } = verdict(rules, products, more);
    (at, problem)
}

fn verdict<'s>(rules: &Rules, products: &'s [Product], more: impl FnOnce(&mut Situation<'s>)) -> Verdict {
    more_of(&terms(rules), products, more)
}

fn more_of<'s>(terms: &Terms, products: &'s [Product], more: impl FnOnce(&mut Situation<'s>)) -> Verdict {
    let now = NOW();
    let mut situation =
        Situation { test: false, has_address: true, products, recent: 0, approved: None, ask_above: 10, now };
    more(&mut situation);
    decide(terms, &situation)
}

#[test]
fn without_rules_everything_is_ordered_that_can_be() {
    let (rules, one) = (Rules::default(), [product(1, "20.00", true)]);
    assert_eq!(judged(&rules, &one, |_| ()), (0, None));
    assert_eq!(judged(&rules, &one, |s| s.has_address = false), (0, Some(Problem::Address)));
    assert_eq!(judged(&rules, &[product(1, "1.00", false)], |_| ()), (0, Some(Problem::OutOfStock)));
    assert_eq!(judged(&rules, &[], |_| ()), (0, Some(Problem::OutOfStock)));
}

#[test]
fn a_test_order_is_bound_by_nothing() {
    let rules = Rules { mode: Mode::Ask, cap: Some(Cap::Amount(usd("1.00"))), ..Rules::default() };
    let all = |s: &mut Situation<'_>| (s.test, s.has_address, s.recent) = (true, false, 9);
    assert_eq!(judged(&rules, &[product(1, "5.00", false)], all), (0, None));
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
        let wanted = (0, held.then_some(Problem::Price));
        let products = [product(1, price, true)];
        assert_eq!(judged(&Rules::default(), &products, |s| s.ask_above = ask_above), wanted, "{price} {ask_above}");
    }
    let other_currency = [Product { price: eur, ..product(1, "1.00", true) }];
    assert_eq!(judged(&Rules::default(), &other_currency, |_| ()).1, Some(Problem::Price));
    let nobody_saw = Terms::default();
    assert_eq!(more_of(&nobody_saw, &[product(1, "1.00", true)], |_| ()).problem, Some(Problem::Price));
}

#[test]
fn a_cap_replaces_the_default_and_holds_what_is_dearer() {
    for (cap, price, held) in [
        (Cap::Amount(usd("25.00")), "25.00", false),
        (Cap::Amount(usd("25.00")), "25.01", true),
        (Cap::Amount(usd("15.00")), "16.00", true),
        (Cap::Percent(5), "21.00", false),
        (Cap::Percent(5), "21.01", true),
        (Cap::Percent(50), "30.00", false),
        (Cap::Percent(50), "30.01", true),
        (Cap::Percent(10), "5.00", false),
        (Cap::Amount(Money::parse("25.00", "EUR").unwrap()), "1.00", true),
    ] {
        let rules = Rules { cap: Some(cap.clone()), ..Rules::default() };
        let wanted = held.then_some(Problem::Price);
        assert_eq!(judged(&rules, &[product(1, price, true)], |_| ()), (0, wanted), "{cap:?} {price}");
    }
    let rules = Rules { cap: Some(Cap::Percent(10)), ..Rules::default() };
    let nobody_saw = Terms { rules, agreed: None };
    assert_eq!(more_of(&nobody_saw, &[product(1, "1.00", true)], |_| ()).problem, Some(Problem::Price));
}

#[test]
fn a_substitute_has_its_own_agreed_price() {
    let (sold_out, dear) = (product(1, "20.00", false), product(2, "44.00", true));
    let named = Rules { substitutes: vec![dear.asin.clone()], ..Rules::default() };
    let priced = Rules { substitute_prices: vec![agreed(2, usd("40.00"))], ..named.clone() };
    let products = [sold_out.clone(), dear.clone()];
    assert_eq!(judged(&priced, &products, |_| ()), (1, None), "ten per cent over what they saw");
    assert_eq!(judged(&named, &products, |_| ()), (0, Some(Problem::OutOfStock)), "it is far over what they saw");
    let dearer = [sold_out, Product { price: usd("44.01"), ..dear }];
    assert_eq!(judged(&priced, &dearer, |_| ()), (0, Some(Problem::OutOfStock)));
    let capped = Rules { cap: Some(Cap::Percent(10)), ..priced };
    assert_eq!(judged(&capped, &products, |_| ()), (0, Some(Problem::OutOfStock)), "a cap is one for all");
}

#[test]
fn naming_a_substitute_again_does_not_move_its_price() {
    let asins = [2, 3, 4].map(|n| product(n, "1.00", true).asin);
    let [second, third, fourth] = &asins;
    let before = Rules {
        substitutes: vec![second.clone(), third.clone()],
        substitute_prices: vec![agreed(2, usd("2.00")), agreed(3, usd("3.00"))],
        ..Rules::default()
    };
    let shown = [agreed(2, usd("9.00")), agreed(3, usd("9.00")), agreed(4, usd("9.00"))];
    let mut rules = Rules { substitutes: vec![fourth.clone(), second.clone()], ..Rules::default() };
    rules.name_substitutes(&before, &shown);
    assert_eq!(rules.substitute_prices, [agreed(4, usd("9.00")), agreed(2, usd("2.00"))]);
    let mut again = Rules { substitutes: asins.to_vec(), ..Rules::default() };
    again.name_substitutes(&rules, &shown);
    assert_eq!(again.substitute_prices[1], agreed(3, usd("9.00")), "it was left out in between, and seen anew");
}

#[test]
fn a_limit_a_pause_and_the_wish_to_be_asked_hold() {
    let limit = Rules { limit: Some(Limit { orders: 2, days: 30 }), ..Rules::default() };
    let one = [product(1, "5.00", true)];
    for (recent, wanted) in [(0, None), (1, None), (2, Some(Problem::Limit)), (3, Some(Problem::Limit))] {
        assert_eq!(judged(&limit, &one, |s| s.recent = recent), (0, wanted), "{recent}");
    }
    let second = Span::from_secs(1);
    let pause = Rules { pause: Some(Pause { from: NOW(), until: NOW() + DAY }), ..Rules::default() };
    for (now, wanted) in [
        (NOW() - second, None),
        (NOW(), Some(Problem::Paused)),
        (NOW() + DAY - second, Some(Problem::Paused)),
        (NOW() + DAY, None),
    ] {
        assert_eq!(judged(&pause, &one, |s| s.now = now), (0, wanted), "{now}");
    }
    let ask = Rules { mode: Mode::Ask, ..Rules::default() };
    assert_eq!(judged(&ask, &one, |_| ()), (0, Some(Problem::Ask)));
}

#[test]
fn a_pause_is_known_whatever_is_named_first() {
    let until = NOW() + Span::from_hours(31 * 24);
    let rules = Rules { pause: Some(Pause { from: NOW(), until }), ..Rules::default() };
    let (one, none, word) = ([product(1, "5.00", true)], [product(1, "5.00", false)], usd("5.00"));
    let paused = |products, more: fn(&mut Situation<'_>)| verdict(&rules, products, more).paused_until;
    assert_eq!(paused(&one, |_| ()), Some(until));
    assert_eq!(paused(&none, |_| ()), Some(until));
    assert_eq!(paused(&[], |_| ()), Some(until));
    assert_eq!(paused(&one, |s| s.has_address = false), Some(until));
    assert_eq!(paused(&one, |s| s.now = NOW() - Span::from_secs(1)), None);
    assert_eq!(paused(&one, |s| s.test = true), None);
    let agreed = verdict(&rules, &none, |s| s.approved = Some(&word));
    assert_eq!(agreed.paused_until, None, "who agreed to this very order wants it now");
}

#[test]
fn the_customers_word_is_good_for_the_price_they_saw() {
    let rules = Rules {
        mode: Mode::Ask,
        cap: Some(Cap::Amount(usd("1.00"))),
        limit: Some(Limit { orders: 1, days: 1 }),
        pause: Some(Pause { from: NOW(), until: NOW() + DAY }),
        ..Rules::default()
    };
    let (word, one) = (usd("5.00"), [product(1, "5.00", true)]);
    assert_eq!(judged(&rules, &one, |s| (s.approved, s.recent) = (Some(&word), 9)), (0, None));
    let dearer = [product(1, "5.01", true)];
    assert_eq!(judged(&rules, &dearer, |s| s.approved = Some(&word)), (0, Some(Problem::Price)));
    let gone = [product(1, "5.00", false)];
    assert_eq!(judged(&rules, &gone, |s| s.approved = Some(&word)), (0, Some(Problem::OutOfStock)));
    assert_eq!(
        judged(&rules, &one, |s| (s.approved, s.has_address) = (Some(&word), false)),
        (0, Some(Problem::Address))
    );
}

#[test]
fn only_what_is_out_of_stock_is_replaced_and_only_within_the_cap() {
    let rules = Rules { cap: Some(Cap::Amount(usd("10.00"))), ..Rules::default() };
    for (products, wanted) in [
        (vec![product(1, "9.00", true), product(2, "1.00", true)], (0, None)),
        (vec![product(1, "9.00", false), product(2, "8.00", false), product(3, "7.00", true)], (2, None)),
        (vec![product(1, "9.00", false), product(2, "11.00", true), product(3, "10.00", true)], (2, None)),
        (vec![product(1, "9.00", false), product(2, "11.00", true)], (0, Some(Problem::OutOfStock))),
        (vec![product(1, "11.00", true), product(2, "9.00", true)], (0, Some(Problem::Price))),
    ] {
        assert_eq!(judged(&rules, &products, |_| ()), wanted, "{products:?}");
    }
}

#[test]
fn what_is_typed_is_read() {
    let typed = Typed {
        mode: Some("ask"),
        cap_kind: Some("amount"),
        cap: Some("$25.50 "),
        limit_orders: Some("2"),
        limit_days: Some("30"),
        pause_from: Some("2026-07-01"),
        pause_until: Some("2026-07-14"),
    };
    let rules = Rules::read(typed, Language::English, "USD", Vec::new()).unwrap();
    assert_eq!((rules.mode, rules.cap.clone()), (Mode::Ask, Some(Cap::Amount(usd("25.50")))));
    assert_eq!(rules.limit.unwrap().period(), Span::from_hours(30 * 24));
    assert_eq!(rules.pause_days(), Some(("2026-07-01".into(), "2026-07-14".into())));
    assert_eq!(rules.pause.unwrap().until, date::parse("2026-07-15").unwrap(), "the last day is part of it");
    let open = Typed { mode: Some("automatic"), ..Typed::default() };
    let open = Rules::read(open, Language::English, "USD", Vec::new()).unwrap();
    assert_eq!(open, Rules::default());
}

#[test]
fn what_cannot_be_meant_is_said() {
    let good = Typed { mode: Some("automatic"), ..Typed::default() };
    for (typed, says) in [
        (Typed { mode: None, ..good }, "Choose whether"),
        (Typed { cap_kind: Some("amount"), ..good }, "Write the highest price"),
        (Typed { cap_kind: Some("amount"), cap: Some("cheap"), ..good }, "The highest price: `cheap` is not a price"),
        (Typed { cap_kind: Some("percent"), cap: Some("-5"), ..good }, "from 1 to 1000"),
        (Typed { limit_orders: Some("2"), ..good }, "Write both how many"),
        (Typed { limit_orders: Some("0"), limit_days: Some("30"), ..good }, "the number of orders as a whole"),
        (Typed { limit_orders: Some("1"), limit_days: Some("9999999999"), ..good }, "the number of days"),
        (Typed { pause_from: Some("2026-07-01"), ..good }, "Write both the first"),
        (Typed { pause_from: Some("soon"), pause_until: Some("2026-07-01"), ..good }, "`soon` is no date"),
        (Typed { pause_from: Some("2026-07-02"), pause_until: Some("2026-07-01"), ..good }, "lies before its first"),
    ] {
        let error = Rules::read(typed, Language::English, "USD", Vec::new()).unwrap_err().to_string();
        assert!(error.contains(says), "{typed:?}: {error}");
    }
}

proptest! {
    /// Whatever the rules and the catalogue are: an order that goes through is for a product the customer named, in
    /// stock, at a price they allowed.
    #[test]
    fn nothing_goes_through_that_the_customer_did_not_allow(
        cap in 0_i64..3000, prices in prop::collection::vec((1_i64..3000, any::<bool>()), 1..5), approved in prop::option::of(1_i64..3000),
    ) {
        let rules = Rules { cap: Some(Cap::Amount(Money { minor: cap, currency: "USD".into() })), ..Rules::default() };
        let products: Vec<_> = prices
            .iter()
            .map(|(minor, available)| {
                Product { price: Money { minor: *minor, currency: "USD".into() }, ..product(1, "1.00", *available) }
            })
            .collect();
        let word = approved.map(|minor| Money { minor, currency: "USD".into() });
        let (at, problem) = judged(&rules, &products, |s| s.approved = word.as_ref());
        if problem.is_none() {
            prop_assert!(products[at].available);
            prop_assert!(products[at].price.minor <= approved.unwrap_or(cap));
            prop_assert!(at == 0 || !products[0].available);
        }
    }
}
