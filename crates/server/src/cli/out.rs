//! Writing to the terminal, or to whatever reads us.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Writes a line to standard output. A reader that went away, such as `head`, ends the program quietly.
pub(super) fn say(line: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{}", line.as_ref()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Writes a line to standard error.
pub(super) fn note(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}

/// Says why a command failed.
pub(super) fn fail(message: &str) -> ExitCode {
    note(format!("opendrs: {message}"));
    ExitCode::FAILURE
}

/// Emphasis, where a person reads it.
pub(super) fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}
