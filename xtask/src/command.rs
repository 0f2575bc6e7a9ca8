//! Runs an external program to its end.
//!
//! Not here: which program to run. Invariant: a program gets no standard input, cannot run longer than its limit, and
//! its failure is reported with its command line.

use crate::error::{TaskError, TaskResult};
use crate::output_tail::OutputTails;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The time limit of a program without one of its own.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(40 * 60);
/// The time that a terminated program has to end.
const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// A program with its arguments, not yet started.
pub struct ExternalProgram {
    command: Command,
    time_limit: Duration,
}

/// A program that is found on PATH. It prints plain text if standard output is not a terminal.
pub fn program(name: impl AsRef<OsStr>) -> ExternalProgram {
    let mut command = Command::new(name);
    if std::io::stdout().is_terminal() {
        // Its output passes through a pipe on its way to the terminal.
        command.env("CARGO_TERM_COLOR", "always");
    } else {
        // Two variables, because rustfmt reads only the first, and many programs only the second.
        command.env("TERM", "dumb").env("NO_COLOR", "1");
    }
    ExternalProgram { command, time_limit: DEFAULT_TIME_LIMIT }
}

impl ExternalProgram {
    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Adds one argument.
    pub fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.args([arg])
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets the folder in which the program runs.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets the time after which the program is ended, as a failure.
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Prints the command line and runs it, with its output passed on as it comes.
    ///
    /// # Errors
    /// The program failed or exceeded its time limit; the error repeats its last lines.
    pub fn run(mut self) -> TaskResult {
        println!("$ {self}");
        let tails = OutputTails::default();
        let status = self.wait_with_limit(&tails)?;
        if status.success() { Ok(()) } else { Err(self.exit_error(status, &format!("see its last lines:\n{tails}"))) }
    }

    /// Runs the program silently. Returns its standard output without surrounding white space.
    pub fn read_output(mut self) -> TaskResult<String> {
        let output = self.command.stdin(Stdio::null()).output().map_err(|error| self.start_error(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(self.exit_error(output.status, &format!("it said: {}", said.trim())))
    }

    fn wait_with_limit(&mut self, tails: &OutputTails) -> TaskResult<ExitStatus> {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(|error| self.start_error(&error))?;
        let id = child.id();
        let outputs = [
            child.stdout.take().map(|from| tails.out.follow(from, std::io::stdout())),
            child.stderr.take().map(|from| tails.err.follow(from, std::io::stderr())),
        ];
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let status = child.wait();
            // Waits for the output of child processes, too, which hold the pipes open.
            for output in outputs.into_iter().flatten() {
                let _ = output.recv_timeout(GRACE_PERIOD);
            }
            tell.send(status)
        });
        match told.recv_timeout(self.time_limit) {
            Ok(status) => status.map_err(|error| self.start_error(&error)),
            Err(RecvTimeoutError::Timeout) => {
                send_signal("TERM", id);
                if told.recv_timeout(GRACE_PERIOD).is_err() {
                    send_signal("KILL", id);
                    // A killed program certainly ends, so the result does not matter.
                    let _ = told.recv_timeout(GRACE_PERIOD);
                }
                let what = format!("`{self}` was still running after {} s and was ended", self.time_limit.as_secs());
                Err(TaskError::new(what, format!("find what it waits for; its last lines:\n{tails}")))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(TaskError::new(format!("`{self}` was lost sight of"), "run it again"))
            }
        }
    }

    fn exit_error(&self, status: ExitStatus, fix: &str) -> TaskError {
        TaskError::new(format!("`{self}` ended with {status}"), fix)
    }

    fn start_error(&self, error: &std::io::Error) -> TaskError {
        let name = self.command.get_program().display();
        TaskError::new(format!("`{self}` did not start: {error}"), format!("install `{name}`, or put it on PATH"))
    }
}

/// The command line as a person would type it; arguments with special characters are quoted.
impl fmt::Display for ExternalProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.command.get_program().display())?;
        self.command.get_args().try_for_each(|word| {
            let word = word.to_string_lossy();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
            if !word.is_empty() && word.chars().all(plain) { write!(f, " {word}") } else { write!(f, " '{word}'") }
        })
    }
}

/// Sends a signal with a shell's built-in `kill`: std has only KILL, and the package with `kill` may be missing.
pub fn send_signal(name: &str, id: u32) {
    // It fails if the program has ended meanwhile, which is the aim.
    let _ = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).stderr(Stdio::null()).status();
}

/// The path at which a shell would find this program.
pub fn find_on_path(name: &str) -> Option<OsString> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file()).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_shown_as_typed() {
        let line = program("cargo").args(["clippy", "--", "-D", "two words", ""]).to_string();
        assert_eq!(line, "cargo clippy -- -D 'two words' ''");
    }

    #[test]
    fn output_is_read_and_failures_tell_the_command() {
        assert_eq!(program("echo").args(["hello"]).read_output().unwrap(), "hello");
        let told = program("sh").args(["-c", "echo oh >&2; exit 3"]).read_output().unwrap_err().to_string();
        assert!(told.contains("exit status: 3") && told.contains("it said: oh"), "{told}");
        let told = program("no-such-program").run().unwrap_err().to_string();
        assert!(told.contains("install `no-such-program`"), "{told}");
    }

    #[test]
    fn a_failure_repeats_the_last_lines_of_both_outputs() {
        let script = "seq 1 100; echo oh >&2; exit 1";
        let told = program("sh").args(["-c", script]).run().unwrap_err().to_string();
        assert!(told.contains("\n    100\n") && told.contains("\n    oh\n"), "{told}");
        assert!(!told.contains("\n    1\n"), "{told}");
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let told =
            program("sleep").args(["600"]).with_time_limit(Duration::from_millis(20)).run().unwrap_err().to_string();
        assert!(told.contains("still running"), "{told}");
    }
}
