//! The servers that are called: their kinds, their start, and their memory.
//!
//! Invariant: a [`BenchServer`] serves until it is dropped, and has ended then.

use crate::command::send_signal;
use crate::error::{TaskError, TaskResult};
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchServerKind {
    /// The anchor: a bare endpoint.
    Anchor,
    /// OpenDRS on SQLite, on one of the stores.
    Sqlite(BenchStore),
    /// OpenDRS on PostgreSQL.
    Postgres,
    /// OpenDRS on SQLite under strace, which can delay each sync.
    Traced {
        /// Whether each sync takes a millisecond longer.
        slow: bool,
    },
    /// A server that others wrote.
    Peer(PeerServer),
}

/// The servers in `peers/fastify`, which use the software of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerServer {
    /// Fastify + better-sqlite3, with a commit per request.
    SqliteCommitEach,
    /// Fastify + better-sqlite3, with group commit.
    SqliteGroupCommit,
    /// Fastify + pg.
    PostgresPool,
    /// oidc-provider.
    OidcProvider,
}

/// The SQLite stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchStore {
    /// 1,000 devices.
    Devices1k,
    /// 1,000 devices, for a server that is alone on the store: memory and start time.
    Devices1kExclusive,
    /// 1,000 devices, for comparisons with many readings.
    Devices1kNoReadings,
    /// 1,000 devices, for each of the two traced servers.
    Devices1kTraced(bool),
    /// 1,000 devices, with as many tokens as the stores of 100,000 devices and more have, so that the generator works
    /// alike on both.
    Devices1kManyTokens,
    /// Many devices, each slot of which orders once.
    ReplenishDevices,
    /// 100,000 devices.
    Devices100k,
    /// 5,000,000 devices.
    Devices5m,
    /// 1,000 devices with 1,000,000 readings.
    Readings1m,
    /// 1,000 devices with 10,000,000 readings.
    Readings10m,
}

/// The output on which a program prints its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressOutput {
    /// Standard output.
    Stdout,
    /// Standard error, as `opendrs serve` does.
    Stderr,
}

/// A running server, which is ended when the value is dropped.
pub struct BenchServer {
    child: Child,
    /// The address that it listens on.
    pub address: String,
    /// The fleet file of the devices that can call it.
    pub fleet: PathBuf,
    /// The first device, or slot of a device, that no load has used yet.
    pub next_unused: u64,
}

impl Drop for BenchServer {
    fn drop(&mut self) {
        // A killed tracer detaches from its program, which goes on. A tracer whose program is killed ends, too.
        let traced = child_processes(self.child.id());
        traced.iter().for_each(|id| send_signal("KILL", *id));
        if traced.is_empty() {
            // The process may have ended by itself; in both cases nothing is left running.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl BenchServer {
    /// Starts a program, and waits for the line with its address.
    pub fn start(mut command: Command, tells: AddressOutput, fleet: PathBuf) -> TaskResult<Self> {
        let line = format!("{command:?}");
        let failed = |why: String| TaskError::new(format!("{line} did not start: {why}"), "run it by hand");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match tells {
            AddressOutput::Stdout => command.stdout(Stdio::piped()),
            AddressOutput::Stderr => command.stderr(Stdio::piped()),
        };
        let mut child = command.spawn().map_err(|e| failed(e.to_string()))?;
        let told: Option<Box<dyn Read + Send>> = match tells {
            AddressOutput::Stdout => child.stdout.take().map(|stream| Box::new(stream) as _),
            AddressOutput::Stderr => child.stderr.take().map(|stream| Box::new(stream) as _),
        };
        let mut server = Self { child, address: String::new(), fleet, next_unused: 0 };
        let mut lines = BufReader::new(told.ok_or_else(|| failed("its output is closed".into()))?).lines();
        let mut said = String::new();
        for text in lines.by_ref() {
            let text = text.map_err(|e| failed(e.to_string()))?;
            if let Some((_, rest)) = text.split_once("http://") {
                server.address = rest.split(' ').next().unwrap_or_default().to_owned();
                // Further output is read, because it must not fill the pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(server);
            }
            said = text;
        }
        Err(failed(format!("it ended; its last words: {said}")))
    }

    /// Waits for one answer.
    pub fn wait_for_health(&self) -> TaskResult {
        let asked = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            write!(stream, "GET /-/health HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address)?;
            let mut start = [0; 12];
            stream.read_exact(&mut start)?;
            Ok(start == *b"HTTP/1.1 200")
        };
        match asked() {
            Ok(true) => Ok(()),
            Ok(false) => Err(TaskError::new("the server does not call itself healthy", "run `opendrs serve` by hand")),
            Err(error) => Err(TaskError::new(format!("the server gave no answer: {error}"), "run it by hand")),
        }
    }

    /// Starts `opendrs serve`, and returns the milliseconds until its first answer.
    #[expect(clippy::disallowed_methods, reason = "this command measures")]
    pub fn measure_start_time(command: Command) -> TaskResult<f64> {
        let started = Instant::now();
        let server = Self::start(command, AddressOutput::Stderr, PathBuf::new())?;
        server.wait_for_health()?;
        Ok(started.elapsed().as_secs_f64() * 1000.0)
    }

    /// The server's memory in megabytes, from `/proc`: `VmRSS` is the present value, `VmHWM` the peak.
    pub fn read_memory(&self, name: &str) -> TaskResult<f64> {
        let file = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&file).unwrap_or_default();
        parse_kilobytes(&status, name).map(|kilobytes| kilobytes / 1024.0).ok_or_else(|| {
            TaskError::new(format!("{file} tells no {name}"), "measure memory on Linux, the only system that is known")
        })
    }
}

/// The child processes of a process.
fn child_processes(id: u32) -> Vec<u32> {
    let listed = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

fn parse_kilobytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read() {
        let status = "Name:\topendrs\nVmHWM:\t   21504 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(
            (parse_kilobytes(status, "VmRSS"), parse_kilobytes(status, "VmHWM")),
            (Some(10240.0), Some(21504.0))
        );
        assert_eq!((parse_kilobytes(status, "Vm"), parse_kilobytes(status, "Name")), (None, None));
    }

    #[test]
    fn what_a_server_started_ends_with_it() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo http://127.0.0.1:1 ; wait; :"]);
        let server = BenchServer::start(command, AddressOutput::Stdout, PathBuf::new()).unwrap();
        assert_eq!(server.address, "127.0.0.1:1");
        let [inner] = child_processes(server.child.id())[..] else { panic!("one child") };
        drop(server);
        let alive = fs::read_to_string(format!("/proc/{inner}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        assert!(!alive, "process {inner} is still there");
    }

    #[test]
    fn a_program_that_ends_is_told_with_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo last; exit 1"]);
        let started = BenchServer::start(command, AddressOutput::Stdout, PathBuf::new());
        let told = started.err().map(|failure| failure.to_string()).unwrap_or_default();
        assert!(told.contains("its last words: last"), "{told}");
    }
}
