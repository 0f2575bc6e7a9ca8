//! Device models and their slots.
//!
//! Invariant: the slots of a model keep their declared order.

use crate::queries::Query;
use crate::translations::{StoredTranslations, encode};
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{CompositeId, MakerId, ModelId};
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::takeover::TakeoverPolicy;
use opendrs_domain::text::ModelCode;

/// The key of translated names in the column of translations.
pub(crate) const NAMES: &str = "names";
/// The key of translated units.
pub(crate) const UNITS: &str = "units";

impl FromRow for Model {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let takeover: String = row.get(6)?;
        let mut translations = StoredTranslations::from_row(row, 8)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 6, found };
        Ok(Self {
            id: row.get(0)?,
            maker: row.get(1)?,
            code: row.get(2)?,
            name: row.get(3)?,
            names: translations.take(NAMES),
            composite_id: row.get(4)?,
            live: row.get(5)?,
            takeover_policy: TakeoverPolicy::parse(&takeover).ok_or_else(|| bad(takeover))?,
            picture: row.get(7)?,
        })
    }
}

impl FromRow for Slot {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let products: String = row.get(3)?;
        let mut translations = StoredTranslations::from_row(row, 4)?;
        let bad = |found: serde_json::Error| Error::InvalidRow {
            query: row.query.sql().name,
            column: 3,
            found: found.to_string(),
        };
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            names: translations.take(NAMES),
            unit: row.get(2)?,
            units: translations.take(UNITS),
            products: serde_json::from_str(&products).map_err(bad)?,
        })
    }
}

/// A model by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, id: ModelId) -> Result<Option<Model>> {
    tx.query_opt(Query::ModelById, params![id]).await
}

/// A model by the code that devices use for it.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_code(tx: &mut Tx<'_>, maker: MakerId, code: &ModelCode) -> Result<Option<Model>> {
    tx.query_opt(Query::ModelByCode, params![maker, code]).await
}

/// A model by the composite id that the teaser page receives.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_composite_id(tx: &mut Tx<'_>, id: CompositeId) -> Result<Option<Model>> {
    tx.query_opt(Query::ModelByComposite, params![id]).await
}

/// The first models after `last`, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, last: ModelId, limit: i64) -> Result<Vec<Model>> {
    tx.query_all(Query::ModelAfter, params![last, limit]).await
}

/// Adds a model, or changes the one with that id.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, model: &Model) -> Result<()> {
    let picture = model.picture.map(|picture| picture.to_string());
    let translations = encode([(NAMES, &model.names)]);
    let params = params![
        model.id,
        model.maker,
        &model.code,
        &model.name,
        model.composite_id,
        model.live,
        model.takeover_policy.as_str(),
        picture.as_ref(),
        translations.as_ref()
    ];
    tx.exec_deferred(Query::ModelPut, params).await
}

/// A model's slots, in their order.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_slots(tx: &mut Tx<'_>, model: ModelId) -> Result<Vec<Slot>> {
    tx.query_all(Query::SlotsOfModel, params![model]).await
}

/// Adds a slot at a position in the order, or changes the one with that id.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert_slot(tx: &mut Tx<'_>, model: ModelId, at: i64, slot: &Slot) -> Result<()> {
    let products = serde_json::to_string(&slot.products).unwrap_or_else(|_| "[]".into());
    let translations = encode([(NAMES, &slot.names), (UNITS, &slot.units)]);
    let params = params![model, &slot.id, at, &slot.name, &slot.unit, &products, translations.as_ref()];
    tx.exec_deferred(Query::SlotPut, params).await
}
