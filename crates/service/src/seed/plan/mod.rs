//! What applying a seed would do to the store as it is.
//!
//! What it is: reads, and the decision what to write. What it is not: it writes nothing, so a preview and an application
//! are the same plan. Invariant: a plan is whole or refused; what is refused is found before anything is written.

mod catalogue;
mod client;
mod customer;
mod model;
mod topic;

use super::declared::{MakerSeed, ProfileSeed, Seed};
use super::merge::{Merge, Rights, optional, plain};
use super::outcome::{Done, Effect, Item, What};
use super::write::Op;
use crate::Error;
use crate::topic::Topics;
use opendrs_domain::id::{DeliveryId, MakerId, ProfileId};
use opendrs_domain::maker::Maker;
use opendrs_domain::profile::{ClientKind, Profile};
use opendrs_domain::time::Time;
use opendrs_domain::topic::Topic;
use opendrs_store::access::AccessVersion;
use opendrs_store::seeded::Key;
use opendrs_store::{Shards, Tx, maker, profile};
use std::collections::HashMap;
use uuid::Uuid;

/// What a plan is made of besides the store.
pub(super) struct Inputs {
    /// What is declared.
    pub(super) seed: Seed,
    /// For each customer the hash of the declared password: the stored one, if it is that of the same password.
    pub(super) passwords: Vec<Option<String>>,
    /// For each topic, in the order of the file, what it is if it is new.
    pub(super) topics: Vec<TopicDraft>,
    /// The store's topics.
    pub(super) stored: Topics,
    /// Random ids, enough for everything that might need one.
    pub(super) ids: Vec<Uuid>,
    /// As many random secrets.
    pub(super) secrets: Vec<String>,
    /// The store's shards.
    pub(super) shards: Shards,
    /// The time.
    pub(super) now: Time,
    /// The version that a change of clients sets.
    pub(super) version: AccessVersion,
    /// Whether values that somebody else set are overwritten.
    pub(super) force: bool,
}

/// A topic as it is if it is new.
#[derive(Clone)]
pub(super) struct TopicDraft {
    /// The topic; its profile is filled in.
    pub(super) topic: Topic,
    /// The id of the message that asks its receiver to confirm.
    pub(super) question: DeliveryId,
}

/// Why there is no plan.
pub(super) enum Stop {
    /// The store failed.
    Store(opendrs_store::Error),
    /// A declaration cannot be applied.
    Refused(Error),
}

impl From<opendrs_store::Error> for Stop {
    fn from(error: opendrs_store::Error) -> Self {
        Self::Store(error)
    }
}

impl Stop {
    fn bad(line: usize, key: &str, message: impl Into<String>) -> Self {
        Self::Refused(Error::BadSeed { line, key: key.to_owned(), message: message.into() })
    }
}

type Planned<T> = Result<T, Stop>;

/// What is to be written, and what becomes of each declaration.
pub(super) struct Plan<'i> {
    inputs: &'i Inputs,
    /// What is to be written, in order.
    pub(super) ops: Vec<Op>,
    /// What becomes of each declaration.
    pub(super) items: Vec<Item>,
    drawn: usize,
    topics: usize,
    places: HashMap<(ProfileId, ClientKind), i64>,
}

impl<'i> Plan<'i> {
    /// Makes the plan.
    pub(super) async fn make(tx: &mut Tx<'_>, inputs: &'i Inputs) -> Planned<Self> {
        let (ops, items, places) = (Vec::new(), Vec::new(), HashMap::new());
        let mut plan = Self { inputs, ops, items, drawn: 0, topics: 0, places };
        for declared in &inputs.seed.products {
            plan.product(tx, declared).await?;
        }
        for declared in &inputs.seed.makers {
            plan.maker(tx, declared).await?;
        }
        for (declared, hash) in inputs.seed.customers.iter().zip(&inputs.passwords) {
            plan.customer(tx, declared, hash.as_ref()).await?;
        }
        Ok(plan)
    }

    fn id(&mut self) -> Uuid {
        self.drawn += 1;
        self.inputs.ids.get(self.drawn - 1).copied().unwrap_or_default()
    }

    fn secret(&mut self) -> String {
        self.drawn += 1;
        self.inputs.secrets.get(self.drawn - 1).cloned().unwrap_or_default()
    }

    /// Begins to compare a thing of the catalogue.
    async fn begin(&self, tx: &mut Tx<'_>, kind: &'static str, parent: &str, id: &str, exists: bool) -> Planned<Merge> {
        let key = Key { shard: 0, kind, parent: parent.to_owned(), id: id.to_owned() };
        let rights = Rights { force: self.inputs.force, adopt: true };
        Ok(Merge::begin(tx, key, exists, rights).await?)
    }

    /// Ends the comparison: notes the record, and what became of the thing.
    fn end(&mut self, merge: Merge, name: String, id: String, secret: Option<String>) {
        if merge.records() {
            self.ops.push(Op::Record(merge.key.clone(), merge.record.clone()));
        }
        let kind = merge.key.kind;
        let (done, effects) = merge.end();
        self.items.push(Item { kind, name, id, done, secret, effects });
    }

    /// Notes that a thing was removed, and stays so.
    fn gone(&mut self, kind: &'static str, name: String, id: String) {
        self.items.push(Item { kind, name, id, done: Done::Gone, secret: None, effects: Vec::new() });
    }

    /// Notes that a thing is no longer declared, and stays.
    fn undeclared(&mut self, kind: &'static str, name: String, id: String) {
        self.items.push(Item { kind, name, id, done: Done::Undeclared, secret: None, effects: Vec::new() });
    }

    async fn maker(&mut self, tx: &mut Tx<'_>, declared: &MakerSeed) -> Planned<()> {
        let old = maker::by_name(tx, &declared.name).await?;
        let exists = old.is_some();
        let found = old.unwrap_or_else(|| Maker { id: MakerId(self.id()), name: declared.name.clone() });
        let merge = self.begin(tx, "maker", "", &found.id.to_string(), exists).await?;
        if merge.writes() {
            self.ops.push(Op::Maker(found.clone()));
        }
        self.end(merge, found.name.clone(), found.id.to_string(), None);
        let ids: Vec<_> = declared.profiles.iter().filter_map(|profile| profile.id).collect();
        for seed in &declared.profiles {
            self.profile(tx, &found, seed, &ids).await?;
        }
        for seed in &declared.models {
            self.model(tx, found.id, seed).await?;
        }
        Ok(())
    }

    /// One profile; `ids` are those that the file declares of the maker's profiles.
    async fn profile(&mut self, tx: &mut Tx<'_>, of: &Maker, declared: &ProfileSeed, ids: &[ProfileId]) -> Planned<()> {
        let old = existing_profile(tx, of, declared).await?;
        if let Some(old) = old.as_ref().filter(|old| declared.id.is_none() && ids.contains(&old.id)) {
            let message = format!("{} has this name, and the file gives it another: apply that first", old.id);
            return Err(Stop::bad(declared.line, "name", message));
        }
        let id = old.as_ref().map(|p| p.id).or(declared.id).unwrap_or_else(|| ProfileId(self.id()));
        let mut merge = self.begin(tx, "profile", &of.id.to_string(), &id.to_string(), old.is_some()).await?;
        let privacy = old.as_ref().map(|p| p.privacy_url.clone());
        let new = Profile {
            id,
            maker: of.id,
            name: merge.value("name", old.as_ref().map(|p| p.name.clone()), declared.name.clone(), plain),
            privacy_url: merge.value("privacy_url", privacy, declared.privacy_url.clone(), optional),
        };
        if merge.writes() {
            self.ops.push(Op::Profile(new.clone()));
        }
        self.end(merge, new.name.clone(), id.to_string(), None);
        self.clients(tx, &new, &declared.clients, old.is_some()).await?;
        self.topics(tx, &new, &declared.topics).await
    }
}

/// The profile that is declared, if there is one.
async fn existing_profile(tx: &mut Tx<'_>, of: &Maker, declared: &ProfileSeed) -> Planned<Option<Profile>> {
    let named = profile::by_name(tx, of.id, &declared.name).await?;
    let Some(id) = declared.id else { return Ok(named) };
    match (profile::by_id(tx, id).await?, named) {
        (Some(found), _) if found.maker != of.id => {
            Err(Stop::bad(declared.line, "id", format!("{id} is a profile of another maker: choose another id")))
        }
        (found, Some(named)) if named.id != id => {
            let (name, has) = (&named.name, named.id);
            let message = format!(
                "the maker's profile `{name}` has the id {has}, which does not change: write that id, or another name"
            );
            Err(Stop::bad(declared.line, if found.is_some() { "name" } else { "id" }, message))
        }
        (found, _) => Ok(found),
    }
}

/// An effect on a whole list.
fn order_changed() -> Effect {
    Effect { key: "slot".into(), what: What::Changed, from: None, to: Some("in the order of the file".into()) }
}
