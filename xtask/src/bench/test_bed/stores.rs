//! The SQLite stores of the benchmark: their sizes, locations and filling.
//!
//! Invariant: a store is filled once, and read completely before each run.

use super::BenchTestBed;
use crate::bench::server::BenchStore;
use crate::command::program;
use crate::error::{TaskError, TaskResult};
use crate::tools;
use std::fs;
use std::path::{Path, PathBuf};

impl BenchTestBed<'_> {
    /// Fills a store, unless that was done already.
    pub(super) fn fill_store(&mut self, store: BenchStore) -> TaskResult {
        if self.filled_stores.contains(&store) {
            return Ok(());
        }
        let (devices, readings) = self.device_and_reading_counts(store);
        if devices + readings > 10_000 {
            eprintln!("  filling a store with {devices} devices and {readings} readings");
        }
        program(&self.generator_program)
            .args(["fill", "--devices", &devices.to_string(), "--readings", &readings.to_string()])
            .args(["--tokens", &self.token_count(store).to_string(), "--data"])
            .args([self.data_folder(store)])
            .args(["--fleet"])
            .args([self.fleet_file(store)])
            .read_output()?;
        self.filled_stores.push(store);
        Ok(())
    }

    /// The number of devices and of readings in a store.
    pub(super) fn device_and_reading_counts(&self, store: BenchStore) -> (u64, u64) {
        match store {
            BenchStore::Devices1k
            | BenchStore::Devices1kExclusive
            | BenchStore::Devices1kNoReadings
            | BenchStore::Devices1kManyTokens
            | BenchStore::Devices1kTraced(_) => (1_000, 0),
            BenchStore::ReplenishDevices if self.full => (1_000_000, 0),
            BenchStore::ReplenishDevices | BenchStore::Devices100k => (100_000, 0),
            BenchStore::Devices5m => (5_000_000, 0),
            BenchStore::Readings1m => (1_000, 1_000_000),
            BenchStore::Readings10m => (1_000, 10_000_000),
        }
    }

    /// The number of token lines in a store's fleet.
    pub(super) fn token_count(&self, store: BenchStore) -> u64 {
        match store {
            BenchStore::ReplenishDevices if self.full => 150_000,
            BenchStore::ReplenishDevices => 60_000,
            BenchStore::Devices1kManyTokens | BenchStore::Devices100k | BenchStore::Devices5m => 20_000,
            _ => 1_000,
        }
    }

    pub(super) fn data_folder(&self, store: BenchStore) -> PathBuf {
        self.folder.path.join(format!("{store:?}"))
    }

    pub(super) fn fleet_file(&self, store: BenchStore) -> PathBuf {
        self.folder.path.join(format!("{store:?}.fleet"))
    }
}

/// Reads a store's files into the page cache. The system may have evicted them since the store was filled, and a run
/// would then measure the disk.
pub(super) fn warm_page_cache(data: &Path) -> TaskResult {
    let read = || -> std::io::Result<()> {
        for file in fs::read_dir(data)? {
            std::io::copy(&mut fs::File::open(file?.path())?, &mut std::io::sink())?;
        }
        Ok(())
    };
    read().map_err(|error| TaskError::new(format!("{} cannot be read: {error}", data.display()), "look at the disk"))
}

/// Copies every `step`th line.
pub(super) fn thin_out(from: &Path, to: &Path, step: usize) -> TaskResult {
    let copied = fs::read_to_string(from).and_then(|text| {
        let lines: Vec<_> = text.lines().step_by(step).collect();
        fs::write(to, lines.join("\n") + "\n")
    });
    copied.map_err(|error| tools::write_error(to, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::TemporaryFolder;

    #[test]
    fn a_fleet_is_thinned_out_evenly() {
        let folder = TemporaryFolder::create("opendrs-xtask-test").unwrap();
        let (from, to) = (folder.path.join("from"), folder.path.join("to"));
        fs::write(&from, "1\n2\n3\n4\n5\n").unwrap();
        thin_out(&from, &to, 2).unwrap();
        assert_eq!(fs::read_to_string(to).unwrap(), "1\n3\n5\n");
    }
}
