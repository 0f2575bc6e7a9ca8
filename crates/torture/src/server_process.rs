//! The server as a process: started, watched, killed.
//!
//! Invariant: a process ends when its value is dropped, and no wait for one is longer than [`HANG_TIMEOUT`].

use crate::store::TortureStore;
use opendrs_store::failpoint::{self, Point};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

/// The time after which a missing line, answer or end counts as a hang.
pub const HANG_TIMEOUT: Duration = Duration::from_secs(30);

/// The program of the server, with its arguments.
#[derive(Clone, Debug)]
pub struct ServerProgram {
    /// The program file.
    pub file: PathBuf,
    /// The command before it: a tracer, or a shell that sets limits.
    pub wrapper: Vec<String>,
    /// The data folder with key, settings and, on SQLite, the database.
    pub data: PathBuf,
    /// Its store.
    pub store: TortureStore,
}

/// The failpoint at which to die, and the number of the pass.
pub type PlannedDeath = (Point, u64);

impl ServerProgram {
    fn command(&self, words: &[&str], death: Option<PlannedDeath>) -> Command {
        let file = self.file.as_os_str().to_owned();
        let mut line = self.wrapper.iter().map(Into::into).chain([file]);
        let mut command = Command::new(line.next().unwrap_or_default());
        command.args(line).args(words).arg("--data").arg(&self.data);
        if let TortureStore::Url(url) = &self.store {
            command.args(["--database-url", url]);
        }
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OPENDRS_")) {
            command.env_remove(name);
        }
        // The clock jumps by years. Rows whose retention ends by then would count as lost, so everything is kept.
        for table in ["ORDERS", "READINGS", "NOTIFICATIONS", "MAIL"] {
            command.env(format!("OPENDRS_{table}_KEEP"), "365000d");
        }
        if let Some((point, times)) = death {
            command.env(failpoint::VARIABLE, format!("{}:{times}", point.name()));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the server.
    ///
    /// # Errors
    /// `Err(None)` if the server died of `death` before it served; otherwise the reason.
    pub fn serve(&self, seed: Option<&Path>, death: Option<PlannedDeath>) -> Result<ServerProcess, Option<String>> {
        let mut words = vec!["serve", "--listen", "127.0.0.1:0", "--test-clock"];
        let seed = seed.map(|path| path.to_string_lossy().into_owned());
        words.extend(seed.iter().flat_map(|path| ["--seed", path]));
        let mut command = self.command(&words, death);
        let mut child = command.spawn().map_err(|e| format!("{} did not start: {e}", self.file.display()))?;
        let log = child.stderr.take().map(read_lines).ok_or("its standard error is closed".to_owned())?;
        let mut server = ServerProcess { child, log, base_url: String::new(), log_lines: Vec::new() };
        match server.wait_for_line("listens on") {
            Some(line) => {
                server.base_url =
                    line.split(' ').find(|word| word.starts_with("http://")).unwrap_or_default().to_owned();
                Ok(server)
            }
            None if death.is_some() && server.wait_for_exit().is_some_and(|status| status.code().is_none()) => {
                Err(None)
            }
            None => Err(Some(format!("the server did not start: {}", server.log_lines.join("\n")))),
        }
    }

    /// Runs another command of the program on the same store. Returns its standard output.
    pub fn run_command(&self, words: &[&str]) -> Result<String, String> {
        let output = self.command(words, None).output().map_err(|e| e.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("`opendrs {}`: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)))
        }
    }
}

/// The lines of a pipe, read by a thread so that the pipe never fills.
fn read_lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (say, hear) = mpsc::channel();
    std::thread::spawn(move || BufReader::new(pipe).lines().map_while(Result::ok).for_each(|l| drop(say.send(l))));
    hear
}

/// A running server.
pub struct ServerProcess {
    child: Child,
    log: Receiver<String>,
    log_lines: Vec<String>,
    /// The server's URL.
    pub base_url: String,
}

impl ServerProcess {
    /// Waits for a line on standard error. Returns `None` if the server ended, or printed no line for [`HANG_TIMEOUT`].
    pub fn wait_for_line(&mut self, words: &str) -> Option<String> {
        loop {
            let line = self.log.recv_timeout(HANG_TIMEOUT).ok()?;
            self.log_lines.push(line.clone());
            if line.contains(words) {
                return Some(line);
            }
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end. Returns `None` after [`HANG_TIMEOUT`] without a line.
    pub fn wait_for_exit(&mut self) -> Option<ExitStatus> {
        // Its standard error closes when it ends, so polling is not needed.
        loop {
            match self.log.recv_timeout(HANG_TIMEOUT) {
                Ok(line) => self.log_lines.push(line),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().ok(),
                Err(RecvTimeoutError::Timeout) => return None,
            }
        }
    }

    /// Kills the server with SIGKILL, and waits for its end.
    pub fn kill(&mut self) -> Result<(), String> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|e| format!("kill: {e}"))
    }

    /// The last lines that it printed.
    pub fn last_log_lines(&mut self) -> String {
        self.log_lines.extend(self.log.try_iter());
        self.log_lines[self.log_lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
