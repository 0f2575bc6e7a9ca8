//! What a node reports of itself: log, metrics, traces.
//!
//! Invariant: no label, field or line holds a token, a secret or what a customer wrote.

pub(crate) mod exposition;
pub mod http_metrics;
pub mod logging;
pub(crate) mod metrics_page;
#[cfg(feature = "otel")]
pub mod otlp;
pub(crate) mod refusal_log;
pub(crate) mod request_span;
