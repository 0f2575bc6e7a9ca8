//! The runs of synthetic households, and how many late parcels each may have.
//!
//! Not here: how a household is played. Invariant: the limits are those of docs/forecast.md#synthetic-households.

use super::synthetic::{CountedParcels, PriorSource, SCENARIOS, Scenario, ScenarioRun};

/// The containers: how many days of usual use each holds.
const CONTAINERS: [u32; 3] = [15, 45, 120];
/// The usual accepted risk.
const ACCEPTED: f64 = 0.05;
/// The least accepted risk that a maker can choose.
const LEAST_ACCEPTED: f64 = 0.01;

/// All runs.
pub fn all_runs() -> Vec<ScenarioRun> {
    let by_container = |scenario| CONTAINERS.map(|container| usual_run(scenario, container));
    let mut runs: Vec<_> = SCENARIOS.into_iter().flat_map(by_container).collect();
    runs.extend(SCENARIOS.into_iter().flat_map(|scenario| [45, 120].map(|container| careful_run(scenario, container))));
    for scenario in [Scenario::Steady, Scenario::Level, Scenario::Bursty] {
        runs.extend([15, 45].map(|container| first_run(scenario, container, PriorSource::Fleet, 7.5)));
        runs.extend([15, 45].map(|container| first_run(scenario, container, PriorSource::Guess, 13.0)));
    }
    let changed = usual_run(Scenario::Regime, 45);
    runs.push(ScenarioRun { counted: CountedParcels::AfterChange, most_late_percent: Some(11.0), ..changed });
    runs
}

/// The accepted risk of 0.05, after the first 30 days.
pub fn usual_run(scenario: Scenario, container: u32) -> ScenarioRun {
    let most = match scenario {
        Scenario::Steady | Scenario::Level | Scenario::Coarse | Scenario::Holiday | Scenario::Dirty => [7.5, 7.5, 7.5],
        Scenario::Season | Scenario::Intermittent => [11.0, 9.0, 7.5],
        Scenario::Bursty | Scenario::Regime => [12.0, 8.5, 7.5],
        Scenario::Irregular => [f64::INFINITY; 3],
    };
    let most = CONTAINERS.into_iter().zip(most).find(|(days, most)| *days == container && most.is_finite());
    ScenarioRun {
        scenario,
        container,
        counted: CountedParcels::AfterWarmUp,
        prior: PriorSource::Fleet,
        accepted: ACCEPTED,
        most_late_percent: most.map(|(_, most)| most),
    }
}

/// The accepted risk of 0.01.
fn careful_run(scenario: Scenario, container: u32) -> ScenarioRun {
    let most_late_percent = (scenario != Scenario::Irregular).then_some(3.0);
    ScenarioRun { accepted: LEAST_ACCEPTED, most_late_percent, ..usual_run(scenario, container) }
}

/// The first one and a half fillings.
fn first_run(scenario: Scenario, container: u32, prior: PriorSource, most: f64) -> ScenarioRun {
    let counted = CountedParcels::FirstFillings;
    ScenarioRun { counted, prior, most_late_percent: Some(most), ..usual_run(scenario, container) }
}
