//! The fleet of the speed measurement: 10,000 slots of mixed kinds, with random levels.

use opendrs_domain::forecast::learning::UsageObservation;
use opendrs_domain::forecast::prior::DemandPrior;
use opendrs_domain::forecast::sensor::Sensor;
use opendrs_domain::forecast::state::SlotState;

/// The number of slots.
const SLOTS: usize = 10_000;
const SEED: u64 = 7;

/// A slot with what is expected of it.
pub struct FleetMember {
    pub state: SlotState,
    pub prior: DemandPrior,
    pub sensor: Sensor,
}

/// Slots whose rates spread by a factor of 2 each way, from calm to bursty, whose levels are anywhere in the container.
pub fn make_fleet() -> Vec<FleetMember> {
    let mut random = fastrand::Rng::with_seed(SEED);
    (0..SLOTS).map(|index| make_member(index, &mut random)).collect()
}

fn make_member(index: usize, random: &mut fastrand::Rng) -> FleetMember {
    let rate = 2.0 * 4.0_f64.powf(random.f64() - 0.5);
    let sensor = match index % 4 {
        0 | 1 => Sensor::Counted,
        2 => Sensor::Level,
        _ => Sensor::Coarse { step: 10.0 },
    };
    let dispersion = [0.6, 1.5, 4.0, 12.0][random.usize(0..4)];
    let prior = DemandPrior { rate: 2.0, days: 8.0, daily_dispersion: dispersion, weekly_dispersion: 1.5 * dispersion };
    let mut state = SlotState::default();
    state.track.full = 40.0;
    for _ in 0..random.u32(5..200) {
        let usage = (2.0 * rate * random.f64()).round();
        state.belief.learn(UsageObservation { usage, days: 1.0 }, &prior, sensor, 40.0);
    }
    state.track.at = Some(400.0);
    state.track.changed_at = 400.0;
    state.track.readings = 100;
    state.track.level = if sensor.is_counted() { f64::from(random.u32(1..41)) } else { 40.0 * random.f64() };
    FleetMember { state, prior, sensor }
}
