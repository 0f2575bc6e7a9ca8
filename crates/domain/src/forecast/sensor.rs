//! Sensors: how exactly a slot's level is measured.
//!
//! What it is: the three kinds of sensor, their tolerances, and the guess of a kind from readings
//! (docs/spec/forecast.md#forecast-sensor). What it is not: the use of tolerances; that is [`super::cleaning`].
//! Invariant: all tolerances of a level or coarse sensor scale with the capacity, so that the unit does not matter.

/// How a slot's level is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sensor {
    /// Exact whole numbers, such as pods or pages.
    Counted,
    /// A measured level with noise.
    Level,
    /// A level in coarse steps, such as quarters of a tank.
    Coarse {
        /// The distance of two steps, in the slot's unit.
        step: f64,
    },
}

/// A reading reduced to what the kind of sensor shows in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SensorSample {
    /// What is left, in the slot's unit.
    pub remaining: f64,
    /// The capacity, in the slot's unit.
    pub original: f64,
}

/// The least number of readings from which a sensor's steps are judged.
const LEAST_SAMPLES: usize = 50;
/// The most distinct levels of a coarse sensor.
const MOST_COARSE_LEVELS: usize = 10;
/// The least step of a coarse sensor, as a share of the capacity.
const LEAST_COARSE_STEP: f64 = 0.05;
/// Values that differ by a smaller share are the same.
const SAME: f64 = 1e-9;

impl Sensor {
    /// Whether amounts are whole numbers.
    #[must_use]
    pub fn is_counted(self) -> bool {
        self == Self::Counted
    }

    /// The smallest difference that counts as use, in the slot's unit; `full` is the capacity.
    #[must_use]
    pub fn grain(self, full: f64) -> f64 {
        if self.is_counted() { 1.0 } else { 0.001 * full }
    }

    /// The difference that a sensor may show without any use, in the slot's unit; `full` is the capacity.
    #[must_use]
    pub fn tolerance(self, full: f64) -> f64 {
        match self {
            Self::Counted => 0.5,
            Self::Level => 0.03 * full,
            Self::Coarse { step } => 0.5 * step,
        }
    }

    /// The least rise that is a refill, in the slot's unit; `full` is the capacity.
    #[must_use]
    pub fn least_refill(self, full: f64) -> f64 {
        match self {
            Self::Counted => 0.999,
            Self::Level => 0.15 * full,
            Self::Coarse { step } => 0.999 * step,
        }
    }

    /// The kind of sensor that the newest readings of a model's slot show. Few readings never make a coarse sensor.
    #[must_use]
    pub fn detect(samples: &[SensorSample]) -> Self {
        let is_whole = samples.iter().all(|sample| sample.remaining.fract() == 0.0);
        let amounts = Spacing::of(samples.iter().map(|sample| sample.remaining));
        let fallback = if is_whole { Self::Counted } else { Self::Level };
        if samples.len() < LEAST_SAMPLES || amounts.values < 2 {
            return fallback;
        }
        if is_whole && amounts.least <= 1.0 {
            return Self::Counted;
        }
        let shares = Spacing::of(samples.iter().map(|sample| sample.remaining / sample.original));
        let is_coarse = (2..=MOST_COARSE_LEVELS).contains(&shares.values) && shares.least >= LEAST_COARSE_STEP - SAME;
        if is_coarse { Self::Coarse { step: shares.least * median_capacity(samples) } } else { Self::Level }
    }
}

/// How far apart the values of a sensor are.
struct Spacing {
    /// The number of distinct values.
    values: usize,
    /// The smallest difference of two distinct values.
    least: f64,
}

impl Spacing {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let scale = sorted.last().map_or(0.0, |greatest| greatest.abs());
        let gaps = sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > SAME * scale);
        let (gaps, least) = gaps.fold((0, f64::INFINITY), |(count, least), gap| (count + 1, gap.min(least)));
        Self { values: gaps + usize::from(!sorted.is_empty()), least }
    }
}

fn median_capacity(samples: &[SensorSample]) -> f64 {
    let mut capacities: Vec<f64> = samples.iter().map(|sample| sample.original).collect();
    capacities.sort_by(f64::total_cmp);
    capacities.get(capacities.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(original: f64, levels: impl Fn(usize) -> f64, count: usize) -> Sensor {
        let samples: Vec<_> = (0..count).map(|i| SensorSample { remaining: levels(i), original }).collect();
        Sensor::detect(&samples)
    }

    #[test]
    fn readings_show_the_kind_of_sensor() {
        assert_eq!(detect(40.0, |i| 40.0 - (i % 40) as f64, 80), Sensor::Counted);
        assert_eq!(detect(100.0, |i| 25.0 * (i % 5) as f64, 80), Sensor::Coarse { step: 25.0 });
        let Sensor::Coarse { step } = detect(0.7, |i| 0.14 * (i % 6) as f64, 80) else { panic!("not coarse") };
        assert!((step - 0.14).abs() < 1e-9);
        assert_eq!(detect(1.0, |i| 1.0 - 0.0137 * (i % 70) as f64, 80), Sensor::Level);
        assert_eq!(detect(1000.0, |i| 1000.0 - 10.0 * (i % 70) as f64, 80), Sensor::Level);
    }

    #[test]
    fn few_readings_or_a_single_value_show_only_whole_numbers() {
        assert_eq!(detect(100.0, |i| 25.0 * (i % 5) as f64, 49), Sensor::Counted);
        assert_eq!(detect(1.0, |i| 0.25 * (i % 5) as f64, 49), Sensor::Level);
        assert_eq!(detect(100.0, |_| 100.0, 80), Sensor::Counted);
        assert_eq!(detect(1.5, |_| 1.5, 80), Sensor::Level);
        assert_eq!(detect(1.0, |_| 1.0, 0), Sensor::Counted);
    }
}
