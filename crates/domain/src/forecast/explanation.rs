//! The explanation: the numbers that say why a slot was ordered for.
//!
//! What it is: the rate, the likely days on which the slot is empty, the lead time and the chances
//! (docs/spec/forecast.md#forecast-explanation). What it is not: a text. Invariant: the numbers are those of the decision
//! itself; none is computed in another way.

use super::lead_time::LeadTimes;
use super::risk::RiskContext;

/// Why a slot is ordered for, or not yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForecastExplanation {
    /// The clean level, in units.
    pub level: f64,
    /// The capacity, in units.
    pub full: f64,
    /// What is in the house and not loaded, in units.
    pub spare: f64,
    /// When the last reading arrived, in days.
    pub read_at: f64,
    /// The expected use a day, in units.
    pub rate: f64,
    /// What the rate is based on.
    pub basis: RateBasis,
    /// When the customer likely runs out.
    pub empty: EmptyRange,
    /// How long a parcel takes.
    pub parcel: ParcelRange,
    /// The risk of running out first if the order is placed now.
    pub risk_now: f64,
    /// The risk of running out first if the order is placed a day later.
    pub risk_tomorrow: f64,
}

/// What a rate is based on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateBasis {
    /// The slot's own use.
    OwnUse {
        /// The days of exposure behind it, older ones discounted.
        days: f64,
    },
    /// Other devices of this kind: the prior has more than half of the weight.
    OtherDevices,
}

/// When a customer likely runs out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmptyRange {
    /// The time before which 1 in 10 runs out, in days. `None` if it is more than 400 days after the reading.
    pub from: Option<f64>,
    /// The time before which 9 in 10 run out, in days. `None` if it is more than 400 days after the reading.
    pub to: Option<f64>,
}

/// How long a parcel takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParcelRange {
    /// The days that 1 of 20 parcels does not exceed.
    pub earliest: f64,
    /// The days that half of the parcels do not exceed.
    pub usual: f64,
    /// The days that 19 of 20 parcels do not exceed.
    pub latest: f64,
}

/// One pack against the time that a parcel takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PackFit {
    /// How long a full slot lasts at the expected rate, in days.
    pub lasts_days: f64,
    /// The risk of running out if the order is placed while the slot is full and nothing is in the house.
    pub risk: f64,
    /// Whether an order at a full slot is already too late for the accepted risk.
    pub is_too_small: bool,
}

/// A probability as a person reads it: never certain, never impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChancePercent {
    /// Less than 1 in 100.
    Under1,
    /// From 1 to 99 in 100.
    Whole(u8),
}

/// The longest time that is forecast, in days.
const LONGEST_DAYS: f64 = 400.0;
/// The shortest time that is forecast, in days.
const SHORTEST_DAYS: f64 = 0.1;
/// The steps in which the time until a slot is empty grows.
const STEP: f64 = 1.01;

impl ChancePercent {
    /// The chance of a probability.
    #[must_use]
    pub fn of(probability: f64) -> Self {
        let percent = (100.0 * probability).round();
        if percent < 1.0 { Self::Under1 } else { Self::Whole(percent.min(99.0) as u8) }
    }
}

impl ParcelRange {
    /// The range of a distribution of lead times.
    #[must_use]
    pub fn of(lead: &LeadTimes) -> Self {
        Self { earliest: lead.quantile(0.05), usual: lead.quantile(0.5), latest: lead.quantile(0.95) }
    }
}

impl RiskContext<'_> {
    /// Explains the slot at a time, in days. `None` before its first reading.
    #[must_use]
    pub fn explain(&self, now: f64) -> Option<ForecastExplanation> {
        let read_at = self.state.track.at?;
        let with_review = |review| RiskContext { review, ..*self }.score(now).risk();
        let is_of_others = self.state.belief.prior_share(self.prior) > 0.5;
        let own = RateBasis::OwnUse { days: self.state.belief.exposure[2] };
        Some(ForecastExplanation {
            level: self.state.track.level,
            full: self.state.track.full,
            spare: self.state.stock.spare,
            read_at,
            rate: self.forecast().rate(),
            basis: if is_of_others { RateBasis::OtherDevices } else { own },
            empty: EmptyRange { from: self.empty_at(read_at, 0.1), to: self.empty_at(read_at, 0.9) },
            parcel: ParcelRange::of(self.lead),
            risk_now: with_review(0.0),
            risk_tomorrow: with_review(1.0),
        })
    }

    /// The time before which the customer has run out with this probability, in days. Steps are 1 % of the time.
    fn empty_at(&self, read_at: f64, probability: f64) -> Option<f64> {
        let (forecast, need) = (self.forecast(), self.need(read_at));
        let days = |step: u32| SHORTEST_DAYS * STEP.powf(f64::from(step));
        let is_empty = |step: u32| need <= 0.0 || forecast.exceedance(days(step), need) >= probability;
        let last = ((LONGEST_DAYS / SHORTEST_DAYS).ln() / STEP.ln()).floor() as u32;
        if !is_empty(last) {
            return None;
        }
        if is_empty(0) {
            return Some(read_at);
        }
        let (mut low, mut high) = (0, last);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if is_empty(middle) { high = middle } else { low = middle }
        }
        Some(read_at + days(high))
    }

    /// Whether one pack lasts until the next one comes. `accepted` is the accepted risk.
    #[must_use]
    pub fn pack_fit(&self, accepted: f64) -> PackFit {
        let full = self.state.track.full;
        let score = self.score_amount(full);
        let risk = score.risk();
        PackFit { lasts_days: full / score.rate, risk, is_too_small: risk >= accepted }
    }
}

#[cfg(test)]
#[path = "tests/explanation.rs"]
mod tests;
