//! Models and their slots.
//!
//! Invariant: a slot is recognised by its id, else by its name; slots that are no longer declared come after the others.

use super::{Plan, Planned, Stop, order_changed};
use crate::seed::declared::{ModelSeed, SlotSeed};
use crate::seed::merge::{Merge, plain};
use crate::seed::write::Op;
use opendrs_domain::id::{CompositeId, MakerId, ModelId};
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::version::Version;
use opendrs_store::{Tx, model, product, seeded, topic};

/// The version of a message that nobody chose.
const DEFAULT_VERSION: Version = Version::V2;

impl Plan<'_> {
    /// One model with its slots.
    pub(super) async fn model(&mut self, tx: &mut Tx<'_>, of: MakerId, declared: &ModelSeed) -> Planned<()> {
        self.check_products(tx, declared).await?;
        let old = model::by_code(tx, of, &declared.code).await?;
        let mut merge = self.begin(tx, "model", &of.to_string(), declared.code.as_str(), old.is_some()).await?;
        if merge.is_gone() {
            self.gone("model", declared.code.to_string(), String::new());
            return Ok(());
        }
        let old = old.as_ref();
        let composite = merge.optional(
            "composite_id",
            old.map(|m| m.composite.0),
            declared.composite.map(|id| id.0),
            || self.id(),
            |id| Some(CompositeId(*id).to_string()),
        );
        let new = Model {
            id: old.map_or_else(|| ModelId(self.id()), |m| m.id),
            maker: of,
            code: declared.code.clone(),
            name: merge.value("name", old.map(|m| m.name.clone()), declared.name.clone(), plain),
            composite: CompositeId(composite),
            live: merge.value("live", old.map(|m| m.live), declared.live, plain),
            takeover: merge.optional(
                "takeover",
                old.map(|m| m.takeover),
                declared.takeover,
                Default::default,
                |policy| Some(policy.as_str().into()),
            ),
        };
        let other = model::by_composite(tx, new.composite).await?.filter(|other| other.id != new.id);
        if let Some(other) = other {
            let message = format!("{} is that of the model {}: choose another", new.composite, other.code);
            return Err(Stop::bad(declared.line, "composite_id", message));
        }
        if merge.writes() {
            self.ops.push(Op::Model(new.clone()));
        }
        self.messages(tx, &mut merge, &new, declared).await?;
        let before = match old {
            Some(model) => model::slots(tx, model.id).await?,
            None => Vec::new(),
        };
        let found = match_slots(&declared.slots, &before);
        let order: Vec<_> =
            found.iter().flatten().copied().chain((0..before.len()).filter(|n| !found.contains(&Some(*n)))).collect();
        let moved = !order.is_sorted();
        if moved {
            let effect = order_changed();
            merge.effect(&effect.key, effect.what, effect.from, effect.to);
        }
        self.end(merge, new.code.to_string(), new.composite.to_string(), None);
        self.slots(tx, &new, declared, before, &found).await
    }

    /// Every product of a slot must be there, or be declared.
    async fn check_products(&self, tx: &mut Tx<'_>, declared: &ModelSeed) -> Planned<()> {
        for (asin, line) in declared.slots.iter().flat_map(|slot| &slot.products) {
            let declared = self.inputs.seed.products.iter().any(|product| product.asin == *asin);
            if !declared && product::by_asin(tx, asin).await?.is_none() {
                return Err(Stop::bad(*line, "products", format!("no product {asin}: declare it with [[product]]")));
            }
        }
        Ok(())
    }

    /// The versions of the model's messages that are declared; the others stay.
    async fn messages(&mut self, tx: &mut Tx<'_>, merge: &mut Merge, of: &Model, declared: &ModelSeed) -> Planned<()> {
        for (kind, version) in &declared.messages {
            let key = format!("notifications.{}", kind.wire_name().trim_end_matches("Notification"));
            let version = version.to_string();
            let stored = topic::message_version(tx, of.id, kind.wire_name()).await?;
            let taken = match stored.clone() {
                Some(stored) => merge.value(&key, Some(stored), version, plain),
                None => merge.unset(&key, DEFAULT_VERSION.to_string(), version, plain),
            };
            if stored.as_ref() != Some(&taken) {
                self.ops.push(Op::Message(of.id, kind.wire_name(), taken));
            }
        }
        Ok(())
    }

    async fn slots(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Model,
        declared: &ModelSeed,
        before: Vec<Slot>,
        found: &[Option<usize>],
    ) -> Planned<()> {
        let parent = of.id.to_string();
        let mut after = Vec::new();
        for (seed, found) in declared.slots.iter().zip(found) {
            let old = found.map(|n| &before[n]);
            let generated = || SlotId::parse(&self.id().to_string()).ok();
            let Some(id) = old.map(|s| s.id.clone()).or_else(|| seed.id.clone()).or_else(generated) else { continue };
            let mut merge = self.begin(tx, "slot", &parent, id.as_str(), old.is_some()).await?;
            if merge.is_gone() {
                self.gone("slot", seed.name.clone(), id.to_string());
                continue;
            }
            let products: Vec<Asin> = seed.products.iter().map(|(asin, _)| asin.clone()).collect();
            let slot = Slot {
                name: merge.value("name", old.map(|s| s.name.clone()), seed.name.clone(), plain),
                unit: merge.value("unit", old.map(|s| s.unit.clone()), seed.unit.clone(), plain),
                products: merge.value("products", old.map(|s| s.products.clone()), products, |products| {
                    Some(products.iter().map(Asin::as_str).collect::<Vec<_>>().join(" "))
                }),
                id,
            };
            after.push((*found, merge.writes(), slot.clone()));
            self.end(merge, slot.name, slot.id.to_string(), None);
        }
        for (n, slot) in before.into_iter().enumerate().filter(|(n, _)| !found.contains(&Some(*n))) {
            let key = seeded::Key { shard: 0, kind: "slot", parent: parent.clone(), id: slot.id.to_string() };
            if seeded::get(tx, &key).await?.is_some() {
                self.undeclared("slot", slot.name.clone(), slot.id.to_string());
            }
            after.push((Some(n), false, slot));
        }
        let moved = !after.iter().filter_map(|(n, ..)| *n).is_sorted();
        for (at, (found, changed, slot)) in after.into_iter().enumerate() {
            if moved || changed || found != Some(at) {
                self.ops.push(Op::Slot(of.id, i64::try_from(at).unwrap_or(i64::MAX), slot));
            }
        }
        Ok(())
    }
}

/// Which slot each declared one is: by id, else by the name of one that no other is.
fn match_slots(declared: &[SlotSeed], before: &[Slot]) -> Vec<Option<usize>> {
    let by_id = |seed: &SlotSeed| before.iter().position(|slot| seed.id.as_ref() == Some(&slot.id));
    let mut found: Vec<_> = declared.iter().map(by_id).collect();
    for (at, seed) in declared.iter().enumerate().filter(|(_, seed)| seed.id.is_none()) {
        let named = before.iter().position(|slot| slot.name == seed.name);
        found[at] = named.filter(|named| !found.contains(&Some(*named)));
    }
    found
}
