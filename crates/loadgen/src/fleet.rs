//! The fleet file: devices that the generator may speak for, one JSON object a line.
//!
//! Not here: making them ([`super::fill`]). Invariant: the file holds tokens, so it is its owner's alone to read.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// A device of the fleet.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FleetDevice {
    /// Opens the device API; for an hour.
    pub(crate) access_token: String,
    /// Is exchanged for access tokens.
    pub(crate) refresh_token: String,
    /// The public client that the tokens were issued to.
    pub(crate) client_id: String,
    /// The device's slots, each with a product chosen.
    pub(crate) slots: Vec<String>,
}

/// A fleet file being written.
pub(crate) struct FleetWriter(BufWriter<File>);

impl FleetWriter {
    /// Makes the file, in place of one that is there.
    pub(crate) fn create(path: &Path) -> Result<Self, String> {
        let failed = |e| format!("cannot write the fleet file {}: {e}", path.display());
        // A file that is there may be open to others: a new one is not.
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

/// Reads a fleet file; never empty.
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
    match units.iter().all(|unit| !unit.slots.is_empty()) && !units.is_empty() {
        true => Ok(units),
        false => Err(format!("{at} holds no device with a slot")),
    }
}
