//! Spans: what a trace is made of.
//!
//! What it is: the one target of all spans, and the span of a write. What it is not: how they leave the process (the
//! edge's matter), nor the log. Invariant: while nobody asks for spans none is made, and finding that out costs the
//! reading of one number; no field of a span says who a customer or a device is, or holds a secret.

use crate::Result;
use crate::engine::Engine;
use tracing::{Instrument, Level};

/// The target of every span.
pub const TARGET: &str = "opendrs::span";

/// Whether anybody asks for spans.
#[inline]
#[must_use]
pub fn is_enabled() -> bool {
    tracing::enabled!(target: TARGET, Level::TRACE)
}

/// A write as a part of what asks for it: how long it waits for its commit. Alone it is no trace.
pub(crate) async fn instrument_write<W, T>(engine: Engine, write: impl Future<Output = Result<T>>) -> Result<T> {
    if tracing::Span::current().is_none() {
        return write.await;
    }
    let command = std::any::type_name::<W>().rsplit("::").next().unwrap_or_default();
    let system = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgresql",
    };
    let span = tracing::trace_span!(
        target: TARGET,
        "store.write",
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        db.system.name = system,
        db.operation.name = command,
    );
    let written = write.instrument(span.clone()).await;
    if written.is_err() {
        span.record("otel.status_code", "ERROR");
    }
    written
}
