//! The telemetry of a node: log, metrics and traces.
//!
//! Invariant: no label, field or line contains a token, a secret or text of a customer.

pub(crate) mod exposition;
pub mod http_metrics;
pub mod logging;
pub(crate) mod metrics_page;
#[cfg(feature = "otel")]
pub mod otlp;
pub(crate) mod refusal_log;
pub(crate) mod request_span;
