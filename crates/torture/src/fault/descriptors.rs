//! The fault of exhausted file descriptors: no connection can be accepted or opened.

use super::finish_and_verify;
use crate::test_bed::TestBed;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// The server's limit of open files; it needs a part of them for its store and its event loops.
const DESCRIPTOR_LIMIT: usize = 96;

/// Idle connections use up all descriptors while devices call.
pub async fn descriptors_exhausted(bed: &mut TestBed) -> Result<(), String> {
    let limit = format!("ulimit -n {DESCRIPTOR_LIMIT}; exec \"$@\"");
    bed.program.wrapper = ["sh", "-c", &limit, "sh"].map(str::to_owned).to_vec();
    // Linking runs in a process of its own, with the same limit.
    let server = bed.create_store().await?;
    let mut load = bed.start_load(&server.base_url, true);
    load.wait_for_successes().await?;
    let address = server.base_url.trim_start_matches("http://").to_owned();
    let mut early = EarlyConnection::connect(&address)?;
    // More than the descriptors that are left, and fewer than the system's queue of unaccepted connections can hold.
    let idle = (0..DESCRIPTOR_LIMIT)
        .map(|_| TcpStream::connect(&address))
        .collect::<Result<Vec<_>, _>>()
        .map_err(connection_error)?;
    for _ in 0..20 {
        early.check_health()?;
    }
    check_server_idles(server.id()).await?;
    drop(idle);
    load.wait_for_successes().await?;
    early.check_health()?;
    finish_and_verify(bed, load, server).await
}

/// Checks that the server, without connections to serve, waits for a descriptor without a busy loop.
async fn check_server_idles(id: u32) -> Result<(), String> {
    const WATCH: Duration = Duration::from_millis(500);
    let before = cpu_ticks(id)?;
    let mut clock = tokio::time::interval(WATCH);
    clock.tick().await;
    clock.tick().await;
    let spent = cpu_ticks(id)? - before;
    // A tick is ten milliseconds. A busy loop takes fifty of them, the rounds of the worker a few.
    if spent < 20 { Ok(()) } else { Err(format!("out of descriptors, the server spent {spent} ticks in {WATCH:?}")) }
}

/// The processor time of a process in ticks.
fn cpu_ticks(id: u32) -> Result<u64, String> {
    let path = format!("/proc/{id}/stat");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let after_name = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let times = after_name.split_whitespace().skip(11).take(2);
    times.map(|time| time.parse::<u64>().map_err(|e| format!("{path}: {e}"))).sum()
}

#[expect(clippy::needless_pass_by_value, reason = "shaped for map_err")]
fn connection_error(error: std::io::Error) -> String {
    format!("a connection from before is not served: {error}")
}

/// A connection that was open before the fault.
struct EarlyConnection(TcpStream);

impl EarlyConnection {
    fn connect(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(connection_error)?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(connection_error)?;
        let mut early = Self(stream);
        early.check_health()?;
        Ok(early)
    }

    /// Requests the server's health on this connection.
    fn check_health(&mut self) -> Result<(), String> {
        self.0.write_all(b"GET /-/health HTTP/1.1\r\nHost: opendrs\r\n\r\n").map_err(connection_error)?;
        let (mut answer, mut part) = (Vec::new(), [0; 4096]);
        while !answer.ends_with(b"}") {
            match self.0.read(&mut part).map_err(connection_error)? {
                0 => return Err("a connection from before was closed".into()),
                length => answer.extend_from_slice(&part[..length]),
            }
        }
        if answer.starts_with(b"HTTP/1.1 200 ") {
            Ok(())
        } else {
            Err(format!("it is not well: {}", String::from_utf8_lossy(&answer)))
        }
    }
}
