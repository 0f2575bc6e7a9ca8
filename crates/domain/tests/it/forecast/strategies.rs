//! Random slots and readings for the properties.

use opendrs_domain::forecast::lead_time::LeadTimes;
use opendrs_domain::forecast::learning::UsageObservation;
use opendrs_domain::forecast::prior::DemandPrior;
use opendrs_domain::forecast::reading::SlotReading;
use opendrs_domain::forecast::risk::RiskContext;
use opendrs_domain::forecast::sensor::Sensor;
use opendrs_domain::forecast::state::SlotState;
use proptest::collection::vec;
use proptest::prelude::*;

/// The time of the last reading of [`known_slot`], in days.
pub const READ_AT: f64 = 1000.0;

/// A slot with what its risk depends on.
#[derive(Clone, Debug)]
pub struct KnownSlot {
    pub state: SlotState,
    pub prior: DemandPrior,
    pub sensor: Sensor,
    pub lead: LeadTimes,
    pub review: f64,
}

impl KnownSlot {
    pub fn context(&self) -> RiskContext<'_> {
        let Self { state, prior, sensor, lead, review } = self;
        RiskContext { state, prior, sensor: *sensor, lead, review: *review }
    }

    pub fn risk(&self, now: f64) -> f64 {
        self.context().score(now).risk()
    }
}

pub fn sensor() -> impl Strategy<Value = Sensor> {
    prop_oneof![Just(Sensor::Counted), Just(Sensor::Level), Just(Sensor::Coarse { step: 10.0 })]
}

pub fn prior() -> impl Strategy<Value = DemandPrior> {
    (-3.0..1.0_f64, 2.0..120.0_f64, -1.3..1.5_f64, -0.6..1.2_f64).prop_map(|(rate, days, daily, weekly)| DemandPrior {
        rate: 10.0_f64.powf(rate),
        days,
        daily_dispersion: 10.0_f64.powf(daily),
        weekly_dispersion: 10.0_f64.powf(daily + weekly),
    })
}

/// A slot of 40 units that was observed for some time.
pub fn known_slot() -> impl Strategy<Value = KnownSlot> {
    let observed = (0.0..3.0_f64, 0.8..4.0_f64);
    let slot = (0.0..1.0_f64, 0.0..3.0_f64, 0.0..60.0_f64);
    (vec(observed, 0..40), prior(), sensor(), 1.0..12.0_f64, slot, 0.0..3.0_f64).prop_map(
        |(observed, prior, sensor, typical, (left, changed, spare), review)| {
            let mut state = SlotState::default();
            for (usage, days) in observed {
                let usage = usage * prior.rate * days;
                let usage = if sensor.is_counted() { usage.round() } else { usage };
                state.belief.learn(UsageObservation { usage, days }, &prior, sensor, 40.0);
            }
            let level = if sensor.is_counted() { (40.0 * left).round() } else { 40.0 * left };
            (state.track.at, state.track.readings) = (Some(READ_AT), 50);
            (state.track.level, state.track.full) = (level, 40.0);
            state.track.changed_at = READ_AT - changed;
            state.stock.spare = spare.floor();
            KnownSlot { state, prior, sensor, lead: LeadTimes::learn(typical, &[], &[], 0.0), review }
        },
    )
}

/// Readings of one container, in order of time, with refills, noise, gaps and false values.
pub fn readings(full: f64, most: usize) -> impl Strategy<Value = Vec<SlotReading>> {
    let left = prop_oneof![8 => 0.0..1.0_f64, 1 => Just(0.0), 1 => 1.0..1.1_f64];
    let fall = prop_oneof![12 => 0.0..0.12_f64, 2 => Just(0.0), 1 => -0.06..0.0_f64];
    let step = (prop_oneof![6 => 0.2..1.5_f64, 1 => 3.0..12.0_f64], fall, prop::option::weighted(0.15, left));
    vec(step, 1..most).prop_map(move |steps| {
        let (mut at, mut left) = (500.0, 1.0_f64);
        let reading = |(days, fall, jump): (f64, f64, Option<f64>)| {
            at += days;
            left = jump.unwrap_or(left - fall).max(0.0);
            SlotReading { at, remaining: left * full, original: full, on_hand: None }
        };
        steps.into_iter().map(reading).collect()
    })
}

/// A state after readings.
pub fn state_after(readings: &[SlotReading], prior: &DemandPrior, sensor: Sensor) -> SlotState {
    let mut state = SlotState::default();
    for reading in readings {
        state.take(reading, prior, sensor);
    }
    state
}
