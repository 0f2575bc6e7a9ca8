//! Lead times, needs, risks and decisions.

use super::learning::learnt;
use super::readings::after_readings;
use super::vectors::{assert_number, assert_probability, lead, load, number, prior, section, sensor, text};
use opendrs_domain::forecast::decision::{DecidingMode, DecisionReason, SlotAction, SlotSituation};
use opendrs_domain::forecast::lead_time::{LeadTimeCount, LeadTimes};
use opendrs_domain::forecast::reading::SlotReading;
use opendrs_domain::forecast::risk::RiskContext;
use opendrs_domain::forecast::sensor::Sensor;
use opendrs_domain::forecast::state::SlotState;
use serde_json::Value;

#[test]
fn lead_times() {
    for vector in section(&load(), "lead") {
        let seen = vector["seen"].as_array().unwrap();
        let counts: Vec<_> = seen
            .iter()
            .map(|seen| LeadTimeCount { days: seen[0].as_u64().unwrap() as u32, count: number(&seen[1]), at: 9.0 })
            .collect();
        let found = LeadTimes::learn(number(&vector["typical"]), &counts, &[], 9.0);
        let expected = vector["points"].as_array().unwrap();
        assert_eq!(found.points().len(), expected.len(), "{vector}");
        for (point, expected) in found.points().iter().zip(expected) {
            assert_eq!(point.days, number(&expected[0]), "{vector}");
            assert_number(point.probability, &expected[1], &vector.to_string());
        }
    }
}

/// The vectors that begin with readings of a coarse sensor.
fn coarse_readings(all: &Value) -> Value {
    section(all, "readings").into_iter().find(|vector| vector["sensor"] == "coarse").unwrap()
}

fn last_reading_at(state: &SlotState) -> f64 {
    state.track.at.unwrap_or_default()
}

#[test]
fn needs() {
    let all = load();
    let readings = coarse_readings(&all);
    let (prior, sensor) = (prior(&all, &readings["prior"]), sensor(&all, &readings["sensor"]));
    for vector in section(&all, "need") {
        let mut state = after_readings(&all, &readings, vector["readings"].as_u64().unwrap() as usize);
        state.stock.spare = number(&vector["spare"]);
        let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
        let context = RiskContext { state: &state, prior: &prior, sensor, lead: &lead, review: 1.0 };
        let found = context.need(last_reading_at(&state) + number(&vector["age"]));
        assert_number(found, &vector["need"], &vector.to_string());
    }
}

#[test]
fn risks() {
    let all = load();
    for vector in section(&all, "risk") {
        let (mut state, basis) = match vector["after_block"].as_u64() {
            Some(index) => {
                let basis = all["block"][index as usize].clone();
                let mut state = learnt(&all, &basis);
                state.track.at = Some(0.0);
                (state.track.level, state.track.full) = (number(&vector["level"]), number(&vector["full"]));
                (state, basis)
            }
            None => {
                let basis = coarse_readings(&all);
                (after_readings(&all, &basis, vector["after_readings"].as_u64().unwrap() as usize), basis)
            }
        };
        state.stock.spare = number(&vector["spare"]);
        let (prior, lead) = (prior(&all, &basis["prior"]), lead(&vector["lead"]));
        let sensor = sensor(&all, &vector["sensor"]);
        let review = number(&vector["review"]);
        let context = RiskContext { state: &state, prior: &prior, sensor, lead: &lead, review };
        let score = context.score(last_reading_at(&state) + number(&vector["age"]));
        assert_probability(score.risk(), &vector["risk"], &vector.to_string());
        assert_probability(score.bound(), &vector["bound"], &vector.to_string());
    }
}

fn action(name: &str) -> SlotAction {
    match name {
        "order" => SlotAction::Order,
        "notify" => SlotAction::Notify,
        "wait" => SlotAction::Wait,
        other => panic!("unknown action {other}"),
    }
}

fn reason(name: &str) -> DecisionReason {
    match name {
        "device decides" => DecisionReason::DeviceDecides,
        "order open" => DecisionReason::OrderOpen,
        "paused" => DecisionReason::Paused,
        "rests after a cancelled order" => DecisionReason::Resting,
        "one reading is none" => DecisionReason::TooFewReadings,
        "a sudden fall waits for its confirmation" => DecisionReason::FallHeldBack,
        "silent" => DecisionReason::Silent,
        "reports too seldom for what one filling lasts" => DecisionReason::ReportsTooSeldom,
        "no reading since the delivery" => DecisionReason::NoReadingSinceDelivery,
        "far from empty" => DecisionReason::FarFromEmpty,
        "not yet" => DecisionReason::NotYet,
        "may run out" => DecisionReason::MayRunOut,
        other => panic!("unknown reason {other}"),
    }
}

#[test]
fn decisions() {
    let all = load();
    let prior = prior(&all, &"pods".into());
    let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
    for vector in section(&all, "decide") {
        let what = vector.to_string();
        let mut state = SlotState::default();
        for day in (0..20).map(f64::from) {
            let read = SlotReading { at: day, remaining: 40.0 - 2.0 * day, original: 40.0, on_hand: None };
            state.take(&read, &prior, Sensor::Counted);
        }
        state.track.level = number(&vector["level"]);
        state.stock.spare = number(&vector["spare"]);
        state.track.readings = vector["readings"].as_u64().map_or(20, |readings| readings as u32);
        let is_set = |name: &str| vector[name].as_bool().unwrap_or(false);
        let situation = SlotSituation {
            has_open_order: is_set("open_order"),
            is_paused: is_set("paused"),
            is_resting: is_set("rests"),
            awaits_reading: vector["seen_since_delivery"] == false,
        };
        let mode = match text(&vector["mode"]) {
            "device" => DecidingMode::Device,
            "service" => DecidingMode::Service,
            "notify" => DecidingMode::Notify,
            other => panic!("unknown mode {other}"),
        };
        let context = RiskContext { state: &state, prior: &prior, sensor: Sensor::Counted, lead: &lead, review: 1.0 };
        let found = context.decide(mode, situation, number(&vector["now"]), number(&vector["accepted"]));
        let expected = &vector["answer"];
        assert_eq!(found.action, action(text(&expected[0])), "{what}");
        assert_eq!(found.reason, reason(text(&expected[1])), "{what}");
        match found.risk {
            Some(risk) => assert_probability(risk, &expected[2], &what),
            None => assert!(expected[2].is_null(), "{what}"),
        }
    }
}
