//! The last lines that a program printed.
//!
//! Not here: running the program. Invariant: all output is passed on as it comes. Only the last lines are kept, so
//! memory is bounded for any output.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The number of lines that are kept.
const MAX_LINES: usize = 30;
/// The number of bytes of a line that are kept.
const MAX_LINE_BYTES: usize = 500;

/// The lines; clones share them.
#[derive(Clone, Default)]
pub struct OutputTail(Arc<Mutex<VecDeque<String>>>);

impl OutputTail {
    /// Passes an output on and keeps its last lines. The channel closes when the output ends.
    pub fn follow(&self, from: impl Read + Send + 'static, mut to: impl Write + Send + 'static) -> Receiver<()> {
        let (ended, end) = mpsc::channel();
        let tail = self.clone();
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                // The reader may be gone; the program's output must still be read to its end.
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

/// The last lines of both outputs. They are kept separately, so that much output on one does not displace the other's.
#[derive(Clone, Default)]
pub struct OutputTails {
    /// The last lines of standard output.
    pub out: OutputTail,
    /// The last lines of standard error.
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
