//! Synthetic households: not more late parcels than are allowed (docs/forecast.md#synthetic-households).
//!
//! The example `simulate_fleet` plays the same with 300 slots a line, and more lines.

use super::scenario_runs::usual_run;
use super::synthetic::Scenario;

/// The slots of each seed. Few, because tests are not optimised.
const SLOTS: u64 = 25;
const SEEDS: u64 = 4;
/// The slots that teach the prior.
const FLEET: u64 = 100;

fn check(scenario: Scenario) {
    for container in [15, 45, 120] {
        let run = usual_run(scenario, container);
        let count = run.play(SLOTS, SEEDS, FLEET);
        let late = count.late_percent();
        let expected_parcels = SLOTS * SEEDS * run.days() as u64 / (3 * u64::from(container));
        assert!(u64::from(count.parcels) > expected_parcels, "{scenario:?} {container}, seeds 1 to {SEEDS}: {count:?}");
        let most = run.most_late_percent.unwrap();
        assert!(late <= most, "{scenario:?} {container}, seeds 1 to {SEEDS}: {late:.1} % late, {most} % allowed");
    }
}

#[test]
fn steady() {
    check(Scenario::Steady);
}

#[test]
fn bursty() {
    check(Scenario::Bursty);
}

#[test]
fn level() {
    check(Scenario::Level);
}

#[test]
fn coarse() {
    check(Scenario::Coarse);
}

#[test]
fn season() {
    check(Scenario::Season);
}

#[test]
fn regime() {
    check(Scenario::Regime);
}

#[test]
fn holiday() {
    check(Scenario::Holiday);
}

#[test]
fn intermittent() {
    check(Scenario::Intermittent);
}

#[test]
fn dirty() {
    check(Scenario::Dirty);
}
