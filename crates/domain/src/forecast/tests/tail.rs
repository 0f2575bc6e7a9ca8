use super::*;
use proptest::prelude::*;

fn tail(mean: f64, ratio: f64, amount: f64, is_counted: bool) -> f64 {
    DemandMoments { mean, variance: ratio * mean }.exceedance(&DemandThreshold::new(amount, is_counted))
}

#[test]
fn no_distribution_jumps_where_the_next_takes_over() {
    for (mean, amount) in [(0.3, 1.0), (5.0, 8.0), (80.0, 90.0)] {
        for ratio in [STEADY, LEAST_BINOMIAL] {
            let (below, above) = (tail(mean, ratio - 1e-9, amount, true), tail(mean, ratio + 1e-9, amount, true));
            assert!((below - above).abs() < 1e-8, "mean {mean}, ratio {ratio}: {below} and {above}");
        }
    }
}

proptest! {
    #[test]
    fn a_tail_is_a_probability_that_falls_with_the_amount(
        mean in -3.0..4.0_f64, ratio in -2.0..2.5_f64, amount in 0.01..5.0_f64, more in 0.0..1.0_f64, is_counted: bool
    ) {
        let (mean, ratio) = (10.0_f64.powf(mean), 10.0_f64.powf(ratio));
        let amount = amount * mean;
        let (nearer, farther) = (tail(mean, ratio, amount, is_counted), tail(mean, ratio, amount + more * mean, is_counted));
        prop_assert!((0.0..=1.0).contains(&nearer) && (0.0..=1.0).contains(&farther));
        prop_assert!(farther <= nearer + 1e-10, "{farther} above {nearer}");
    }

    #[test]
    fn the_counts_of_a_distribution_have_its_mean(mean in 0.05..8.0_f64, ratio in 1.02..4.0_f64) {
        let sum: f64 = (1..400).map(|count| tail(mean, ratio, f64::from(count), true)).sum();
        prop_assert!((sum - mean).abs() < 1e-6, "{sum} instead of {mean}");
    }
}
