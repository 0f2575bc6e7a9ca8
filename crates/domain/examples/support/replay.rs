//! `decide_series simulate`: a household for each series of daily use.
//!
//! What it is: the household of docs/forecast.md#synthetic-households with given use. What it is not: a test of accuracy of
//! the forecast alone; lead times are drawn. Invariant: the prior is what all series of the file show together.

use super::arguments::SimulateOptions;
use super::household::{ParcelCount, ReportStyle, SimulatedSlot, WARM_UP};
use super::random::Draws;
use super::series::UsageSeries;
use opendrs_domain::forecast::lead_time::LeadTimes;
use opendrs_domain::forecast::prior::DemandPrior;

/// The typical lead time, in days.
const TYPICAL_LEAD: f64 = 5.0;
/// How long one filling lasts by the first guess, in days.
const TYPICAL_DAYS: f64 = 30.0;
/// The least content of a container, in units.
const LEAST_CAPACITY: f64 = 5.0;

/// The parcels of all series, as CSV.
pub fn simulate(series: &[UsageSeries], options: &SimulateOptions) -> Result<String, String> {
    let slots: Vec<_> = series.iter().filter_map(|series| slot_of(series, options)).collect();
    let mut capacities: Vec<_> = slots.iter().map(|slot| slot.capacity).collect();
    capacities.sort_by(f64::total_cmp);
    let full = capacities.get(capacities.len() / 2).ok_or("no series has use, and more than 30 days")?;
    let guess = DemandPrior::from_guess(*full, TYPICAL_DAYS, true);
    let mut draws = Draws::new(options.seed, 0);
    let fleet: Vec<_> = slots.iter().filter_map(|slot| slot.observe(&guess, &mut draws)).collect();
    let prior = DemandPrior::from_fleet(&fleet, 1.0).unwrap_or(guess);
    let lead = LeadTimes::learn(TYPICAL_LEAD, &[], &[], 0.0);
    let mut count = ParcelCount::default();
    for (number, slot) in slots.iter().enumerate() {
        count += slot.play(&prior, &lead, options.accepted, &mut Draws::new(options.seed, 1 + number as u64));
    }
    Ok(format!("parcels,late,cover_days\n{},{},{:.2}\n", count.parcels, count.late, count.mean_cover()))
}

fn slot_of(series: &UsageSeries, options: &SimulateOptions) -> Option<SimulatedSlot> {
    let days = series.usage.len();
    let mean = series.usage.iter().sum::<f64>() / days as f64;
    let capacity = (mean * options.container_days).round().max(LEAST_CAPACITY);
    (days > WARM_UP && mean > 0.0).then(|| SimulatedSlot {
        usage: series.usage.clone(),
        capacity,
        style: ReportStyle::Exact,
        counted: WARM_UP..days,
    })
}
