//! Seed records: one for each object that a seed created or declares.
//!
//! Not here: what a record means ([`opendrs_domain::seed_record`]). Invariant: a record outlives its object, so that a
//! seed does not create again what was removed.

use crate::queries::Query;
use crate::value::params;
use crate::{Error, Result, Tx};
use opendrs_domain::seed_record::SeedRecord;

/// The key of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedRecordKey {
    /// The shard of the object; 0 for objects that are not sharded.
    pub shard: i64,
    /// `maker`, `profile`, `client`, `topic`, `model`, `slot`, `product` or `customer`.
    pub kind: &'static str,
    /// The object that contains it, such as a client's profile; empty if there is none.
    pub parent: String,
    /// The object's id within its parent.
    pub id: String,
}

fn parse_record(text: &str) -> Result<SeedRecord> {
    let bad = |e: serde_json::Error| Error::InvalidRow { query: "SeededGet", column: 0, found: e.to_string() };
    serde_json::from_str(text).map_err(bad)
}

/// The record of an object.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, key: &SeedRecordKey) -> Result<Option<SeedRecord>> {
    let params = params![key.shard, key.kind, &key.parent, &key.id];
    tx.query_opt::<(String,)>(Query::SeededGet, params).await?.map(|(text,)| parse_record(&text)).transpose()
}

/// The records of the parts of an object, by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_parts(tx: &mut Tx<'_>, shard: i64, kind: &str, parent: &str) -> Result<Vec<(String, SeedRecord)>> {
    let rows: Vec<(String, String)> = tx.query_all(Query::SeededParts, params![shard, kind, parent]).await?;
    rows.into_iter().map(|(id, text)| Ok((id, parse_record(&text)?))).collect()
}

/// Adds a record, or replaces the one with the same key.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, key: &SeedRecordKey, record: &SeedRecord) -> Result<()> {
    let text = serde_json::to_string(record).unwrap_or_default();
    tx.exec_deferred(Query::SeededPut, params![key.shard, key.kind, &key.parent, &key.id, &text]).await
}
