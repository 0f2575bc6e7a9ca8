//! Writing to the terminal, or to whatever reads us.
//!
//! Invariant: output that could not be written is an error of the command, which shows at its end ([`finish`]) and not in the
//! middle of it: what a command has begun it finishes, and a server goes on serving.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Standard output of this process.
static STDOUT: OutputStream = OutputStream { error: Mutex::new(None), closed: Mutex::new(None) };

struct OutputStream {
    /// Why a line was lost, until somebody asks.
    error: Mutex<Option<OutputError>>,
    /// Tells those who would write on that nobody reads.
    closed: Mutex<Option<watch::Sender<bool>>>,
}

/// Why output was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputError {
    /// The reader went away, such as `head`: it has what it wanted.
    ReaderClosed,
    /// It could not be written; a sentence.
    WriteFailed(String),
}

impl OutputStream {
    fn write_line(&self, line: &str, to: &mut dyn Write) {
        let mut lost = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        // What follows a lost line would be taken for all there is.
        if lost.is_some() {
            return;
        }
        let Err(error) = writeln!(to, "{line}").and_then(|()| to.flush()) else { return };
        *lost = Some(match error.kind() {
            ErrorKind::BrokenPipe => OutputError::ReaderClosed,
            _ => OutputError::WriteFailed(format!(
                "standard output cannot be written: {error}. The output is not complete"
            )),
        });
        if let Some(ended) = &*self.closed.lock().unwrap_or_else(PoisonError::into_inner) {
            ended.send_replace(true);
        }
    }

    fn watch_closed(&self) -> watch::Receiver<bool> {
        let lost = self.error.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let mut ended = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        ended.get_or_insert_with(|| watch::Sender::new(lost)).subscribe()
    }

    fn finish(&self) -> Result<(), OutputError> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// Writes a line to standard output. Where that fails, it and all lines after it are lost, and [`finish`] says so.
pub fn print_line(line: impl AsRef<str>) {
    STDOUT.write_line(line.as_ref(), &mut std::io::stdout().lock());
}

/// Whether everything was written; to be asked at a command's end.
///
/// # Errors
/// Why not.
pub fn check_output() -> Result<(), OutputError> {
    STDOUT.finish()
}

/// Waits until output is lost: for a command that would write until it is stopped.
pub async fn wait_until_closed() {
    let mut ended = STDOUT.watch_closed();
    if ended.wait_for(|ended| *ended).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Writes a line to standard error.
pub fn print_note(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Says why a command failed.
pub fn report_failure(message: &str) -> ExitCode {
    print_note(format!("opendrs: {message}"));
    ExitCode::FAILURE
}

/// The status of a command that went well or not. A reader that went away is not told so.
pub fn exit_code(done: Result<(), String>) -> ExitCode {
    match (done, check_output()) {
        (Err(message), _) | (Ok(()), Err(OutputError::WriteFailed(message))) => report_failure(&message),
        (Ok(()), Err(OutputError::ReaderClosed)) => ExitCode::FAILURE,
        (Ok(()), Ok(())) => ExitCode::SUCCESS,
    }
}

/// Prints help or the version, or says what is wrong with the words of a command.
pub fn report_clap_error(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    if error.use_stderr() {
        return ExitCode::from(2);
    }
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => report_failure(&format!("standard output cannot be written: {error}")),
    }
}

/// Emphasis, where a person reads it.
pub fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}
