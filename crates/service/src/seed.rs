//! Seeding: applies a declaration of makers, profiles, clients, receivers, models, products and customers, and exports
//! one.
//!
//! Not here: the syntax of the file. Invariants: a seed is written in one transaction, all or nothing. Applying a seed
//! twice changes nothing the second time. Values that other sources set since stay, unless overwriting is requested.

mod declaration;
mod endpoint;
mod export;
mod merge;
mod plan;
mod report;
mod write;

pub use declaration::{
    ClientSeed, CustomerSeed, MakerSeed, ModelSeed, PictureOwner, PictureSeed, ProfileSeed, ReceiverSeed,
    SeedDeclaration, SeedPassword, SlotSeed,
};
pub use export::{ExportContents, export, list_client_names};
pub use report::{SeedEffect, SeedEffectKind, SeedItem, SeedOutcome};

use crate::{App, Error, Result, keys, picture, receiver};
use opendrs_domain::id::{DeliveryId, ProfileId};
use opendrs_store::{Command, Tx, customer};
use plan::{PictureInput, ReceiverDraft, SeedInputs, SeedPlan, SeedPlanError};
use uuid::Uuid;

/// Whether values that other sources set are overwritten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverwritePolicy {
    /// They stay.
    #[default]
    Never,
    /// They get the declared values, even those that a customer set.
    Everything,
}

/// Applies a seed.
///
/// # Errors
/// [`Error::InvalidSeed`] names line and key; [`Error::Unavailable`].
pub async fn apply(app: &App, seed: SeedDeclaration) -> Result<Vec<SeedItem>> {
    apply_with_overwrite(app, seed, OverwritePolicy::Never).await
}

/// Applies a seed, with or without overwriting values that other sources set.
///
/// # Errors
/// [`Error::InvalidSeed`] names line and key; [`Error::Unavailable`].
pub async fn apply_with_overwrite(
    app: &App,
    seed: SeedDeclaration,
    overwrite: OverwritePolicy,
) -> Result<Vec<SeedItem>> {
    let inputs = prepare_inputs(app, seed, overwrite).await?;
    if inputs.receiver_drafts.iter().any(|draft| draft.receiver.sns_topic_arn().is_none()) {
        // Made now, so that the certificate exists before the first signature.
        crate::signing::current_signer(app).await?;
    }
    let items = app.db.write(ApplySeed(inputs)).await??;
    // Changes of clients are effective from now on.
    keys::refresh(app).await?;
    Ok(items)
}

/// The outcome that applying a seed would have. Nothing is written.
///
/// # Errors
/// Those of [`apply_with_overwrite`].
pub async fn preview(app: &App, seed: SeedDeclaration, overwrite: OverwritePolicy) -> Result<Vec<SeedItem>> {
    let inputs = prepare_inputs(app, seed, overwrite).await?;
    let mut reader = app.db.reader().await?;
    let mut items = match SeedPlan::build(&mut reader.tx()?, &inputs).await {
        Ok(plan) => plan.items,
        Err(SeedPlanError::Invalid(error)) => return Err(error),
        Err(SeedPlanError::Store(error)) => return Err(error.into()),
    };
    // Generated values differ each time.
    let generated: Vec<String> = inputs.ids.iter().flat_map(|id| [id.to_string(), id.simple().to_string()]).collect();
    for item in &mut items {
        item.secret = None;
        if generated.iter().any(|id| item.id.ends_with(id)) {
            item.id.clear();
        }
    }
    Ok(items)
}

async fn prepare_inputs(app: &App, seed: SeedDeclaration, overwrite: OverwritePolicy) -> Result<SeedInputs> {
    let mut passwords = Vec::with_capacity(seed.customers.len());
    for customer in &seed.customers {
        passwords.push(resolve_password(app, customer).await?);
    }
    // An invalid receiver is refused before anything is written.
    let mut receivers = Vec::new();
    for declared in seed.makers.iter().flat_map(|m| &m.profiles).flat_map(|p| &p.receivers) {
        let draft = receiver::build_draft(app, &declared.to_new_receiver(ProfileId(Uuid::nil())))
            .map_err(|error| declared.to_seed_error(error))?;
        receivers.push(ReceiverDraft { receiver: draft, confirmation_id: DeliveryId(app.ids.ordered_uuid(app.now())) });
    }
    let mut pictures = Vec::with_capacity(seed.pictures.len());
    for declared in &seed.pictures {
        pictures.push(prepare_picture(app, declared).await?);
    }
    // Ids for everything that might need one: the command itself generates none.
    let count = seed.makers.iter().map(MakerSeed::max_ids).sum::<usize>() + seed.customers.len();
    Ok(SeedInputs {
        seed,
        passwords,
        receiver_drafts: receivers,
        pictures,
        receiver_repository: app.receivers(),
        ids: (0..count).map(|_| app.ids.random_uuid()).collect(),
        secrets: (0..count).map(|_| app.ids.random_secret()).collect(),
        shards: app.db.shards(),
        now: app.now(),
        version: keys::next_access_version(app),
        force: overwrite == OverwritePolicy::Everything,
    })
}

/// Checks and encodes a picture. A file that is a stored picture already stays as it is.
async fn prepare_picture(app: &App, declared: &PictureSeed) -> Result<PictureInput> {
    let owner = declared.owner.clone();
    let Some(file) = declared.file.clone() else { return Ok(PictureInput { owner, new: None }) };
    let stored = picture::find(app, picture::hash_of(&file)).await?;
    let purpose = owner.picture_use();
    let encoding = tokio::task::spawn_blocking(move || match stored {
        Some(stored) => picture::from_stored(stored),
        None => picture::encode(&file, purpose),
    });
    let new = encoding.await.map_err(|e| Error::Internal(format!("a picture's encoding ended early: {e}")))?;
    let new = new.map_err(|error| Error::InvalidSeed {
        line: declared.line,
        key: owner.key().into(),
        message: error.to_string(),
    })?;
    Ok(PictureInput { owner, new: Some(new) })
}

impl MakerSeed {
    /// The most ids that it needs.
    fn max_ids(&self) -> usize {
        let profiles: usize = self.profiles.iter().map(|p| 1 + 2 * p.clients.len()).sum();
        let models: usize = self.models.iter().map(|m| 2 + m.slots.len()).sum();
        1 + profiles + models
    }
}

/// The hash to store for a declared password: the stored one, if it is of the same password.
async fn resolve_password(app: &App, declared: &CustomerSeed) -> Result<Option<String>> {
    let plain = match &declared.password {
        None => return Ok(None),
        Some(SeedPassword::Hash(hash)) => {
            let refused = |message| Error::InvalidSeed { line: declared.line, key: "password_hash".into(), message };
            return crate::password::parse_hash(hash).map(Some).map_err(refused);
        }
        Some(SeedPassword::Plain(plain)) => plain,
    };
    let stored = match crate::customer::find_id_by_email(app, &declared.email).await? {
        Some(id) => {
            let mut reader = app.db.reader().await?;
            customer::find_password_hash(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?
        }
        None => None,
    };
    match stored {
        Some(hash) if !hash.is_empty() && app.password_queue.verify_for_operator(Some(hash.clone()), plain).await? => {
            Ok(Some(hash))
        }
        _ => app.password_queue.hash(plain).await.map(Some),
    }
}

struct ApplySeed(SeedInputs);

impl Command for ApplySeed {
    type Output = Result<Vec<SeedItem>>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        // A refusal is an output, and outputs are committed: so it must occur before anything is written.
        let plan = match SeedPlan::build(tx, &self.0).await {
            Ok(plan) => plan,
            Err(SeedPlanError::Invalid(error)) => return Ok(Err(error)),
            Err(SeedPlanError::Store(error)) => return Err(error),
        };
        for op in &plan.ops {
            op.write(tx).await?;
        }
        Ok(Ok(plan.items))
    }
}
