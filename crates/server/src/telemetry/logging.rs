//! The log: lines on standard error, as `server.log` wants them.
//!
//! What it is not: traces ([`crate::telemetry::otlp`]), which are sent elsewhere. Invariant: below `info` only this program's own
//! crates are logged, whatever the setting says. Libraries write what they carry: the PostgreSQL driver each parameter of
//! each statement, HTTP libraries headers. Our own lines name no secret and nobody.

use crate::config::{LogFormat, parse_log_filter};
use std::io::IsTerminal as _;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

/// A part of what receives all that is logged.
pub type LogLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The targets of this program's crates begin with it.
const OWN_TARGET_PREFIX: &str = "opendrs";

/// Sends what is logged to standard error, and spans to `spans`.
///
/// # Errors
/// A sentence that names the setting at fault.
pub fn init(level: &str, format: LogFormat, spans: Option<LogLayer>) -> Result<(), String> {
    let filter = capped_filter(level)?;
    // A line that cannot be written is lost. Said on standard error as well, that would panic, and end what logged it.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    let lines: LogLayer = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    let layers: Vec<LogLayer> = std::iter::once(lines).chain(spans).collect();
    // A second start within one process, as in tests, keeps the first one's log.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}

/// What is logged at a setting of `server.log`.
fn capped_filter<S>(level: &str) -> Result<impl Filter<S> + use<S>, String> {
    let wanted = parse_log_filter(level)?;
    Ok(wanted.and(filter_fn(|line| is_own_target(line.target()) || *line.level() <= Level::INFO)))
}

/// Whether a target is of this program: a crate of its own, or a name within it.
fn is_own_target(target: &str) -> bool {
    target.strip_prefix(OWN_TARGET_PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct LogBuffer(Arc<Mutex<Vec<u8>>>);

    impl Write for LogBuffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is written of a few lines at a setting.
    fn logged_text(level: &str) -> String {
        let (out, filter) = (LogBuffer::default(), capped_filter(level).unwrap());
        let writer = out.clone();
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(lines.with_filter(filter));
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "opendrs_store::pg", "own trace");
            tracing::debug!(target: "opendrs_server", "own debug");
            tracing::debug!(target: "opendrs", "plain debug");
            tracing::info!(target: "hyper", "other info");
            tracing::debug!(target: "tokio_postgres::query", "other debug");
            tracing::trace!(target: "rustls::client", "other trace");
            tracing::debug!(target: "opendrsish", "like ours");
        });
        String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn below_info_only_our_own_crates_are_logged() {
        for (level, lines) in [
            ("info", vec!["other info"]),
            ("debug", vec!["own debug", "plain debug", "other info"]),
            ("trace", vec!["own trace", "own debug", "plain debug", "other info"]),
            ("info,tokio_postgres=trace,rustls=trace,opendrs_store=trace", vec!["own trace", "other info"]),
            ("error", vec![]),
        ] {
            let text = logged_text(level);
            let found: Vec<_> = text.lines().collect();
            assert_eq!(found.len(), lines.len(), "{level}: {text}");
            assert!(found.iter().zip(&lines).all(|(line, words)| line.ends_with(words)), "{level}: {text}");
        }
    }
}
