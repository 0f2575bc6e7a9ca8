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
pub enum LedgerEntry {
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
    pub fn append(&self, entries: &[LedgerEntry]) -> Result<(), String> {
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry).map_err(|e| e.to_string())?;
            text.push(b'\n');
        }
        let mut file = self.file.lock().map_err(|_| "the ledger's writer panicked")?;
        file.write_all(&text).and_then(|()| file.sync_data()).map_err(|e| format!("the ledger cannot be written: {e}"))
    }

    /// Reads what was written since the last time.
    pub fn read_new_entries(&self, into: &mut RecordedAnswers) -> Result<(), String> {
        let failed = |e: std::io::Error| format!("{}: {e}", self.path.display());
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(into.file_offset)).map_err(failed)?;
        for line in BufReader::new(file).lines() {
            let line = line.map_err(failed)?;
            into.file_offset += line.len() as u64 + 1;
            into.add(serde_json::from_str(&line).map_err(|e| format!("{}: {e}: {line}", self.path.display()))?)?;
        }
        Ok(())
    }
}

/// Everything that was answered, put in order.
#[derive(Default)]
pub struct RecordedAnswers {
    file_offset: u64,
    /// Readings stored, by device.
    pub readings: BTreeSet<(String, u64)>,
    /// Orders that Replenish placed, by slot of a device.
    pub placed_orders: BTreeMap<(String, String), BTreeSet<String>>,
    /// How often a Replenish of a slot got no clear answer.
    pub unanswered: BTreeMap<(String, String), usize>,
    /// Every order that was ever named.
    pub known_orders: BTreeSet<String>,
    /// Orders that must be over.
    pub ended_orders: BTreeSet<String>,
    /// States that orders reached, as the clock told.
    pub order_states: BTreeSet<(String, String)>,
    /// Codes redeemed, with the refresh token that came.
    pub redeemed_codes: BTreeMap<String, String>,
    /// Refresh tokens of devices that deregistered themselves.
    pub ended_tokens: BTreeSet<String>,
    /// The latest time that the clock told.
    pub latest_time: String,
}

impl RecordedAnswers {
    fn add(&mut self, entry: LedgerEntry) -> Result<(), String> {
        match entry {
            LedgerEntry::Reading { serial, n } => drop(self.readings.insert((serial, n))),
            LedgerEntry::Placed { serial, slot, instance } => {
                self.known_orders.insert(instance.clone());
                if !self.placed_orders.entry((serial, slot)).or_default().insert(instance.clone()) {
                    return Err(format!("two calls were told that they placed {instance}"));
                }
            }
            LedgerEntry::Locked { instance } => drop(self.known_orders.insert(instance)),
            LedgerEntry::Unknown { serial, slot } => *self.unanswered.entry((serial, slot)).or_default() += 1,
            LedgerEntry::Freed { instance } => drop(self.ended_orders.insert(instance)),
            LedgerEntry::Moved { instance, state } => drop(self.order_states.insert((instance, state))),
            LedgerEntry::Redeemed { code, refresh } => {
                if self.redeemed_codes.insert(code.clone(), refresh).is_some() {
                    return Err(format!("the code {code} was redeemed twice"));
                }
            }
            LedgerEntry::Ended { refresh } => drop(self.ended_tokens.insert(refresh)),
            LedgerEntry::Clock { now } => self.latest_time = std::mem::take(&mut self.latest_time).max(now),
        }
        Ok(())
    }

    /// How many answers of each kind there were.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("readings", self.readings.len()),
            ("orders", self.placed_orders.values().map(BTreeSet::len).sum()),
            ("cancels", self.ended_orders.len()),
            ("moves", self.order_states.len()),
            ("redemptions", self.redeemed_codes.len()),
            ("deregistrations", self.ended_tokens.len()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redeemed_entry(code: &str) -> LedgerEntry {
        LedgerEntry::Redeemed { code: code.into(), refresh: "r".into() }
    }

    #[test]
    fn what_is_written_is_read_once_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(&folder.path().join("ledger")).unwrap();
        let mut told = RecordedAnswers::default();
        ledger.append(&[redeemed_entry("a"), LedgerEntry::Clock { now: "2018".into() }]).unwrap();
        ledger.read_new_entries(&mut told).unwrap();
        ledger.append(&[redeemed_entry("b"), LedgerEntry::Clock { now: "2017".into() }]).unwrap();
        ledger.read_new_entries(&mut told).unwrap();
        ledger.read_new_entries(&mut told).unwrap();
        assert_eq!((told.redeemed_codes.len(), told.latest_time.as_str()), (2, "2018"));
    }

    #[test]
    fn what_may_happen_once_is_not_told_twice() {
        let placed = || LedgerEntry::Placed { serial: "s".into(), slot: "a".into(), instance: "i".into() };
        for entry in [redeemed_entry("a"), placed()] {
            let mut told = RecordedAnswers::default();
            told.add(entry.clone()).unwrap();
            assert!(told.add(entry).is_err());
        }
    }
}
