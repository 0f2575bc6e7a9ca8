//! `opendrs seed export`: writes the present state as a seed file.
//!
//! Invariant: [`super::parse`] reads everything that this module writes.

use super::file_format::{
    BrandToml, ClientToml, CustomerToml, MakerToml, ModelToml, ProductToml, ProfileToml, SeedFile, SlotToml, TopicToml,
    TranslationsToml, UnitPriceToml,
};
use super::picture_file::write_picture_file;
use crate::output;
use crate::store_args::{self, StoreArgs};
use clap::Args;
use opendrs_domain::brand::Brand;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::product::Product;
use opendrs_domain::text::{Name, ParseTextError, Title, Unit};
use opendrs_domain::translation::Translations;
use opendrs_domain::version::Version;
use opendrs_server::open_app;
use opendrs_service::seed::{
    self as service, ClientSeed, CustomerSeed, ExportContents, MakerSeed, ModelSeed, PictureOwner, PictureSeed,
    ProfileSeed, ReceiverSeed, SeedPassword, SlotSeed,
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
    /// Write the pictures into this folder, and name them in the file. A relative path begins at the exported file.
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
    /// Write a new file that only its owner can read, instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(file: Option<&Path>, args: SeedExportArgs) -> Result<(), String> {
    let app = open_app::open_existing_app(&store_args::load_config(file, &args.store, Vec::new())?).await?;
    let contents = ExportContents {
        secrets: args.with_secrets,
        customers: !args.without_customers,
        pictures: args.pictures.is_some(),
    };
    let seed = service::export(&app, contents).await.map_err(super::super::error_text)?;
    let pictures = match &args.pictures {
        Some(folder) => write_pictures(folder, args.output.as_deref(), &seed.pictures)?,
        None => PicturePaths::default(),
    };
    let text = seed_to_toml(seed, &pictures).map_err(|e| format!("the state cannot be written as a seed file: {e}"))?;
    match args.output {
        None => output::print_line(text.trim_end()),
        Some(path) => create_private_file(&path, &text).map_err(|e| format!("cannot write {}: {e}", path.display()))?,
    }
    Ok(())
}

/// The paths of pictures, as the seed file names them.
#[derive(Default)]
struct PicturePaths(Vec<(PictureOwner, String)>);

impl PicturePaths {
    fn find(&self, owner: &PictureOwner) -> Option<Spanned<String>> {
        self.0.iter().find(|(known, _)| known == owner).map(|(_, path)| unspanned(path.clone()))
    }
}

/// Writes the pictures into a folder beside the exported file.
fn write_pictures(folder: &Path, file: Option<&Path>, pictures: &[PictureSeed]) -> Result<PicturePaths, String> {
    let place = file.and_then(Path::parent).unwrap_or(Path::new("")).join(folder);
    std::fs::create_dir_all(&place).map_err(|e| format!("cannot create the folder {}: {e}", place.display()))?;
    let mut paths = PicturePaths::default();
    for picture in pictures {
        if let Some(name) = write_picture_file(&place, picture)? {
            paths.0.push((picture.owner.clone(), folder.join(name).display().to_string()));
        }
    }
    Ok(paths)
}

fn create_private_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// The text of the seed file.
fn seed_to_toml(seed: service::SeedDeclaration, pictures: &PicturePaths) -> Result<String, String> {
    let file = seed_file(seed, pictures).map_err(|e| e.to_string())?;
    toml::to_string(&file).map_err(|e| e.to_string())
}

/// The seed in the shape of a seed file.
fn seed_file(seed: service::SeedDeclaration, pictures: &PicturePaths) -> Result<SeedFile, ParseTextError> {
    Ok(SeedFile {
        maker: seed.makers.into_iter().map(|maker| maker_toml(maker, pictures)).collect::<Result<_, _>>()?,
        product: seed.products.into_iter().map(|product| product_toml(product, pictures)).collect::<Result<_, _>>()?,
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

fn translations_toml(texts: &Translations) -> TranslationsToml {
    texts.iter().map(|(language, text)| (unspanned(language.tag().to_owned()), unspanned(text.to_owned()))).collect()
}

fn maker_toml(seed: MakerSeed, pictures: &PicturePaths) -> Result<MakerToml, ParseTextError> {
    let logo = pictures.find(&PictureOwner::Maker(seed.name.clone()));
    let models = seed.models.into_iter().map(|model| model_toml(&seed.name, model, pictures));
    let model = models.collect::<Result<_, _>>()?;
    Ok(MakerToml {
        brand: seed.brand.map(|brand| brand_toml(brand, logo)),
        model,
        name: unspanned(seed.name),
        profile: seed.profiles.into_iter().map(profile_toml).collect(),
    })
}

fn brand_toml(brand: Brand, logo: Option<Spanned<String>>) -> BrandToml {
    let Brand { logo: _, accent, links, imprint, sender } = brand;
    BrandToml {
        logo,
        accent: accent.map(|accent| unspanned(accent.to_string())),
        privacy_url: links.privacy.map(unspanned),
        terms_url: links.terms.map(unspanned),
        withdrawal_url: links.withdrawal.map(unspanned),
        contact_url: links.contact.map(unspanned),
        imprint: imprint.map(|imprint| unspanned(imprint.into())),
        sender_name: sender.name,
        sender_address: sender.address,
        reply_to: sender.reply_to,
    }
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

fn model_toml(maker: &str, seed: ModelSeed, pictures: &PicturePaths) -> Result<ModelToml, ParseTextError> {
    let message = |(kind, version): (NotificationType, Version)| {
        let name = kind.wire_name().trim_end_matches("Notification");
        (unspanned(name.to_owned()), unspanned(version.to_string()))
    };
    let owner = PictureOwner::Model { maker: maker.to_owned(), code: seed.code.clone() };
    Ok(ModelToml {
        picture: pictures.find(&owner),
        id: unspanned(seed.code),
        name: Name::parse(&seed.name)?,
        names: translations_toml(&seed.names),
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
        names: translations_toml(&seed.names),
        unit: Unit::parse(&seed.unit)?,
        units: translations_toml(&seed.units),
        products: seed.products.into_iter().map(|(asin, _)| unspanned(asin)).collect(),
    })
}

fn product_toml(found: Product, pictures: &PicturePaths) -> Result<ProductToml, ParseTextError> {
    Ok(ProductToml {
        picture: pictures.find(&PictureOwner::Product(found.asin.clone())),
        asin: unspanned(found.asin),
        title: Title::parse(&found.title)?,
        titles: translations_toml(&found.titles),
        price: unspanned(found.price.to_decimal_text()),
        currency: found.price.currency,
        quantity: unspanned(found.quantity),
        unit: Unit::parse(&found.unit)?,
        units: translations_toml(&found.units),
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
