//! Standard output and standard error of a command.
//!
//! Invariant: a failure to write makes the command fail at its end ([`check_output`]), not in the middle. A command
//! finishes what it has begun, and a server goes on serving.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Standard output of this process.
static STDOUT: OutputStream = OutputStream { error: Mutex::new(None), closed: Mutex::new(None) };

struct OutputStream {
    /// Why a line was lost; `None` again after [`OutputStream::finish`].
    error: Mutex<Option<OutputError>>,
    /// Notifies those who wait in [`wait_until_closed`].
    closed: Mutex<Option<watch::Sender<bool>>>,
}

/// Why output was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputError {
    /// The reader closed the pipe because it needs no more, such as `head`.
    ReaderClosed,
    /// Writing failed; the text is a sentence for the user.
    WriteFailed(String),
}

impl OutputStream {
    fn write_line(&self, line: &str, to: &mut dyn Write) {
        let mut lost = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        // Lines after a lost one would hide the gap.
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

/// Writes a line to standard output. After a failure all further lines are lost, and [`check_output`] reports it.
pub fn print_line(line: impl AsRef<str>) {
    STDOUT.write_line(line.as_ref(), &mut std::io::stdout().lock());
}

/// Reports whether all output was written. A command calls it at its end.
///
/// # Errors
/// Why a line was lost.
pub fn check_output() -> Result<(), OutputError> {
    STDOUT.finish()
}

/// Waits until output is lost, for a command that otherwise writes until it is stopped.
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

/// Prints why a command failed, and returns status 1.
pub fn report_failure(message: &str) -> ExitCode {
    print_note(format!("opendrs: {message}"));
    ExitCode::FAILURE
}

/// The exit status of a command. A closed pipe gives status 1 without a message.
pub fn exit_code(done: Result<(), String>) -> ExitCode {
    match (done, check_output()) {
        (Err(message), _) | (Ok(()), Err(OutputError::WriteFailed(message))) => report_failure(&message),
        (Ok(()), Err(OutputError::ReaderClosed)) => ExitCode::FAILURE,
        (Ok(()), Ok(())) => ExitCode::SUCCESS,
    }
}

/// Prints help, the version or a usage error, and returns the exit status.
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

/// The text in bold if standard output is a terminal, otherwise unchanged.
pub fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}
