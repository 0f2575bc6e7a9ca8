//! The last lines that a program printed.
//!
//! Not here: running the program. Invariant: everything is passed on as it comes; only the last lines are kept, so memory is
//! bounded however much is printed.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many lines are kept.
const MAX_LINES: usize = 30;
/// How much of a line is kept, in bytes.
const MAX_LINE_BYTES: usize = 500;

/// The lines; clones share them.
#[derive(Clone, Default)]
pub struct OutputTail(Arc<Mutex<VecDeque<String>>>);

impl OutputTail {
    /// Passes an output on and keeps its last lines. Something is received, or the channel ends, when the output ends.
    pub fn follow(&self, from: impl Read + Send + 'static, mut to: impl Write + Send + 'static) -> Receiver<()> {
        let (ended, end) = mpsc::channel();
        let tail = self.clone();
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                // Nobody may be reading any more; the program still has to be waited for.
                let _ = to.write_all(&line).and_then(|()| to.flush());
                tail.push(&line);
                line.clear();
            }
            drop(ended);
        });
        end
    }

    fn push(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(&line[..line.len().min(MAX_LINE_BYTES)]).trim_end().to_owned();
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }
}

/// The last lines of both outputs, each by itself: much on one of them pushes nothing of the other out.
#[derive(Clone, Default)]
pub struct OutputTails {
    /// Of standard output.
    pub out: OutputTail,
    /// Of standard error.
    pub err: OutputTail,
}

impl fmt::Display for OutputTails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.out, self.err)
    }
}

impl fmt::Display for OutputTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}
