//! What the server answered: a log that outlives everything, since each entry is on disk before the next call is made.
//!
//! What it is not: what was asked. Invariant: an entry is written after the answer it tells of, and checks read the
//! file, not this process's memory; so whatever is in it the server must be able to show.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// SlotStatus was answered 200; `n` is its remaining quantity, used once in a run.
    Reading { serial: String, n: u64 },
    /// Replenish placed an order.
    Placed { serial: String, slot: String, instance: String },
    /// Replenish said that this order holds the lock.
    Locked { instance: String },
    /// Replenish got no answer, or one that leaves open what happened.
    Unknown { serial: String, slot: String },
    /// CancelTestOrder said that the slot is free, after this order was known.
    Freed { instance: String },
    /// The clock was moved, and said that this happened to an order.
    Moved { instance: String, state: String },
    /// A code was redeemed.
    Redeemed { code: String, refresh: String },
    /// A device deregistered itself, so this refresh token is dead.
    Ended { refresh: String },
    /// The clock was moved to this time, in its own words, which sort.
    Clock { now: String },
}

/// The log.
pub struct Ledger {
    path: PathBuf,
    file: Mutex<File>,
}

impl Ledger {
    /// A new one.
    pub fn create(path: &Path) -> Result<Self, String> {
        let file = File::create_new(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Writes entries and waits for the disk.
    pub fn write(&self, entries: &[Entry]) -> Result<(), String> {
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry).map_err(|e| e.to_string())?;
            text.push(b'\n');
        }
        let mut file = self.file.lock().map_err(|_| "the ledger's writer panicked")?;
        file.write_all(&text).and_then(|()| file.sync_data()).map_err(|e| format!("the ledger cannot be written: {e}"))
    }

    /// Reads what was written since the last time.
    pub fn read(&self, into: &mut Told) -> Result<(), String> {
        let failed = |e: std::io::Error| format!("{}: {e}", self.path.display());
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(into.read)).map_err(failed)?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(failed)?;
            into.read += line.len() as u64 + 1;
            into.add(serde_json::from_str(&line).map_err(|e| format!("{}: {e}: {line}", self.path.display()))?)?;
        }
        Ok(())
    }
}

/// Everything that was answered, put in order.
#[derive(Default)]
pub struct Told {
    read: u64,
    /// Readings stored, by device.
    pub readings: BTreeSet<(String, u64)>,
    /// Orders that Replenish placed, by slot of a device.
    pub placed: BTreeMap<(String, String), BTreeSet<String>>,
    /// How often a Replenish of a slot got no clear answer.
    pub unknown: BTreeMap<(String, String), usize>,
    /// Every order that was ever named.
    pub named: BTreeSet<String>,
    /// Orders that must be over.
    pub over: BTreeSet<String>,
    /// States that orders reached, as the clock told.
    pub moved: BTreeSet<(String, String)>,
    /// Codes redeemed, with the refresh token that came.
    pub redeemed: BTreeMap<String, String>,
    /// Refresh tokens of devices that deregistered themselves.
    pub ended: BTreeSet<String>,
    /// The latest time that the clock told.
    pub clock: String,
}

impl Told {
    fn add(&mut self, entry: Entry) -> Result<(), String> {
        match entry {
            Entry::Reading { serial, n } => drop(self.readings.insert((serial, n))),
            Entry::Placed { serial, slot, instance } => {
                self.named.insert(instance.clone());
                if !self.placed.entry((serial, slot)).or_default().insert(instance.clone()) {
                    return Err(format!("two calls were told that they placed {instance}"));
                }
            }
            Entry::Locked { instance } => drop(self.named.insert(instance)),
            Entry::Unknown { serial, slot } => *self.unknown.entry((serial, slot)).or_default() += 1,
            Entry::Freed { instance } => drop(self.over.insert(instance)),
            Entry::Moved { instance, state } => drop(self.moved.insert((instance, state))),
            Entry::Redeemed { code, refresh } => {
                if self.redeemed.insert(code.clone(), refresh).is_some() {
                    return Err(format!("the code {code} was redeemed twice"));
                }
            }
            Entry::Ended { refresh } => drop(self.ended.insert(refresh)),
            Entry::Clock { now } => self.clock = std::mem::take(&mut self.clock).max(now),
        }
        Ok(())
    }

    /// How many answers of each kind there were.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("readings", self.readings.len()),
            ("orders", self.placed.values().map(BTreeSet::len).sum()),
            ("cancels", self.over.len()),
            ("moves", self.moved.len()),
            ("redemptions", self.redeemed.len()),
            ("deregistrations", self.ended.len()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redeemed(code: &str) -> Entry {
        Entry::Redeemed { code: code.into(), refresh: "r".into() }
    }

    #[test]
    fn what_is_written_is_read_once_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(&folder.path().join("ledger")).unwrap();
        let mut told = Told::default();
        ledger.write(&[redeemed("a"), Entry::Clock { now: "2018".into() }]).unwrap();
        ledger.read(&mut told).unwrap();
        ledger.write(&[redeemed("b"), Entry::Clock { now: "2017".into() }]).unwrap();
        ledger.read(&mut told).unwrap();
        ledger.read(&mut told).unwrap();
        assert_eq!((told.redeemed.len(), told.clock.as_str()), (2, "2018"));
    }

    #[test]
    fn what_may_happen_once_is_not_told_twice() {
        let placed = || Entry::Placed { serial: "s".into(), slot: "a".into(), instance: "i".into() };
        for entry in [redeemed("a"), placed()] {
            let mut told = Told::default();
            told.add(entry.clone()).unwrap();
            assert!(told.add(entry).is_err());
        }
    }
}
