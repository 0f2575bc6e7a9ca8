//! The file of golden vectors, and how its numbers are compared.

use opendrs_domain::forecast::lead_time::{LeadTimePoint, LeadTimes};
use opendrs_domain::forecast::prior::DemandPrior;
use opendrs_domain::forecast::reading::SlotReading;
use opendrs_domain::forecast::sensor::Sensor;
use opendrs_domain::forecast::state::{LevelJump, SlotState};
use serde_json::Value;

/// The number of vectors. A vector that is lost would not fail anything else.
pub const VECTORS: usize = 102;

pub fn load() -> Value {
    serde_json::from_str(include_str!("../../data/forecast_vectors.json")).unwrap()
}

pub fn section(all: &Value, name: &str) -> Vec<Value> {
    all[name].as_array().unwrap_or_else(|| panic!("no section {name}")).clone()
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

pub fn sensor(all: &Value, name: &Value) -> Sensor {
    match text(name) {
        "counted" => Sensor::Counted,
        "level" => Sensor::Level,
        "coarse" => Sensor::Coarse { step: number(&all["sensors"]["coarse"]["step"]) },
        other => panic!("unknown sensor {other}"),
    }
}

pub fn prior(all: &Value, name: &Value) -> DemandPrior {
    let of = &all["priors"][text(name)];
    DemandPrior {
        rate: number(&of["rate"]),
        days: number(&of["days"]),
        daily_dispersion: number(&of["phi1"]),
        weekly_dispersion: number(&of["phi7"]),
    }
}

pub fn reading(value: &Value) -> SlotReading {
    SlotReading { at: number(&value[0]), remaining: number(&value[1]), original: number(&value[2]), on_hand: None }
}

pub fn lead(value: &Value) -> LeadTimes {
    let point = |value: &Value| LeadTimePoint { days: number(&value[0]), probability: number(&value[1]) };
    LeadTimes::from_points(value.as_array().unwrap().iter().map(point).collect()).unwrap()
}

pub fn assert_probability(found: f64, expected: &Value, what: &str) {
    let expected = number(expected);
    assert!((found - expected).abs() <= 1e-9, "{what}: {found} instead of {expected}");
}

pub fn assert_number(found: f64, expected: &Value, what: &str) {
    let expected = number(expected);
    let allowed = 1e-9 * expected.abs().max(found.abs());
    // What is 0 may be the rounded difference of two numbers of about 1.
    assert!((found - expected).abs() <= allowed.max(1e-13), "{what}: {found} instead of {expected}");
}

pub fn assert_state(state: &SlotState, expected: &Value, what: &str) {
    let compare = |found: f64, name: &str| assert_number(found, &expected[name], &format!("{what}, {name}"));
    for k in 0..3 {
        assert_number(state.belief.usage[k], &expected["a"][k], what);
        assert_number(state.belief.exposure[k], &expected["b"][k], what);
        assert_number(state.belief.log_weights[k], &expected["l"][k], what);
    }
    compare(state.belief.daily_error.squared, "s1");
    compare(state.belief.daily_error.expected, "c1");
    compare(state.belief.weekly_error.squared, "s7");
    compare(state.belief.weekly_error.expected, "c7");
    compare(state.track.level, "level");
    compare(state.track.full, "full");
    compare(state.open.usage, "use");
    compare(state.open.days, "expo");
    compare(state.track.every, "every");
    compare(f64::from(state.belief.observations), "blocks");
    compare(f64::from(state.track.changes), "distinct");
    compare(f64::from(state.track.cycle), "cycle");
    let jump = match state.track.jump {
        LevelJump::None => 0.0,
        LevelJump::Fall(_) => 1.0,
        LevelJump::Refill(_) => 2.0,
    };
    compare(jump, "jump");
}

#[test]
fn no_vector_is_lost() {
    let all = load();
    let count = all.as_object().unwrap().values().filter_map(Value::as_array).map(Vec::len).sum::<usize>();
    assert_eq!(count, VECTORS);
}
