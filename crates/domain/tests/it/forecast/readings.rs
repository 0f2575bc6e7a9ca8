//! Readings, and the stock in the house.

use super::vectors::{assert_number, assert_state, load, number, numbers, prior, reading, section, sensor, text};
use opendrs_domain::forecast::reading::ReadingKind;
use opendrs_domain::forecast::state::SlotState;
use serde_json::Value;

fn name(kind: ReadingKind) -> &'static str {
    match kind {
        ReadingKind::Ignored => "ignored",
        ReadingKind::First => "first",
        ReadingKind::OtherUnit => "other unit",
        ReadingKind::OtherCapacity => "other capacity",
        ReadingKind::FallUndone => "fall undone",
        ReadingKind::RefillUndone => "refill undone",
        ReadingKind::Usage => "use",
        ReadingKind::Refill => "refill",
        ReadingKind::HeldBack => "held back",
    }
}

/// The state after the first readings of a vector.
pub fn after_readings(all: &Value, vector: &Value, count: usize) -> SlotState {
    let mut state = SlotState::default();
    for read in vector["readings"].as_array().unwrap().iter().take(count) {
        state.take(&reading(read), &prior(all, &vector["prior"]), sensor(all, &vector["sensor"]));
    }
    state
}

#[test]
fn readings() {
    let all = load();
    for vector in section(&all, "readings") {
        let what = text(&vector["title"]);
        let (prior, sensor) = (prior(&all, &vector["prior"]), sensor(&all, &vector["sensor"]));
        let mut state = SlotState::default();
        let read = vector["readings"].as_array().unwrap();
        let found: Vec<_> = read.iter().map(|read| name(state.take(&reading(read), &prior, sensor).kind)).collect();
        let expected: Vec<_> = vector["answers"].as_array().unwrap().iter().map(text).collect();
        assert_eq!(found, expected, "{what}");
        assert_state(&state, &vector["state"], what);
        let forecast = state.belief.forecast(&prior, sensor, state.track.full);
        assert_number(forecast.rate(), &vector["rate"], what);
        for (weight, expected) in forecast.weights.iter().zip(numbers(&vector["weights"])) {
            assert_number(*weight, &expected.into(), what);
        }
        assert_eq!(SlotState::from_bytes(&state.to_bytes()), Ok(state), "{what}");
    }
}

#[test]
fn stock_in_the_house() {
    let all = load();
    for vector in section(&all, "ledger") {
        let what = text(&vector["title"]);
        let (prior, sensor) = (prior(&all, &vector["prior"]), sensor(&all, &vector["sensor"]));
        let mut state = SlotState::default();
        let steps = vector["steps"].as_array().unwrap();
        assert_eq!(steps.len(), numbers(&vector["spare"]).len());
        for (step, spare) in steps.iter().zip(numbers(&vector["spare"])) {
            if step[0] == "delivered" {
                state.stock.deliver(number(&step[1]));
            } else {
                state.take(&reading(step), &prior, sensor);
            }
            assert_number(state.stock.spare, &spare.into(), &format!("{what}, after {step}"));
        }
    }
}
