//! `decide_series forecast`: quantiles of the use over the next periods.
//!
//! What it is: two passes, the first with a rough prior, the second with the prior that the series show. What it is not: a
//! test of accuracy; compare the output with the true use. Invariant: nothing after the origin is used.

use super::arguments::ForecastOptions;
use super::series::UsageSeries;
use opendrs_domain::forecast::belief::DemandBelief;
use opendrs_domain::forecast::learning::UsageObservation;
use opendrs_domain::forecast::prior::DemandPrior;
use opendrs_domain::forecast::sensor::Sensor;

const LEVELS: [f64; 5] = [0.5, 0.8, 0.9, 0.95, 0.99];
/// The observations without which a series does not add to the prior.
const LEAST_OBSERVATIONS: u32 = 3;
/// The weight of the rough prior, in days.
const ROUGH_DAYS: f64 = 5.0;
/// The dispersion of the rough prior, in units.
const ROUGH_DISPERSION: f64 = 1.5;

/// The quantiles of all series, as CSV.
pub fn forecast(series: &[UsageSeries], options: &ForecastOptions) -> Result<String, String> {
    let is_used = |series: &&UsageSeries| {
        series.usage.len() >= options.origin + options.horizon
            && series.usage[..options.origin].iter().any(|usage| *usage > 0.0)
    };
    let used: Vec<_> = series.iter().filter(is_used).collect();
    let prior = learn_prior(&used, options)?;
    let days = options.days_a_period * options.horizon as f64;
    let mut text = String::from("series,q50,q80,q90,q95,q99,mean\n");
    for series in used {
        let belief = learn(series, options, &prior);
        let forecast = belief.forecast(&prior, Sensor::Counted, 0.0);
        let quantiles = LEVELS.map(|level| forecast.quantile(days, level).to_string()).join(",");
        text.push_str(&format!("{},{quantiles},{:.6}\n", series.name, forecast.rate() * days));
    }
    Ok(text)
}

fn learn(series: &UsageSeries, options: &ForecastOptions, prior: &DemandPrior) -> DemandBelief {
    let mut belief = DemandBelief::default();
    for usage in &series.usage[..options.origin] {
        let observed = UsageObservation { usage: *usage, days: options.days_a_period };
        belief.learn(observed, prior, Sensor::Counted, 0.0);
    }
    belief
}

fn learn_prior(used: &[&UsageSeries], options: &ForecastOptions) -> Result<DemandPrior, String> {
    let periods = used.iter().flat_map(|series| &series.usage[..options.origin]);
    let mean = periods.sum::<f64>() / (used.len() * options.origin) as f64;
    if !mean.is_finite() {
        return Err("no series has use before the origin and enough periods after it".to_owned());
    }
    let rough = DemandPrior {
        rate: mean / options.days_a_period,
        days: ROUGH_DAYS,
        daily_dispersion: ROUGH_DISPERSION,
        weekly_dispersion: ROUGH_DISPERSION,
    };
    let beliefs = used.iter().map(|series| learn(series, options, &rough));
    let fleet: Vec<_> =
        beliefs.filter(|belief| belief.observations >= LEAST_OBSERVATIONS).map(|belief| belief.fleet_slot()).collect();
    Ok(DemandPrior::from_fleet(&fleet, Sensor::Counted.grain(0.0)).unwrap_or(rough))
}
