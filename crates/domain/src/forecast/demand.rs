//! Demand: the use of a slot over the next days, as a distribution.
//!
//! What it is: a belief together with its prior, as a mixture over half-lives (docs/spec/forecast.md#forecast-belief). What
//! it is not: the risk of a stock ([`super::risk`]). Invariant: the weights have the sum 1; means and variances are
//! positive.

use super::belief::DemandBelief;
use super::prior::{DemandPrior, LEAST_DISPERSION};
use super::sensor::Sensor;
use super::tail::{DemandMoments, DemandThreshold};

/// The least rate of use, in units a day.
const LEAST_RATE: f64 = 1e-12;
/// The weight of the prior in the dispersion of days, in days.
const DAILY_PRIOR_DAYS: f64 = 20.0;
/// The weight of the prior in the dispersion of weeks, in days.
const WEEKLY_PRIOR_DAYS: f64 = 140.0;

/// One of the three forecasts: that of one half-life.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DemandComponent {
    /// Its weight. The three weights have the sum 1.
    pub weight: f64,
    /// The use that it expects.
    pub demand: DemandMoments,
}

/// A belief together with its prior: the numbers that every forecast of the slot needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemandForecast {
    /// The weights of the half-lives.
    pub weights: [f64; 3],
    /// The rate of each half-life, in units a day.
    pub rates: [f64; 3],
    /// The exposure behind each rate, the prior's included, in days.
    pub exposure: [f64; 3],
    ln_daily: f64,
    ln_weekly: f64,
    sensor: Sensor,
}

impl DemandBelief {
    /// Combines the belief with its prior. `full` is the slot's capacity, in units.
    #[must_use]
    pub fn forecast(&self, prior: &DemandPrior, sensor: Sensor, full: f64) -> DemandForecast {
        let exposure = self.exposure.map(|days| days + prior.days);
        let usage = self.usage.map(|usage| usage + prior.days * prior.rate);
        let rates = [0, 1, 2].map(|k| (usage[k] / exposure[k]).max(LEAST_RATE));
        let scale = 0.5 * prior.rate + 0.5 * rates[2];
        let least = LEAST_DISPERSION * sensor.grain(full);
        let daily = self.daily_error.improve(prior.daily_dispersion, DAILY_PRIOR_DAYS * scale, least);
        let weekly = self.weekly_error.improve(prior.weekly_dispersion, WEEKLY_PRIOR_DAYS * scale, least);
        let raw = self.log_weights.map(f64::exp);
        let sum: f64 = raw.iter().sum();
        let weights = raw.map(|weight| weight / sum);
        DemandForecast { weights, rates, exposure, ln_daily: daily.ln(), ln_weekly: weekly.ln(), sensor }
    }
}

impl DemandForecast {
    /// The expected use a day, in units.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.weights.iter().zip(self.rates).map(|(weight, rate)| weight * rate).sum()
    }

    /// The dispersion of the use over some days, in units: that of a day, that of a week, and between them a power of
    /// the days.
    #[must_use]
    pub fn dispersion(&self, days: f64) -> f64 {
        let share = (days.max(1.0).ln() / 7.0_f64.ln()).clamp(0.0, 1.0);
        ((1.0 - share) * self.ln_daily + share * self.ln_weekly).exp()
    }

    /// The use over some days, as each half-life expects it.
    #[must_use]
    pub fn components(&self, days: f64) -> [DemandComponent; 3] {
        let dispersion = self.dispersion(days);
        [0, 1, 2].map(|k| {
            let mean = self.rates[k] * days;
            let variance = dispersion * mean * (1.0 + days / self.exposure[k]);
            DemandComponent { weight: self.weights[k], demand: DemandMoments { mean, variance } }
        })
    }

    /// P(use over `days` days >= `amount` units).
    #[must_use]
    pub fn exceedance(&self, days: f64, amount: f64) -> f64 {
        let threshold = DemandThreshold::new(amount, self.sensor.is_counted());
        self.components(days).iter().map(|c| c.weight * c.demand.exceedance(&threshold)).sum()
    }

    /// The least amount that the use over some days reaches with a probability of at most 1 - `level`, in units. A
    /// counted amount is a whole number.
    #[must_use]
    pub fn quantile(&self, days: f64, level: f64) -> f64 {
        let is_counted = self.sensor.is_counted();
        let is_enough = |amount: f64| self.exceedance(days, amount) <= 1.0 - level;
        let (mut low, mut high) = (0.0, if is_counted { 1.0 } else { self.rate() * days });
        while high < f64::MAX / 4.0 && !is_enough(high) {
            high *= 2.0;
        }
        for _ in 0..200 {
            let middle = if is_counted { ((low + high) / 2.0_f64).floor() } else { (low + high) / 2.0 };
            if middle <= low || middle >= high {
                break;
            }
            if is_enough(middle) { high = middle } else { low = middle }
        }
        high
    }
}
