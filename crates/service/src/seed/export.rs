//! The export of the present state as a seed, which changes nothing when it is applied to its own store.
//!
//! What it is not: a backup. It contains no devices, orders, consents or readings. Invariant: it contains secrets only
//! on request; hashes of passwords and secrets count as secrets. Disabled clients and blocked customers stay so
//! wherever it is applied. Removed clients are left out.

use super::declaration::{
    ClientSeed, CustomerSeed, MakerSeed, ModelSeed, PictureOwner, PictureSeed, ProfileSeed, ReceiverSeed,
    SeedDeclaration, SeedPassword, SlotSeed,
};
use crate::{App, Result};
use opendrs_domain::brand::Brand;
use opendrs_domain::id::{ClientId, MakerId, ModelId, ProfileId};
use opendrs_domain::maker::Maker;
use opendrs_domain::model::Model;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::profile::{ClientState, Profile};
use opendrs_domain::receiver::{Receiver, ReceiverState};
use opendrs_domain::version::Version;
use opendrs_store::{
    Shards, Tx, brand, customer, delivery, maker, model, picture, product, profile, receiver, seed_record,
};
use std::collections::HashMap;
use uuid::Uuid;

/// How many rows one query reads.
const PAGE_SIZE: i64 = 200;

/// The optional contents of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportContents {
    /// Whether hashes of passwords and of clients' secrets are included, and endpoints with their logins and queries.
    pub secrets: bool,
    /// Whether customers are included.
    pub customers: bool,
    /// Whether pictures are included, with their bytes.
    pub pictures: bool,
}

/// Exports the present state.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn export(app: &App, contents: ExportContents) -> Result<SeedDeclaration> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let tx = &mut tx;
    let mut seed = SeedDeclaration::default();
    let (profiles, models) = (list_profiles(tx).await?, list_models(tx).await?);
    let receivers = export_receivers(app, tx, contents).await?;
    let mut last = MakerId(Uuid::nil());
    loop {
        let page = maker::list_after(tx, last, PAGE_SIZE).await?;
        let Some(end) = page.last() else { break };
        last = end.id;
        for found in page {
            seed.makers.push(export_maker(tx, found, &profiles, &models, &receivers, contents).await?);
        }
    }
    let mut last = String::new();
    loop {
        let page = product::list_after(tx, &last, PAGE_SIZE).await?;
        let Some(end) = page.last() else { break };
        last = end.asin.to_string();
        seed.products.extend(page);
    }
    sort_declaration(&mut seed);
    if contents.pictures {
        seed.pictures = export_pictures(tx, &seed, &models).await?;
    }
    if contents.customers {
        seed.customers = export_customers(tx, app.db.shards(), contents).await?;
    }
    Ok(seed)
}

/// Sorts by names. Internal ids differ from store to store, and engines compare text differently.
fn sort_declaration(seed: &mut SeedDeclaration) {
    seed.makers.sort_by(|a, b| a.name.cmp(&b.name));
    for maker in &mut seed.makers {
        maker.profiles.sort_by(|a, b| a.name.cmp(&b.name));
        maker.models.sort_by(|a, b| a.code.as_str().cmp(b.code.as_str()));
        for profile in &mut maker.profiles {
            // A client that was declared by its id has no name.
            profile.clients.sort_by_cached_key(|client| (client.name.clone(), client.id.map(|id| id.to_string())));
            profile.receivers.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
    seed.products.sort_by(|a, b| a.asin.as_str().cmp(b.asin.as_str()));
}

/// The pictures of makers, models and products.
async fn export_pictures(tx: &mut Tx<'_>, seed: &SeedDeclaration, models: &[Model]) -> Result<Vec<PictureSeed>> {
    let mut owners = Vec::new();
    for named in &seed.makers {
        let Some(found) = maker::find_by_name(tx, &named.name).await? else { continue };
        let logo = brand::find(tx, found.id).await?.and_then(|brand| brand.logo);
        owners.push((PictureOwner::Maker(named.name.clone()), logo));
        for model in models.iter().filter(|model| model.maker == found.id) {
            let owner = PictureOwner::Model { maker: named.name.clone(), code: model.code.clone() };
            owners.push((owner, model.picture));
        }
    }
    owners.extend(seed.products.iter().map(|found| (PictureOwner::Product(found.asin.clone()), found.picture)));
    let mut pictures = Vec::new();
    for (owner, shown) in owners {
        let Some(shown) = shown else { continue };
        if let Some(stored) = picture::find(tx, shown.hash).await? {
            pictures.push(PictureSeed { line: 0, owner, file: Some(stored.bytes) });
        }
    }
    Ok(pictures)
}

/// The names by which seeds know the clients of profiles. A client that was declared by its id has none.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn list_client_names(
    app: &App,
    profiles: impl IntoIterator<Item = ProfileId>,
) -> Result<HashMap<String, String>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let mut names = HashMap::new();
    for profile in profiles {
        for (id, record) in seed_record::list_parts(&mut tx, 0, "client", &profile.to_string()).await? {
            names.extend(record.identity.get("name").map(|name| (id, name.clone())));
        }
    }
    Ok(names)
}

async fn list_profiles(tx: &mut Tx<'_>) -> Result<Vec<Profile>> {
    let (mut all, mut last) = (Vec::new(), ProfileId(Uuid::nil()));
    loop {
        let page = profile::list_after(tx, last, PAGE_SIZE).await?;
        let Some(end) = page.last() else { return Ok(all) };
        last = end.id;
        all.extend(page);
    }
}

async fn list_models(tx: &mut Tx<'_>) -> Result<Vec<Model>> {
    let (mut all, mut last) = (Vec::new(), ModelId(Uuid::nil()));
    loop {
        let page = model::list_after(tx, last, PAGE_SIZE).await?;
        let Some(end) = page.last() else { return Ok(all) };
        last = end.id;
        all.extend(page);
    }
}

async fn export_receivers(
    app: &App,
    tx: &mut Tx<'_>,
    contents: ExportContents,
) -> Result<HashMap<ProfileId, Vec<ReceiverSeed>>> {
    let (mut all, mut last) = (HashMap::<_, Vec<_>>::new(), delivery::lowest_receiver_id());
    loop {
        let page = app.receivers().list_after(tx, last, PAGE_SIZE).await?;
        let Some(end) = page.last() else { return Ok(all) };
        last = end.id;
        for found in page {
            all.entry(found.profile).or_default().push(export_receiver(found, contents));
        }
    }
}

fn export_receiver(found: Receiver, contents: ExportContents) -> ReceiverSeed {
    let endpoint = if contents.secrets { found.target.endpoint().to_owned() } else { found.redacted_endpoint() };
    ReceiverSeed {
        line: 0,
        name: found.arn.rsplit(':').next().unwrap_or_default().to_owned(),
        endpoint,
        signature: found.signature,
        raw: found.raw_delivery,
        policy: found.policy_text,
        confirmed: found.state == ReceiverState::Confirmed,
        disabled: matches!(found.state, ReceiverState::Disabled | ReceiverState::Unsubscribed).then_some(true),
    }
}

async fn export_maker(
    tx: &mut Tx<'_>,
    found: Maker,
    profiles: &[Profile],
    models: &[Model],
    receivers: &HashMap<ProfileId, Vec<ReceiverSeed>>,
    contents: ExportContents,
) -> Result<MakerSeed> {
    let brand = brand::find(tx, found.id).await?.map(|brand| Brand { logo: None, ..brand });
    let mut seed = MakerSeed { name: found.name, brand, profiles: Vec::new(), models: Vec::new() };
    for of in profiles.iter().filter(|profile| profile.maker == found.id) {
        seed.profiles.push(ProfileSeed {
            line: 0,
            name: of.name.clone(),
            id: Some(of.id),
            privacy_url: of.privacy_url.clone(),
            clients: export_clients(tx, of, contents).await?,
            receivers: receivers.get(&of.id).cloned().unwrap_or_default(),
        });
    }
    for of in models.iter().filter(|model| model.maker == found.id) {
        seed.models.push(export_model(tx, of).await?);
    }
    Ok(seed)
}

async fn export_clients(tx: &mut Tx<'_>, of: &Profile, contents: ExportContents) -> Result<Vec<ClientSeed>> {
    let records = seed_record::list_parts(tx, 0, "client", &of.id.to_string()).await?;
    let name = |id: ClientId| {
        let record = records.iter().find(|(key, _)| *key == id.to_string())?;
        record.1.identity.get("name").cloned()
    };
    let mut rows = profile::list_clients(tx, of.id).await?;
    // A client that was removed permanently must not return in another store.
    rows.retain(|client| client.access.state != ClientState::Removed);
    let clients = rows.into_iter().map(|client| ClientSeed {
        line: 0,
        kind: client.kind,
        id: Some(client.id),
        name: name(client.id),
        secret_hash: client.secret_hash.filter(|_| contents.secrets),
        disabled: (!client.is_enabled()).then_some(true),
        redirect_uris: client.redirect_uris,
        mode: Some(client.mode),
    });
    Ok(clients.collect())
}

async fn export_model(tx: &mut Tx<'_>, of: &Model) -> Result<ModelSeed> {
    let mut messages = Vec::new();
    for kind in NotificationType::ALL {
        let version = receiver::find_message_version(tx, of.id, kind.wire_name()).await?;
        if let Some(version) = version.as_deref().and_then(Version::parse) {
            messages.push((kind, version));
        }
    }
    let slots = model::list_slots(tx, of.id).await?.into_iter().map(|slot| SlotSeed {
        id: Some(slot.id),
        name: slot.name,
        names: slot.names,
        unit: slot.unit,
        units: slot.units,
        products: slot.products.into_iter().map(|asin| (asin, 0)).collect(),
    });
    Ok(ModelSeed {
        line: 0,
        code: of.code.clone(),
        name: of.name.clone(),
        names: of.names.clone(),
        live: of.live,
        composite: Some(of.composite_id),
        takeover: Some(of.takeover_policy),
        slots: slots.collect(),
        messages,
    })
}

async fn export_customers(tx: &mut Tx<'_>, shards: Shards, contents: ExportContents) -> Result<Vec<CustomerSeed>> {
    let mut all = Vec::new();
    for shard in shards.all() {
        let mut last = String::new();
        loop {
            let page = customer::list_emails_after(tx, shard, &last, PAGE_SIZE).await?;
            let Some((end, _)) = page.last() else { break };
            last = end.to_string();
            for (_, id) in page {
                let shard = shards.for_customer(id);
                let Some(found) = customer::find_by_id(tx, shard, id).await? else { continue };
                let password = if contents.secrets {
                    customer::find_password_hash(tx, shard, id).await?.map(SeedPassword::Hash)
                } else {
                    None
                };
                let standing = customer::find_access(tx, shard, id).await?;
                all.push(CustomerSeed {
                    line: 0,
                    email: found.email,
                    password,
                    name: found.name,
                    address: found.address,
                    language: found.language,
                    blocked: standing.blocked_at.map(|_| true),
                });
            }
        }
    }
    all.sort_by(|a, b| a.email.cmp(&b.email));
    Ok(all)
}
