//! Priors: what is expected of a slot before its own readings show its use.
//!
//! What it is: the statistics of a fleet, or a maker's guess (docs/spec/forecast.md#forecast-prior). What it is not: part of
//! a slot's state; a better prior improves every slot the next time it is scored. Invariant: all four numbers are
//! positive and finite.

/// What is expected of a slot of a device model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemandPrior {
    /// The expected use a day, in units.
    pub rate: f64,
    /// The weight of the prior: as many days of own use count as much, in days.
    pub days: f64,
    /// The dispersion of the use of a day: variance over mean, in units.
    pub daily_dispersion: f64,
    /// The dispersion of the use of a week, in units.
    pub weekly_dispersion: f64,
}

/// What a slot adds to the prior of its model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FleetSlot {
    /// The slot's long-run use a day, in units.
    pub rate: f64,
    /// The days of exposure behind the rate.
    pub days: f64,
    /// The dispersion of its days, in units. `None` before its first observation.
    pub daily_dispersion: Option<f64>,
    /// The dispersion of its weeks, in units. `None` before its first whole week.
    pub weekly_dispersion: Option<f64>,
}

/// The least number of slots that make a prior.
pub const LEAST_FLEET: usize = 10;
/// The most slots that a prior needs; more do not improve it.
pub const MOST_FLEET: usize = 5000;
/// The least exposure of a slot that adds to a prior, in days.
const LEAST_DAYS: f64 = 7.0;
/// The least dispersion, in grains.
pub const LEAST_DISPERSION: f64 = 0.05;

impl FleetSlot {
    /// Whether the slot has the exposure that a prior needs: a week.
    #[must_use]
    pub fn is_known_enough(&self) -> bool {
        self.days >= LEAST_DAYS
    }
}

impl DemandPrior {
    /// The prior that a fleet shows. `None` with fewer than [`LEAST_FLEET`] slots, or without any use. `grain` is the
    /// smallest difference of the slot's sensor, in units.
    #[must_use]
    pub fn from_fleet(slots: &[FleetSlot], grain: f64) -> Option<Self> {
        // A slot without exposure shows no rate.
        let slots: Vec<_> = slots.iter().filter(|slot| slot.days > 0.0).take(MOST_FLEET).collect();
        if slots.len() < LEAST_FLEET {
            return None;
        }
        let least = LEAST_DISPERSION * grain;
        let rate = mean(slots.iter().map(|slot| slot.rate));
        let daily = median(slots.iter().filter_map(|slot| slot.daily_dispersion)).unwrap_or(least).max(least);
        let weekly = median(slots.iter().filter_map(|slot| slot.weekly_dispersion)).unwrap_or(daily).max(least);
        let variance = mean(slots.iter().map(|slot| (slot.rate - rate).powi(2)));
        let sampling = mean(slots.iter().map(|slot| weekly * slot.rate / slot.days));
        let days = (weekly * rate / (variance - sampling).max(1e-12)).clamp(2.0, 120.0);
        (rate > 0.0).then_some(Self { rate, days, daily_dispersion: daily, weekly_dispersion: weekly })
    }

    /// The prior of a maker's guess: one filling of `full` units lasts `typical_days`. Both are positive.
    #[must_use]
    pub fn from_guess(full: f64, typical_days: f64, is_counted: bool) -> Self {
        Self::weak(full / typical_days, is_counted)
    }

    /// The prior of a device that says with its first reading when it will be empty. `None` unless `remaining` is
    /// positive and `days_left` is more than a day. `full` is the capacity. It serves only while no fleet shows a prior.
    #[must_use]
    pub fn from_expected_end(remaining: f64, days_left: f64, full: f64, is_counted: bool) -> Option<Self> {
        let is_usable = remaining > 0.0 && days_left > 1.0 && full > 0.0 && full.is_finite();
        let rate = remaining / days_left;
        (is_usable && rate.is_finite()).then(|| Self::weak(rate.clamp(full / 400.0, full / 2.0), is_counted))
    }

    fn weak(rate: f64, is_counted: bool) -> Self {
        let dispersion = if is_counted { rate + 1.0 } else { rate };
        Self { rate, days: 2.0, daily_dispersion: dispersion, weekly_dispersion: dispersion }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// The median; of an even number of values, the mean of the middle two.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let (upper, lower) = (sorted.get(sorted.len() / 2)?, sorted.get((sorted.len() - 1) / 2)?);
    Some((upper + lower) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(rate: f64) -> FleetSlot {
        FleetSlot { rate, days: 20.0, daily_dispersion: Some(rate), weekly_dispersion: None }
    }

    #[test]
    fn a_fleet_shows_rate_spread_and_dispersion() {
        let slots: Vec<_> = (1..=10).map(|rate| slot(f64::from(rate))).collect();
        let prior = DemandPrior::from_fleet(&slots, 1.0).unwrap();
        assert_eq!((prior.rate, prior.daily_dispersion, prior.weekly_dispersion), (5.5, 5.5, 5.5));
        // The variance of the rates is 8.25; chance explains 5.5 * 5.5 / 20 of it.
        assert!((prior.days - 5.5 * 5.5 / (8.25 - 1.5125)).abs() < 1e-12, "{prior:?}");
        assert_eq!(DemandPrior::from_fleet(&slots[1..], 1.0), None);
        let with_unknown = [&slots[1..], &[FleetSlot { days: 0.0, ..slots[0] }]].concat();
        assert_eq!(DemandPrior::from_fleet(&with_unknown, 1.0), None, "a slot without exposure does not count");
    }

    #[test]
    fn equal_slots_make_a_strong_prior_and_no_use_makes_none() {
        let prior = DemandPrior::from_fleet(&[slot(0.01); 12], 1.0).unwrap();
        assert_eq!((prior.days, prior.daily_dispersion), (120.0, 0.05));
        assert_eq!(DemandPrior::from_fleet(&[slot(0.0); 12], 1.0), None);
    }

    #[test]
    fn guesses_are_weak() {
        let guess = DemandPrior::from_guess(60.0, 30.0, true);
        assert_eq!((guess.rate, guess.days, guess.daily_dispersion), (2.0, 2.0, 3.0));
        let device = DemandPrior::from_expected_end(20.0, 5.0, 40.0, false).unwrap();
        assert_eq!((device.rate, device.weekly_dispersion), (4.0, 4.0));
        assert_eq!(DemandPrior::from_expected_end(40.0, 1.1, 40.0, true).unwrap().rate, 20.0);
        for full in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(DemandPrior::from_expected_end(20.0, 5.0, full, true), None, "{full}");
        }
        assert_eq!(DemandPrior::from_expected_end(1.0, 900.0, 40.0, true).unwrap().rate, 0.1);
        assert_eq!(DemandPrior::from_expected_end(0.0, 5.0, 40.0, true), None);
        assert_eq!(DemandPrior::from_expected_end(20.0, 1.0, 40.0, true), None);
    }
}
