//! The declarations of a seed.
//!
//! Not here: how they are applied, and the outcome of each ([`super::report`]). Invariant: a declaration that can be
//! refused knows its line in the file.

use crate::Error;
use crate::receiver::NewReceiver;
use opendrs_domain::brand::Brand;
use opendrs_domain::customer::Address;
use opendrs_domain::id::{ClientId, CompositeId, ProfileId};
use opendrs_domain::language::Language;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::picture::PictureUse;
use opendrs_domain::product::Product;
use opendrs_domain::profile::{ClientKind, ClientMode};
use opendrs_domain::receiver::SignatureVersion;
use opendrs_domain::takeover::TakeoverPolicy;
use opendrs_domain::text::{Asin, Email, ModelCode, SlotId};
use opendrs_domain::translation::Translations;
use opendrs_domain::version::Version;

/// All declarations of a seed. Line numbers refer to the file, for errors.
#[derive(Clone, Debug, Default)]
pub struct SeedDeclaration {
    /// Makers.
    pub makers: Vec<MakerSeed>,
    /// The catalogue.
    pub products: Vec<Product>,
    /// Customers.
    pub customers: Vec<CustomerSeed>,
    /// The pictures of all of them. One that has none declared keeps what it has.
    pub pictures: Vec<PictureSeed>,
}

/// A picture.
#[derive(Clone, Debug)]
pub struct PictureSeed {
    /// Its line in the file.
    pub line: usize,
    /// What has it.
    pub owner: PictureOwner,
    /// The bytes of its file; `None` if its owner is to have no picture.
    pub file: Option<Vec<u8>>,
}

/// What has a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PictureOwner {
    /// A maker by its name: its logo.
    Maker(String),
    /// A device model.
    Model {
        /// The name of its maker.
        maker: String,
        /// Its code.
        code: ModelCode,
    },
    /// A product.
    Product(Asin),
}

impl PictureOwner {
    /// The key that declares the picture.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Maker(_) => "logo",
            Self::Model { .. } | Self::Product(_) => "picture",
        }
    }

    /// What the picture shows.
    pub(super) fn picture_use(&self) -> PictureUse {
        match self {
            Self::Maker(_) => PictureUse::Logo,
            Self::Model { .. } | Self::Product(_) => PictureUse::Thing,
        }
    }
}

/// A maker.
#[derive(Clone, Debug)]
pub struct MakerSeed {
    /// Its name, by which a second application finds it.
    pub name: String,
    /// Its brand, without the logo. If this is not declared, a maker keeps the brand that it has.
    pub brand: Option<Brand>,
    /// Its profiles.
    pub profiles: Vec<ProfileSeed>,
    /// Its models.
    pub models: Vec<ModelSeed>,
}

/// A security profile.
#[derive(Clone, Debug)]
pub struct ProfileSeed {
    /// Its line in the file.
    pub line: usize,
    /// Its name, by which a second application finds it where its id is not declared.
    pub name: String,
    /// Its id; generated for a new profile if it is not declared.
    pub id: Option<ProfileId>,
    /// The maker's privacy notice.
    pub privacy_url: Option<String>,
    /// Its clients.
    pub clients: Vec<ClientSeed>,
    /// The receivers of its notifications.
    pub receivers: Vec<ReceiverSeed>,
}

/// A receiver of notifications.
#[derive(Clone, Debug)]
pub struct ReceiverSeed {
    /// Its line in the file.
    pub line: usize,
    /// The last part of its ARN, by which a second application finds it.
    pub name: String,
    /// The URL to which messages are posted.
    pub endpoint: String,
    /// The signature version.
    pub signature: SignatureVersion,
    /// Raw delivery: the notification without the envelope.
    pub raw: bool,
    /// `sns`, `extended` or a DeliveryPolicy.
    pub policy: String,
    /// Whether it needs no confirmation.
    pub confirmed: bool,
    /// Whether it is disabled. If this is not declared, a new one is enabled, and an existing one keeps its state.
    pub disabled: Option<bool>,
}

impl ReceiverSeed {
    /// The parameters for adding it to a profile.
    pub(super) fn to_new_receiver(&self, profile: ProfileId) -> NewReceiver {
        let Self { name, endpoint, signature, raw, policy, confirmed, .. } = self.clone();
        NewReceiver { profile, name, endpoint, signature, raw, policy, confirmed }
    }

    /// An error about this declaration, with its line.
    pub(super) fn to_seed_error(&self, error: Error) -> Error {
        match error {
            Error::InvalidCommand(message) => Error::InvalidSeed { line: self.line, key: "topic".into(), message },
            other => other,
        }
    }
}

/// A client.
#[derive(Clone, Debug)]
pub struct ClientSeed {
    /// Its line in the file.
    pub line: usize,
    /// Its kind.
    pub kind: ClientKind,
    /// Its id; generated for a new client if it is not declared.
    pub id: Option<ClientId>,
    /// Its name, unique within the profile, by which a second application finds it where its id is not declared.
    pub name: Option<String>,
    /// The hash of a web client's secret; of a generated one for a new client if it is not declared.
    pub secret_hash: Option<[u8; 32]>,
    /// The registered redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Its mode. If this is not declared, a new client has the mode `lwa`, and an existing one keeps its mode.
    pub mode: Option<ClientMode>,
    /// Whether it is disabled. If this is not declared, a new one is enabled, and an existing one keeps its state.
    pub disabled: Option<bool>,
}

/// A device model.
#[derive(Clone, Debug)]
pub struct ModelSeed {
    /// Its line in the file.
    pub line: usize,
    /// Its code, by which a second application finds it.
    pub code: ModelCode,
    /// Name shown to customers.
    pub name: String,
    /// Translations of the name.
    pub names: Translations,
    /// Whether it is certified.
    pub live: bool,
    /// The composite id; generated for a new model if it is not declared.
    pub composite: Option<CompositeId>,
    /// The takeover policy. If this is not declared, a new model allows takeovers, and an existing one keeps its
    /// policy.
    pub takeover: Option<TakeoverPolicy>,
    /// Its slots, in order.
    pub slots: Vec<SlotSeed>,
    /// The versions of notifications that are declared; the default is 2.0
    /// (docs/spec/notifications.md#notification-versions).
    pub messages: Vec<(NotificationType, Version)>,
}

/// A slot.
#[derive(Clone, Debug)]
pub struct SlotSeed {
    /// Its id. If this is not declared, it is generated for a new slot, and an existing slot is found by its name.
    pub id: Option<SlotId>,
    /// Name shown to customers.
    pub name: String,
    /// Translations of the name.
    pub names: Translations,
    /// The unit of its levels.
    pub unit: String,
    /// Translations of the unit.
    pub units: Translations,
    /// Its products, each with its line in the file.
    pub products: Vec<(Asin, usize)>,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct CustomerSeed {
    /// Its line in the file.
    pub line: usize,
    /// Sign-in name, by which a second application finds it.
    pub email: Email,
    /// The password; required for a new customer.
    pub password: Option<SeedPassword>,
    /// Name.
    pub name: String,
    /// The shipping address. If this is not declared, an existing address stays.
    pub address: Option<Address>,
    /// The language of their mails. If this is not declared, it is that of their first sign-in.
    pub language: Option<Language>,
    /// Whether they are blocked. If this is not declared, a new customer is not, and an existing one keeps their state.
    pub blocked: Option<bool>,
}

/// A customer's password, as a seed declares it.
#[derive(Clone, PartialEq, Eq)]
pub enum SeedPassword {
    /// The password itself.
    Plain(String),
    /// The stored form: a PHC string of Argon2.
    Hash(String),
}

impl std::fmt::Debug for SeedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

impl From<&str> for SeedPassword {
    fn from(plain: &str) -> Self {
        Self::Plain(plain.to_owned())
    }
}
