//! The command line: from words to an [`XtaskCommand`].
//!
//! Not here: running the command. Invariant: an unknown word is refused, never ignored.

use crate::bench::{self, BenchOptions};
use crate::error::{TaskError, TaskResult};
use crate::steps::TestStep;
use crate::torture::{TortureEngine, TortureOptions};
use std::fmt::Write as _;

/// The command that a person wants to run.
#[derive(Debug, PartialEq, Eq)]
pub enum XtaskCommand {
    /// Print [`help`].
    Help,
    /// Run these steps, in their fixed order; never empty.
    Test(Vec<TestStep>),
    /// Keep a throw-away PostgreSQL for a person's own `cargo test`.
    Postgres,
    /// Take pictures of every page.
    Shots,
    /// Run `.ci/run` in a fresh clone of HEAD.
    CiClone,
    /// Measure against the targets.
    Bench(BenchOptions),
    /// Kill and disturb a real server.
    Torture(TortureOptions),
}

/// The help text; its list of steps is [`TestStep::ALL`].
pub fn help() -> String {
    let mut text = String::from(
        "Usage: cargo xtask COMMAND

  test [--only STEP[,STEP]] [--skip STEP[,STEP]] [--with STEP]
             run every check of the project; installs what it needs (into target/xtask, Debian packages as root).
             --with adds a step that is no part of the usual run, since its install takes minutes
  postgres   start a throw-away PostgreSQL, print its URL, keep it until Ctrl-C or the end of standard input
  shots      take pictures of every page, narrow and wide, light and dark; target/shots/index.html shows them.
             installs what it needs, as `test` does
  ci-clone   run .ci/run in a fresh clone of HEAD, to find missing files and missing install steps
  bench [--full] [--only ROW[,ROW]] [--rounds N] [--json FILE]
             measure speed against a bare endpoint and other people's servers, in turns; fails when a must is missed.
             --full adds what needs millions of devices: some ten minutes and 10 GB more
  torture [--cycles N] [--engine sqlite|postgres] [--seed S]
             kill -9 a real server N times (200) on each engine, then full disks, failed syncs, a lost PostgreSQL and
             other faults; after each, everything that was answered must be there

Steps of `test`, in order:
",
    );
    for step in TestStep::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:<10} {}", step.name(), step.description());
    }
    text.push_str("\nRows of `bench`:\n ");
    let mut width = 1;
    for name in bench::row_names() {
        if width + name.len() > 110 {
            text.push_str("\n ");
            width = 1;
        }
        width += name.len() + 1;
        let _ = write!(text, " {name}");
    }
    text.push('\n');
    text
}

/// Parses the words after `cargo xtask`.
///
/// # Errors
/// A word is unknown, or an option lacks its value.
pub fn parse(words: impl IntoIterator<Item = String>) -> TaskResult<XtaskCommand> {
    let words: Vec<String> = words.into_iter().collect();
    if words.iter().any(|word| matches!(word.as_str(), "help" | "--help" | "-h")) {
        return Ok(XtaskCommand::Help);
    }
    let mut words = words.into_iter();
    let Some(command) = words.next() else { return Err(usage_error("no command given")) };
    let request = match command.as_str() {
        "test" => return parse_test_steps(words).map(XtaskCommand::Test),
        "torture" => return parse_torture_options(words).map(XtaskCommand::Torture),
        "postgres" => XtaskCommand::Postgres,
        "shots" => XtaskCommand::Shots,
        "ci-clone" => XtaskCommand::CiClone,
        "bench" => return parse_bench_options(words).map(XtaskCommand::Bench),
        other => return Err(usage_error(&format!("`{other}` is not a command"))),
    };
    match words.next() {
        Some(extra) => Err(usage_error(&format!("`{command}` takes no `{extra}`"))),
        None => Ok(request),
    }
}

fn usage_error(what: &str) -> TaskError {
    TaskError::new(what, "`cargo xtask --help` lists the commands")
}

/// Parses the options of `test`: the default steps and those of `--with`, or those of `--only`, without those of
/// `--skip`.
fn parse_test_steps(mut words: impl Iterator<Item = String>) -> TaskResult<Vec<TestStep>> {
    let (mut only, mut skip, mut with) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let (option, joined) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let list = match option {
            "--only" => &mut only,
            "--skip" => &mut skip,
            "--with" => &mut with,
            _ => return Err(usage_error(&format!("`test` takes no `{word}`"))),
        };
        let value = joined.or_else(|| words.next());
        for name in value.as_deref().unwrap_or_default().split(',') {
            list.push(parse_step(option, name)?);
        }
    }
    let chosen: Vec<TestStep> = TestStep::ALL
        .into_iter()
        .filter(|step| {
            with.contains(step) || if only.is_empty() { step.runs_by_default() } else { only.contains(step) }
        })
        .filter(|step| !skip.contains(step))
        .collect();
    if chosen.is_empty() { Err(usage_error("--only and --skip leave no step to run")) } else { Ok(chosen) }
}

/// Parses the options of `bench`.
fn parse_bench_options(mut words: impl Iterator<Item = String>) -> TaskResult<BenchOptions> {
    let mut options = BenchOptions::default();
    while let Some(word) = words.next() {
        let (option, joined) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        if option == "--full" && joined.is_none() {
            options.full = true;
            continue;
        }
        if !matches!(option, "--only" | "--rounds" | "--json") {
            return Err(usage_error(&format!("`bench` takes no `{word}`")));
        }
        let value = joined.or_else(|| words.next()).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| usage_error(&format!("{option} needs a value")))?;
        match option {
            "--only" => {
                for name in value.split(',') {
                    if bench::row_names().all(|known| known != name) {
                        return Err(usage_error(&format!("--only: `{name}` is not a row")));
                    }
                    options.only.push(name.to_owned());
                }
            }
            "--rounds" => {
                let rounds = value.parse().ok().filter(|rounds| (1..=100).contains(rounds));
                options.rounds = rounds.ok_or_else(|| usage_error("--rounds takes a number from 1 to 100"))?;
            }
            _ => options.json = Some(value.into()),
        }
    }
    Ok(options)
}

/// Parses the options of `torture`.
fn parse_torture_options(mut words: impl Iterator<Item = String>) -> TaskResult<TortureOptions> {
    let mut torture = TortureOptions::default();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
            None => (word.clone(), words.next()),
        };
        let value = value.unwrap_or_default();
        let number = || value.parse::<u64>().map_err(|_| usage_error(&format!("{option}: `{value}` is not a number")));
        match option.as_str() {
            "--cycles" => torture.cycles = number()?,
            "--seed" => torture.seed = Some(number()?),
            "--engine" => {
                let engine = TortureEngine::ALL.into_iter().find(|engine| engine.name() == value);
                torture.engines = vec![engine.ok_or_else(|| usage_error("--engine takes sqlite or postgres"))?];
            }
            _ => return Err(usage_error(&format!("`torture` takes no `{word}`"))),
        }
    }
    Ok(torture)
}

fn parse_step(option: &str, name: &str) -> TaskResult<TestStep> {
    let found = TestStep::ALL.into_iter().find(|step| step.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = TestStep::ALL.iter().map(|step| step.name()).collect();
        TaskError::new(format!("{option}: `{name}` is not a step"), format!("take one of {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> TaskResult<XtaskCommand> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn usual() -> Vec<TestStep> {
        TestStep::ALL.into_iter().filter(|step| *step != TestStep::Vendure).collect()
    }

    #[test]
    fn every_command_is_read() {
        assert_eq!(read("test").unwrap(), XtaskCommand::Test(usual()));
        assert_eq!(read("postgres").unwrap(), XtaskCommand::Postgres);
        assert_eq!(read("shots").unwrap(), XtaskCommand::Shots);
        assert_eq!(read("ci-clone").unwrap(), XtaskCommand::CiClone);
        for line in ["help", "--help", "-h", "test --only fmt --help", "postgres -h"] {
            assert_eq!(read(line).unwrap(), XtaskCommand::Help, "{line}");
        }
    }

    #[test]
    fn only_and_skip_keep_the_fixed_order() {
        let expected = XtaskCommand::Test(vec![TestStep::Fmt, TestStep::Rust]);
        assert_eq!(read("test --only rust,fmt").unwrap(), expected);
        assert_eq!(read("test --only=rust --only fmt").unwrap(), expected);
        assert_eq!(read("test --only rust,deny,fmt --skip=deny").unwrap(), expected);
        let all_but_deny = usual().into_iter().filter(|s| *s != TestStep::Deny).collect();
        assert_eq!(read("test --skip deny").unwrap(), XtaskCommand::Test(all_but_deny));
        assert_eq!(read("test --with vendure").unwrap(), XtaskCommand::Test(TestStep::ALL.to_vec()));
        assert_eq!(read("test --only vendure").unwrap(), XtaskCommand::Test(vec![TestStep::Vendure]));
        assert_eq!(
            read("test --only=fmt --with=vendure").unwrap(),
            XtaskCommand::Test(vec![TestStep::Fmt, TestStep::Vendure])
        );
    }

    #[test]
    fn torture_takes_numbers_and_an_engine() {
        let all = TortureOptions { cycles: 200, engines: TortureEngine::ALL.to_vec(), seed: None };
        assert_eq!(read("torture").unwrap(), XtaskCommand::Torture(all));
        let some = TortureOptions { cycles: 7, engines: vec![TortureEngine::Postgres], seed: Some(3) };
        assert_eq!(read("torture --cycles 7 --engine=postgres --seed 3").unwrap(), XtaskCommand::Torture(some));
        for line in ["torture 7", "torture --cycles", "torture --cycles x", "torture --engine oracle"] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "",
            "tset",
            "test fmt",
            "test --with",
            "test --with lint",
            "test --only",
            "test --only lint",
            "test --only fmt --skip fmt",
            "postgres 5432",
            "shots device",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
        let told = read("test --only lint").unwrap_err().to_string();
        assert!(told.contains("`lint`") && told.contains("clippy"), "{told}");
    }

    #[test]
    fn a_measurement_is_chosen_by_row() {
        assert_eq!(read("bench").unwrap(), XtaskCommand::Bench(BenchOptions::default()));
        let chosen = read("bench --only slot-pg-64,token-refresh --rounds=7 --full --json out.json").unwrap();
        let only = vec!["slot-pg-64".to_owned(), "token-refresh".to_owned()];
        assert_eq!(
            chosen,
            XtaskCommand::Bench(BenchOptions { only, full: true, rounds: 7, json: Some("out.json".into()) })
        );
        for line in ["--only", "--only slot", "--rounds 0", "--rounds five", "--json", "--fast", "5"] {
            assert!(read(&format!("bench {line}")).is_err(), "{line}");
        }
        assert!(bench::row_names().all(|name| help().contains(name)));
    }

    #[test]
    fn help_names_every_step() {
        assert!(TestStep::ALL.iter().all(|step| help().contains(step.name())));
    }
}
