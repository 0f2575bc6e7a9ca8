use super::*;
use crate::forecast::prior::DemandPrior;
use crate::forecast::sensor::Sensor;
use crate::forecast::state::SlotState;

const PRIOR: DemandPrior = DemandPrior { rate: 2.0, days: 10.0, daily_dispersion: 1.5, weekly_dispersion: 2.0 };

/// A slot of 40 pods of which 2 were used a day.
fn after_days(days: u32) -> SlotState {
    let mut state = SlotState::default();
    for day in (0..=days).map(f64::from) {
        let remaining = 40.0 - 2.0 * day;
        let reading =
            crate::forecast::reading::SlotReading { at: 100.0 + day, remaining, original: 40.0, on_hand: None };
        state.take(&reading, &PRIOR, Sensor::Counted);
    }
    state
}

fn with_context<T>(state: &SlotState, ask: impl FnOnce(&RiskContext<'_>) -> T) -> T {
    let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
    ask(&RiskContext { state, prior: &PRIOR, sensor: Sensor::Counted, lead: &lead, review: 1.0 })
}

#[test]
fn an_order_is_explained_by_the_numbers_of_its_decision() {
    let state = after_days(12);
    let explained = with_context(&state, |context| context.explain(112.0).unwrap());
    assert_eq!((explained.level, explained.full, explained.spare, explained.read_at), (16.0, 40.0, 0.0, 112.0));
    assert!((explained.rate - 2.0).abs() < 0.01);
    assert_eq!(explained.parcel, ParcelRange { earliest: 3.0, usual: 5.0, latest: 8.0 });
    assert!(matches!(explained.basis, RateBasis::OwnUse { days } if days > 11.0 && days < 12.0));
    let risk = with_context(&state, |context| context.score(112.0).risk());
    assert_eq!(explained.risk_tomorrow, risk);
    let risk_now = with_context(&state, |context| RiskContext { review: 0.0, ..*context }.score(112.0).risk());
    assert_eq!(explained.risk_now, risk_now);
    assert!(risk_now < risk);
}

#[test]
fn the_days_on_which_a_slot_is_empty_have_their_probabilities() {
    let state = after_days(12);
    let empty = with_context(&state, |context| context.explain(112.5).unwrap().empty);
    let (from, to) = (empty.from.unwrap(), empty.to.unwrap());
    assert!(from < 120.0 && to > 120.0, "{empty:?}");
    let chance = |at: f64| with_context(&state, |context| context.forecast().exceedance(at - 112.0, 16.0));
    assert!((0.10..0.12).contains(&chance(from)) && (0.90..0.92).contains(&chance(to)), "{empty:?}");
}

#[test]
fn what_is_unknown_is_said_to_come_from_other_devices() {
    assert_eq!(with_context(&SlotState::default(), |context| context.explain(100.0)), None);
    let mut state = after_days(2);
    let explained = with_context(&state, |context| context.explain(102.0).unwrap());
    assert_eq!(explained.basis, RateBasis::OtherDevices);
    state.stock.spare = 1e5;
    let explained = with_context(&state, |context| context.explain(102.0).unwrap());
    assert_eq!(explained.empty, EmptyRange { from: None, to: None });
    (state.track.level, state.stock.spare) = (0.0, 0.0);
    let explained = with_context(&state, |context| context.explain(102.0).unwrap());
    assert_eq!(explained.empty, EmptyRange { from: Some(102.0), to: Some(102.0) });
}

#[test]
fn a_small_pack_is_too_small() {
    let mut state = after_days(12);
    let large = with_context(&state, |context| context.pack_fit(0.05));
    assert!((large.lasts_days - 20.0).abs() < 0.1 && !large.is_too_small, "{large:?}");
    state.track.full = 14.0;
    let small = with_context(&state, |context| context.pack_fit(0.05));
    assert!(small.is_too_small && small.risk > 0.3, "{small:?}");
}

#[test]
fn chances_are_never_certain() {
    let chance = |probability| ChancePercent::of(probability);
    assert_eq!([chance(0.0), chance(0.004)], [ChancePercent::Under1; 2]);
    assert_eq!([chance(0.005), chance(0.07)], [ChancePercent::Whole(1), ChancePercent::Whole(7)]);
    assert_eq!([chance(0.999), chance(1.0)], [ChancePercent::Whole(99); 2]);
}
