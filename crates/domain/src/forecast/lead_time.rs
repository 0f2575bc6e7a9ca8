//! Lead times: how many days pass from an order to its delivery.
//!
//! What it is: a distribution learnt from an installation's own deliveries (docs/spec/forecast.md#forecast-lead-time). What
//! it is not: the promise of a carrier. Invariant: the probabilities have the sum 1, there are at most [`MOST_POINTS`]
//! points, and merging points only makes parcels later.

use std::collections::BTreeMap;

/// The most points of a distribution.
pub const MOST_POINTS: usize = 12;
/// The longest lead time that is recorded, in days.
pub const LONGEST_LEAD_DAYS: u32 = 60;
/// The half-life of a recorded delivery, in days.
const HALF_LIFE: f64 = 90.0;
/// The number of orders that the prior counts as.
const PRIOR_ORDERS: f64 = 10.0;
/// The probability that an order does not exceed unless it is late.
const LATE_LEVEL: f64 = 0.9;

/// A multiple of the typical lead time, and how probable it is before any delivery.
struct ShapePoint {
    factor: f64,
    probability: f64,
}

const SHAPE: [ShapePoint; 6] = [
    ShapePoint { factor: 0.6, probability: 0.15 },
    ShapePoint { factor: 0.8, probability: 0.30 },
    ShapePoint { factor: 1.0, probability: 0.30 },
    ShapePoint { factor: 1.2, probability: 0.15 },
    ShapePoint { factor: 1.6, probability: 0.07 },
    ShapePoint { factor: 2.2, probability: 0.03 },
];

/// How many orders took a number of days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeadTimeCount {
    /// Whole days from the order's opening to its delivery, rounded up.
    pub days: u32,
    /// The discounted number of orders.
    pub count: f64,
    /// The time to which the number is discounted, in days.
    pub at: f64,
}

/// A possible lead time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeadTimePoint {
    /// The lead time, in days.
    pub days: f64,
    /// Its probability.
    pub probability: f64,
}

/// The distribution of lead times, the shortest first.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadTimes(Vec<LeadTimePoint>);

impl LeadTimeCount {
    /// No order that took a number of days.
    #[must_use]
    pub fn none(days: u32, now: f64) -> Self {
        Self { days, count: 0.0, at: now }
    }

    /// The discounted number of orders at a time, in days.
    #[must_use]
    pub fn count_at(&self, now: f64) -> f64 {
        self.count * (-(now - self.at).max(0.0) / HALF_LIFE).exp2()
    }

    /// Counts one more order that was delivered at a time, in days.
    pub fn add(&mut self, now: f64) {
        self.count = self.count_at(now) + 1.0;
        self.at = self.at.max(now);
    }
}

/// The lead time of an order in whole days, from 1 to [`LONGEST_LEAD_DAYS`]. Both times are in days.
#[must_use]
pub fn whole_lead_days(opened_at: f64, delivered_at: f64) -> u32 {
    ((delivered_at - opened_at - 1e-9).ceil() as u32).clamp(1, LONGEST_LEAD_DAYS)
}

/// When an order counts as delivered if its back end never says so, in days. `expected_at` is the expected delivery.
#[must_use]
pub fn assumed_delivery(expected_at: f64) -> f64 {
    expected_at + 1.0
}

impl LeadTimes {
    /// Learns the distribution. `typical_days` is the typical lead time by the settings. `open_days` are the ages of
    /// the orders that are open, in days: those that are late count as if they came now.
    #[must_use]
    pub fn learn(typical_days: f64, counts: &[LeadTimeCount], open_days: &[f64], now: f64) -> Self {
        let mut orders: BTreeMap<u32, f64> = BTreeMap::new();
        for ShapePoint { factor, probability } in SHAPE {
            let days = ((typical_days * factor - 1e-9).ceil() as u32).max(1);
            *orders.entry(days).or_default() += PRIOR_ORDERS * probability;
        }
        for count in counts {
            *orders.entry(count.days).or_default() += count.count_at(now);
        }
        let late = Self::from_orders(&orders).quantile(LATE_LEVEL);
        let latest = orders.last_key_value().map_or(0, |(days, _)| *days);
        for age in open_days.iter().filter(|age| **age > late) {
            // An order that is open for longer than every point is never counted as an earlier one.
            let at_least = if *age > f64::from(latest) { latest } else { 0 };
            *orders.entry(whole_lead_days(0.0, *age).max(at_least)).or_default() += 1.0;
        }
        Self::from_orders(&orders)
    }

    fn from_orders(orders: &BTreeMap<u32, f64>) -> Self {
        let points = orders.iter().map(|(days, count)| LeadTimePoint { days: f64::from(*days), probability: *count });
        let mut points: Vec<_> = points.collect();
        while points.len() > MOST_POINTS {
            merge_lightest(&mut points);
        }
        let sum: f64 = points.iter().map(|point| point.probability).sum();
        for point in &mut points {
            point.probability /= sum;
        }
        Self(points)
    }

    /// A distribution of given points. `None` unless the probabilities are positive and have the sum 1, the days are
    /// not negative and ascend, and there are at most [`MOST_POINTS`].
    #[must_use]
    pub fn from_points(points: Vec<LeadTimePoint>) -> Option<Self> {
        let sum: f64 = points.iter().map(|point| point.probability).sum();
        let is_valid = points.iter().all(|point| point.probability > 0.0 && (0.0..=1e4).contains(&point.days))
            && points.windows(2).all(|pair| pair[0].days < pair[1].days)
            && points.len() <= MOST_POINTS;
        (is_valid && (sum - 1.0).abs() < 1e-6).then_some(Self(points))
    }

    /// The points, the shortest lead time first.
    #[must_use]
    pub fn points(&self) -> &[LeadTimePoint] {
        &self.0
    }

    /// The shortest lead time that is not exceeded with this probability, in days.
    #[must_use]
    pub fn quantile(&self, level: f64) -> f64 {
        let mut sum = 0.0;
        let reached = self.0.iter().find(|point| {
            sum += point.probability;
            sum >= level - 1e-9
        });
        reached.or(self.0.last()).map_or(0.0, |point| point.days)
    }
}

/// Makes the two lightest neighbours the later of the two.
fn merge_lightest(points: &mut Vec<LeadTimePoint>) {
    let weight = |index: &usize| points[*index].probability + points[*index + 1].probability;
    let pairs = 0..points.len().saturating_sub(1);
    if let Some(lightest) = pairs.min_by(|left, right| weight(left).total_cmp(&weight(right))) {
        let earlier = points.remove(lightest);
        points[lightest].probability += earlier.probability;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_halved_every_ninety_days() {
        let mut count = LeadTimeCount::none(4, 100.0);
        count.add(100.0);
        count.add(190.0);
        assert_eq!((count.count, count.at, count.count_at(280.0)), (1.5, 190.0, 0.75));
        count.add(180.0);
        assert_eq!((count.count, count.at), (2.5, 190.0));
    }

    #[test]
    fn days_are_rounded_up_from_one_to_sixty() {
        let days = [(0.0, 0.2), (0.0, 1.0), (3.5, 6.6), (5.0, 4.0), (0.0, 400.0)];
        assert_eq!(days.map(|(opened, delivered)| whole_lead_days(opened, delivered)), [1, 1, 4, 1, 60]);
        assert_eq!(assumed_delivery(7.5), 8.5);
    }

    #[test]
    fn an_order_that_is_late_counts_as_if_it_came_now() {
        let calm = LeadTimes::learn(5.0, &[], &[2.0, 6.0], 0.0);
        assert_eq!(calm, LeadTimes::learn(5.0, &[], &[], 0.0));
        let slow = LeadTimes::learn(30.0, &[], &[90.0], 0.0);
        assert_eq!(
            slow.points().last().map(|point| point.days),
            Some(66.0),
            "an order of 90 days is not earlier than 66"
        );
        let late = LeadTimes::learn(5.0, &[], &[2.0, 13.4], 0.0);
        assert_eq!(late.points().last(), Some(&LeadTimePoint { days: 14.0, probability: 1.0 / 11.0 }));
    }

    #[test]
    fn quantiles_are_points() {
        let lead = LeadTimes::learn(5.0, &[], &[], 0.0);
        assert_eq!(
            [0.05, 0.5, 0.75, 0.9, 0.95, 1.0].map(|level| lead.quantile(level)),
            [3.0, 5.0, 5.0, 6.0, 8.0, 11.0]
        );
    }

    #[test]
    fn odd_points_are_refused() {
        let point = |days, probability| LeadTimePoint { days, probability };
        assert!(LeadTimes::from_points(vec![point(2.0, 0.5), point(3.0, 0.5)]).is_some());
        for points in [
            vec![],
            vec![point(2.0, 0.5)],
            vec![point(3.0, 0.5), point(2.0, 0.5)],
            vec![point(2.0, 1.5), point(3.0, -0.5)],
            vec![point(f64::NAN, 1.0)],
            (0..13).map(|day| point(f64::from(day), 1.0 / 13.0)).collect(),
        ] {
            assert_eq!(LeadTimes::from_points(points), None);
        }
    }
}
