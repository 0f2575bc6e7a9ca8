//! Learning: how one observation changes a belief.
//!
//! What it is: the update of sums, weights and dispersion (docs/spec/forecast.md#forecast-learning). What it is not: which
//! readings make an observation; that is [`super::cleaning`]. Invariant: all updates use the forecast from before the
//! observation, so that errors are true forecast errors.

use super::belief::{DemandBelief, FIRST_WEIGHTS, HALF_LIVES, OpenWeek, SquaredError};
use super::demand::DemandForecast;
use super::prior::DemandPrior;
use super::sensor::Sensor;

/// The half-life of squared errors, in days.
const ERROR_HALF_LIFE: f64 = 360.0;
/// How much of the difference of two weights is kept for a day.
const WEIGHT_MEMORY: f64 = 0.98;
/// The least logarithm of a weight, relative to the largest.
const LEAST_LOG_WEIGHT: f64 = -12.0;
/// The exposure that completes a week, in days.
const WEEK_DAYS: f64 = 6.9;

/// The use of some days.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsageObservation {
    /// The use, in units.
    pub usage: f64,
    /// The exposure: the days in which there was something to use.
    pub days: f64,
}

impl DemandBelief {
    /// Learns from an observation. `full` is the slot's capacity, in units. Nothing is learnt from no days.
    pub fn learn(&mut self, observed: UsageObservation, prior: &DemandPrior, sensor: Sensor, full: f64) {
        if observed.days > 0.0 {
            let forecast = self.forecast(prior, sensor, full);
            self.learn_from(observed, &forecast, sensor.grain(full));
        }
    }

    fn learn_from(&mut self, observed: UsageObservation, forecast: &DemandForecast, grain: f64) {
        let UsageObservation { usage, days } = observed;
        let components = forecast.components(days);
        let mean: f64 = components.iter().map(|c| c.weight * c.demand.mean).sum();
        let spread: f64 = (0..3).map(|k| forecast.weights[k] * forecast.rates[k] / forecast.exposure[k]).sum();
        let likelihoods = components.map(|c| c.demand.ln_likelihood(usage, grain));
        self.log_weights = next_log_weights(self.log_weights, days, likelihoods);
        self.daily_error.add(days, usage - mean, mean + spread * days * days);
        self.add_to_week(observed, OpenWeek { usage: 0.0, days: 0.0, rate: mean / days, spread });
        for (k, half_life) in HALF_LIVES.into_iter().enumerate() {
            let kept = kept_after(days, half_life);
            self.usage[k] = kept * self.usage[k] + usage;
            self.exposure[k] = kept * self.exposure[k] + days;
        }
        self.observations = self.observations.saturating_add(1);
    }

    /// Adds an observation to the open week; `fresh` is a week that begins now.
    fn add_to_week(&mut self, observed: UsageObservation, fresh: OpenWeek) {
        if self.week.days == 0.0 {
            self.week = fresh;
        }
        self.week.usage += observed.usage;
        self.week.days += observed.days;
        let OpenWeek { usage, days, rate, spread } = self.week;
        if days >= WEEK_DAYS {
            self.weekly_error.add(days, usage - rate * days, rate * days + spread * days * days);
            (self.week.usage, self.week.days) = (0.0, 0.0);
        }
    }
}

impl SquaredError {
    fn add(&mut self, days: f64, error: f64, expected: f64) {
        let kept = kept_after(days, ERROR_HALF_LIFE);
        self.squared = kept * self.squared + error * error;
        self.expected = kept * self.expected + expected;
    }
}

/// What is left of a sum after some days.
fn kept_after(days: f64, half_life: f64) -> f64 {
    (-days / half_life).exp2()
}

/// The logarithms of the weights after an observation of some days with these likelihoods.
fn next_log_weights(old: [f64; 3], days: f64, likelihoods: [f64; 3]) -> [f64; 3] {
    // A short half-life says nothing about long observations.
    let rest = [0, 1, 2].map(|k| FIRST_WEIGHTS[k] * (HALF_LIVES[k] / (5.0 * days)).min(1.0));
    let sum: f64 = rest.iter().sum();
    let memory = WEIGHT_MEMORY.powf(days);
    let raw = [0, 1, 2].map(|k| {
        let resting = (rest[k] / sum).ln();
        resting + memory * (old[k] - resting) + likelihoods[k]
    });
    let top = raw.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let limited = raw.map(|weight| (weight - top).max(LEAST_LOG_WEIGHT));
    let ln_sum = limited.iter().map(|weight| weight.exp()).sum::<f64>().ln();
    limited.map(|weight| weight - ln_sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_half_life_is_ever_lost() {
        let weights = next_log_weights(FIRST_WEIGHTS.map(f64::ln), 1.0, [0.0, -500.0, -8.0]);
        assert!((weights[1] - weights[0] + 12.0).abs() < 1e-12, "{weights:?}");
        assert!(weights[2] - weights[0] > -8.0, "{weights:?}");
        let sum: f64 = weights.iter().map(|weight| weight.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn long_observations_give_no_weight_to_short_half_lives() {
        let weights = next_log_weights(FIRST_WEIGHTS.map(f64::ln), 300.0, [0.0; 3]).map(f64::exp);
        // 0.15 * 15 / 1500, 0.35 * 60 / 1500 and 0.50 * 240 / 1500, in proportion.
        assert!((weights[0] - 0.0015 / 0.0955).abs() < 0.001, "{weights:?}");
        assert!((weights[1] - 0.0140 / 0.0955).abs() < 0.001, "{weights:?}");
    }

    #[test]
    fn nothing_is_learnt_from_no_days() {
        let mut belief = DemandBelief::default();
        let prior = DemandPrior { rate: 2.0, days: 10.0, daily_dispersion: 1.5, weekly_dispersion: 2.0 };
        belief.learn(UsageObservation { usage: 3.0, days: 0.0 }, &prior, Sensor::Counted, 40.0);
        assert_eq!(belief, DemandBelief::default());
    }
}
