//! What seeds wrote: a record for each thing that a seed created or declares.
//!
//! Not here: what a record means ([`opendrs_domain::seeded`]). Invariant: a record outlives its thing, so that a seed does
//! not create again what somebody removed.

use crate::queries::Q;
use crate::value::p;
use crate::{Error, Result, Tx};
use opendrs_domain::seeded::Record;

/// Where a record is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The shard of what it is about; 0 for what is on every node.
    pub shard: i64,
    /// `maker`, `profile`, `client`, `topic`, `model`, `slot`, `product` or `customer`.
    pub kind: &'static str,
    /// What its thing is a part of, such as a client's profile; empty where it is a part of nothing.
    pub parent: String,
    /// Its thing, among those of the parent.
    pub id: String,
}

fn read(text: &str) -> Result<Record> {
    let bad = |e: serde_json::Error| Error::BadRow { query: "SeededGet", column: 0, found: e.to_string() };
    serde_json::from_str(text).map_err(bad)
}

/// The record of a thing.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Record>> {
    let params = p![key.shard, key.kind, &key.parent, &key.id];
    tx.opt::<(String,)>(Q::SeededGet, params).await?.map(|(text,)| read(&text)).transpose()
}

/// The records of a thing's parts, by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn parts(tx: &mut Tx<'_>, shard: i64, kind: &str, parent: &str) -> Result<Vec<(String, Record)>> {
    let rows: Vec<(String, String)> = tx.all(Q::SeededParts, p![shard, kind, parent]).await?;
    rows.into_iter().map(|(id, text)| Ok((id, read(&text)?))).collect()
}

/// Adds a record, or puts it in place of the one of its thing.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &mut Tx<'_>, key: &Key, record: &Record) -> Result<()> {
    let text = serde_json::to_string(record).unwrap_or_default();
    tx.put(Q::SeededPut, p![key.shard, key.kind, &key.parent, &key.id, &text]).await
}
