//! Seeding: makers, profiles, clients, models, products and customers from a declaration.
//!
//! Not here: the file's syntax, and what may be declared ([`declared`]). Invariant: applying a seed twice changes nothing
//! the second time; everything of one seed lands in one transaction, or nothing does, and its topics follow.

mod declared;

pub use declared::{
    ClientSeed, CustomerSeed, Done, Item, MakerSeed, ModelSeed, ProfileSeed, Seed, SlotSeed, TopicSeed,
};

use crate::topic;
use crate::{App, Error, Result, password};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::{ClientId, CompositeId, CustomerId, MakerId, ModelId, ProfileId};
use opendrs_domain::maker::Maker;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::product::Product;
use opendrs_domain::profile::{Client, Profile, hash_secret};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::topic as topics;
use opendrs_store::{Shards, Tx, Write, customer, maker, model, product, profile};
use uuid::Uuid;

/// Applies a seed.
///
/// # Errors
/// [`Error::BadSeed`] names line and key; [`Error::Unavailable`].
pub async fn apply(app: &App, seed: Seed) -> Result<Vec<Item>> {
    let mut passwords = Vec::with_capacity(seed.customers.len());
    for customer in &seed.customers {
        passwords.push(password(app, customer).await?);
    }
    // Random bytes for everything that might need an id: the command itself draws none.
    let count = seed.makers.iter().map(MakerSeed::size).sum::<usize>() + seed.customers.len();
    let fresh = Fresh {
        ids: (0..count).map(|_| app.ids.random()).collect(),
        secrets: (0..count).map(|_| app.ids.secret()).collect(),
    };
    // What is wrong with a topic is found before anything is written.
    for topic in seed.makers.iter().flat_map(|m| &m.profiles).flat_map(|p| &p.topics) {
        topic::draft(app, &topic.of(ProfileId(Uuid::nil()))).map_err(|error| topic.refusal(error))?;
    }
    let profiles: Vec<_> = seed.makers.iter().flat_map(|m| m.profiles.clone()).collect();
    let mut items = app.db.write(Apply { seed, passwords, fresh, shards: app.db.shards(), now: app.now() }).await??;
    let ids: Vec<_> = items.iter().filter(|item| item.kind == "profile").map(|item| item.id.clone()).collect();
    for (declared, id) in profiles.iter().zip(ids) {
        let profile = ProfileId::parse(&id).map_err(|e| Error::Internal(e.to_string()))?;
        for topic in &declared.topics {
            items.push(put_topic(app, profile, topic).await?);
        }
    }
    Ok(items)
}

/// Adds or changes a topic. Not part of the seed's one command: the key that signs for it is made before.
async fn put_topic(app: &App, profile: ProfileId, declared: &TopicSeed) -> Result<Item> {
    let old = topic::find(app, &declared.name).await.ok();
    let added = topic::add(app, declared.of(profile)).await.map_err(|error| declared.refusal(error))?;
    let done = Done::of(old.is_some(), old.as_ref() == Some(&added));
    Ok(Item { kind: "topic", name: declared.name.clone(), id: added.arn, done, secret: None })
}

impl MakerSeed {
    /// At most how many ids it needs.
    fn size(&self) -> usize {
        let profiles: usize = self.profiles.iter().map(|p| 1 + 2 * p.clients.len()).sum();
        let models: usize = self.models.iter().map(|m| 2 + m.slots.len()).sum();
        1 + profiles + models
    }
}

/// The hash to store for a declared password: the one there is, if it is that of the same password.
async fn password(app: &App, declared: &CustomerSeed) -> Result<String> {
    let stored = match crate::customer::id_by_email(app, &declared.email).await? {
        Some(id) => {
            let mut reader = app.db.reader().await?;
            customer::password_hash(&mut reader.tx()?, app.db.shards().of_customer(id), id).await?
        }
        None => None,
    };
    match stored {
        Some(hash) if password::verify_for_operator(app, Some(hash.clone()), &declared.password).await? => Ok(hash),
        _ => password::hash(app, &declared.password).await,
    }
}

struct Fresh {
    ids: Vec<Uuid>,
    secrets: Vec<String>,
}

struct Apply {
    seed: Seed,
    passwords: Vec<String>,
    fresh: Fresh,
    shards: Shards,
    now: Time,
}

impl Write for Apply {
    type Out = Result<Vec<Item>>;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        // What is refused is found before anything is written: a refusal is a value, and values are committed.
        if let Some(refusal) = self.refusal(tx).await? {
            return Ok(Err(refusal));
        }
        let (mut items, mut next) = (Vec::new(), Next { fresh: &self.fresh, at: 0 });
        for found in &self.seed.products {
            items.push(put_product(tx, found, self.now).await?);
        }
        for declared in &self.seed.makers {
            put_maker(tx, declared, &mut next, &mut items).await?;
        }
        for (declared, hash) in self.seed.customers.iter().zip(&self.passwords) {
            items.push(self.put_customer(tx, declared, hash, &mut next).await?);
        }
        Ok(Ok(items))
    }
}

struct Next<'f> {
    fresh: &'f Fresh,
    at: usize,
}

impl Next<'_> {
    fn id(&mut self) -> Uuid {
        self.at += 1;
        self.fresh.ids.get(self.at - 1).copied().unwrap_or_default()
    }

    fn secret(&self) -> String {
        self.fresh.secrets.get(self.at.saturating_sub(1)).cloned().unwrap_or_default()
    }
}

impl Apply {
    async fn refusal(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Option<Error>> {
        let bad = |line, key: &str, message| Some(Error::BadSeed { line, key: key.to_owned(), message });
        let models = self.seed.makers.iter().flat_map(|m| &m.models);
        for (asin, line) in models.flat_map(|m| &m.slots).flat_map(|s| &s.products) {
            let declared = self.seed.products.iter().any(|p| p.asin == *asin);
            if !declared && product::by_asin(tx, asin).await?.is_none() {
                return Ok(bad(*line, "products", format!("no product {asin}: declare it with [[product]]")));
            }
        }
        for declared in &self.seed.makers {
            let found = maker::by_name(tx, &declared.name).await?;
            for seed in &declared.profiles {
                for client in &seed.clients {
                    let Some(id) = client.id else { continue };
                    let Some(other) = profile::client(tx, id).await? else { continue };
                    let of = profile::by_id(tx, other.profile).await?;
                    let same = of.is_some_and(|p| p.name == seed.name && Some(p.maker) == found.as_ref().map(|m| m.id));
                    if !same || other.kind != client.kind {
                        let message = format!("{id} is already a {} client of another profile", other.kind.as_str());
                        return Ok(bad(client.line, "id", message));
                    }
                }
            }
        }
        Ok(None)
    }

    async fn put_customer(
        &self,
        tx: &mut Tx<'_>,
        declared: &CustomerSeed,
        hash: &str,
        next: &mut Next<'_>,
    ) -> opendrs_store::Result<Item> {
        let email_shard = self.shards.of(&[declared.email.as_str().as_bytes()]);
        let before = customer::id_by_email(tx, email_shard, &declared.email).await?;
        let id = match before {
            Some(id) => id,
            None => {
                let id = CustomerId(next.id());
                customer::claim_email(tx, email_shard, &declared.email, id).await?;
                id
            }
        };
        let shard = self.shards.of_customer(id);
        let old = customer::by_id(tx, shard, id).await?;
        let old_hash = customer::password_hash(tx, shard, id).await?;
        let created_at = old.as_ref().map_or(self.now, |c| c.created_at);
        let CustomerSeed { email, name, address, language, .. } = declared.clone();
        // What a customer chose since stays, unless the seed says otherwise.
        let language = language.or(old.as_ref().and_then(|c| c.language));
        let new = Customer { id, email, name, address, created_at, language };
        let same = old.as_ref() == Some(&new) && old_hash.as_deref() == Some(hash);
        if !same {
            customer::put(tx, shard, &new, hash).await?;
        }
        if old_hash.is_some_and(|old| old != *hash) {
            customer::password_changed(tx, shard, id, self.now).await?;
        }
        Ok(Item {
            kind: "customer",
            name: declared.email.to_string(),
            id: id.to_string(),
            done: Done::of(before.is_some(), same),
            secret: None,
        })
    }
}

async fn put_product(tx: &mut Tx<'_>, new: &Product, now: Time) -> opendrs_store::Result<Item> {
    let old = product::by_asin(tx, &new.asin).await?;
    let same = old.as_ref() == Some(new);
    if !same {
        crate::price::put_product(tx, new, now).await?;
    }
    Ok(Item {
        kind: "product",
        name: new.title.clone(),
        id: new.asin.to_string(),
        done: Done::of(old.is_some(), same),
        secret: None,
    })
}

async fn put_maker(
    tx: &mut Tx<'_>,
    declared: &MakerSeed,
    next: &mut Next<'_>,
    items: &mut Vec<Item>,
) -> opendrs_store::Result<()> {
    let old = maker::by_name(tx, &declared.name).await?;
    let found = match &old {
        Some(found) => found.clone(),
        None => {
            let new = Maker { id: MakerId(next.id()), name: declared.name.clone() };
            maker::add(tx, &new).await?;
            new
        }
    };
    items.push(Item {
        kind: "maker",
        name: found.name.clone(),
        id: found.id.to_string(),
        done: Done::of(old.is_some(), true),
        secret: None,
    });
    for seed in &declared.profiles {
        put_profile(tx, found.id, seed, next, items).await?;
    }
    for seed in &declared.models {
        put_model(tx, found.id, seed, next, items).await?;
    }
    Ok(())
}

async fn put_profile(
    tx: &mut Tx<'_>,
    maker: MakerId,
    declared: &ProfileSeed,
    next: &mut Next<'_>,
    items: &mut Vec<Item>,
) -> opendrs_store::Result<()> {
    let old = profile::by_name(tx, maker, &declared.name).await?;
    let id = old.as_ref().map(|p| p.id).or(declared.id).unwrap_or_else(|| ProfileId(next.id()));
    let new = Profile { id, maker, name: declared.name.clone(), privacy_url: declared.privacy_url.clone() };
    let same = old.as_ref() == Some(&new);
    if !same {
        profile::put(tx, &new).await?;
    }
    let done = Done::of(old.is_some(), same);
    items.push(Item { kind: "profile", name: declared.name.clone(), id: id.to_string(), done, secret: None });
    for (at, seed) in declared.clients.iter().enumerate() {
        let place = declared.clients[..at].iter().filter(|c| c.kind == seed.kind).count();
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        items.push(put_client(tx, &new, seed, place, next).await?);
    }
    Ok(())
}

async fn put_client(
    tx: &mut Tx<'_>,
    of: &Profile,
    declared: &ClientSeed,
    place: i64,
    next: &mut Next<'_>,
) -> opendrs_store::Result<Item> {
    let old = match declared.id {
        Some(id) => profile::client(tx, id).await?,
        None => profile::client_at(tx, of.id, declared.kind, place).await?,
    };
    let id = old.as_ref().map(|c| c.id).or(declared.id).unwrap_or_else(|| ClientId(next.id()));
    let kept = old.as_ref().and_then(|c| c.secret_hash);
    let (secret_hash, secret) = match (&declared.secret, kept, declared.kind.is_confidential()) {
        (Some(secret), ..) => (Some(hash_secret(secret)), None),
        (None, Some(kept), _) => (Some(kept), None),
        (None, None, true) => {
            next.id();
            let secret = next.secret();
            (Some(hash_secret(&secret)), Some(secret))
        }
        (None, None, false) => (None, None),
    };
    let redirect_uris = declared.redirect_uris.clone();
    let mode = declared.mode.or(old.as_ref().map(|c| c.mode)).unwrap_or_default();
    let new = Client {
        id,
        profile: of.id,
        maker: of.maker,
        kind: declared.kind,
        secret_hash,
        redirect_uris,
        mode,
        former_secret_hash: old.as_ref().and_then(|c| c.former_secret_hash),
        access: old.as_ref().map(|c| c.access).unwrap_or_default(),
    };
    let same = old.as_ref() == Some(&new);
    if !same {
        profile::put_client(tx, &new, place).await?;
    }
    let name = format!("{} ({})", of.name, declared.kind.as_str());
    Ok(Item { kind: "client", name, id: id.to_string(), done: Done::of(old.is_some(), same), secret })
}

async fn put_model(
    tx: &mut Tx<'_>,
    maker: MakerId,
    declared: &ModelSeed,
    next: &mut Next<'_>,
    items: &mut Vec<Item>,
) -> opendrs_store::Result<()> {
    let old = model::by_code(tx, maker, &declared.code).await?;
    let new = Model {
        id: old.as_ref().map_or_else(|| ModelId(next.id()), |m| m.id),
        maker,
        code: declared.code.clone(),
        name: declared.name.clone(),
        composite: declared.composite.or(old.as_ref().map(|m| m.composite)).unwrap_or_else(|| CompositeId(next.id())),
        live: declared.live,
        takeover: declared.takeover.or(old.as_ref().map(|m| m.takeover)).unwrap_or_default(),
    };
    let same = old.as_ref() == Some(&new);
    if !same {
        model::put(tx, &new).await?;
    }
    let mut same_messages = true;
    for (kind, version) in &declared.messages {
        let (kind, version) = (kind.wire_name(), version.to_string());
        if topics::message_version(tx, new.id, kind).await?.as_ref() != Some(&version) {
            same_messages = false;
            topics::set_message_version(tx, new.id, kind, &version).await?;
        }
    }
    let done = Done::of(old.is_some(), same && same_messages);
    items.push(Item { kind: "model", name: new.code.to_string(), id: new.composite.to_string(), done, secret: None });
    let before = model::slots(tx, new.id).await?;
    for (at, seed) in declared.slots.iter().enumerate() {
        let found = before.iter().position(|s| seed.id.as_ref().map_or(s.name == seed.name, |id| *id == s.id));
        let generated = || SlotId::parse(&next.id().to_string()).ok();
        let id = found.map(|n| before[n].id.clone()).or_else(|| seed.id.clone()).or_else(generated);
        let Some(id) = id else { continue };
        let products = seed.products.iter().map(|(asin, _)| asin.clone()).collect();
        let slot = Slot { id, name: seed.name.clone(), unit: seed.unit.clone(), products };
        let same = found.is_some_and(|n| n == at && before[n] == slot);
        if !same {
            model::put_slot(tx, new.id, i64::try_from(at).unwrap_or(i64::MAX), &slot).await?;
        }
        let done = Done::of(found.is_some(), same);
        items.push(Item { kind: "slot", name: slot.name, id: slot.id.to_string(), done, secret: None });
    }
    Ok(())
}
