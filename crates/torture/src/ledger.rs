//! The ledger of the server's answers: a log that survives every fault, because each entry is on disk before the next
//! call is made.
//!
//! It does not record requests. Invariant: an entry is written after its answer, and the checks read the file, not this
//! process's memory. The store must contain everything that the ledger contains.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LedgerEntry {
    /// SlotStatus was answered with 200; `n` is the remaining quantity, which is unique in a run.
    Reading { serial: String, n: u64 },
    /// Replenish placed an order.
    Placed { serial: String, slot: String, instance: String },
    /// Replenish answered that this order holds the slot lock.
    Locked { instance: String },
    /// Replenish got no answer, or one that leaves the outcome open.
    Unknown { serial: String, slot: String },
    /// CancelTestOrder answered that the slot is free; this order was known before.
    Freed { instance: String },
    /// An advance of the clock answered that this order changed to this state.
    Moved { instance: String, state: String },
    /// A code was redeemed.
    Redeemed { code: String, refresh: String },
    /// A device deregistered itself, so this refresh token has ended.
    Ended { refresh: String },
    /// The clock was moved to this time. The server's texts of times sort in their order.
    Clock { now: String },
}

/// The log file.
pub struct Ledger {
    path: PathBuf,
    file: Mutex<File>,
}

impl Ledger {
    /// Creates a new ledger.
    pub fn create(path: &Path) -> Result<Self, String> {
        let file = File::create_new(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Writes entries, and waits until they are on disk.
    pub fn append(&self, entries: &[LedgerEntry]) -> Result<(), String> {
        let mut text = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut text, entry).map_err(|e| e.to_string())?;
            text.push(b'\n');
        }
        let mut file = self.file.lock().map_err(|_| "the ledger's writer panicked")?;
        file.write_all(&text).and_then(|()| file.sync_data()).map_err(|e| format!("the ledger cannot be written: {e}"))
    }

    /// Reads the entries since the last call.
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

/// All recorded answers, by kind.
#[derive(Default)]
pub struct RecordedAnswers {
    file_offset: u64,
    /// Stored readings by device.
    pub readings: BTreeSet<(String, u64)>,
    /// Orders that Replenish placed, by device and slot.
    pub placed_orders: BTreeMap<(String, String), BTreeSet<String>>,
    /// The number of Replenish calls without a clear answer, by device and slot.
    pub unanswered: BTreeMap<(String, String), usize>,
    /// Every order that any answer named.
    pub known_orders: BTreeSet<String>,
    /// Orders that must have ended.
    pub ended_orders: BTreeSet<String>,
    /// States that orders reached, as answered by advances of the clock.
    pub order_states: BTreeSet<(String, String)>,
    /// Redeemed codes, each with its refresh token.
    pub redeemed_codes: BTreeMap<String, String>,
    /// Refresh tokens of devices that deregistered themselves.
    pub ended_tokens: BTreeSet<String>,
    /// The latest time that the clock answered.
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

    /// The number of answers of each kind.
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
        let mut answers = RecordedAnswers::default();
        ledger.append(&[redeemed_entry("a"), LedgerEntry::Clock { now: "2018".into() }]).unwrap();
        ledger.read_new_entries(&mut answers).unwrap();
        ledger.append(&[redeemed_entry("b"), LedgerEntry::Clock { now: "2017".into() }]).unwrap();
        ledger.read_new_entries(&mut answers).unwrap();
        ledger.read_new_entries(&mut answers).unwrap();
        assert_eq!((answers.redeemed_codes.len(), answers.latest_time.as_str()), (2, "2018"));
    }

    #[test]
    fn what_may_happen_once_is_not_told_twice() {
        let placed = || LedgerEntry::Placed { serial: "s".into(), slot: "a".into(), instance: "i".into() };
        for entry in [redeemed_entry("a"), placed()] {
            let mut answers = RecordedAnswers::default();
            answers.add(entry.clone()).unwrap();
            assert!(answers.add(entry).is_err());
        }
    }
}
