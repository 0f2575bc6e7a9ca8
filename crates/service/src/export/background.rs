//! Large exports: requested by a customer, collected and packed by the worker, downloaded for a while.
//!
//! Invariants: each step names the step before it, so of two nodes one goes on. What a step did is committed with the
//! place of the next one, so a killed process loses one step at most. An export is packed under a lease; when that
//! ends, packing begins again.

use super::archive::{ArchiveWriter, FinishedArchive, Section};
use super::collect::{Records, collect_batch};
use super::place::Place;
use crate::customer::mail_recipient;
use crate::mail::queue;
use crate::{App, Error, Result, ordering_key};
use opendrs_domain::account::AccountMail;
use opendrs_domain::export::{EXPORT_LIFETIME, ExportKind};
use opendrs_domain::id::{CustomerId, ExportId};
use opendrs_domain::time::{Span, Time};
use opendrs_store::export::{self as store, Export, ExportPart};
use opendrs_store::failpoint::{self, Point};
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, customer, mail};

/// How many exports go on in one round.
const BATCH_SIZE: i64 = 4;
/// How long a step may take before another node tries it.
const LEASE_DURATION: Span = Span::from_mins(1);
/// The size of a piece of the archive, in bytes: what one transaction writes, and what a download reads at a time.
const PIECE_SIZE: usize = 256 * 1024;
/// The file of the archive's pieces. No kind of record has this name.
pub(super) const ARCHIVE: &str = "archive";

/// Plans an export. One that is under way stays, and is returned. A ready one is replaced.
pub(super) async fn plan(app: &App, customer: CustomerId) -> Result<Export> {
    let now = app.now();
    let export = Export {
        shard: app.db.shards().for_customer(customer),
        customer,
        id: ExportId(app.ids.ordered_uuid(now)),
        requested_at: now,
        place: Some(place_text(&Place::Account)?),
        step: 0,
        bytes: 0,
        due_at: Some(now),
        ready_at: None,
        ends_at: now + EXPORT_LIFETIME,
    };
    Ok(app.db.write(PlanExport(export)).await?)
}

struct PlanExport(Export);

impl Command for PlanExport {
    type Output = Export;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.0.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Export> {
        let Export { shard, customer: id, .. } = self.0;
        // The customer's row first: of two requests one waits, and a deletion comes before or after.
        opendrs_store::account::lock_credentials(tx, shard, id).await?;
        match store::lock(tx, shard, id).await? {
            Some(found) if found.ready_at.is_none() && self.0.requested_at < found.ends_at => return Ok(found),
            Some(_) => store::delete(tx, shard, id).await?,
            None => {}
        }
        store::insert(tx, &self.0).await?;
        Ok(self.0.clone())
    }
}

fn place_text(place: &Place) -> Result<String> {
    serde_json::to_string(place).map_err(|error| Error::Internal(error.to_string()))
}

/// Goes on with exports that are under way, one step each, and returns how many. It may run on every node in parallel.
///
/// # Errors
/// [`Error::Unavailable`]. An export that fails otherwise is tried again after its lease, until it ends.
pub async fn advance_due(app: &App) -> Result<usize> {
    let now = app.now();
    let is_due = {
        // A read comes first: a claim is a write, and most rounds find nothing.
        let mut reader = app.db.reader().await?;
        store::find_next_due(&mut reader.tx()?).await?.is_some_and(|at| at <= now)
    };
    if !is_due {
        return Ok(0);
    }
    let claimed = app.db.write(ClaimExports(now)).await?;
    if !claimed.is_empty() {
        failpoint::reached(Point::WorkClaimed);
    }
    let count = claimed.len();
    for export in claimed {
        let id = export.id;
        match advance(app, export).await {
            Ok(()) => failpoint::reached(Point::WorkHalfDone),
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => tracing::error!(export = %id, error = error.message_with_cause(), "an export failed"),
        }
    }
    Ok(count)
}

/// When the next export goes on.
pub(crate) async fn next_due(app: &App) -> Result<Option<Time>> {
    let mut reader = app.db.reader().await?;
    Ok(store::find_next_due(&mut reader.tx()?).await?)
}

struct ClaimExports(Time);

impl Command for ClaimExports {
    type Output = Vec<Export>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        store::claim(tx, self.0, self.0 + LEASE_DURATION, BATCH_SIZE).await
    }
}

async fn advance(app: &App, export: Export) -> Result<()> {
    let Some(place) = &export.place else { return pack_export(app, export).await };
    let place = serde_json::from_str(place).map_err(|error| Error::Internal(error.to_string()))?;
    let Some(batch) = collect_batch(app, export.customer, place).await? else { return remove(app, &export).await };
    let next = batch.next.as_ref().map(place_text).transpose()?;
    let due_at = Some(app.now());
    let change = ExportChange { place: next, due_at, records: batch.records, ..ExportChange::of(&export) };
    app.db.write(change).await.map(drop).map_err(Error::from)
}

async fn remove(app: &App, export: &Export) -> Result<()> {
    Ok(app.db.write(RemoveExport { shard: export.shard, customer: export.customer }).await?)
}

struct RemoveExport {
    shard: i64,
    customer: CustomerId,
}

impl Command for RemoveExport {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        store::delete(tx, self.shard, self.customer).await
    }
}

/// Packs the records of an export. Another node that goes on with it meanwhile makes this one stop.
async fn pack_export(app: &App, export: Export) -> Result<()> {
    let Some(owner) = load_owner(app, &export).await? else { return remove(app, &export).await };
    let mut archive = ArchiveWriter::new(app.now())?;
    let mut pieces = PieceWriter { export, next: 0 };
    if !pieces.write(app, |change| change.clears = Some(ARCHIVE)).await? {
        return Ok(());
    }
    for section in Section::all() {
        archive.begin(section)?;
        let mut last = -1;
        while let Some(part) = find_part(app, &pieces.export, section.kind().file_name(), last).await? {
            last = part.number;
            let lines = String::from_utf8(part.content).map_err(|error| Error::Internal(error.to_string()))?;
            archive.add(section, &lines)?;
            if archive.pending() >= PIECE_SIZE && !pieces.write_piece(app, archive.take()).await? {
                return Ok(());
            }
        }
        archive.end(section)?;
    }
    let FinishedArchive { rest, .. } = archive.finish()?;
    if !pieces.write_piece(app, rest).await? {
        return Ok(());
    }
    let (now, id) = (app.now(), pieces.export.id);
    let ends_at = now + EXPORT_LIFETIME;
    let news =
        queue::account_mail(app, mail_recipient(app, &owner), AccountMail::ExportReady { export: id, ends_at }, now);
    let finish = |change: &mut ExportChange| {
        (change.due_at, change.ready_at, change.ends_at) = (None, Some(now), ends_at);
        (change.drops_records, change.mail) = (true, Some(news));
    };
    if pieces.write(app, finish).await? {
        tracing::info!(export = %id, bytes = pieces.export.bytes, "an export is ready");
    }
    Ok(())
}

async fn load_owner(app: &App, export: &Export) -> Result<Option<opendrs_domain::customer::Customer>> {
    let mut reader = app.db.reader().await?;
    Ok(customer::find_by_id(&mut reader.tx()?, export.shard, export.customer).await?)
}

/// The first part of a file after a number.
pub(super) async fn find_part(app: &App, export: &Export, file: &str, after: i64) -> Result<Option<ExportPart>> {
    let mut reader = app.db.reader().await?;
    Ok(store::find_part_after(&mut reader.tx()?, export.shard, export.customer, file, after).await?)
}

/// Writes the pieces of an archive, each in a transaction of its own.
struct PieceWriter {
    export: Export,
    next: i64,
}

impl PieceWriter {
    async fn write_piece(&mut self, app: &App, content: Vec<u8>) -> Result<bool> {
        let part = ExportPart { number: self.next, content };
        self.next += 1;
        self.write(app, |change| change.piece = Some(part)).await
    }

    /// Makes a change; `false` if another node went on with the export.
    async fn write(&mut self, app: &App, edit: impl FnOnce(&mut ExportChange)) -> Result<bool> {
        let due_at = Some(app.now() + LEASE_DURATION);
        let mut change = ExportChange { due_at, ..ExportChange::of(&self.export) };
        edit(&mut change);
        match app.db.write(change).await? {
            Some(export) => {
                self.export = export;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

/// A step of an export. It has no effect if the export was changed since it was read.
struct ExportChange {
    expected: Export,
    place: Option<String>,
    due_at: Option<Time>,
    ready_at: Option<Time>,
    ends_at: Time,
    /// Records to add.
    records: Records,
    /// A file to remove first.
    clears: Option<&'static str>,
    /// A piece of the archive to add.
    piece: Option<ExportPart>,
    /// Whether the records are removed, because the archive has them.
    drops_records: bool,
    /// The mail to the customer.
    mail: Option<StoredMail>,
}

impl ExportChange {
    fn of(export: &Export) -> Self {
        Self {
            expected: export.clone(),
            place: export.place.clone(),
            due_at: export.due_at,
            ready_at: export.ready_at,
            ends_at: export.ends_at,
            records: Records::new(),
            clears: None,
            piece: None,
            drops_records: false,
            mail: None,
        }
    }
}

impl Command for ExportChange {
    /// The export after the step.
    type Output = Option<Export>;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.expected.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Option<Export>> {
        let Export { shard, customer, id, step, .. } = self.expected;
        let found = store::lock(tx, shard, customer).await?;
        let Some(mut export) = found.filter(|found| (found.id, found.step) == (id, step)) else { return Ok(None) };
        export.step += 1;
        export.place.clone_from(&self.place);
        (export.due_at, export.ready_at, export.ends_at) = (self.due_at, self.ready_at, self.ends_at);
        if let Some(file) = self.clears {
            store::delete_file(tx, shard, customer, file).await?;
            export.bytes = 0;
        }
        for (kind, lines) in &self.records {
            let part = ExportPart { number: step, content: lines.clone().into_bytes() };
            store::insert_part(tx, shard, customer, kind.file_name(), &part).await?;
        }
        if let Some(piece) = &self.piece {
            store::insert_part(tx, shard, customer, ARCHIVE, piece).await?;
            export.bytes += i64::try_from(piece.content.len()).unwrap_or(i64::MAX);
        }
        if self.drops_records {
            for kind in ExportKind::ALL {
                store::delete_file(tx, shard, customer, kind.file_name()).await?;
            }
        }
        if let Some(news) = &self.mail {
            mail::insert(tx, news).await?;
        }
        store::save(tx, &export).await?;
        Ok(Some(export))
    }
}
