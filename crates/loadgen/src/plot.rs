//! Latencies by percentile, as an SVG picture.
//!
//! The high percentiles are stretched: each further nine has the same width, because problems appear there. Invariant:
//! the picture is complete by itself, with a title for people who cannot see it.

use crate::report::LoadReport;
use std::fmt::Write as _;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 50.0;
/// The percentiles with a line and a label.
const MARKED_PERCENTILES: [f64; 6] = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99];
/// The end of the axis, in nines.
const MAX_NINES: f64 = 4.2;

/// The picture of a run.
pub(crate) fn latency_plot_svg(report: &LoadReport) -> String {
    let top = next_round_number(as_f64(report.percentile(percent_at(MAX_NINES))));
    let x = |percent: f64| {
        let nines = (-(1.0 - percent / 100.0).max(1e-9).log10()).min(MAX_NINES);
        LEFT + nines / MAX_NINES * (WIDTH - LEFT - RIGHT)
    };
    let y = |latency: f64| HEIGHT - BOTTOM - (latency / top).min(1.0) * (HEIGHT - TOP - BOTTOM);
    let title = format!("{}: {:.0} calls/s, latency by percentile", report.name, report.rate());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"28\" font-size=\"16\">{title}</text>\n"
    );
    for percent in MARKED_PERCENTILES {
        let (x, low) = (x(percent), HEIGHT - BOTTOM);
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{low}\" stroke=\"#d0d0d0\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{percent}%</text>",
            low + 20.0
        );
    }
    for quarter in 0..=4 {
        let latency = top * f64::from(quarter) / 4.0;
        let (y, right) = (y(latency), WIDTH - RIGHT);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#d0d0d0\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.2} ms</text>",
            LEFT - 6.0,
            y + 4.0,
            latency / 1000.0
        );
    }
    let mut path = String::new();
    for step in 0..=200 {
        let percent = percent_at(f64::from(step) / 200.0 * MAX_NINES);
        let verb = if step == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{verb}{:.1} {:.1}", x(percent), y(as_f64(report.percentile(percent))));
    }
    let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"#0b5cad\" stroke-width=\"2\"/>\n</svg>");
    svg
}

/// The percentile with so many nines: one is 90 %, two are 99 %.
fn percent_at(nines: f64) -> f64 {
    100.0 * (1.0 - 10_f64.powf(-nines))
}

#[expect(clippy::cast_precision_loss, reason = "a coordinate")]
fn as_f64(latency: u64) -> f64 {
    latency as f64
}

/// The next round number: one, two or five, followed by zeros.
fn next_round_number(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|round| *round >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_round_number() {
        assert_eq!([0.0, 1.0, 3.0, 740.0, 1001.0].map(next_round_number), [1.0, 1.0, 5.0, 1000.0, 2000.0]);
    }

    #[test]
    fn the_picture_tells_what_was_measured() {
        let latencies: Vec<u32> = (1..=10_000).collect();
        let picture = super::latency_plot_svg(&LoadReport::new("slot-status", &latencies, 2.0).unwrap());
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
        assert!(picture.contains("<title>slot-status: 5000 calls/s") && picture.contains(">99.9%<"));
        assert!(picture.contains(">10.00 ms<"), "{picture}");
    }
}
