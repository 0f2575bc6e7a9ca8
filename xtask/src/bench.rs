//! `cargo xtask bench`: how fast the hot call is, by comparison.
//!
//! The server and a bare endpoint of the same build are measured in turns within one run, by one generator, and only the
//! ratio is told: a machine's own speed says nothing, and it changes by the minute. Not here: the generator (`opendrs
//! bench`). Invariant: nothing but loopback is loaded, for a bounded time, and what was started is ended.

use crate::command::program;
use crate::failure::{Failure, Outcome};
use crate::tree::Tree;
use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Pairs of runs; each is the anchor's and then the server's.
const PAIRS: usize = 5;
/// How long one run lasts, in seconds.
const SECONDS: &str = "4";
/// Devices that report; connections take them in turn.
const DEVICES: &str = "1000";
/// Connections, and the ratio that must be reached with them.
const TARGETS: [(&str, f64); 2] = [("64", 0.40), ("256", 0.45)];

/// A program that serves until it is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `opendrs bench` measured.
struct Measured {
    rate: f64,
    p99: f64,
}

/// Builds the release program and prints the ratios; false when one is below its target.
pub fn run(tree: &Tree) -> Outcome<bool> {
    program("cargo").args(["build", "--release", "--bin", "opendrs"]).within(&tree.root).run()?;
    let opendrs = tree.own("..").join("release/opendrs");
    let folder = Folder::new()?;
    let data = folder.0.join("data");
    let data = data.to_string_lossy();
    let server = serve(&opendrs, &["serve", "--listen", "127.0.0.1:0", "--data", &data])?;
    let anchor = serve(&opendrs, &["bench", "anchor"])?;
    let file = folder.0.join("fleet");
    let fleet = file.to_string_lossy();
    program(&opendrs).args(["bench", "fill", "--data", &data, "--devices", DEVICES, "--fleet", &fleet]).read()?;
    println!("SlotStatus, durable on SQLite, over a bare endpoint of the same build; {PAIRS} pairs of {SECONDS} s");
    println!("{:>11}  {:>20}  {:>6}  {:>9}  verdict", "connections", "ratio [min-max]", "must", "p99 ratio");
    let mut good = true;
    for (connections, must) in TARGETS {
        let (mut ratios, mut tails) = (Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let base = measure(&opendrs, &anchor.address, &file, connections)?;
            let ours = measure(&opendrs, &server.address, &file, connections)?;
            ratios.push(ours.rate / base.rate);
            tails.push(ours.p99 / base.p99);
        }
        ratios.sort_by(f64::total_cmp);
        tails.sort_by(f64::total_cmp);
        let (median, tail) = (ratios[PAIRS / 2], tails[PAIRS / 2]);
        let verdict = if median >= must { "met" } else { "MISSED" };
        good &= median >= must;
        let range = format!("{median:.3} [{:.3}-{:.3}]", ratios[0], ratios[PAIRS - 1]);
        println!("{connections:>11}  {range:>20}  {must:>6.2}  {tail:>9.2}  {verdict}");
    }
    Ok(good)
}

/// Starts a server and waits for the line that tells its address.
fn serve(opendrs: &Path, args: &[&str]) -> Outcome<Server> {
    let failed =
        |why: String| Failure::new(format!("`opendrs {}` did not start: {why}", args.join(" ")), "run it by hand");
    let mut command = Command::new(opendrs);
    // A few devices call as fast as they can: the limit counts their calls, but lets them pass.
    command.env("OPENDRS_LIMITS_DEVICE_RATE", "1000000");
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(e.to_string()))?;
    // The server tells it on standard error, the anchor on standard output.
    let told: Box<dyn Read + Send> = match args.first() {
        Some(&"serve") => child.stderr.take().map(|s| Box::new(s) as _),
        _ => child.stdout.take().map(|s| Box::new(s) as _),
    }
    .ok_or_else(|| failed("its output is closed".into()))?;
    let mut server = Server { child, address: String::new() };
    let mut lines = BufReader::new(told).lines();
    for line in lines.by_ref() {
        let line = line.map_err(|e| failed(e.to_string()))?;
        if let Some((_, rest)) = line.split_once("http://") {
            server.address = rest.split(' ').next().unwrap_or_default().to_owned();
            // Whatever else it says must not fill the pipe.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(server);
        }
    }
    Err(failed("it ended without telling its address".into()))
}

fn measure(opendrs: &Path, server: &str, fleet: &Path, connections: &str) -> Outcome<Measured> {
    let fleet = fleet.to_string_lossy();
    let args = ["bench", "slot-status", "--server", server, "--fleet", &fleet, "--json"];
    let more = ["--connections", connections, "--seconds", SECONDS];
    let said = program(opendrs).args(args).args(more).limit(Duration::from_secs(60)).read()?;
    let number = |name| field(&said, name).and_then(|text| text.parse().ok()).ok_or_else(|| odd(&said));
    Ok(Measured { rate: number("rate")?, p99: number("p99_us")? })
}

fn odd(said: &str) -> Failure {
    Failure::new(format!("unexpected answer: {said}"), "build program and xtask from one commit")
}

/// A member of a flat JSON object, as it is written there.
fn field<'t>(json: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    Some(rest[..rest.find([',', '}'])?].trim())
}

/// A temporary folder that is gone afterwards.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("opendrs-bench-{}", std::process::id()));
        let made = fs::create_dir_all(&path);
        made.map_err(|e| {
            Failure::new(format!("cannot make {}: {e}", path.display()), "set TMPDIR to a folder with room")
        })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found() {
        let json = r#"{"access_token":"Atza|x","rate":12.5,"last":3}"#;
        assert_eq!(field(json, "access_token"), Some("\"Atza|x\""));
        assert_eq!((field(json, "rate"), field(json, "last"), field(json, "none")), (Some("12.5"), Some("3"), None));
    }
}
