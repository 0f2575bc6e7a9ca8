//! The plan of a seed: the changes that it would make to the store.
//!
//! What it is: reads, and the decision what to write. What it is not: a write. So a preview and an application have the
//! same plan. Invariant: a plan is complete or refused. A refusal happens before anything is written.

mod client;
mod customer;
mod maker;
mod model;
mod picture;
mod product;
mod receiver;

use super::declaration::{PictureOwner, ProfileSeed, SeedDeclaration};
use super::merge::{MergeRights, SeedMerge, format_optional, format_plain};
use super::report::{SeedEffect, SeedEffectKind, SeedItem, SeedOutcome};
use super::write::SeedOperation;
use crate::Error;
use crate::picture::NewPicture;
use crate::receiver::ReceiverRepository;
use opendrs_domain::id::{DeliveryId, ProfileId};
use opendrs_domain::maker::Maker;
use opendrs_domain::profile::{ClientKind, Profile};
use opendrs_domain::receiver::Receiver;
use opendrs_domain::time::Time;
use opendrs_store::access::AccessVersion;
use opendrs_store::seed_record::SeedRecordKey;
use opendrs_store::{Shards, Tx, profile};
use std::collections::HashMap;
use uuid::Uuid;

/// The inputs of a plan besides the store.
pub(super) struct SeedInputs {
    /// The declarations.
    pub(super) seed: SeedDeclaration,
    /// For each customer the hash of the declared password: the stored one, if it is of the same password.
    pub(super) passwords: Vec<Option<String>>,
    /// For each receiver, in the order of the file, its state if it is new.
    pub(super) receiver_drafts: Vec<ReceiverDraft>,
    /// The receivers in the store.
    pub(super) receiver_repository: ReceiverRepository,
    /// The declared pictures.
    pub(super) pictures: Vec<PictureInput>,
    /// Random ids, enough for everything that might need one.
    pub(super) ids: Vec<Uuid>,
    /// As many random secrets.
    pub(super) secrets: Vec<String>,
    /// The store's shards.
    pub(super) shards: Shards,
    /// The time.
    pub(super) now: Time,
    /// The access version that a change of clients sets.
    pub(super) version: AccessVersion,
    /// Whether values that other sources set are overwritten.
    pub(super) force: bool,
}

/// The state of a receiver if it is new.
#[derive(Clone)]
pub(super) struct ReceiverDraft {
    /// The receiver, whose profile the plan fills in.
    pub(super) receiver: Receiver,
    /// The id of its confirmation request.
    pub(super) confirmation_id: DeliveryId,
}

/// A declared picture.
pub(super) struct PictureInput {
    /// What has it.
    pub(super) owner: PictureOwner,
    /// The picture; `None` if its owner is to have none.
    pub(super) new: Option<NewPicture>,
}

/// Why there is no plan.
pub(super) enum SeedPlanError {
    /// The store failed.
    Store(opendrs_store::Error),
    /// A declaration cannot be applied.
    Invalid(Error),
}

impl From<opendrs_store::Error> for SeedPlanError {
    fn from(error: opendrs_store::Error) -> Self {
        Self::Store(error)
    }
}

impl SeedPlanError {
    fn invalid(line: usize, key: &str, message: impl Into<String>) -> Self {
        Self::Invalid(Error::InvalidSeed { line, key: key.to_owned(), message: message.into() })
    }
}

type SeedPlanResult<T> = Result<T, SeedPlanError>;

/// The writes, and the outcome of each declaration.
pub(super) struct SeedPlan<'i> {
    inputs: &'i SeedInputs,
    /// The writes, in order.
    pub(super) ops: Vec<SeedOperation>,
    /// The outcome of each declaration.
    pub(super) items: Vec<SeedItem>,
    ids_used: usize,
    receivers_planned: usize,
    last_positions: HashMap<(ProfileId, ClientKind), i64>,
}

impl<'i> SeedPlan<'i> {
    /// Builds the plan.
    pub(super) async fn build(tx: &mut Tx<'_>, inputs: &'i SeedInputs) -> SeedPlanResult<Self> {
        let (ops, items, places) = (Vec::new(), Vec::new(), HashMap::new());
        let mut plan = Self { inputs, ops, items, ids_used: 0, receivers_planned: 0, last_positions: places };
        for declared in &inputs.seed.products {
            plan.plan_product(tx, declared).await?;
        }
        for declared in &inputs.seed.makers {
            plan.plan_maker(tx, declared).await?;
        }
        for (declared, hash) in inputs.seed.customers.iter().zip(&inputs.passwords) {
            plan.plan_customer(tx, declared, hash.as_ref()).await?;
        }
        Ok(plan)
    }

    fn next_id(&mut self) -> Uuid {
        self.ids_used += 1;
        self.inputs.ids.get(self.ids_used - 1).copied().unwrap_or_default()
    }

    fn next_secret(&mut self) -> String {
        self.ids_used += 1;
        self.inputs.secrets.get(self.ids_used - 1).cloned().unwrap_or_default()
    }

    /// Begins the merge of an item of the catalogue.
    async fn begin_merge(
        &self,
        tx: &mut Tx<'_>,
        kind: &'static str,
        parent: &str,
        id: &str,
        exists: bool,
    ) -> SeedPlanResult<SeedMerge> {
        let key = SeedRecordKey { shard: 0, kind, parent: parent.to_owned(), id: id.to_owned() };
        let rights = MergeRights { force: self.inputs.force, adopt: true };
        Ok(SeedMerge::start(tx, key, exists, rights).await?)
    }

    /// Ends the merge: adds the record, and the outcome of the item.
    fn end_merge(&mut self, merge: SeedMerge, name: String, id: String, secret: Option<String>) {
        if merge.needs_record() {
            self.ops.push(SeedOperation::Record(merge.key.clone(), merge.record.clone()));
        }
        let kind = merge.key.kind;
        let (done, effects) = merge.finish();
        self.items.push(SeedItem { kind, name, id, outcome: done, secret, effects });
    }

    /// Adds the outcome of an item that was removed, and stays so.
    fn note_removed(&mut self, kind: &'static str, name: String, id: String) {
        self.items.push(SeedItem { kind, name, id, outcome: SeedOutcome::Gone, secret: None, effects: Vec::new() });
    }

    /// Adds the outcome of an item that is no longer declared, and stays.
    fn note_undeclared(&mut self, kind: &'static str, name: String, id: String) {
        self.items.push(SeedItem {
            kind,
            name,
            id,
            outcome: SeedOutcome::Undeclared,
            secret: None,
            effects: Vec::new(),
        });
    }

    /// Plans one profile; `ids` are those that the file declares for the maker's profiles.
    async fn plan_profile(
        &mut self,
        tx: &mut Tx<'_>,
        of: &Maker,
        declared: &ProfileSeed,
        ids: &[ProfileId],
    ) -> SeedPlanResult<()> {
        let old = find_existing_profile(tx, of, declared).await?;
        if let Some(old) = old.as_ref().filter(|old| declared.id.is_none() && ids.contains(&old.id)) {
            let message = format!("{} has this name, and the file gives it another: apply that first", old.id);
            return Err(SeedPlanError::invalid(declared.line, "name", message));
        }
        let id = old.as_ref().map(|p| p.id).or(declared.id).unwrap_or_else(|| ProfileId(self.next_id()));
        let mut merge = self.begin_merge(tx, "profile", &of.id.to_string(), &id.to_string(), old.is_some()).await?;
        let privacy = old.as_ref().map(|p| p.privacy_url.clone());
        let new = Profile {
            id,
            maker: of.id,
            name: merge.merge_value("name", old.as_ref().map(|p| p.name.clone()), declared.name.clone(), format_plain),
            privacy_url: merge.merge_value("privacy_url", privacy, declared.privacy_url.clone(), format_optional),
        };
        if merge.needs_write() {
            self.ops.push(SeedOperation::Profile(new.clone()));
        }
        self.end_merge(merge, new.name.clone(), id.to_string(), None);
        self.plan_clients(tx, &new, &declared.clients, old.is_some()).await?;
        self.plan_receivers(tx, &new, &declared.receivers).await
    }
}

/// Finds the declared profile in the store.
async fn find_existing_profile(tx: &mut Tx<'_>, of: &Maker, declared: &ProfileSeed) -> SeedPlanResult<Option<Profile>> {
    let named = profile::find_by_name(tx, of.id, &declared.name).await?;
    let Some(id) = declared.id else { return Ok(named) };
    match (profile::find_by_id(tx, id).await?, named) {
        (Some(found), _) if found.maker != of.id => Err(SeedPlanError::invalid(
            declared.line,
            "id",
            format!("{id} is a profile of another maker: choose another id"),
        )),
        (found, Some(named)) if named.id != id => {
            let (name, has) = (&named.name, named.id);
            let message = format!(
                "the maker's profile `{name}` has the id {has}, which does not change: write that id, or another name"
            );
            Err(SeedPlanError::invalid(declared.line, if found.is_some() { "name" } else { "id" }, message))
        }
        (found, _) => Ok(found),
    }
}

/// The effect of a new order of slots.
fn slot_order_effect() -> SeedEffect {
    SeedEffect {
        key: "slot".into(),
        kind: SeedEffectKind::Changed,
        from: None,
        to: Some("in the order of the file".into()),
    }
}
