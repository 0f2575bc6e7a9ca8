//! Tails: the probability that the use of some days reaches an amount.
//!
//! What it is: a distribution of given mean and variance, negative binomial or gamma
//! (docs/spec/forecast.md#forecast-tail). What it is not: where mean and variance come from ([`super::belief`]).
//! Invariant: a tail is between 0 and 1, and does not jump where one distribution takes over from another.

use super::special::{beta_complement, gamma_upper, ln_gamma, stirling_remainder};

/// The least ratio of variance to mean of the negative binomial distribution.
const LEAST_BINOMIAL: f64 = 1.02;
/// The ratio of variance to mean up to which the use counts as steady.
const STEADY: f64 = 0.5;

/// The use of some days, as far as mean and variance describe it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DemandMoments {
    /// The expected use, in units.
    pub mean: f64,
    /// Its variance, in squared units.
    pub variance: f64,
}

/// An amount that the use may reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemandThreshold {
    /// The amount, in units; of a counted sensor, a whole number.
    amount: f64,
    is_counted: bool,
    /// The Stirling remainder of a counted amount.
    remainder: f64,
}

impl DemandThreshold {
    /// An amount in units. `is_counted` says that amounts are whole numbers.
    #[must_use]
    pub fn new(amount: f64, is_counted: bool) -> Self {
        let amount = if is_counted { (amount - 1e-9).ceil() } else { amount };
        let remainder = if is_counted && amount > 0.0 { stirling_remainder(amount) } else { 0.0 };
        Self { amount, is_counted, remainder }
    }

    /// P(use >= count) of the negative binomial distribution.
    fn binomial_tail(&self, mean: f64, variance: f64) -> f64 {
        let excess = variance - mean;
        beta_complement(mean * mean / excess, self.amount, self.remainder, mean / variance, excess / variance)
    }
}

impl DemandMoments {
    /// P(use >= threshold).
    #[must_use]
    pub fn exceedance(self, threshold: &DemandThreshold) -> f64 {
        let Self { mean, variance } = self;
        let amount = threshold.amount;
        if amount <= 0.0 {
            return 1.0;
        }
        if mean <= 0.0 {
            return 0.0;
        }
        if !threshold.is_counted {
            return gamma_tail(mean, variance, amount);
        }
        let ratio = variance / mean;
        if ratio >= LEAST_BINOMIAL {
            return threshold.binomial_tail(mean, variance);
        }
        // Half a unit less, because a whole number covers an interval of the gamma distribution.
        if ratio <= STEADY {
            return gamma_tail(mean, variance, amount - 0.5);
        }
        // A mixture of the two keeps mean and variance.
        let share = (ratio - STEADY) / (LEAST_BINOMIAL - STEADY);
        share * threshold.binomial_tail(mean, LEAST_BINOMIAL * mean)
            + (1.0 - share) * gamma_tail(mean, STEADY * mean, amount - 0.5)
    }

    /// ln of the likelihood of a use under the negative binomial distribution, in steps of `grain`.
    #[must_use]
    pub fn ln_likelihood(self, usage: f64, grain: f64) -> f64 {
        let mean = self.mean / grain;
        let variance = (self.variance / (grain * grain)).max(LEAST_BINOMIAL * mean);
        let count = usage / grain;
        let size = mean * mean / (variance - mean);
        let p = mean / variance;
        ln_gamma(count + size) - ln_gamma(size) - ln_gamma(count + 1.0) + size * p.ln() + count * (-p).ln_1p()
    }
}

/// P(use >= amount) of the gamma distribution.
fn gamma_tail(mean: f64, variance: f64, amount: f64) -> f64 {
    gamma_upper(mean * mean / variance, amount * mean / variance)
}

#[cfg(test)]
#[path = "tests/tail.rs"]
mod tests;
