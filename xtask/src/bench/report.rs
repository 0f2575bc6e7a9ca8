//! The table of results, as text and as JSON.
//!
//! Invariant: a verdict is based on the median; a row that was not measured has no verdict.

use super::BenchOptions;
use super::rows::BenchRow;
use crate::error::TaskError;
use std::fmt::Write as _;

/// A row with its measured values.
pub struct RowResult {
    /// The target.
    pub row: &'static BenchRow,
    /// One value per round.
    pub values: Vec<f64>,
    /// Why the row could not be measured.
    pub failure: Option<TaskError>,
}

/// The verdict on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowVerdict {
    GoalReached,
    MustReached,
    Missed,
    Failed,
    NotMeasured,
    NotJudged,
}

impl RowVerdict {
    fn label(self) -> &'static str {
        match self {
            RowVerdict::GoalReached => "goal",
            RowVerdict::MustReached => "must",
            RowVerdict::Missed => "MISSED",
            RowVerdict::Failed => "FAILED",
            RowVerdict::NotMeasured => "not measured",
            RowVerdict::NotJudged => "told",
        }
    }
}

impl RowResult {
    /// A row without values yet.
    pub fn new(row: &'static BenchRow) -> Self {
        Self { row, values: Vec::new(), failure: None }
    }

    /// Whether no measurement failed, and no `must` was missed.
    pub fn is_acceptable(&self) -> bool {
        !matches!(self.verdict(), RowVerdict::Missed | RowVerdict::Failed)
    }

    fn verdict(&self) -> RowVerdict {
        let reaches =
            |target| self.median_least_most().is_some_and(|(median, ..)| self.row.unit.meets_target(median, target));
        if self.failure.is_some() {
            RowVerdict::Failed
        } else if self.values.is_empty() {
            RowVerdict::NotMeasured
        } else if !self.row.has_target() {
            RowVerdict::NotJudged
        } else if reaches(self.row.goal) {
            RowVerdict::GoalReached
        } else if reaches(self.row.must) {
            RowVerdict::MustReached
        } else {
            RowVerdict::Missed
        }
    }

    /// Median, lowest and highest value.
    fn median_least_most(&self) -> Option<(f64, f64, f64)> {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        Some((*sorted.get(sorted.len() / 2)?, *sorted.first()?, *sorted.last()?))
    }
}

/// The table as text.
pub fn format_table(lines: &[RowResult], options: &BenchOptions) -> String {
    let mut text = format!(
        "\nMedian of {} rounds [least-most]. Figures without a unit are ratios of runs side by side; 1.00 is the other's.\n\n\
         {:<21} {:>21} {:>6} {:>6}  {:<12}  what\n",
        options.rounds, "row", "measured", "must", "goal", "reached"
    );
    for line in lines {
        let BenchRow { name, about, must, goal, unit, .. } = line.row;
        let measured = match line.median_least_most() {
            Some((median, least, most)) if line.failure.is_none() => {
                let [median, least, most] = [median, least, most].map(|value| unit.format_value(value));
                format!("{median} [{least}-{most}]{}", unit.suffix())
            }
            _ => "-".to_owned(),
        };
        let target = |value| {
            if line.row.is_measurable() && line.row.has_target() { unit.format_value(value) } else { String::new() }
        };
        let (must, goal) = (target(*must), target(*goal));
        let word = line.verdict().label();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<21} {measured:>21} {must:>6} {goal:>6}  {word:<12}  {about}");
    }
    let mut notes = String::new();
    for line in lines {
        match (&line.failure, line.row.why_not_measured()) {
            (Some(failure), _) => _ = writeln!(notes, "{}: {failure}", line.row.name),
            (None, Some(why)) => _ = writeln!(notes, "{}: {why}", line.row.name),
            (None, None) if line.values.is_empty() && line.row.full && !options.full => {
                _ = writeln!(notes, "{}: measured with --full", line.row.name);
            }
            _ => {}
        }
    }
    if !options.full {
        notes += "replenish-*: at 100,000 devices; their targets are meant for 1,000,000, which --full has\n";
    }
    text + "\n" + &notes
}

/// The table as JSON.
pub fn format_json(lines: &[RowResult]) -> String {
    let rows: Vec<_> = lines.iter().map(row_json).collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}

fn row_json(line: &RowResult) -> String {
    let BenchRow { name, about, .. } = line.row;
    let target = |value: f64| if value.is_nan() { "null".to_owned() } else { value.to_string() };
    let (must, goal) = (target(line.row.must), target(line.row.goal));
    let word = line.verdict().label();
    let values: Vec<_> = line.values.iter().map(|value| format!("{value:.4}")).collect();
    let median = line.median_least_most().map_or("null".to_owned(), |(median, ..)| format!("{median:.4}"));
    let failure = line.failure.as_ref().map_or("null".to_owned(), |failure| json_string(&failure.to_string()));
    format!(
        "  {{\"row\": {}, \"about\": {}, \"median\": {median}, \"values\": [{}], \"must\": {must}, \"goal\": {goal}, \
         \"reached\": {}, \"failure\": {failure}}}",
        json_string(name),
        json_string(about),
        values.join(", "),
        json_string(word)
    )
}

fn json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::super::rows::ROWS;
    use super::*;

    fn line(values: &[f64]) -> RowResult {
        RowResult { values: values.to_vec(), ..RowResult::new(&ROWS[0]) }
    }

    #[test]
    fn the_median_is_judged() {
        let verdicts = [&[][..], &[0.44], &[0.1, 0.5, 0.9], &[0.1, 0.71, 0.9]].map(|values| line(values).verdict());
        assert_eq!(
            verdicts,
            [RowVerdict::NotMeasured, RowVerdict::Missed, RowVerdict::MustReached, RowVerdict::GoalReached]
        );
        assert!(line(&[]).is_acceptable() && line(&[0.5]).is_acceptable() && !line(&[0.1]).is_acceptable());
        let failed = RowResult { failure: Some(TaskError::new("a", "b")), ..line(&[0.9]) };
        assert!(!failed.is_acceptable(), "a row that failed once is not met by what went before");
        assert!(format_table(&[failed], &BenchOptions::default()).contains("FAILED"));
    }

    #[test]
    fn a_row_without_target_is_told_and_not_judged() {
        let row = ROWS.iter().find(|row| !row.has_target()).expect("one of them");
        let line = RowResult { values: vec![99.0], ..RowResult::new(row) };
        assert!(
            line.is_acceptable()
                && format_json(&[line]).contains("\"must\": null, \"goal\": null, \"reached\": \"told\"")
        );
    }

    #[test]
    fn what_was_not_measured_is_told_so() {
        let text = format_table(&ROWS.iter().map(RowResult::new).collect::<Vec<_>>(), &BenchOptions::default());
        assert_eq!(text.matches(" not measured ").count(), ROWS.len(), "{text}");
        assert!(text.contains("growth-slot-5m: measured with --full\n"), "{text}");
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(json_string("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
        assert!(format_json(&[line(&[0.5])]).contains("\"median\": 0.5000, \"values\": [0.5000], \"must\": 0.45"));
    }
}
