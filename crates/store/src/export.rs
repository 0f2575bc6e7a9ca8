//! Exports of what is stored about a customer: how far each is, and its parts.
//!
//! Not here: the records (the modules of their nouns), and the archive (the service). Invariant: a customer has at most
//! one export, and its parts go with it.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::id::{CustomerId, ExportId};
use opendrs_domain::time::Time;

/// An export of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The customer's shard.
    pub shard: i64,
    /// The customer.
    pub customer: CustomerId,
    /// Its id, which a link names.
    pub id: ExportId,
    /// When it was requested.
    pub requested_at: Time,
    /// Where reading goes on; `None` once everything was read.
    pub place: Option<String>,
    /// How often it was changed. Whoever changes it names the step that was read.
    pub step: i64,
    /// The size of the archive, as far as it is written.
    pub bytes: i64,
    /// When it goes on or, while it is leased, when the lease ends; `None` once it is ready.
    pub due_at: Option<Time>,
    /// When it became ready.
    pub ready_at: Option<Time>,
    /// When it is removed.
    pub ends_at: Time,
}

impl FromRow for Export {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self {
            shard: row.get(0)?,
            customer: row.get(1)?,
            id: row.get(2)?,
            requested_at: row.get(3)?,
            place: row.get(4)?,
            step: row.get(5)?,
            bytes: row.get(6)?,
            due_at: row.get(7)?,
            ready_at: row.get(8)?,
            ends_at: row.get(9)?,
        })
    }
}

/// A part of an export: records of one kind, or a piece of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportPart {
    /// Rises within a file.
    pub number: i64,
    /// The content.
    pub content: Vec<u8>,
}

impl FromRow for ExportPart {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { number: row.get(0)?, content: row.get(1)? })
    }
}

/// A customer's export.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<Option<Export>> {
    tx.query_opt(Query::ExportGet, params![shard, customer]).await
}

/// A customer's export, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<Option<Export>> {
    tx.query_opt(Query::ExportLock, params![shard, customer]).await
}

/// Adds an export. The caller has removed the customer's earlier one.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, export: &Export) -> Result<()> {
    let Export { shard, customer, id, requested_at, place, step, bytes, due_at, ready_at, ends_at } = export;
    let place = place.as_deref();
    let params = params![*shard, *customer, *id, *requested_at, place, *step, *bytes, *due_at, *ready_at, *ends_at];
    tx.exec_deferred(Query::ExportPut, params).await
}

/// Records how far an export is. The caller has locked it.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, export: &Export) -> Result<()> {
    let Export { shard, customer, place, step, bytes, due_at, ready_at, ends_at, .. } = export;
    let params = params![*shard, *customer, place.as_deref(), *step, *bytes, *due_at, *ready_at, *ends_at];
    tx.exec_deferred(Query::ExportSave, params).await
}

/// Removes a customer's export with its parts.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, customer: CustomerId) -> Result<()> {
    tx.exec_deferred(Query::ExportPartsDelete, params![shard, customer]).await?;
    tx.exec_deferred(Query::ExportDelete, params![shard, customer]).await
}

/// Leases exports that go on now, at most `limit`, until `lease`.
///
/// # Errors
/// [`crate::Error`].
pub async fn claim(tx: &mut Tx<'_>, now: Time, lease: Time, limit: i64) -> Result<Vec<Export>> {
    tx.query_all(Query::ExportClaim, params![now, lease, limit]).await
}

/// When the next export goes on.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.query_opt::<(Time,)>(Query::ExportNextDue, params![]).await?.map(|(at,)| at))
}

/// Removes at most `limit` exports that ended by now, with their parts. Returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, now: Time, limit: i64) -> Result<u64> {
    // The export goes first: nobody adds a part to one that is gone.
    let ended: Vec<(i64, CustomerId)> = tx.query_all(Query::ExportsPurge, params![now, limit]).await?;
    for (shard, customer) in &ended {
        tx.exec_deferred(Query::ExportPartsDelete, params![*shard, *customer]).await?;
    }
    Ok(ended.len() as u64)
}

/// Adds a part to a file of a customer's export.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert_part(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    file: &str,
    part: &ExportPart,
) -> Result<()> {
    let params = params![shard, customer, file, part.number, part.content.as_slice()];
    tx.exec_deferred(Query::ExportPartPut, params).await
}

/// The first part of a file after a number.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_part_after(
    tx: &mut Tx<'_>,
    shard: i64,
    customer: CustomerId,
    file: &str,
    number: i64,
) -> Result<Option<ExportPart>> {
    tx.query_opt(Query::ExportPartAfter, params![shard, customer, file, number]).await
}

/// Removes the parts of a file.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_file(tx: &mut Tx<'_>, shard: i64, customer: CustomerId, file: &str) -> Result<()> {
    tx.exec_deferred(Query::ExportFileDelete, params![shard, customer, file]).await
}
