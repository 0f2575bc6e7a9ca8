//! The stores that are measured on SQLite: how large each is, where it is, and how it is filled.
//!
//! Invariant: a store is filled once, and read through before each run.

use super::Site;
use crate::bench::server::Store;
use crate::command::program;
use crate::failure::{Failure, Outcome};
use crate::tools;
use std::fs;
use std::path::{Path, PathBuf};

impl Site<'_> {
    /// Fills a store, unless it is full.
    pub(super) fn fill(&mut self, store: Store) -> Outcome {
        if self.stores.contains(&store) {
            return Ok(());
        }
        let (devices, readings) = self.devices(store);
        if devices + readings > 10_000 {
            eprintln!("  filling a store with {devices} devices and {readings} readings");
        }
        program(&self.opendrs)
            .args(["bench", "fill", "--devices", &devices.to_string(), "--readings", &readings.to_string()])
            .args(["--tokens", &self.tokens(store).to_string(), "--data"])
            .args([self.data(store)])
            .args(["--fleet"])
            .args([self.fleet(store)])
            .read()?;
        self.stores.push(store);
        Ok(())
    }

    /// Devices and readings of a store.
    pub(super) fn devices(&self, store: Store) -> (u64, u64) {
        match store {
            Store::Thousand | Store::Alone | Store::Empty | Store::Few | Store::Traced(_) => (1_000, 0),
            Store::Orders if self.full => (1_000_000, 0),
            Store::Orders | Store::Hundred => (100_000, 0),
            Store::Millions => (5_000_000, 0),
            Store::Million => (1_000, 1_000_000),
            Store::Readings => (1_000, 10_000_000),
        }
    }

    /// For how many devices of a store there are tokens.
    pub(super) fn tokens(&self, store: Store) -> u64 {
        match store {
            Store::Orders if self.full => 150_000,
            Store::Orders => 60_000,
            Store::Few | Store::Hundred | Store::Millions => 20_000,
            _ => 1_000,
        }
    }

    pub(super) fn data(&self, store: Store) -> PathBuf {
        self.folder.path.join(format!("{store:?}"))
    }

    pub(super) fn fleet(&self, store: Store) -> PathBuf {
        self.folder.path.join(format!("{store:?}.fleet"))
    }
}

/// Reads a store's files, so that the system holds them in memory: it may have let go of what nobody read since they were
/// filled, and then the disk would be measured.
pub(super) fn warm(data: &Path) -> Outcome {
    let read = || -> std::io::Result<()> {
        for file in fs::read_dir(data)? {
            std::io::copy(&mut fs::File::open(file?.path())?, &mut std::io::sink())?;
        }
        Ok(())
    };
    read().map_err(|error| Failure::new(format!("{} cannot be read: {error}", data.display()), "look at the disk"))
}

/// Copies every `step`th line.
pub(super) fn thin_out(from: &Path, to: &Path, step: usize) -> Outcome {
    let copied = fs::read_to_string(from).and_then(|text| {
        let lines: Vec<_> = text.lines().step_by(step).collect();
        fs::write(to, lines.join("\n") + "\n")
    });
    copied.map_err(|error| tools::unwritable(to, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::Folder;

    #[test]
    fn a_fleet_is_thinned_out_evenly() {
        let folder = Folder::make("opendrs-xtask-test").unwrap();
        let (from, to) = (folder.path.join("from"), folder.path.join("to"));
        fs::write(&from, "1\n2\n3\n4\n5\n").unwrap();
        thin_out(&from, &to, 2).unwrap();
        assert_eq!(fs::read_to_string(to).unwrap(), "1\n3\n5\n");
    }
}
