//! Makers.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Result, Tx};
use opendrs_domain::id::MakerId;
use opendrs_domain::maker::Maker;

impl FromRow for Maker {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)? })
    }
}

/// A maker by name.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Maker>> {
    tx.opt(Q::MakerByName, p![name]).await
}

/// A maker by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, id: MakerId) -> Result<Option<Maker>> {
    tx.opt(Q::MakerById, p![id]).await
}

/// The first makers after one, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn after(tx: &mut Tx<'_>, last: MakerId, limit: i64) -> Result<Vec<Maker>> {
    tx.all(Q::MakerAfter, p![last, limit]).await
}

/// Adds a maker.
///
/// # Errors
/// [`crate::Error`].
pub async fn add(tx: &mut Tx<'_>, maker: &Maker) -> Result<()> {
    tx.put(Q::MakerPut, p![maker.id, &maker.name]).await
}
