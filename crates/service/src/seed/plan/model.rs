//! The plan for models and their slots.
//!
//! Invariant: a slot is recognised by its id, or else by its name. Slots that are no longer declared come after the
//! others.

use super::{SeedPlan, SeedPlanError, SeedPlanResult, slot_order_effect};
use crate::seed::declaration::{ModelSeed, PictureOwner, SlotSeed};
use crate::seed::merge::{SeedMerge, format_plain};
use crate::seed::write::SeedOperation;
use opendrs_domain::id::{CompositeId, ModelId};
use opendrs_domain::maker::Maker;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::version::Version;
use opendrs_store::{Tx, model, product, receiver, seed_record};

/// The default version of notifications.
const DEFAULT_VERSION: Version = Version::V2;

impl SeedPlan<'_> {
    /// Plans one model with its slots.
    pub(super) async fn plan_model(
        &mut self,
        tx: &mut Tx<'_>,
        maker: &Maker,
        declared: &ModelSeed,
    ) -> SeedPlanResult<()> {
        let of = maker.id;
        self.check_products(tx, declared).await?;
        let old = model::find_by_code(tx, of, &declared.code).await?;
        let mut merge = self.begin_merge(tx, "model", &of.to_string(), declared.code.as_str(), old.is_some()).await?;
        if merge.was_removed() {
            self.note_removed("model", declared.code.to_string(), String::new());
            return Ok(());
        }
        let old = old.as_ref();
        let composite = merge.merge_optional(
            "composite_id",
            old.map(|m| m.composite_id.0),
            declared.composite.map(|id| id.0),
            || self.next_id(),
            |id| Some(CompositeId(*id).to_string()),
        );
        let new = Model {
            id: old.map_or_else(|| ModelId(self.next_id()), |m| m.id),
            maker: of,
            code: declared.code.clone(),
            name: merge.merge_value("name", old.map(|m| m.name.clone()), declared.name.clone(), format_plain),
            names: merge.merge_translations("names", old.map(|m| &m.names), &declared.names),
            composite_id: CompositeId(composite),
            live: merge.merge_value("live", old.map(|m| m.live), declared.live, format_plain),
            takeover_policy: merge.merge_optional(
                "takeover",
                old.map(|m| m.takeover_policy),
                declared.takeover,
                Default::default,
                |policy| Some(policy.as_str().into()),
            ),
            picture: self.merge_picture(
                &mut merge,
                &PictureOwner::Model { maker: maker.name.clone(), code: declared.code.clone() },
                old.map(|m| m.picture),
            ),
        };
        let other = model::find_by_composite_id(tx, new.composite_id).await?.filter(|other| other.id != new.id);
        if let Some(other) = other {
            let message = format!("{} is that of the model {}: choose another", new.composite_id, other.code);
            return Err(SeedPlanError::invalid(declared.line, "composite_id", message));
        }
        if merge.needs_write() {
            self.ops.push(SeedOperation::Model(new.clone()));
        }
        self.plan_message_versions(tx, &mut merge, &new, declared).await?;
        let before = match old {
            Some(model) => model::list_slots(tx, model.id).await?,
            None => Vec::new(),
        };
        let found = match_slots(&declared.slots, &before);
        let order: Vec<_> =
            found.iter().flatten().copied().chain((0..before.len()).filter(|n| !found.contains(&Some(*n)))).collect();
        let moved = !order.is_sorted();
        if moved {
            let effect = slot_order_effect();
            merge.record_effect(&effect.key, effect.kind, effect.from, effect.to);
        }
        self.end_merge(merge, new.code.to_string(), new.composite_id.to_string(), None);
        self.plan_slots(tx, &new, declared, before, &found).await
    }

    /// Checks that every product of a slot exists or is declared.
    async fn check_products(&self, tx: &mut Tx<'_>, declared: &ModelSeed) -> SeedPlanResult<()> {
        for (asin, line) in declared.slots.iter().flat_map(|slot| &slot.products) {
            let declared = self.inputs.seed.products.iter().any(|product| product.asin == *asin);
            if !declared && product::find_by_asin(tx, asin).await?.is_none() {
                return Err(SeedPlanError::invalid(
                    *line,
                    "products",
                    format!("no product {asin}: declare it with [[product]]"),
                ));
            }
        }
        Ok(())
    }

    /// Plans the declared versions of the model's notifications; the others stay.
    async fn plan_message_versions(
        &mut self,
        tx: &mut Tx<'_>,
        merge: &mut SeedMerge,
        of: &Model,
        declared: &ModelSeed,
    ) -> SeedPlanResult<()> {
        for (kind, version) in &declared.messages {
            let key = format!("notifications.{}", kind.wire_name().trim_end_matches("Notification"));
            let version = version.to_string();
            let stored = receiver::find_message_version(tx, of.id, kind.wire_name()).await?;
            let taken = match stored.clone() {
                Some(stored) => merge.merge_value(&key, Some(stored), version, format_plain),
                None => merge.merge_unset(&key, DEFAULT_VERSION.to_string(), version, format_plain),
            };
            if stored.as_ref() != Some(&taken) {
                self.ops.push(SeedOperation::MessageVersion(of.id, kind.wire_name(), taken));
            }
        }
        Ok(())
    }

    async fn plan_slots(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Model,
        declared: &ModelSeed,
        before: Vec<Slot>,
        found: &[Option<usize>],
    ) -> SeedPlanResult<()> {
        let parent = of.id.to_string();
        let mut after = Vec::new();
        for (seed, found) in declared.slots.iter().zip(found) {
            let old = found.map(|n| &before[n]);
            let generated = || SlotId::parse(&self.next_id().to_string()).ok();
            let Some(id) = old.map(|s| s.id.clone()).or_else(|| seed.id.clone()).or_else(generated) else { continue };
            let mut merge = self.begin_merge(tx, "slot", &parent, id.as_str(), old.is_some()).await?;
            if merge.was_removed() {
                self.note_removed("slot", seed.name.clone(), id.to_string());
                continue;
            }
            let products: Vec<Asin> = seed.products.iter().map(|(asin, _)| asin.clone()).collect();
            let slot = Slot {
                name: merge.merge_value("name", old.map(|s| s.name.clone()), seed.name.clone(), format_plain),
                names: merge.merge_translations("names", old.map(|s| &s.names), &seed.names),
                unit: merge.merge_value("unit", old.map(|s| s.unit.clone()), seed.unit.clone(), format_plain),
                units: merge.merge_translations("units", old.map(|s| &s.units), &seed.units),
                products: merge.merge_value("products", old.map(|s| s.products.clone()), products, |products| {
                    Some(products.iter().map(Asin::as_str).collect::<Vec<_>>().join(" "))
                }),
                id,
            };
            after.push((*found, merge.needs_write(), slot.clone()));
            self.end_merge(merge, slot.name, slot.id.to_string(), None);
        }
        for (n, slot) in before.into_iter().enumerate().filter(|(n, _)| !found.contains(&Some(*n))) {
            let key =
                seed_record::SeedRecordKey { shard: 0, kind: "slot", parent: parent.clone(), id: slot.id.to_string() };
            if seed_record::find(tx, &key).await?.is_some() {
                self.note_undeclared("slot", slot.name.clone(), slot.id.to_string());
            }
            after.push((Some(n), false, slot));
        }
        let moved = !after.iter().filter_map(|(n, ..)| *n).is_sorted();
        for (at, (found, changed, slot)) in after.into_iter().enumerate() {
            if moved || changed || found != Some(at) {
                self.ops.push(SeedOperation::Slot(of.id, i64::try_from(at).unwrap_or(i64::MAX), slot));
            }
        }
        Ok(())
    }
}

/// The existing slot of each declared one: by id, or else by name, where no other declaration has taken it.
fn match_slots(declared: &[SlotSeed], before: &[Slot]) -> Vec<Option<usize>> {
    let by_id = |seed: &SlotSeed| before.iter().position(|slot| seed.id.as_ref() == Some(&slot.id));
    let mut found: Vec<_> = declared.iter().map(by_id).collect();
    for (at, seed) in declared.iter().enumerate().filter(|(_, seed)| seed.id.is_none()) {
        let named = before.iter().position(|slot| slot.name == seed.name);
        found[at] = named.filter(|named| !found.contains(&Some(*named)));
    }
    found
}
