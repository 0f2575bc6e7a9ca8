//! Belief: what is known of a slot's past use.
//!
//! What it is: discounted sums of use and exposure with three half-lives, their weights, and the errors of forecasts
//! (docs/spec/forecast.md#forecast-belief). What it is not: learning ([`super::learning`]), and the future use
//! ([`super::demand`]). Invariant: a belief does not hold its prior, so that a better prior improves it afterwards.

use super::prior::{DemandPrior, FleetSlot};

/// The half-lives of the discounted sums, in days.
pub const HALF_LIVES: [f64; 3] = [15.0, 60.0, 240.0];
/// The weights of the half-lives before any observation.
pub const FIRST_WEIGHTS: [f64; 3] = [0.15, 0.35, 0.50];

/// What is known of a slot's use, without its prior.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemandBelief {
    /// The discounted use for each half-life, in units.
    pub usage: [f64; 3],
    /// The discounted exposure for each half-life, in days.
    pub exposure: [f64; 3],
    /// The natural logarithm of the weight of each half-life.
    pub log_weights: [f64; 3],
    /// The errors of single observations, usually days.
    pub daily_error: SquaredError,
    /// The errors of weeks.
    pub weekly_error: SquaredError,
    /// The week that is not complete yet.
    pub week: OpenWeek,
    /// The number of observations.
    pub observations: u32,
}

/// A squared error beside what it would be if the variance were the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SquaredError {
    /// The discounted squared error, in squared units.
    pub squared: f64,
    /// Its expectation for a dispersion of 1 unit, in units.
    pub expected: f64,
}

/// The use of the week that is not complete yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OpenWeek {
    /// The use so far, in units.
    pub usage: f64,
    /// The exposure so far, in days.
    pub days: f64,
    /// The rate that was expected when the week began, in units a day.
    pub rate: f64,
    /// The uncertainty of that rate, as a factor of squared days.
    pub spread: f64,
}

impl Default for DemandBelief {
    fn default() -> Self {
        Self {
            usage: [0.0; 3],
            exposure: [0.0; 3],
            log_weights: FIRST_WEIGHTS.map(f64::ln),
            daily_error: SquaredError::default(),
            weekly_error: SquaredError::default(),
            week: OpenWeek::default(),
            observations: 0,
        }
    }
}

impl SquaredError {
    /// The dispersion that the errors show, in units. `None` without errors.
    #[must_use]
    pub fn dispersion(self) -> Option<f64> {
        (self.expected > 0.0).then(|| self.squared / self.expected)
    }

    /// The dispersion of a prior that counts as much as an expectation of `weight`, improved by these errors.
    pub(super) fn improve(self, prior: f64, weight: f64, least: f64) -> f64 {
        ((weight * prior + self.squared) / (weight + self.expected)).max(least)
    }
}

impl DemandBelief {
    /// What the slot adds to the prior of its model.
    #[must_use]
    pub fn fleet_slot(&self) -> FleetSlot {
        let days = self.exposure[2];
        FleetSlot {
            rate: if days > 0.0 { self.usage[2] / days } else { 0.0 },
            days,
            daily_dispersion: self.daily_error.dispersion(),
            weekly_dispersion: self.weekly_error.dispersion(),
        }
    }

    /// The share of the prior in what is known of the rate, from 0 to 1.
    #[must_use]
    pub fn prior_share(&self, prior: &DemandPrior) -> f64 {
        prior.days / (prior.days + self.exposure[2])
    }
}
