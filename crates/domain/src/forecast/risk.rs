//! Risk: the probability that a slot runs out before a parcel arrives.
//!
//! What it is: the stock that is left, the risk, and a bound of it that costs little (docs/spec/forecast.md#forecast-risk).
//! What it is not: the decision ([`super::decision`]). Invariant: the bound is never below the risk.

use super::demand::{DemandComponent, DemandForecast};
use super::lead_time::{LeadTimes, MOST_POINTS};
use super::prior::DemandPrior;
use super::sensor::Sensor;
use super::state::SlotState;
use super::tail::DemandThreshold;

/// What the risk of a slot depends on.
#[derive(Clone, Copy, Debug)]
pub struct RiskContext<'a> {
    /// What was learnt from its readings.
    pub state: &'a SlotState,
    /// What is expected of slots of its model.
    pub prior: &'a DemandPrior,
    /// How its level is measured.
    pub sensor: Sensor,
    /// How long a parcel takes.
    pub lead: &'a LeadTimes,
    /// The time until the next look at the slot, in days. It is part of the lead time.
    pub review: f64,
}

/// A slot as it is scored at one moment: its need, and the use until a parcel comes.
#[derive(Clone, Copy, Debug)]
pub struct SlotScore {
    /// The expected use a day, in units.
    pub rate: f64,
    /// The use until a parcel comes, for each lead time and half-life. Only the first `count` are in use.
    components: [DemandComponent; 3 * MOST_POINTS],
    count: usize,
    is_counted: bool,
    need: f64,
}

/// The usual time between two looks at a slot, in days.
pub const REVIEW_DAYS: f64 = 1.0;
/// Lead times and half-lives of a smaller weight change no digit that counts.
const LEAST_WEIGHT: f64 = 1e-12;

/// The time between two looks, in days, for a slot that reports every `every` days.
#[must_use]
pub fn review_by_reports(every: f64) -> f64 {
    every.clamp(0.25, 3.0)
}

impl RiskContext<'_> {
    /// What is expected of the slot's use.
    #[must_use]
    pub fn forecast(&self) -> DemandForecast {
        self.state.belief.forecast(self.prior, self.sensor, self.state.track.full)
    }

    /// What must be used up before the customer runs out, at a time in days, in units. Below the last step that it
    /// showed, a coarse sensor may have fallen by a part of a step.
    #[must_use]
    pub fn need(&self, now: f64) -> f64 {
        self.need_by(&self.forecast(), now)
    }

    fn need_by(&self, forecast: &DemandForecast, now: f64) -> f64 {
        let track = &self.state.track;
        let left = match self.sensor {
            Sensor::Coarse { step } if track.level > 0.0 && track.level < track.full * (1.0 - 1e-9) => {
                let hidden = (forecast.rate() * (now - track.changed_at)).clamp(0.0, 0.999 * step);
                (track.level - hidden).max(0.0)
            }
            _ => track.level,
        };
        left + self.state.stock.spare
    }

    /// Scores the slot at a time, in days.
    #[must_use]
    pub fn score(&self, now: f64) -> SlotScore {
        let forecast = self.forecast();
        let age = self.state.track.at.map_or(0.0, |at| (now - at).max(0.0));
        self.score_of(&forecast, self.need_by(&forecast, now), age + self.review)
    }

    /// Scores an amount instead of the slot's own, at the moment of a reading. `need` is in units.
    #[must_use]
    pub fn score_amount(&self, need: f64) -> SlotScore {
        self.score_of(&self.forecast(), need, self.review)
    }

    /// Scores an amount. `extra` is what is added to each lead time, in days.
    fn score_of(&self, forecast: &DemandForecast, need: f64, extra: f64) -> SlotScore {
        let (mut components, mut count) = ([DemandComponent::default(); 3 * MOST_POINTS], 0);
        for point in self.lead.points() {
            for component in forecast.components(point.days + extra) {
                let weight = point.probability * component.weight;
                components[count] = DemandComponent { weight, ..component };
                count += 1;
            }
        }
        SlotScore { rate: forecast.rate(), components, count, is_counted: self.sensor.is_counted(), need }
    }
}

impl SlotScore {
    /// What must be used up before the customer runs out, in units.
    #[must_use]
    pub fn need(&self) -> f64 {
        self.need
    }

    /// The same slot with another amount, in units.
    #[must_use]
    pub fn with_need(self, need: f64) -> Self {
        Self { need, ..self }
    }

    /// P(the customer runs out before a parcel arrives that is ordered at the next look).
    #[must_use]
    pub fn risk(&self) -> f64 {
        if self.need <= 0.0 {
            return 1.0;
        }
        let threshold = DemandThreshold::new(self.need, self.is_counted);
        let counting = self.components().iter().filter(|component| component.weight >= LEAST_WEIGHT);
        let risk: f64 = counting.map(|component| component.weight * component.demand.exceedance(&threshold)).sum();
        risk.clamp(0.0, 1.0)
    }

    fn components(&self) -> &[DemandComponent] {
        &self.components[..self.count]
    }

    /// Cantelli's bound: never below the risk; 1 where it says nothing. It needs no special function.
    #[must_use]
    pub fn bound(&self) -> f64 {
        let amount = self.need - if self.is_counted { 0.5 } else { 0.0 };
        let (mut mean, mut square) = (0.0, 0.0);
        for DemandComponent { weight, demand } in self.components() {
            mean += weight * demand.mean;
            square += weight * (demand.variance + demand.mean * demand.mean);
        }
        if amount <= mean {
            return 1.0;
        }
        let variance = (square - mean * mean).max(0.0);
        variance / (variance + (amount - mean) * (amount - mean))
    }
}
