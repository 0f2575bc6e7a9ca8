//! A small shell script that cleans up after this process, however it ends.
//!
//! The script reads from a pipe whose other end only this process holds. The kernel closes the pipe when this process
//! ends, by return, Ctrl-C or kill -9. The script's `read` fails then, and it cleans up. It runs in its own process
//! group, so a terminal's Ctrl-C does not end it before. Not here: what is cleaned up. Invariant: when a [`Watchdog`]
//! is dropped, its script has ended.

use crate::error::{TaskError, TaskResult};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running script, with a pipe to it and one from it.
pub struct Watchdog {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Watchdog {
    /// Starts a command whose script reads standard input until it ends, then cleans up and ends itself.
    pub fn start(mut command: Command) -> TaskResult<Self> {
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| script_error(&error.to_string()))?;
        let (orders, answers) = (child.stdin.take(), child.stdout.take());
        let answers = BufReader::new(answers.ok_or_else(|| script_error("no pipe"))?);
        Ok(Self { child, input: orders, output: answers })
    }

    /// Writes one line to the script.
    pub fn write_line(&mut self, line: &str) -> TaskResult {
        let Some(orders) = &mut self.input else { return Err(script_error("no pipe")) };
        writeln!(orders, "{line}").map_err(|error| script_error(&error.to_string()))
    }

    /// Waits for the script's next line. Returns `None` if it ended instead.
    pub fn read_line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(length) if length > 0 => Some(line.trim_end().to_owned()),
            _ => None,
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.input.take();
        // A failure cannot be reported here; the script's own messages went to its standard error.
        let _ = self.child.wait();
    }
}

fn script_error(why: &str) -> TaskError {
    TaskError::new(format!("the clean-up script did not run: {why}"), "see that `sh` is on PATH")
}

/// Makes a folder in a place where this user can write, with a name from `$1`. At the end it runs `clean` and removes
/// the folder.
const FOLDER: &str = r#"
for parent in "${TMPDIR:-/var/tmp}" /var/tmp /tmp; do
  folder=$(mktemp -d "$parent/$1.XXXXXX" 2>/dev/null) && break
done
[ -n "$folder" ] || { echo "no folder for temporary files can be written to" >&2; exit 1; }
clean() { :; }
trap 'clean; cd /; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT PIPE TERM
echo "$folder"
"#;

/// A shell that makes a temporary folder, prints its path, runs `script` with the path in `$folder`, and removes the
/// folder. The script may define `clean`, which runs before that; `words` are its `$2` and so on.
pub fn temporary_folder_shell(name: &str, script: &str, words: &[&Path]) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{FOLDER}{script}")).arg("sh").arg(name).args(words);
    // The shell may run as another user, who cannot enter the current folder.
    command.current_dir("/");
    command
}

/// A temporary folder, which is removed when the value is dropped or this process is killed.
pub struct TemporaryFolder {
    /// Its absolute path.
    pub path: PathBuf,
    _watchdog: Watchdog,
}

impl TemporaryFolder {
    /// Makes a temporary folder; its name starts with `name`.
    pub fn create(name: &str) -> TaskResult<Self> {
        let mut watchdog = Watchdog::start(temporary_folder_shell(name, "read -r _", &[]))?;
        let path = watchdog.read_line().ok_or_else(folder_error)?;
        Ok(Self { path: path.into(), _watchdog: watchdog })
    }
}

/// The failure when [`temporary_folder_shell`] ended before it printed its folder's path.
pub fn folder_error() -> TaskError {
    TaskError::new("no temporary folder could be made", "set TMPDIR to a folder that can be written to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_guard() {
        let folder = TemporaryFolder::create("opendrs-xtask-test").unwrap();
        let path = folder.path.clone();
        std::fs::write(path.join("file"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_script_hears_and_answers() {
        let script = "read -r word; echo \"got $word\"; read -r _; echo cleaning";
        let mut watchdog = Watchdog::start(temporary_folder_shell("opendrs-xtask-test", script, &[])).unwrap();
        assert!(watchdog.read_line().is_some_and(|path| Path::new(&path).is_dir()));
        watchdog.write_line("7").unwrap();
        assert_eq!(watchdog.read_line().as_deref(), Some("got 7"));
        watchdog.input.take();
        assert_eq!(watchdog.read_line().as_deref(), Some("cleaning"));
        assert_eq!(watchdog.read_line(), None);
    }
}
