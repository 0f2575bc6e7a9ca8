use super::*;
use crate::forecast::lead_time::LeadTimes;
use crate::forecast::learning::UsageObservation;
use crate::forecast::prior::DemandPrior;
use crate::forecast::state::SlotState;

const PRIOR: DemandPrior = DemandPrior { rate: 2.0, days: 10.0, daily_dispersion: 1.5, weekly_dispersion: 2.0 };
const ACCEPTED: f64 = 0.05;
const NOW: f64 = 100.0;

fn slot(level: f64, spare: f64) -> SlotState {
    let mut state = SlotState::default();
    for _ in 0..60 {
        state.belief.learn(UsageObservation { usage: 2.0, days: 1.0 }, &PRIOR, Sensor::Counted, 40.0);
    }
    (state.track.at, state.track.changed_at, state.track.full) = (Some(NOW), NOW, 40.0);
    (state.track.level, state.stock.spare) = (level, spare);
    state
}

fn look(state: &SlotState, sensor: Sensor) -> NextLook {
    let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
    RiskContext { state, prior: &PRIOR, sensor, lead: &lead, review: 1.0 }.next_look(NOW, ACCEPTED)
}

#[test]
fn the_alarm_level_is_the_highest_that_orders() {
    let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
    let alarm = look(&slot(40.0, 0.0), Sensor::Counted).alarm_level;
    let risk = |level| {
        let state = slot(level, 0.0);
        RiskContext { state: &state, prior: &PRIOR, sensor: Sensor::Counted, lead: &lead, review: 1.0 }
            .score(NOW)
            .risk()
    };
    assert!(alarm.fract() == 0.0 && risk(alarm) >= ACCEPTED && risk(alarm + 1.0) < ACCEPTED, "{alarm}");
}

#[test]
fn a_slot_is_due_after_a_third_of_the_way_to_its_alarm() {
    let alarm = look(&slot(40.0, 0.0), Sensor::Counted).alarm_level;
    let due = look(&slot(alarm + 9.0, 0.0), Sensor::Counted).due_at - NOW;
    assert!((due - 1.5).abs() < 0.02, "{due}");
    assert_eq!(look(&slot(alarm - 3.0, 0.0), Sensor::Counted).due_at, NOW + 0.25);
    assert_eq!(look(&slot(40.0, 400.0), Sensor::Counted).due_at, NOW + 7.0);
    assert_eq!(next_due(NOW), NOW + 1.0);
}

#[test]
fn a_slot_is_due_when_it_becomes_silent() {
    let mut state = slot(40.0, 400.0);
    state.track.at = Some(NOW - 4.0);
    assert_eq!(look(&state, Sensor::Counted).due_at, NOW + 3.0 + LEAST_LOOK_DAYS);
    state.track.at = Some(NOW - 9.0);
    assert_eq!(look(&state, Sensor::Counted).due_at, NOW + 7.0);
}

#[test]
fn a_stock_in_the_house_lowers_the_alarm_and_a_coarse_sensor_raises_it() {
    let alarm = look(&slot(20.0, 0.0), Sensor::Level).alarm_level;
    assert!((look(&slot(20.0, 5.0), Sensor::Level).alarm_level - (alarm - 5.0)).abs() < 0.1);
    assert_eq!(look(&slot(20.0, 40.0), Sensor::Level).alarm_level, 0.0);
    let coarse = look(&slot(20.0, 0.0), Sensor::Coarse { step: 10.0 }).alarm_level;
    assert!((coarse - (alarm + 9.99)).abs() < 0.1, "{coarse}, {alarm}");
}
