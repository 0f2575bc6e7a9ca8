//! Tails, observations and quantiles.

use super::vectors::{assert_number, assert_probability, assert_state, load, number, numbers, prior, section, sensor};
use opendrs_domain::forecast::learning::UsageObservation;
use opendrs_domain::forecast::sensor::Sensor;
use opendrs_domain::forecast::state::SlotState;
use opendrs_domain::forecast::tail::{DemandMoments, DemandThreshold};
use serde_json::Value;

/// The state after the observations of a vector.
pub fn learnt(all: &Value, vector: &Value) -> SlotState {
    let mut state = SlotState::default();
    assert_eq!(number(&vector["grain"]), 1.0, "observations are counted");
    for observed in vector["blocks"].as_array().unwrap() {
        let observed = UsageObservation { usage: number(&observed[0]), days: number(&observed[1]) };
        state.belief.learn(observed, &prior(all, &vector["prior"]), Sensor::Counted, 0.0);
    }
    state
}

#[test]
fn tails() {
    for vector in section(&load(), "tail") {
        let demand = DemandMoments { mean: number(&vector["mean"]), variance: number(&vector["var"]) };
        let threshold = DemandThreshold::new(number(&vector["x"]), vector["counted"].as_bool().unwrap());
        assert_probability(demand.exceedance(&threshold), &vector["p"], &vector.to_string());
    }
}

#[test]
fn observations() {
    let all = load();
    for (index, vector) in section(&all, "block").iter().enumerate() {
        let (state, what) = (learnt(&all, vector), format!("observations {index}"));
        assert_state(&state, &vector["state"], &what);
        let forecast = state.belief.forecast(&prior(&all, &vector["prior"]), Sensor::Counted, 0.0);
        assert_number(forecast.rate(), &vector["rate"], &what);
        for (weight, expected) in forecast.weights.iter().zip(numbers(&vector["weights"])) {
            assert_number(*weight, &expected.into(), &what);
        }
        for days in [1, 4, 7] {
            assert_number(forecast.dispersion(f64::from(days)), &vector[format!("phi_{days}")], &what);
        }
    }
}

#[test]
fn quantiles() {
    let all = load();
    for vector in section(&all, "quantile") {
        let learning = &all["block"][vector["after_block"].as_u64().unwrap() as usize];
        let state = learnt(&all, learning);
        let forecast = state.belief.forecast(&prior(&all, &learning["prior"]), sensor(&all, &vector["sensor"]), 0.0);
        let found = forecast.quantile(number(&vector["days"]), number(&vector["level"]));
        assert_number(found, &vector["x"], &vector.to_string());
    }
}
