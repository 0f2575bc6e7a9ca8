//! Seeding: makers, profiles, clients, topics, models, products and customers from a declaration, and back.
//!
//! Not here: the file's syntax. Invariants: everything of one seed lands in one transaction, or nothing does; applying a
//! seed twice changes nothing the second time; what somebody else set since stays, unless that is asked for.

mod declared;
mod endpoint;
mod export;
mod merge;
mod outcome;
mod plan;
mod write;

pub use declared::{ClientSeed, CustomerSeed, MakerSeed, ModelSeed, Password, ProfileSeed, Seed, SlotSeed, TopicSeed};
pub use export::{Contents, client_names, export};
pub use outcome::{Done, Effect, Item, What};

use crate::{App, Error, Result, keys, topic};
use opendrs_domain::id::{DeliveryId, ProfileId};
use opendrs_store::{Tx, Write, customer};
use plan::{Inputs, Plan, Stop, TopicDraft};
use uuid::Uuid;

/// Whether values that somebody else set are overwritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// They stay.
    #[default]
    Never,
    /// They become what is declared, also a customer's own.
    Everything,
}

/// Applies a seed.
///
/// # Errors
/// [`Error::BadSeed`] names line and key; [`Error::Unavailable`].
pub async fn apply(app: &App, seed: Seed) -> Result<Vec<Item>> {
    apply_with(app, seed, Overwrite::Never).await
}

/// Applies a seed, with or without overwriting what somebody else set.
///
/// # Errors
/// [`Error::BadSeed`] names line and key; [`Error::Unavailable`].
pub async fn apply_with(app: &App, seed: Seed, overwrite: Overwrite) -> Result<Vec<Item>> {
    let inputs = inputs(app, seed, overwrite).await?;
    if inputs.topics.iter().any(|draft| draft.topic.published_to().is_none()) {
        // Made now, so that the certificate is there before the first signature.
        crate::signing::current(app).await?;
    }
    let items = app.db.write(Apply(inputs)).await??;
    // A client that was switched off or on holds from now on.
    keys::refresh(app).await?;
    Ok(items)
}

/// Says what applying a seed would do, and writes nothing.
///
/// # Errors
/// As [`apply_with`].
pub async fn preview(app: &App, seed: Seed, overwrite: Overwrite) -> Result<Vec<Item>> {
    let inputs = inputs(app, seed, overwrite).await?;
    let mut reader = app.db.reader().await?;
    let mut items = match Plan::make(&mut reader.tx()?, &inputs).await {
        Ok(plan) => plan.items,
        Err(Stop::Refused(error)) => return Err(error),
        Err(Stop::Store(error)) => return Err(error.into()),
    };
    // What is generated differs each time.
    let generated: Vec<String> = inputs.ids.iter().flat_map(|id| [id.to_string(), id.simple().to_string()]).collect();
    for item in &mut items {
        item.secret = None;
        if generated.iter().any(|id| item.id.ends_with(id)) {
            item.id.clear();
        }
    }
    Ok(items)
}

async fn inputs(app: &App, seed: Seed, overwrite: Overwrite) -> Result<Inputs> {
    let mut passwords = Vec::with_capacity(seed.customers.len());
    for customer in &seed.customers {
        passwords.push(password(app, customer).await?);
    }
    // What is wrong with a topic is found before anything is written.
    let mut topics = Vec::new();
    for declared in seed.makers.iter().flat_map(|m| &m.profiles).flat_map(|p| &p.topics) {
        let topic = topic::draft(app, &declared.of(ProfileId(Uuid::nil()))).map_err(|error| declared.refusal(error))?;
        topics.push(TopicDraft { topic, question: DeliveryId(app.ids.ordered(app.now())) });
    }
    // Random bytes for everything that might need an id: the command itself draws none.
    let count = seed.makers.iter().map(MakerSeed::size).sum::<usize>() + seed.customers.len();
    Ok(Inputs {
        seed,
        passwords,
        topics,
        stored: app.topics(),
        ids: (0..count).map(|_| app.ids.random()).collect(),
        secrets: (0..count).map(|_| app.ids.secret()).collect(),
        shards: app.db.shards(),
        now: app.now(),
        version: keys::next_version(app),
        force: overwrite == Overwrite::Everything,
    })
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
async fn password(app: &App, declared: &CustomerSeed) -> Result<Option<String>> {
    let plain = match &declared.password {
        None => return Ok(None),
        Some(Password::Hash(hash)) => {
            let refused = |message| Error::BadSeed { line: declared.line, key: "password_hash".into(), message };
            return crate::password::readable_hash(hash).map(Some).map_err(refused);
        }
        Some(Password::Plain(plain)) => plain,
    };
    let stored = match crate::customer::id_by_email(app, &declared.email).await? {
        Some(id) => {
            let mut reader = app.db.reader().await?;
            customer::password_hash(&mut reader.tx()?, app.db.shards().of_customer(id), id).await?
        }
        None => None,
    };
    match stored {
        Some(hash) if crate::password::verify_for_operator(app, Some(hash.clone()), plain).await? => Ok(Some(hash)),
        _ => crate::password::hash(app, plain).await.map(Some),
    }
}

struct Apply(Inputs);

impl Write for Apply {
    type Out = Result<Vec<Item>>;
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        // A refusal is a value, and values are committed: it is found before anything is written.
        let plan = match Plan::make(tx, &self.0).await {
            Ok(plan) => plan,
            Err(Stop::Refused(error)) => return Ok(Err(error)),
            Err(Stop::Store(error)) => return Err(error),
        };
        for op in &plan.ops {
            op.write(tx).await?;
        }
        Ok(Ok(plan.items))
    }
}
