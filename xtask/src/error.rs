//! The only error type of this tool.
//!
//! Not here: kinds to match on, because only people read it. Invariant: a failure names its fix.

use std::fmt;

/// A result whose error is for a person to read.
pub type TaskResult<T = ()> = Result<T, TaskError>;

/// A failure, and what to do about it.
#[derive(Debug)]
pub struct TaskError {
    message: String,
    fix: String,
}

impl TaskError {
    /// A failure from two sentences without a full stop: the problem, and the fix.
    pub fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { message: what.into(), fix: fix.into() }
    }

    /// Success if there are no failures, otherwise one failure with the texts of all.
    pub fn combine(failures: Vec<Self>) -> TaskResult {
        let mut failures = failures.into_iter();
        let Some(mut first) = failures.next() else { return Ok(()) };
        for next in failures {
            first.fix = format!("{}\n{next}", first.fix);
        }
        Err(first)
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  fix: {}", self.message, self.fix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_failures_are_all_told() {
        assert!(TaskError::combine(vec![]).is_ok());
        let one = TaskError::combine(vec![TaskError::new("a", "b"), TaskError::new("c", "d")]).unwrap_err();
        assert_eq!(one.to_string(), "a\n  fix: b\nc\n  fix: d");
    }
}
