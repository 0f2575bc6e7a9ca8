//! Series of use: the CSV file `series,period,use`.
//!
//! Not here: quoted fields; names of series have no comma. Invariant: a series has a use for each of its periods.

use std::collections::BTreeMap;
use std::io::Read;

/// The use of one thing, period by period.
pub struct UsageSeries {
    /// Its name.
    pub name: String,
    /// The use of each period from its first one on.
    pub usage: Vec<f64>,
}

/// Reads all series from standard input.
pub fn read_stdin() -> Result<Vec<UsageSeries>, String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
    parse(&text)
}

/// Reads all series of a text, sorted by name. Lines may be in any order.
pub fn parse(text: &str) -> Result<Vec<UsageSeries>, String> {
    let mut periods: BTreeMap<&str, BTreeMap<i64, f64>> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [name, period, usage] = fields[..] else {
            return Err(format!("line {}: three fields are expected: series,period,use", index + 1));
        };
        let (Ok(period), is_missing) = (period.parse::<i64>(), usage.is_empty() || usage == "NA") else {
            // The first line may have the names of the fields.
            if index == 0 {
                continue;
            }
            return Err(format!("line {}: the period is a whole number", index + 1));
        };
        let of_series = periods.entry(name).or_default();
        if !is_missing {
            let usage = usage.parse::<f64>().ok().filter(|usage| usage.is_finite() && *usage >= 0.0);
            let usage = usage.ok_or_else(|| format!("line {}: the use is a number, zero or more", index + 1))?;
            of_series.insert(period, usage);
        }
    }
    let series = periods.into_iter().map(|(name, periods)| {
        let first = periods.keys().next().copied().unwrap_or_default();
        let usage = (first..).map_while(|period| periods.get(&period).copied()).collect();
        UsageSeries { name: name.to_owned(), usage }
    });
    Ok(series.collect())
}
