//! The fleet file: devices for which the generator can call, one JSON object per line.
//!
//! Not here: making them ([`super::fill`]). Invariant: the file contains tokens, so only its owner can read it.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// A device of the fleet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FleetDevice {
    /// The access token for the device API, valid for an hour.
    pub(crate) access_token: String,
    /// The refresh token, which is exchanged for access tokens.
    pub(crate) refresh_token: String,
    /// The public client that the tokens were issued to.
    pub(crate) client_id: String,
    /// The device's slots, each with a subscription.
    pub(crate) slots: Vec<String>,
}

/// The writer of a fleet file.
pub(crate) struct FleetWriter(BufWriter<File>);

impl FleetWriter {
    /// Creates the file, and replaces an existing one.
    pub(crate) fn create(path: &Path) -> Result<Self, String> {
        let failed = |e| format!("cannot write the fleet file {}: {e}", path.display());
        // An existing file may be readable by others; a new one is not.
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self(BufWriter::new(options.open(path).map_err(failed)?)))
    }

    pub(crate) fn write_device(&mut self, unit: &FleetDevice) -> Result<(), String> {
        let line = serde_json::to_string(unit).map_err(|e| e.to_string())?;
        writeln!(self.0, "{line}").map_err(|e| write_error(&e))
    }

    pub(crate) fn finish(mut self) -> Result<(), String> {
        self.0.flush().map_err(|e| write_error(&e))
    }
}

fn write_error(error: &std::io::Error) -> String {
    format!("cannot write the fleet file: {error}")
}

/// Reads a fleet file.
///
/// # Errors
/// The file cannot be read, or contains no device.
pub(crate) fn read_fleet(path: &Path) -> Result<Vec<FleetDevice>, String> {
    let at = path.display();
    let file = File::open(path).map_err(|e| {
        format!("cannot read the fleet file {at}: {e}. `opendrs-loadgen fill --devices 100 --fleet {at}` writes one")
    })?;
    let mut units = Vec::new();
    for (n, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|e| format!("{at}: {e}"))?;
        let unit: FleetDevice = serde_json::from_str(&line)
            .map_err(|e| format!("{at}: line {}: {e}. `opendrs-loadgen fill` writes such files", n + 1))?;
        units.push(unit);
    }
    if units.iter().all(|unit| !unit.slots.is_empty()) && !units.is_empty() {
        Ok(units)
    } else {
        Err(format!("{at} holds no device with a slot"))
    }
}
