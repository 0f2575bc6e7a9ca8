//! Makers: the companies that build devices.
//!
//! Invariant: a maker is found by its id or its name.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::id::MakerId;
use opendrs_domain::maker::Maker;

impl FromRow for Maker {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)? })
    }
}

/// A maker by name.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Maker>> {
    tx.query_opt(Query::MakerByName, params![name]).await
}

/// A maker by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, id: MakerId) -> Result<Option<Maker>> {
    tx.query_opt(Query::MakerById, params![id]).await
}

/// The first makers after `last`, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, last: MakerId, limit: i64) -> Result<Vec<Maker>> {
    tx.query_all(Query::MakerAfter, params![last, limit]).await
}

/// Adds a maker.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, maker: &Maker) -> Result<()> {
    tx.exec_deferred(Query::MakerPut, params![maker.id, &maker.name]).await
}
