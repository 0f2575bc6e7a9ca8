//! Spans, of which traces are composed.
//!
//! What it is: the one target of all spans, and the span of a write. What it is not: the export of spans, which is the
//! server's task, or the log. Invariant: while spans are disabled none is created, and the check costs one load of a
//! number. No field of a span identifies a customer or a device, or holds a secret.

use crate::Result;
use crate::engine::Engine;
use tracing::{Instrument, Level};

/// The target of every span.
pub const TARGET: &str = "opendrs::span";

/// Whether spans are enabled.
#[inline]
#[must_use]
pub fn is_enabled() -> bool {
    tracing::enabled!(target: TARGET, Level::TRACE)
}

/// Traces a write as part of the caller's span: how long it waits for its commit. A write without a caller's span is
/// not traced.
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
