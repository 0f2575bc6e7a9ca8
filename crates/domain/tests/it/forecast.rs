//! The forecast.
//!
//! `tests/data/forecast_vectors.json` has results of an independent implementation (docs/forecast.md#golden-vectors).
//! Invariant: probabilities agree to 1e-9, other numbers to a part in 1e9, and answers exactly.

mod decisions;
mod learning;
mod reading_properties;
mod readings;
mod risk_properties;
mod strategies;
mod vectors;
