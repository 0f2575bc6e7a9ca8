//! The telemetry of a node: log, metrics and traces.
//!
//! Invariant: no label, field or line contains a token, a secret or text of a customer.

pub mod logging;
pub(crate) mod metrics_page;
#[cfg(feature = "otel")]
pub mod otlp;
pub(crate) mod request_span;
