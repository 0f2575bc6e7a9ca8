//! Collects the records of a customer in batches, and packs small exports in memory.
//!
//! Not here: exports in the background. Invariant: a batch ends after a bounded number of rows and of pages.

use super::archive::{ArchiveWriter, FinishedArchive, Section};
use super::place::{PageRequest, Place, read_page};
use crate::{App, Error, Result};
use opendrs_domain::export::ExportKind;
use opendrs_domain::id::CustomerId;
use opendrs_domain::time::Time;
use std::collections::BTreeMap;

/// How many rows a query reads, and about how many a batch has.
const BATCH_ROWS: usize = 500;
/// The most rows of an export that is made while its customer waits: a second of reading at most, and about a megabyte
/// of memory. An empty page counts as a row, so that many devices without data count, too.
const SMALL_EXPORT_ROWS: usize = 2_000;

/// Records as JSON lines, by kind.
pub(super) type Records = BTreeMap<ExportKind, String>;

/// A batch of records, and where the next one begins; `None` after the last one.
pub(super) struct Batch {
    pub(super) records: Records,
    /// The number of rows, where an empty page counts as one.
    rows: usize,
    pub(super) next: Option<Place>,
}

/// Collects a batch from a place on. `None` if the customer no longer exists.
pub(super) async fn collect_batch(app: &App, customer: CustomerId, place: Place) -> Result<Option<Batch>> {
    let limit = i64::try_from(BATCH_ROWS).unwrap_or(i64::MAX);
    let of = PageRequest { shards: app.db.shards(), customer, limit };
    let mut batch = Batch { records: Records::new(), rows: 0, next: Some(place) };
    while batch.rows < BATCH_ROWS {
        let Some(place) = batch.next.take() else { break };
        // A reader of its own for each page: there are few, and others wait for them.
        let mut reader = app.db.reader().await?;
        let Some(page) = read_page(&mut reader.tx()?, of, place).await? else { return Ok(None) };
        drop(reader);
        batch.rows += page.lines.len().max(1);
        batch.next = page.next;
        for line in page.lines {
            let lines = batch.records.entry(line.kind).or_default();
            lines.push_str(&line.json);
            lines.push('\n');
        }
    }
    Ok(Some(batch))
}

/// The records of a small export, or those of any size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SizeLimit {
    /// At most [`SMALL_EXPORT_ROWS`].
    Small,
    /// As many as there are.
    Any,
}

/// Collects all records. `None` if there are more than the limit allows.
pub(super) async fn collect_all(app: &App, customer: CustomerId, size: SizeLimit) -> Result<Option<Vec<Records>>> {
    let (mut batches, mut rows, mut place) = (Vec::new(), 0, Some(Place::Account));
    while let Some(next) = place {
        let batch = collect_batch(app, customer, next).await?.ok_or_else(|| Error::missing_row("a customer"))?;
        rows += batch.rows;
        place = batch.next;
        if size == SizeLimit::Small && rows > SMALL_EXPORT_ROWS {
            return Ok(None);
        }
        batches.push(batch.records);
    }
    Ok(Some(batches))
}

/// An archive in memory.
#[derive(Clone, Debug)]
pub struct ExportFile {
    /// The content.
    pub bytes: Vec<u8>,
    /// The number of records, by the key of their kind. A kind without records is absent.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Packs all records. It computes for some milliseconds, so it runs where no call waits for it.
pub(super) async fn pack(batches: Vec<Records>, at: Time) -> Result<ExportFile> {
    let packed = tokio::task::spawn_blocking(move || {
        let mut archive = ArchiveWriter::new(at)?;
        for section in Section::all() {
            archive.begin(section)?;
            for lines in batches.iter().filter_map(|records| records.get(&section.kind())) {
                archive.add(section, lines)?;
            }
            archive.end(section)?;
        }
        let FinishedArchive { rest, counts } = archive.finish()?;
        Ok(ExportFile { bytes: rest, counts })
    });
    packed.await.map_err(|error| Error::Internal(error.to_string()))?
}
