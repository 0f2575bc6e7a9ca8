//! Synthetic households: ten kinds of use with known truth.
//!
//! What it is: the recipes of docs/forecast.md#synthetic-households, and how many late parcels each may have. What it is
//! not: real use. Invariant: a slot is made by its scenario, container, seed and number alone.

use super::household::{ParcelCount, ReportStyle, SimulatedSlot, WARM_UP};
use super::random::Draws;
use opendrs_domain::forecast::lead_time::LeadTimes;
use opendrs_domain::forecast::prior::DemandPrior;
use std::ops::Range;

/// A kind of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Poisson.
    Steady,
    /// Print jobs of a geometric size, Monday to Friday.
    Bursty,
    /// A tank with a noisy sensor.
    Level,
    /// A tank that shows quarters.
    Coarse,
    /// A year's season and a week's pattern.
    Season,
    /// The rate changes once by 2.5 or 0.4.
    Regime,
    /// Three absences a year.
    Holiday,
    /// A unit every third day.
    Intermittent,
    /// False readings, gaps, early top-ups, another pack.
    Dirty,
    /// A reading on 3 of 10 days.
    Irregular,
}

/// All scenarios.
pub const SCENARIOS: [Scenario; 10] = [
    Scenario::Steady,
    Scenario::Bursty,
    Scenario::Level,
    Scenario::Coarse,
    Scenario::Season,
    Scenario::Regime,
    Scenario::Holiday,
    Scenario::Intermittent,
    Scenario::Dirty,
    Scenario::Irregular,
];

/// The seed of the fleet that the prior is learnt from.
const FLEET_SEED: u64 = 2011;
const WEEKDAYS: [f64; 7] = [0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.0];
/// The days of the slots that the prior is learnt from.
const FLEET_DAYS: usize = 400;
const TYPICAL_LEAD: f64 = 5.0;
const TYPICAL_DAYS: f64 = 30.0;

/// Which parcels count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedParcels {
    /// Those after the first 30 days.
    AfterWarmUp,
    /// Those of the first one and a half fillings.
    FirstFillings,
    /// Those of the days 30 to 60 after a change of use.
    AfterChange,
}

/// What a slot is expected to use before its own use is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorSource {
    /// Other slots of the scenario.
    Fleet,
    /// The guess that one filling lasts 30 days.
    Guess,
}

/// One kind of run, and how many late parcels it may have.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioRun {
    /// The kind of use.
    pub scenario: Scenario,
    /// How many days of usual use the container holds.
    pub container: u32,
    /// Which parcels count.
    pub counted: CountedParcels,
    /// Where the prior is from.
    pub prior: PriorSource,
    /// The accepted risk.
    pub accepted: f64,
    /// The most late parcels in 100. `None` where nothing is promised.
    pub most_late_percent: Option<f64>,
}

impl Scenario {
    fn base_rate(self) -> f64 {
        match self {
            Self::Bursty => 8.0,
            Self::Level | Self::Coarse => 0.02,
            Self::Intermittent => 0.34,
            _ => 2.0,
        }
    }

    fn style(self, draws: &mut Draws) -> ReportStyle {
        match self {
            Self::Level => ReportStyle::Noisy,
            Self::Coarse if draws.chance(0.5) => ReportStyle::QuartersUp,
            Self::Coarse => ReportStyle::QuartersNear,
            Self::Dirty => ReportStyle::Dirty,
            Self::Irregular => ReportStyle::Irregular,
            _ => ReportStyle::Exact,
        }
    }

    /// Makes a slot.
    fn make(self, container: u32, days: usize, seed: u64, number: u64, counted: CountedParcels) -> SimulatedSlot {
        let mut draws = Draws::new(seed, (self as u64) << 40 | u64::from(container) << 24 | number);
        let style = self.style(&mut draws);
        let rate = self.base_rate() * (0.7 * draws.normal()).exp();
        let content = rate * f64::from(container) * (0.1 * draws.normal()).exp();
        let is_measured = matches!(self, Self::Level | Self::Coarse);
        let capacity = if is_measured { content } else { content.round().max(5.0) };
        let pattern = Pattern::draw(self, days, &mut draws);
        let usage = (0..days).map(|day| self.usage_of_day(rate * pattern.factor(day), &mut draws)).collect();
        SimulatedSlot { usage, capacity, style, counted: pattern.counted(counted, container, days) }
    }

    fn usage_of_day(self, mean: f64, draws: &mut Draws) -> f64 {
        match self {
            Self::Steady | Self::Intermittent => draws.poisson(mean),
            Self::Level | Self::Coarse => draws.gamma(2, mean),
            Self::Bursty => {
                let jobs = draws.poisson(mean / 8.0) as u32;
                (0..jobs).map(|_| draws.geometric(8.0)).sum()
            }
            _ => {
                let mean = draws.gamma(3, mean);
                draws.poisson(mean)
            }
        }
    }
}

impl ScenarioRun {
    /// The days of each slot: enough for some fillings of the container.
    pub fn days(&self) -> usize {
        if self.container > 100 { 700 } else { 400 }
    }

    /// Plays `slots` slots of each of the seeds 1 to `seeds`. The prior is learnt from `fleet` other slots.
    pub fn play(&self, slots: u64, seeds: u64, fleet: u64) -> ParcelCount {
        let prior = self.learn_prior(fleet);
        let lead = LeadTimes::learn(TYPICAL_LEAD, &[], &[], 0.0);
        let mut sum = ParcelCount::default();
        for (seed, number) in (1..=seeds).flat_map(|seed| (0..slots).map(move |number| (seed, number))) {
            let slot = self.scenario.make(self.container, self.days(), seed, number, self.counted);
            sum += slot.play(&prior, &lead, self.accepted, &mut Draws::new(seed, 1 << 60 | number));
        }
        sum
    }

    fn learn_prior(&self, fleet: u64) -> DemandPrior {
        let make = |number| self.scenario.make(self.container, FLEET_DAYS, FLEET_SEED, number, self.counted);
        let slots: Vec<_> = (0..fleet).map(make).collect();
        let mut capacities: Vec<_> = slots.iter().map(|slot| slot.capacity).collect();
        capacities.sort_by(f64::total_cmp);
        let (full, sensor) = (capacities[capacities.len() / 2], slots[0].sensor());
        let guess = DemandPrior::from_guess(full, TYPICAL_DAYS, sensor.is_counted());
        if self.prior == PriorSource::Guess {
            return guess;
        }
        let mut draws = Draws::new(FLEET_SEED, 1);
        let fleet: Vec<_> = slots.iter().filter_map(|slot| slot.observe(&guess, &mut draws)).collect();
        DemandPrior::from_fleet(&fleet, sensor.grain(full)).unwrap_or(guess)
    }
}

/// How the use changes with the days.
struct Pattern {
    scenario: Scenario,
    phase: f64,
    change_at: usize,
    change: f64,
    absences: Vec<Range<usize>>,
}

impl Pattern {
    fn draw(scenario: Scenario, days: usize, draws: &mut Draws) -> Self {
        let absences = (0..3 * days / 365 + 1).map(|_| {
            let begin = draws.below(days);
            begin..begin + 7 + draws.below(8)
        });
        Self {
            scenario,
            absences: absences.collect(),
            phase: draws.uniform(),
            change_at: 60 + draws.below(days.saturating_sub(120)),
            change: if draws.chance(0.5) { 2.5 } else { 0.4 },
        }
    }

    fn factor(&self, day: usize) -> f64 {
        match self.scenario {
            Scenario::Bursty => {
                if day % 7 < 5 {
                    1.4
                } else {
                    0.0
                }
            }
            Scenario::Season => {
                let year = std::f64::consts::TAU * (day as f64 / 365.0 + self.phase);
                (1.0 + 0.5 * year.sin()) * WEEKDAYS[day % 7]
            }
            Scenario::Regime if day >= self.change_at => self.change,
            Scenario::Holiday if self.absences.iter().any(|absence| absence.contains(&day)) => 0.0,
            _ => 1.0,
        }
    }

    fn counted(&self, counted: CountedParcels, container: u32, days: usize) -> Range<usize> {
        match counted {
            CountedParcels::AfterWarmUp => WARM_UP..days,
            CountedParcels::FirstFillings => 0..(3 * container / 2) as usize,
            CountedParcels::AfterChange => self.change_at + 30..self.change_at + 60,
        }
    }
}
