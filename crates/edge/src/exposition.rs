//! The text format of Prometheus.
//!
//! What it is not: the measurements. Invariant: each metric has its help and its type before its values.

use opendrs_store::metrics::HistogramSnapshot;
use std::fmt::{Display, Write};

/// The text of a metrics page.
#[derive(Default)]
pub struct MetricsText(pub String);

impl MetricsText {
    /// Writes the help and the type of a metric.
    pub fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Writes a value.
    pub fn line(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    /// Writes a value that may fall.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.line(name, value);
    }

    /// Writes a value that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.line(name, value);
    }

    /// Writes a histogram. `per_unit` is how many measured values make the unit in the metric's name, such as 1e6 for
    /// microseconds and seconds.
    pub fn histogram(&mut self, name: &str, labels: &str, counted: &HistogramSnapshot, per_unit: f64) {
        for (bound, count) in &counted.cumulative {
            self.line(&format!("{name}_bucket{{{labels}le=\"{}\"}}", *bound as f64 / per_unit), count);
        }
        self.line(&format!("{name}_bucket{{{labels}le=\"+Inf\"}}"), counted.count);
        let labels = match labels.trim_end_matches(',') {
            "" => String::new(),
            labels => format!("{{{labels}}}"),
        };
        self.line(&format!("{name}_sum{labels}"), counted.sum as f64 / per_unit);
        self.line(&format!("{name}_count{labels}"), counted.count);
    }
}
