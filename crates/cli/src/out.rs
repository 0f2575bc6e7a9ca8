//! Writing to the terminal, or to whatever reads us.
//!
//! Invariant: output that could not be written is an error of the command, which shows at its end ([`finish`]) and not in the
//! middle of it: what a command has begun it finishes, and a server goes on serving.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Standard output of this process.
static STDOUT: Output = Output { lost: Mutex::new(None), ended: Mutex::new(None) };

struct Output {
    /// Why a line was lost, until somebody asks.
    lost: Mutex<Option<Lost>>,
    /// Tells those who would write on that nobody reads.
    ended: Mutex<Option<watch::Sender<bool>>>,
}

/// Why output was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The reader went away, such as `head`: it has what it wanted.
    ReaderGone,
    /// It could not be written; a sentence.
    Unwritten(String),
}

impl Output {
    fn write(&self, line: &str, to: &mut dyn Write) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        // What follows a lost line would be taken for all there is.
        if lost.is_some() {
            return;
        }
        let Err(error) = writeln!(to, "{line}").and_then(|()| to.flush()) else { return };
        *lost = Some(match error.kind() {
            ErrorKind::BrokenPipe => Lost::ReaderGone,
            _ => Lost::Unwritten(format!("standard output cannot be written: {error}. The output is not complete")),
        });
        if let Some(ended) = &*self.ended.lock().unwrap_or_else(PoisonError::into_inner) {
            ended.send_replace(true);
        }
    }

    fn ended(&self) -> watch::Receiver<bool> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.get_or_insert_with(|| watch::Sender::new(lost)).subscribe()
    }

    fn finish(&self) -> Result<(), Lost> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// Writes a line to standard output. Where that fails, it and all lines after it are lost, and [`finish`] says so.
pub fn say(line: impl AsRef<str>) {
    STDOUT.write(line.as_ref(), &mut std::io::stdout().lock());
}

/// Whether everything was written; to be asked at a command's end.
///
/// # Errors
/// Why not.
pub fn finish() -> Result<(), Lost> {
    STDOUT.finish()
}

/// Waits until output is lost: for a command that would write until it is stopped.
pub async fn ended() {
    let mut ended = STDOUT.ended();
    if ended.wait_for(|ended| *ended).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Writes a line to standard error.
pub fn note(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Says why a command failed.
pub fn fail(message: &str) -> ExitCode {
    note(format!("opendrs: {message}"));
    ExitCode::FAILURE
}

/// The status of a command that went well or not. A reader that went away is not told so.
pub fn status(done: Result<(), String>) -> ExitCode {
    match (done, finish()) {
        (Err(message), _) | (Ok(()), Err(Lost::Unwritten(message))) => fail(&message),
        (Ok(()), Err(Lost::ReaderGone)) => ExitCode::FAILURE,
        (Ok(()), Ok(())) => ExitCode::SUCCESS,
    }
}

/// Prints help or the version, or says what is wrong with the words of a command.
pub fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    if error.use_stderr() {
        return ExitCode::from(2);
    }
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => fail(&format!("standard output cannot be written: {error}")),
    }
}

/// Emphasis, where a person reads it.
pub fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}
