use super::*;
use crate::forecast::lead_time::LeadTimes;
use crate::forecast::prior::DemandPrior;
use crate::forecast::reading::SlotReading;
use crate::forecast::sensor::Sensor;
use crate::forecast::state::SlotState;

const PRIOR: DemandPrior = DemandPrior { rate: 2.0, days: 10.0, daily_dispersion: 1.5, weekly_dispersion: 2.0 };

/// A slot of 40 pods of which 2 were used a day for 6 days.
fn used_slot() -> SlotState {
    let mut state = SlotState::default();
    for day in (0..=6).map(f64::from) {
        take(&mut state, day, 40.0 - 2.0 * day);
    }
    state
}

fn take(state: &mut SlotState, at: f64, remaining: f64) {
    state.take(&SlotReading { at, remaining, original: 40.0, on_hand: None }, &PRIOR, Sensor::Counted);
}

fn decide(state: &SlotState, situation: SlotSituation, now: f64) -> SlotDecision {
    let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
    let context = RiskContext { state, prior: &PRIOR, sensor: Sensor::Counted, lead: &lead, review: 1.0 };
    context.decide(DecidingMode::Service, situation, now, DEFAULT_ACCEPTED_RISK)
}

fn decided(action: SlotAction, reason: DecisionReason) -> SlotDecision {
    SlotDecision { action, reason, risk: None }
}

#[test]
fn a_fall_that_is_held_back_waits_for_the_next_reading() {
    let mut state = used_slot();
    take(&mut state, 7.0, 0.0);
    let held = decide(&state, SlotSituation::default(), 7.0);
    assert_eq!(held, decided(SlotAction::Wait, DecisionReason::FallHeldBack));
    take(&mut state, 8.0, 0.0);
    let confirmed = decide(&state, SlotSituation::default(), 8.0);
    assert_eq!((confirmed.action, confirmed.risk), (SlotAction::Order, Some(1.0)));
}

#[test]
fn a_slot_that_reports_too_seldom_is_not_decided() {
    let mut state = used_slot();
    state.track.every = 4.1;
    let seldom = decided(SlotAction::Notify, DecisionReason::ReportsTooSeldom);
    assert_eq!(decide(&state, SlotSituation::default(), 6.0), seldom);
    state.track.every = 3.9;
    assert_ne!(decide(&state, SlotSituation::default(), 6.0).reason, DecisionReason::ReportsTooSeldom);
}

#[test]
fn silence_is_noticed_after_a_week_or_two() {
    assert_eq!([0.2, 1.0, 2.5, 7.0].map(silent_after), [7.0, 7.0, 10.0, 14.0]);
    let state = used_slot();
    let silent = decided(SlotAction::Notify, DecisionReason::Silent);
    assert_eq!(decide(&state, SlotSituation::default(), 13.1), silent);
    assert_ne!(decide(&state, SlotSituation::default(), 13.0), silent);
}

#[test]
fn earlier_checks_decide_before_later_ones() {
    let all = SlotSituation { has_open_order: true, is_paused: true, is_resting: true, awaits_reading: true };
    let empty = SlotState::default();
    for (situation, reason) in [
        (all, DecisionReason::OrderOpen),
        (SlotSituation { has_open_order: false, ..all }, DecisionReason::Paused),
        (SlotSituation { has_open_order: false, is_paused: false, ..all }, DecisionReason::Resting),
        (SlotSituation { awaits_reading: true, ..SlotSituation::default() }, DecisionReason::TooFewReadings),
    ] {
        assert_eq!(decide(&empty, situation, 6.0), decided(SlotAction::Wait, reason));
    }
}
