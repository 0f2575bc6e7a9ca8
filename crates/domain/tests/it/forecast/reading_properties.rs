//! Properties of readings: order, repetition, scale, and what nonsense does.

use super::strategies::{prior, readings, sensor, state_after};
use opendrs_domain::forecast::lead_time::LeadTimes;
use opendrs_domain::forecast::prior::DemandPrior;
use opendrs_domain::forecast::reading::{ReadingKind, SlotReading};
use opendrs_domain::forecast::risk::RiskContext;
use opendrs_domain::forecast::sensor::Sensor;
use opendrs_domain::forecast::state::SlotState;
use proptest::collection::vec;
use proptest::num::f64::ANY;
use proptest::prelude::*;

fn risk_of(state: &SlotState, prior: &DemandPrior, sensor: Sensor, now: f64) -> f64 {
    let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
    RiskContext { state, prior, sensor, lead: &lead, review: 1.0 }.score(now).risk()
}

/// Amounts as no device should send them.
fn odd_amount() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..50.0_f64, 1 => ANY, 1 => -1.0..1e13_f64, 1 => Just(1e-6), 1 => Just(1e12), 1 => Just(0.0)]
}

fn odd_reading() -> impl Strategy<Value = SlotReading> {
    let at = prop_oneof![6 => 0.0..900.0_f64, 1 => ANY, 1 => -10.0..4e6_f64];
    (at, odd_amount(), odd_amount(), prop::option::weighted(0.1, odd_amount()))
        .prop_map(|(at, remaining, original, on_hand)| SlotReading { at, remaining, original, on_hand })
}

/// What an odd device does next: a reading, and perhaps a delivery.
fn odd_steps() -> impl Strategy<Value = Vec<(SlotReading, Option<f64>)>> {
    let is_sorted = |steps: &mut Vec<(SlotReading, Option<f64>)>| steps.sort_by(|a, b| a.0.at.total_cmp(&b.0.at));
    vec((odd_reading(), prop::option::weighted(0.2, odd_amount())), 1..60).prop_map(move |mut steps| {
        is_sorted(&mut steps);
        steps
    })
}

proptest! {
    #[test]
    fn a_reading_twice_is_a_reading_once(readings in readings(40.0, 60), prior in prior(), sensor in sensor()) {
        let once = state_after(&readings, &prior, sensor);
        let mut twice = SlotState::default();
        for reading in &readings {
            twice.take(reading, &prior, sensor);
            let before = twice;
            prop_assert_eq!(twice.take(reading, &prior, sensor).kind, ReadingKind::Ignored);
            prop_assert_eq!(twice, before);
        }
        prop_assert_eq!(once.to_bytes(), twice.to_bytes());
    }

    #[test]
    fn batches_and_crashes_change_no_byte(
        readings in readings(40.0, 60), cuts in vec(0..60_usize, 0..6), prior in prior(), sensor in sensor()
    ) {
        let whole = state_after(&readings, &prior, sensor);
        let mut stored = SlotState::default().to_bytes();
        let mut cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut < readings.len()).collect();
        cuts.sort_unstable();
        cuts.push(readings.len());
        // After each cut the state is stored, and the process begins again from an older reading.
        for (index, cut) in cuts.iter().enumerate() {
            let begin = if index % 2 == 0 { 0 } else { cuts[index - 1] / 2 };
            let mut state = SlotState::from_bytes(&stored).unwrap();
            for reading in &readings[begin..*cut] {
                state.take(reading, &prior, sensor);
            }
            stored = state.to_bytes();
        }
        prop_assert_eq!(stored, whole.to_bytes());
    }

    #[test]
    fn the_unit_does_not_matter(readings in readings(40.0, 80), prior in prior()) {
        let in_other_unit = |amount: f64| 1000.0 * amount;
        let other: Vec<_> = readings.iter().map(|reading| SlotReading {
            remaining: in_other_unit(reading.remaining),
            original: in_other_unit(reading.original),
            ..*reading
        }).collect();
        let other_prior = DemandPrior {
            rate: in_other_unit(prior.rate),
            daily_dispersion: in_other_unit(prior.daily_dispersion),
            weekly_dispersion: in_other_unit(prior.weekly_dispersion),
            ..prior
        };
        let state = state_after(&readings, &prior, Sensor::Level);
        let other_state = state_after(&other, &other_prior, Sensor::Level);
        let now = readings.last().unwrap().at + 0.5;
        let (risk, other) = (
            risk_of(&state, &prior, Sensor::Level, now),
            risk_of(&other_state, &other_prior, Sensor::Level, now),
        );
        prop_assert!((risk - other).abs() <= 1e-9, "{risk} and {other}");
    }

    #[test]
    fn nonsense_gives_no_nonsense(steps in odd_steps(), sensor in sensor(), is_guess: bool) {
        let mut prior = DemandPrior { rate: 2.0, days: 5.0, daily_dispersion: 1.5, weekly_dispersion: 3.0 };
        let mut state = SlotState::default();
        for (reading, delivered) in steps {
            if is_guess && state.track.full > 0.0 {
                prior = DemandPrior::from_guess(state.track.full, 30.0, sensor.is_counted());
            }
            if let Some(quantity) = delivered {
                state.stock.deliver(quantity);
            }
            let before = state.track.level;
            let taken = state.take(&reading, &prior, sensor);
            prop_assert!(taken.observed.usage >= 0.0 && taken.observed.days >= 0.0, "{taken:?}");
            prop_assert!(taken.observed.usage <= before.max(state.track.level), "{taken:?} of {before}");
            // Reading the bytes checks that every number is finite and none is negative.
            prop_assert_eq!(SlotState::from_bytes(&state.to_bytes()), Ok(state));
            let risk = risk_of(&state, &prior, sensor, state.track.at.unwrap_or(0.0));
            prop_assert!((0.0..=1.0).contains(&risk), "{risk}");
        }
    }

    #[test]
    fn a_false_jump_leaves_level_and_stock_as_without_it(
        uses in vec(0..3_u8, 5..14), has_spare: bool, is_fall: bool, rest in 0..3_u8
    ) {
        let prior = DemandPrior { rate: 1.0, days: 10.0, daily_dispersion: 1.0, weekly_dispersion: 1.2 };
        let full = 40.0;
        let mut left = if is_fall { full } else { 28.0 };
        let mut state = SlotState::default();
        let mut day = 0.0;
        let mut next = |left: f64| {
            day += 1.0;
            SlotReading { at: day, remaining: left, original: full, on_hand: None }
        };
        state.take(&next(left), &prior, Sensor::Counted);
        for usage in uses {
            left = (left - f64::from(usage)).max(0.0);
            state.take(&next(left), &prior, Sensor::Counted);
        }
        if has_spare {
            state.stock.deliver(full);
        }
        let mut without = state;
        let jump = state.take(&next(if is_fall { 0.0 } else { full }), &prior, Sensor::Counted).kind;
        prop_assume!(jump == if is_fall { ReadingKind::HeldBack } else { ReadingKind::Refill });
        let after = next((left - f64::from(rest)).max(0.0));
        let undone = state.take(&after, &prior, Sensor::Counted).kind;
        prop_assume!(undone == if is_fall { ReadingKind::FallUndone } else { ReadingKind::RefillUndone });
        without.take(&after, &prior, Sensor::Counted);
        prop_assert_eq!(state.track.level, without.track.level);
        prop_assert_eq!(state.track.cycle, without.track.cycle);
        prop_assert_eq!(state.stock.spare, without.stock.spare);
    }
}
