//! `opendrs seed export`: the present state as a seed file.
//!
//! Invariant: [`super::parse`] reads what is written here.

use crate::store_args::{self, StoreArgs};
use crate::out;
use opendrs_server::open_app;
use super::shape::{
    ClientToml, CustomerToml, File, MakerToml, ModelToml, ProductToml, ProfileToml, SlotToml, TopicToml,
};
use clap::Args;
use opendrs_domain::notification::Kind;
use opendrs_domain::product::Product;
use opendrs_domain::text::{BadText, Name, Title, Unit};
use opendrs_domain::version::Version;
use opendrs_service::seed::{
    self as service, ClientSeed, Contents, CustomerSeed, MakerSeed, ModelSeed, Password, ProfileSeed, SlotSeed,
    TopicSeed,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use toml::Spanned;

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    store: StoreArgs,
    /// Include hashes of passwords and secrets, and logins and queries of endpoints: all that a new store needs.
    #[arg(long)]
    with_secrets: bool,
    /// Leave out customers.
    #[arg(long)]
    without_customers: bool,
    /// Write a new file that only its owner may read, instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(file: Option<&Path>, args: Export) -> Result<(), String> {
    let app = open_app::beside(&store_args::config(file, &args.store, Vec::new())?).await?;
    let contents = Contents { secrets: args.with_secrets, customers: !args.without_customers };
    let seed = service::export(&app, contents).await.map_err(super::super::cause)?;
    let text = written(seed).map_err(|e| format!("the state cannot be written as a seed file: {e}"))?;
    match args.output {
        None => out::say(text.trim_end()),
        Some(path) => create(&path, &text).map_err(|e| format!("cannot write {}: {e}", path.display()))?,
    }
    Ok(())
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// A seed as a file's text.
fn written(seed: service::Seed) -> Result<String, String> {
    let file = file(seed).map_err(|e| e.to_string())?;
    toml::to_string(&file).map_err(|e| e.to_string())
}

/// A seed as a file.
fn file(seed: service::Seed) -> Result<File, BadText> {
    Ok(File {
        maker: seed.makers.into_iter().map(maker).collect::<Result<_, _>>()?,
        product: seed.products.into_iter().map(product).collect::<Result<_, _>>()?,
        customer: seed.customers.into_iter().map(customer).collect::<Result<_, _>>()?,
    })
}

/// A value that stands nowhere yet.
fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn maker(seed: MakerSeed) -> Result<MakerToml, BadText> {
    Ok(MakerToml {
        name: at(seed.name),
        profile: seed.profiles.into_iter().map(profile).collect(),
        model: seed.models.into_iter().map(model).collect::<Result<_, _>>()?,
    })
}

fn profile(seed: ProfileSeed) -> ProfileToml {
    ProfileToml {
        name: at(seed.name),
        id: seed.id.map(|id| at(id.to_string())),
        privacy_url: seed.privacy_url.map(at),
        client: seed.clients.into_iter().map(client).collect(),
        topic: seed.topics.into_iter().map(topic).collect(),
    }
}

fn client(seed: ClientSeed) -> ClientToml {
    ClientToml {
        kind: at(seed.kind),
        id: seed.id.map(|id| at(id.to_string())),
        name: seed.name.map(at),
        secret: None,
        secret_hash: seed.secret_hash.map(|hash| at(hex(hash))),
        redirect_uris: seed.redirect_uris.into_iter().map(at).collect(),
        mode: seed.mode,
        disabled: seed.disabled,
    }
}

fn topic(seed: TopicSeed) -> TopicToml {
    TopicToml {
        name: at(seed.name),
        endpoint: seed.endpoint,
        signature_version: Some(at(seed.signature.as_str().to_owned())),
        raw: seed.raw,
        policy: seed.policy,
        confirmed: seed.confirmed,
        disabled: seed.disabled,
    }
}

fn model(seed: ModelSeed) -> Result<ModelToml, BadText> {
    let message = |(kind, version): (Kind, Version)| {
        let name = kind.wire_name().trim_end_matches("Notification");
        (at(name.to_owned()), at(version.to_string()))
    };
    Ok(ModelToml {
        id: at(seed.code),
        name: Name::parse(&seed.name)?,
        live: seed.live,
        takeover: seed.takeover,
        composite_id: seed.composite.map(|id| at(id.to_string())),
        slot: at(seed.slots.into_iter().map(slot).collect::<Result<_, _>>()?),
        notifications: seed.messages.into_iter().map(message).collect(),
    })
}

fn slot(seed: SlotSeed) -> Result<SlotToml, BadText> {
    Ok(SlotToml {
        id: seed.id.map(at),
        name: at(seed.name),
        unit: Unit::parse(&seed.unit)?,
        products: seed.products.into_iter().map(|(asin, _)| at(asin)).collect(),
    })
}

fn product(found: Product) -> Result<ProductToml, BadText> {
    Ok(ProductToml {
        asin: at(found.asin),
        title: Title::parse(&found.title)?,
        price: at(found.price.amount()),
        currency: found.price.currency,
        quantity: at(found.quantity),
        unit: Unit::parse(&found.unit)?,
        available: found.available,
        sku: found.sku,
    })
}

fn customer(seed: CustomerSeed) -> Result<CustomerToml, BadText> {
    let (password, password_hash) = match seed.password {
        None => (None, None),
        Some(Password::Plain(plain)) => (Some(at(plain)), None),
        Some(Password::Hash(hash)) => (None, Some(at(hash))),
    };
    Ok(CustomerToml {
        email: at(seed.email),
        password,
        password_hash,
        name: Name::parse(&seed.name)?,
        blocked: seed.blocked,
        language: seed.language.map(|language| at(language.tag().to_owned())),
        address: seed.address.map(at),
    })
}
