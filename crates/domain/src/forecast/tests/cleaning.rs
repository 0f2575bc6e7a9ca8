use super::*;

const PRIOR: DemandPrior = DemandPrior { rate: 2.0, days: 10.0, daily_dispersion: 1.5, weekly_dispersion: 2.0 };

fn take(state: &mut SlotState, sensor: Sensor, at: f64, remaining: f64, original: f64) -> ReadingKind {
    state.take(&SlotReading { at, remaining, original, on_hand: None }, &PRIOR, sensor).kind
}

/// A slot of 40 units with a reading a day.
fn after(sensor: Sensor, levels: &[f64]) -> SlotState {
    let mut state = SlotState::default();
    for (day, level) in levels.iter().enumerate() {
        take(&mut state, sensor, day as f64, *level, 40.0);
    }
    state
}

const USED: [f64; 6] = [40.0, 38.0, 36.0, 34.0, 32.0, 30.0];

#[test]
fn another_capacity_ends_an_open_fall() {
    let mut state = after(Sensor::Counted, &USED);
    assert_eq!(take(&mut state, Sensor::Counted, 6.0, 0.0, 40.0), ReadingKind::HeldBack);
    assert_eq!(take(&mut state, Sensor::Counted, 7.0, 60.0, 60.0), ReadingKind::OtherCapacity);
    assert_eq!((state.track.jump, state.track.level, state.track.full), (LevelJump::None, 60.0, 60.0));
    // Neither the fall nor the days around it count.
    assert_eq!((state.belief.observations, state.open), (5, UsageObservation::default()));
}

#[test]
fn a_fall_is_undone_only_by_a_reading_well_above_it() {
    for (next, kind) in [(7.0, ReadingKind::Usage), (8.0, ReadingKind::FallUndone)] {
        let mut state = after(Sensor::Counted, &USED);
        take(&mut state, Sensor::Counted, 6.0, 0.0, 40.0);
        assert_eq!(take(&mut state, Sensor::Counted, 7.0, next, 40.0), kind, "{next}");
        assert_eq!(state.track.level, if kind == ReadingKind::Usage { 0.0 } else { next });
    }
}

#[test]
fn a_confirmed_fall_counts_as_use_of_all_its_days() {
    let mut state = after(Sensor::Counted, &USED);
    take(&mut state, Sensor::Counted, 6.0, 5.0, 40.0);
    let reading = SlotReading { at: 7.0, remaining: 4.0, original: 40.0, on_hand: None };
    let cleaned = state.take(&reading, &PRIOR, Sensor::Counted);
    assert_eq!(cleaned.observed, UsageObservation { usage: 26.0, days: 2.0 });
}

#[test]
fn small_rises_are_a_refill_for_a_level_sensor_only() {
    let levels = [30.0, 30.0, 31.3, 31.4, 31.5];
    assert_eq!(after(Sensor::Level, &levels).track.cycle, 1);
    assert_eq!(after(Sensor::Level, &levels).track.level, 31.3);
    assert_eq!(after(Sensor::Level, &levels[..4]).track.cycle, 0);
    assert_eq!(after(Sensor::Level, &[30.0, 30.0, 31.3, 31.4, 30.0, 31.5]).track.cycle, 0);
    let step = Sensor::Coarse { step: 2.0 };
    assert_eq!((after(step, &levels).track.cycle, after(step, &levels).track.level), (0, 30.0));
    let counted = after(Sensor::Counted, &[30.0, 30.0, 30.6, 30.7, 30.8]);
    assert_eq!((counted.track.cycle, counted.track.level, counted.belief.observations), (0, 30.0, 4));
}

#[test]
fn an_interval_that_ends_empty_counts_in_part() {
    let mut state = after(Sensor::Counted, &[3.0, 1.0]);
    let empty =
        state.take(&SlotReading { at: 3.0, remaining: 0.0, original: 40.0, on_hand: None }, &PRIOR, Sensor::Counted);
    assert!(empty.observed.usage == 1.0 && (0.45..0.55).contains(&empty.observed.days), "{empty:?}");
    // At least a tenth, however little was left.
    let mut state = after(Sensor::Level, &[3.0, 0.01]);
    let empty =
        state.take(&SlotReading { at: 7.0, remaining: 0.0, original: 40.0, on_hand: None }, &PRIOR, Sensor::Level);
    assert!((empty.observed.days - 0.6).abs() < 1e-12, "{empty:?}");
    let still =
        state.take(&SlotReading { at: 8.0, remaining: 0.0, original: 40.0, on_hand: None }, &PRIOR, Sensor::Level);
    assert_eq!(still.observed, UsageObservation { usage: 0.0, days: 0.0 });
}

#[test]
fn numbers_out_of_range_are_ignored() {
    let mut state = after(Sensor::Counted, &USED);
    let before = state;
    for (at, remaining, original) in [
        (f64::NAN, 20.0, 40.0),
        (f64::INFINITY, 20.0, 40.0),
        (4e6, 20.0, 40.0),
        (6.0, -1.0, 40.0),
        (6.0, f64::NAN, 40.0),
        (6.0, 2e12, 40.0),
        (6.0, 20.0, 0.0),
        (6.0, 20.0, 1e-7),
        (6.0, 20.0, 2e12),
        (5.0, 20.0, 40.0),
    ] {
        assert_eq!(take(&mut state, Sensor::Counted, at, remaining, original), ReadingKind::Ignored);
        assert_eq!(state, before);
    }
    assert_eq!(take(&mut SlotState::default(), Sensor::Counted, -1.0, 20.0, 40.0), ReadingKind::Ignored);
}

#[test]
fn the_usual_distance_of_readings_follows_slowly() {
    let mut state = after(Sensor::Counted, &[40.0, 38.0]);
    take(&mut state, Sensor::Counted, 31.0, 20.0, 40.0);
    assert!((state.track.every - 2.2).abs() < 1e-12, "{}", state.track.every);
    assert_eq!(state.track.readings, 3);
}
