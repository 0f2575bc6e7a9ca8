//! The results of a run, for people and for scripts.
//!
//! Invariant: progress is drawn only on a terminal, and at most twice a second.

use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use opendrs_cli::output;
use serde_json::json;
use std::time::{Duration, Instant};

/// A run's latencies and rate.
pub(crate) struct LoadReport {
    pub(crate) name: &'static str,
    pub(crate) seconds: f64,
    /// The latencies in microseconds.
    pub(crate) latencies: Histogram<u64>,
}

impl LoadReport {
    pub(crate) fn new(name: &'static str, latencies: &[u32], seconds: f64) -> Result<Self, String> {
        let mut histogram = Histogram::new(3).map_err(|e| e.to_string())?;
        for latency in latencies {
            histogram.record(u64::from(*latency)).map_err(|e| e.to_string())?;
        }
        if histogram.is_empty() {
            return Err("not one call was made".into());
        }
        Ok(Self { name, seconds, latencies: histogram })
    }

    /// Calls per second.
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// The latency in microseconds that this percentage of the calls did not exceed.
    pub(crate) fn percentile(&self, percent: f64) -> u64 {
        self.latencies.value_at_percentile(percent)
    }

    pub(crate) fn print(&self, connections: u16, target: Option<u32>, next: u64, as_json: bool) {
        let [p50, p90, p99, p999] = [50.0, 90.0, 99.0, 99.9].map(|percent| self.percentile(percent));
        let (calls, seconds, rate, max) = (self.latencies.len(), self.seconds, self.rate(), self.latencies.max());
        if as_json {
            let line = json!({
                "kind": self.name, "calls": calls, "seconds": seconds, "rate": rate, "target_rate": target,
                "connections": connections, "p50_us": p50, "p90_us": p90, "p99_us": p99, "p999_us": p999,
                "max_us": max, "next": next,
            });
            return output::print_line(line.to_string());
        }
        let from = match target {
            Some(target) => format!("{target} calls/s asked for, latency from the time a call was due"),
            None => "each connection sends when it was answered".into(),
        };
        output::print_line(format!(
            "{}: {calls} calls in {seconds:.2} s on {connections} connections; {from}",
            self.name
        ));
        output::print_line(format!("{rate:.0} calls/s, every answer as wanted; next: {next}"));
        output::print_line(format!("latency in us: 50% {p50}  90% {p90}  99% {p99}  99.9% {p999}  max {max}"));
    }
}

/// A progress bar for this number of seconds, visible only on a terminal.
pub(crate) fn time_progress_bar(name: &'static str, seconds: u64) -> ProgressBar {
    progress_bar(name, seconds, "{msg} {wide_bar} {pos}/{len} s")
}

/// A progress bar with a name and a number of steps.
pub(crate) fn progress_bar(name: impl Into<String>, steps: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(steps).with_message(name.into());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Waits for some work while the progress bar follows the clock.
#[expect(clippy::disallowed_methods, reason = "this command measures")]
pub(crate) async fn await_with_progress_bar<T>(bar: &ProgressBar, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = tick.tick() => bar.set_position(started.elapsed().as_secs()),
        }
    }
}
