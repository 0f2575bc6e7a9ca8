//! The log: lines on standard error, filtered by `server.log`.
//!
//! What it is not: traces (`telemetry::otlp`), which are sent to a collector. Invariant: below `info` only this
//! program's own crates are logged, whatever the setting. Libraries log the data that they transport: the PostgreSQL
//! driver logs each parameter of each statement, and HTTP libraries log headers. This program's own lines contain no
//! secret and no name of a person.

use opendrs_config::{LogFormat, parse_log_filter};
use std::io::IsTerminal as _;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Filter, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

/// A layer that receives all log lines and spans.
pub type LogLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The prefix of the targets of this program's crates.
const OWN_TARGET_PREFIX: &str = "opendrs";

/// Writes the log to standard error, and passes spans to `spans`.
///
/// # Errors
/// A text that names the wrong setting.
pub fn init(level: &str, format: LogFormat, spans: Option<LogLayer>) -> Result<(), String> {
    let filter = capped_filter(level)?;
    // A line that cannot be written is lost. Reporting that on standard error would panic, and end the task that logs.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    let lines: LogLayer = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    let layers: Vec<LogLayer> = std::iter::once(lines).chain(spans).collect();
    // A second call in one process, as in tests, keeps the first log.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}

/// Returns the filter for a value of `server.log`.
fn capped_filter<S>(level: &str) -> Result<impl Filter<S> + use<S>, String> {
    let wanted = parse_log_filter(level)?;
    Ok(wanted.and(filter_fn(|line| is_own_target(line.target()) || *line.level() <= Level::INFO)))
}

/// Whether a target belongs to one of this program's crates.
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

    /// Logs some lines at a level, and returns the output.
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
