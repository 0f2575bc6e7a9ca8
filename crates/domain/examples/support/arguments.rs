//! The arguments of `decide_series`.
//!
//! Invariant: an unknown or missing argument is an error that names it.

/// What to do.
pub enum SeriesCommand {
    /// Print the help.
    Help,
    /// Write quantiles of the use.
    Forecast(ForecastOptions),
    /// Play a household for each series.
    Simulate(SimulateOptions),
}

/// What `forecast` needs.
pub struct ForecastOptions {
    /// The days of a period.
    pub days_a_period: f64,
    /// The number of periods from which the forecast learns.
    pub origin: usize,
    /// The number of periods that are forecast.
    pub horizon: usize,
}

/// What `simulate` needs.
pub struct SimulateOptions {
    /// The days that a container lasts.
    pub container_days: f64,
    /// The accepted risk.
    pub accepted: f64,
    /// The seed of lead times.
    pub seed: u64,
}

/// The help text.
pub const HELP: &str = "\
Forecasts use, or plays a household, from a CSV file of series.

usage:
  decide_series forecast --dt DAYS --origin PERIODS --horizon PERIODS < series.csv
  decide_series simulate --days DAYS --risk SHARE --seed NUMBER < daily.csv

input, with or without a line of names:
  series,period,use      period is a whole number; a series ends at its first missing period or empty use

forecast learns from the first PERIODS of each series, and writes for the use over the next ones:
  series,q50,q80,q90,q95,q99,mean
  --dt DAYS              the days of a period
  --origin PERIODS       the periods to learn from; a series without use in them is left out
  --horizon PERIODS      the periods to forecast; a series that ends before them is left out

simulate plays one slot for each series of daily use, and writes for all of them:
  parcels,late,cover_days
  --days DAYS            the days that a container lasts; it has at least 5 units
  --risk SHARE           the accepted risk, from 0.01 to 0.20
  --seed NUMBER          the seed of the lead times, which are 3 to 11 days

late counts the parcels that came after the slot ran out. cover_days is the mean stock when a parcel came, in days of
use. The first 30 days are left out.
";

/// Reads the arguments.
pub fn parse(words: impl Iterator<Item = String>) -> Result<SeriesCommand, String> {
    let words: Vec<String> = words.collect();
    if words.is_empty() || words.iter().any(|word| word == "--help" || word == "-h") {
        return Ok(SeriesCommand::Help);
    }
    let options = NamedValues(&words[1..]);
    match words[0].as_str() {
        "forecast" => {
            options.check(&["--dt", "--origin", "--horizon"])?;
            let days_a_period = options.number("--dt", 0.01, 1000.0)?;
            let (origin, horizon) = (options.number("--origin", 1.0, 1e6)?, options.number("--horizon", 1.0, 1e4)?);
            let (origin, horizon) = (origin as usize, horizon as usize);
            Ok(SeriesCommand::Forecast(ForecastOptions { days_a_period, origin, horizon }))
        }
        "simulate" => {
            options.check(&["--days", "--risk", "--seed"])?;
            let container_days = options.number("--days", 1.0, 1000.0)?;
            let accepted = options.number("--risk", 0.01, 0.20)?;
            let seed = options.number("--seed", 0.0, 1e9)? as u64;
            Ok(SeriesCommand::Simulate(SimulateOptions { container_days, accepted, seed }))
        }
        other => Err(format!("{other} is neither forecast nor simulate")),
    }
}

/// Names, each followed by its value.
struct NamedValues<'w>(&'w [String]);

impl NamedValues<'_> {
    fn check(&self, known: &[&str]) -> Result<(), String> {
        let unknown = self.0.chunks(2).find(|pair| !known.contains(&pair[0].as_str()) || pair.len() < 2);
        unknown.map_or(Ok(()), |pair| Err(format!("{} is unknown, or has no value", pair[0])))
    }

    fn number(&self, name: &str, least: f64, most: f64) -> Result<f64, String> {
        let pair = self.0.chunks(2).find(|pair| pair[0] == name).ok_or_else(|| format!("{name} is missing"))?;
        let number = pair.get(1).and_then(|value| value.parse::<f64>().ok());
        let valid = number.filter(|number| (least..=most).contains(number));
        valid.ok_or_else(|| format!("{name} is a number from {least} to {most}"))
    }
}
