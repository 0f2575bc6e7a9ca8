//! Writes the archive of an export: `customer.json`, and a CSV file for each kind of record.
//!
//! What it is: the format (docs/export.md). What it is not: where records come from. Invariant: what is written so far
//! can be taken at any time, so the memory that it needs does not grow with the archive.

use crate::{Error, Result};
use opendrs_domain::export::{ExportKind, cell_text};
use opendrs_domain::time::Time;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// The version of the document. A new one is needed only if a key changes its meaning or goes.
const FORMAT: i64 = 1;
/// The mark at the beginning of a CSV file by which spreadsheets recognise UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What was written and not taken yet.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A part of the archive, in the order in which parts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The list of a kind in the document.
    List(ExportKind),
    /// The table of a kind.
    Table(ExportKind),
}

impl Section {
    /// Every part.
    pub(super) fn all() -> impl Iterator<Item = Section> {
        ExportKind::ALL.map(Section::List).into_iter().chain(ExportKind::ALL.map(Section::Table))
    }

    /// The kind of its records.
    pub(super) fn kind(self) -> ExportKind {
        match self {
            Section::List(kind) | Section::Table(kind) => kind,
        }
    }
}

/// An archive that is being written.
pub(super) struct ArchiveWriter {
    zip: ZipWriter<StreamWriter<Output>>,
    output: Output,
    options: SimpleFileOptions,
    /// Whether the list that is being written has a record.
    has_record: bool,
    counts: BTreeMap<&'static str, u64>,
}

fn write_error(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("an export cannot be written: {error}"))
}

/// The time of a file in the archive, in UTC. The format has none before 1980.
fn file_time(at: Time) -> zip::DateTime {
    let text = at.to_rfc3339_secs();
    let part =
        |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u16>().ok()).unwrap_or_default();
    let small = |from, to| u8::try_from(part(from, to)).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        part(0, 4),
        small(5, 7),
        small(8, 10),
        small(11, 13),
        small(14, 16),
        small(17, 19),
    )
    .unwrap_or_default()
}

impl ArchiveWriter {
    /// Begins an archive as of a time.
    pub(super) fn new(at: Time) -> Result<Self> {
        let output = Output::default();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(file_time(at));
        let mut archive = Self {
            zip: ZipWriter::new_stream(output.clone()),
            output,
            options,
            has_record: false,
            counts: BTreeMap::new(),
        };
        archive.zip.start_file("customer.json", options).map_err(write_error)?;
        archive.write(&format!("{{\"format\":{FORMAT},\"exportedAt\":\"{}\"", at.to_rfc3339_millis()))?;
        Ok(archive)
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.zip.write_all(text.as_bytes()).map_err(write_error)
    }

    /// Begins a part. The profile is one object, not a list.
    pub(super) fn begin(&mut self, section: Section) -> Result<()> {
        self.has_record = false;
        match section {
            Section::List(ExportKind::Profile) => self.write(",\n\"profile\":"),
            Section::List(kind) => self.write(&format!(",\n\"{}\":[", kind.key())),
            Section::Table(kind) => {
                self.zip.start_file(format!("{}.csv", kind.file_name()), self.options).map_err(write_error)?;
                self.write(BYTE_ORDER_MARK)?;
                self.write_row(kind.columns().iter().copied())
            }
        }
    }

    /// Writes records, one on each line.
    pub(super) fn add(&mut self, section: Section, lines: &str) -> Result<()> {
        for line in lines.lines() {
            match section {
                Section::List(kind) => {
                    *self.counts.entry(kind.key()).or_default() += 1;
                    self.write(if self.has_record { ",\n" } else { "\n" })?;
                    self.write(line)?;
                }
                Section::Table(kind) => {
                    let record: Map<String, Value> = serde_json::from_str(line).map_err(write_error)?;
                    let cell = |column: &&str| record.get(*column).map(cell_text).unwrap_or_default();
                    self.write_row(kind.columns().iter().map(cell))?;
                }
            }
            self.has_record = true;
        }
        Ok(())
    }

    /// Ends a part.
    pub(super) fn end(&mut self, section: Section) -> Result<()> {
        match section {
            Section::List(ExportKind::Profile) | Section::Table(_) => Ok(()),
            Section::List(ExportKind::Notifications) => self.write("]}\n"),
            Section::List(_) => self.write("]"),
        }
    }

    fn write_row<C: AsRef<[u8]>>(&mut self, cells: impl Iterator<Item = C>) -> Result<()> {
        // Lines end as RFC 4180 has it.
        let mut row = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        row.write_record(cells).map_err(write_error)?;
        let row = row.into_inner().map_err(write_error)?;
        self.zip.write_all(&row).map_err(write_error)
    }

    /// The size of what was written and not taken.
    pub(super) fn pending(&self) -> usize {
        self.output.len()
    }

    /// Takes what was written since the last call.
    pub(super) fn take(&self) -> Vec<u8> {
        self.output.take()
    }

    /// Ends the archive, and returns its last bytes and how many records of each kind it has.
    pub(super) fn finish(self) -> Result<FinishedArchive> {
        let Self { zip, output, counts, .. } = self;
        zip.finish().map_err(write_error)?;
        Ok(FinishedArchive { rest: output.take(), counts })
    }
}

/// The end of an archive.
pub(super) struct FinishedArchive {
    /// The bytes that were not taken yet.
    pub(super) rest: Vec<u8>,
    /// The number of records, by the key of their kind. A kind without records is absent.
    pub(super) counts: BTreeMap<&'static str, u64>,
}
