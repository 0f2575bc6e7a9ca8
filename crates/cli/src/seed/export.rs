//! `opendrs seed export`: writes the present state as a seed file.
//!
//! Invariant: [`super::parse`] reads everything that this module writes.

use super::file_format::{
    ClientToml, CustomerToml, MakerToml, ModelToml, ProductToml, ProfileToml, SeedFile, SlotToml, TopicToml,
    UnitPriceToml,
};
use crate::output;
use crate::store_args::{self, StoreArgs};
use clap::Args;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::product::Product;
use opendrs_domain::text::{Name, ParseTextError, Title, Unit};
use opendrs_domain::version::Version;
use opendrs_server::open_app;
use opendrs_service::seed::{
    self as service, ClientSeed, CustomerSeed, ExportContents, MakerSeed, ModelSeed, ProfileSeed, ReceiverSeed,
    SeedPassword, SlotSeed,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use toml::Spanned;

#[derive(Debug, Args)]
pub(super) struct SeedExportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Include everything that a new store needs: hashes of passwords and secrets, logins and queries of endpoints.
    #[arg(long)]
    with_secrets: bool,
    /// Leave out customers.
    #[arg(long)]
    without_customers: bool,
    /// Write a new file that only its owner can read, instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(file: Option<&Path>, args: SeedExportArgs) -> Result<(), String> {
    let app = open_app::open_existing_app(&store_args::load_config(file, &args.store, Vec::new())?).await?;
    let contents = ExportContents { secrets: args.with_secrets, customers: !args.without_customers };
    let seed = service::export(&app, contents).await.map_err(super::super::error_text)?;
    let text = seed_to_toml(seed).map_err(|e| format!("the state cannot be written as a seed file: {e}"))?;
    match args.output {
        None => output::print_line(text.trim_end()),
        Some(path) => create_private_file(&path, &text).map_err(|e| format!("cannot write {}: {e}", path.display()))?,
    }
    Ok(())
}

fn create_private_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// The text of the seed file.
fn seed_to_toml(seed: service::SeedDeclaration) -> Result<String, String> {
    let file = seed_file(seed).map_err(|e| e.to_string())?;
    toml::to_string(&file).map_err(|e| e.to_string())
}

/// The seed in the shape of a seed file.
fn seed_file(seed: service::SeedDeclaration) -> Result<SeedFile, ParseTextError> {
    Ok(SeedFile {
        maker: seed.makers.into_iter().map(maker_toml).collect::<Result<_, _>>()?,
        product: seed.products.into_iter().map(product_toml).collect::<Result<_, _>>()?,
        customer: seed.customers.into_iter().map(customer_toml).collect::<Result<_, _>>()?,
    })
}

/// A value without a position in a text.
fn unspanned<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn maker_toml(seed: MakerSeed) -> Result<MakerToml, ParseTextError> {
    Ok(MakerToml {
        name: unspanned(seed.name),
        profile: seed.profiles.into_iter().map(profile_toml).collect(),
        model: seed.models.into_iter().map(model_toml).collect::<Result<_, _>>()?,
    })
}

fn profile_toml(seed: ProfileSeed) -> ProfileToml {
    ProfileToml {
        name: unspanned(seed.name),
        id: seed.id.map(|id| unspanned(id.to_string())),
        privacy_url: seed.privacy_url.map(unspanned),
        client: seed.clients.into_iter().map(client_toml).collect(),
        topic: seed.receivers.into_iter().map(topic_toml).collect(),
    }
}

fn client_toml(seed: ClientSeed) -> ClientToml {
    ClientToml {
        kind: unspanned(seed.kind),
        id: seed.id.map(|id| unspanned(id.to_string())),
        name: seed.name.map(unspanned),
        secret: None,
        secret_hash: seed.secret_hash.map(|hash| unspanned(hex(hash))),
        redirect_uris: seed.redirect_uris.into_iter().map(unspanned).collect(),
        mode: seed.mode,
        disabled: seed.disabled,
    }
}

fn topic_toml(seed: ReceiverSeed) -> TopicToml {
    TopicToml {
        name: unspanned(seed.name),
        endpoint: seed.endpoint,
        signature_version: Some(unspanned(seed.signature.as_str().to_owned())),
        raw: seed.raw,
        policy: seed.policy,
        confirmed: seed.confirmed,
        disabled: seed.disabled,
    }
}

fn model_toml(seed: ModelSeed) -> Result<ModelToml, ParseTextError> {
    let message = |(kind, version): (NotificationType, Version)| {
        let name = kind.wire_name().trim_end_matches("Notification");
        (unspanned(name.to_owned()), unspanned(version.to_string()))
    };
    Ok(ModelToml {
        id: unspanned(seed.code),
        name: Name::parse(&seed.name)?,
        live: seed.live,
        takeover: seed.takeover,
        composite_id: seed.composite.map(|id| unspanned(id.to_string())),
        slot: unspanned(seed.slots.into_iter().map(slot_toml).collect::<Result<_, _>>()?),
        notifications: seed.messages.into_iter().map(message).collect(),
    })
}

fn slot_toml(seed: SlotSeed) -> Result<SlotToml, ParseTextError> {
    Ok(SlotToml {
        id: seed.id.map(unspanned),
        name: unspanned(seed.name),
        unit: Unit::parse(&seed.unit)?,
        products: seed.products.into_iter().map(|(asin, _)| unspanned(asin)).collect(),
    })
}

fn product_toml(found: Product) -> Result<ProductToml, ParseTextError> {
    Ok(ProductToml {
        asin: unspanned(found.asin),
        title: Title::parse(&found.title)?,
        price: unspanned(found.price.to_decimal_text()),
        currency: found.price.currency,
        quantity: unspanned(found.quantity),
        unit: Unit::parse(&found.unit)?,
        available: found.available,
        sku: found.sku,
        shipping: found.shipping.map(|shipping| unspanned(shipping.to_decimal_text())),
        tax_rate: found.tax_rate.map(|rate| unspanned(rate.to_string())),
        unit_price: found
            .unit_price
            .map(|basis| {
                let (content, per) = (basis.content(), basis.per());
                Ok(unspanned(UnitPriceToml { content, per, unit: Unit::parse(basis.unit())? }))
            })
            .transpose()?,
    })
}

fn customer_toml(seed: CustomerSeed) -> Result<CustomerToml, ParseTextError> {
    let (password, password_hash) = match seed.password {
        None => (None, None),
        Some(SeedPassword::Plain(plain)) => (Some(unspanned(plain)), None),
        Some(SeedPassword::Hash(hash)) => (None, Some(unspanned(hash))),
    };
    Ok(CustomerToml {
        email: unspanned(seed.email),
        password,
        password_hash,
        name: Name::parse(&seed.name)?,
        blocked: seed.blocked,
        language: seed.language.map(|language| unspanned(language.tag().to_owned())),
        address: seed.address.map(unspanned),
    })
}
