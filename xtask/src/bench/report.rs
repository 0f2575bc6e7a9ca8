//! The table, for people and as JSON.
//!
//! Invariant: a verdict is the median's; what was not measured has none.

use super::Options;
use super::rows::Row;
use crate::failure::Failure;
use std::fmt::Write as _;

/// A row with what was measured of it.
pub struct Line {
    /// The target.
    pub row: &'static Row,
    /// One value a round.
    pub values: Vec<f64>,
    /// Why it could not be measured.
    pub failure: Option<Failure>,
}

/// How a row came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Goal,
    Must,
    Missed,
    Failed,
    NotMeasured,
    Told,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Goal => "goal",
            Verdict::Must => "must",
            Verdict::Missed => "MISSED",
            Verdict::Failed => "FAILED",
            Verdict::NotMeasured => "not measured",
            Verdict::Told => "told",
        }
    }
}

impl Line {
    /// A row of which nothing is known yet.
    pub fn new(row: &'static Row) -> Self {
        Self { row, values: Vec::new(), failure: None }
    }

    /// Nothing that was asked for failed, and no must was missed.
    pub fn is_good(&self) -> bool {
        !matches!(self.verdict(), Verdict::Missed | Verdict::Failed)
    }

    fn verdict(&self) -> Verdict {
        let reaches = |target| self.span().is_some_and(|(median, ..)| self.row.unit.reaches(median, target));
        match () {
            () if self.failure.is_some() => Verdict::Failed,
            () if self.values.is_empty() => Verdict::NotMeasured,
            () if !self.row.is_judged() => Verdict::Told,
            () if reaches(self.row.goal) => Verdict::Goal,
            () if reaches(self.row.must) => Verdict::Must,
            () => Verdict::Missed,
        }
    }

    /// Median, least and most.
    fn span(&self) -> Option<(f64, f64, f64)> {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        Some((*sorted.get(sorted.len() / 2)?, *sorted.first()?, *sorted.last()?))
    }
}

/// The table.
pub fn table(lines: &[Line], options: &Options) -> String {
    let mut text = format!(
        "\nMedian of {} rounds [least-most]. Figures without a unit are ratios of runs side by side; 1.00 is the other's.\n\n\
         {:<21} {:>21} {:>6} {:>6}  {:<12}  what\n",
        options.rounds, "row", "measured", "must", "goal", "reached"
    );
    for line in lines {
        let Row { name, about, must, goal, unit, .. } = line.row;
        let measured = match line.span() {
            Some((median, least, most)) if line.failure.is_none() => {
                let [median, least, most] = [median, least, most].map(|value| unit.number(value));
                format!("{median} [{least}-{most}]{}", unit.name())
            }
            _ => "-".to_owned(),
        };
        let target =
            |value| if line.row.is_measured() && line.row.is_judged() { unit.number(value) } else { String::new() };
        let (must, goal) = (target(*must), target(*goal));
        let word = line.verdict().word();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<21} {measured:>21} {must:>6} {goal:>6}  {word:<12}  {about}");
    }
    let mut notes = String::new();
    for line in lines {
        match (&line.failure, line.row.why_not()) {
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
pub fn json(lines: &[Line]) -> String {
    let rows: Vec<_> = lines.iter().map(object).collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}

fn object(line: &Line) -> String {
    let Row { name, about, .. } = line.row;
    let target = |value: f64| if value.is_nan() { "null".to_owned() } else { value.to_string() };
    let (must, goal) = (target(line.row.must), target(line.row.goal));
    let word = line.verdict().word();
    let values: Vec<_> = line.values.iter().map(|value| format!("{value:.4}")).collect();
    let median = line.span().map_or("null".to_owned(), |(median, ..)| format!("{median:.4}"));
    let failure = line.failure.as_ref().map_or("null".to_owned(), |failure| quoted(&failure.to_string()));
    format!(
        "  {{\"row\": {}, \"about\": {}, \"median\": {median}, \"values\": [{}], \"must\": {must}, \"goal\": {goal}, \
         \"reached\": {}, \"failure\": {failure}}}",
        quoted(name),
        quoted(about),
        values.join(", "),
        quoted(word)
    )
}

fn quoted(text: &str) -> String {
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

    fn line(values: &[f64]) -> Line {
        Line { values: values.to_vec(), ..Line::new(&ROWS[0]) }
    }

    #[test]
    fn the_median_is_judged() {
        let verdicts = [&[][..], &[0.44], &[0.1, 0.5, 0.9], &[0.1, 0.71, 0.9]].map(|values| line(values).verdict());
        assert_eq!(verdicts, [Verdict::NotMeasured, Verdict::Missed, Verdict::Must, Verdict::Goal]);
        assert!(line(&[]).is_good() && line(&[0.5]).is_good() && !line(&[0.1]).is_good());
        let failed = Line { failure: Some(Failure::new("a", "b")), ..line(&[0.9]) };
        assert!(!failed.is_good(), "a row that failed once is not met by what went before");
        assert!(table(&[failed], &Options::default()).contains("FAILED"));
    }

    #[test]
    fn a_row_without_target_is_told_and_not_judged() {
        let row = ROWS.iter().find(|row| !row.is_judged()).expect("one of them");
        let line = Line { values: vec![99.0], ..Line::new(row) };
        assert!(line.is_good() && json(&[line]).contains("\"must\": null, \"goal\": null, \"reached\": \"told\""));
    }

    #[test]
    fn what_was_not_measured_is_told_so() {
        let text = table(&ROWS.iter().map(Line::new).collect::<Vec<_>>(), &Options::default());
        assert_eq!(text.matches(" not measured ").count(), ROWS.len(), "{text}");
        assert!(text.contains("growth-slot-5m: measured with --full\n"), "{text}");
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
        assert!(json(&[line(&[0.5])]).contains("\"median\": 0.5000, \"values\": [0.5000], \"must\": 0.45"));
    }
}
