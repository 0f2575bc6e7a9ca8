//! The forecast.
//!
//! `tests/data/forecast_vectors.json` has results of an independent implementation (docs/forecast.md#golden-vectors). The
//! households of the simulation are those of the examples. Invariant: probabilities agree to 1e-9, other numbers to a part
//! in 1e9, and answers exactly.

#[path = "../../examples/support/arguments.rs"]
mod arguments;
mod decisions;
#[path = "../../examples/support/household.rs"]
#[allow(dead_code, reason = "the examples use the rest")]
mod household;
mod learning;
#[path = "../../examples/support/quantiles.rs"]
mod quantiles;
#[path = "../../examples/support/random.rs"]
mod random;
mod reading_properties;
mod readings;
#[path = "../../examples/support/replay.rs"]
mod replay;
mod risk_properties;
#[path = "../../examples/support/scenario_runs.rs"]
#[allow(dead_code, reason = "the examples use the rest")]
mod scenario_runs;
#[path = "../../examples/support/series.rs"]
#[allow(dead_code, reason = "the examples use the rest")]
mod series;
mod series_program;
mod simulation;
mod strategies;
#[path = "../../examples/support/synthetic.rs"]
#[allow(dead_code, reason = "the examples use the rest")]
mod synthetic;
mod vectors;
