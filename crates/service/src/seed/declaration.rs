//! What a seed may declare.
//!
//! Not here: how it is applied, and what becomes of each declaration ([`super::outcome`]). Invariant: a declaration knows
//! the line it came from wherever it can be refused.

use crate::Error;
use crate::receiver::NewReceiver;
use opendrs_domain::customer::Address;
use opendrs_domain::id::{ClientId, CompositeId, ProfileId};
use opendrs_domain::language::Language;
use opendrs_domain::notification::NotificationType;
use opendrs_domain::product::Product;
use opendrs_domain::profile::{ClientKind, ClientMode};
use opendrs_domain::receiver::SignatureVersion;
use opendrs_domain::takeover::TakeoverPolicy;
use opendrs_domain::text::{Asin, Email, ModelCode, SlotId};
use opendrs_domain::version::Version;

/// A declaration. Lines are those of the file it came from, for errors.
#[derive(Clone, Debug, Default)]
pub struct SeedDeclaration {
    /// Makers.
    pub makers: Vec<MakerSeed>,
    /// The catalogue.
    pub products: Vec<Product>,
    /// Customers.
    pub customers: Vec<CustomerSeed>,
}

/// A maker.
#[derive(Clone, Debug)]
pub struct MakerSeed {
    /// Its name, by which a second application finds it.
    pub name: String,
    /// Its profiles.
    pub profiles: Vec<ProfileSeed>,
    /// Its models.
    pub models: Vec<ModelSeed>,
}

/// A security profile.
#[derive(Clone, Debug)]
pub struct ProfileSeed {
    /// Where it stands in the file.
    pub line: usize,
    /// Its name, by which a second application finds it where its id is not declared.
    pub name: String,
    /// Its id; generated for a new profile if it is not declared.
    pub id: Option<ProfileId>,
    /// The maker's privacy notice.
    pub privacy_url: Option<String>,
    /// Its clients.
    pub clients: Vec<ClientSeed>,
    /// Who is told of what its devices do.
    pub receivers: Vec<ReceiverSeed>,
}

/// A receiver of notifications.
#[derive(Clone, Debug)]
pub struct ReceiverSeed {
    /// Where it stands in the file.
    pub line: usize,
    /// The last part of its ARN, by which a second application finds it.
    pub name: String,
    /// Where messages are posted.
    pub endpoint: String,
    /// Which signature.
    pub signature: SignatureVersion,
    /// The bare message instead of the envelope.
    pub raw: bool,
    /// `sns`, `extended` or a DeliveryPolicy.
    pub policy: String,
    /// It needs not be asked.
    pub confirmed: bool,
    /// Whether it is switched off; if it is not declared, a new one is on, and another stays as it is.
    pub disabled: Option<bool>,
}

impl ReceiverSeed {
    /// As a topic of a profile is asked for.
    pub(super) fn to_new_receiver(&self, profile: ProfileId) -> NewReceiver {
        let Self { name, endpoint, signature, raw, policy, confirmed, .. } = self.clone();
        NewReceiver { profile, name, endpoint, signature, raw, policy, confirmed }
    }

    /// A refusal, with the line that it is about.
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
    /// Where it stands in the file.
    pub line: usize,
    /// Its kind.
    pub kind: ClientKind,
    /// Its id; generated for a new client if it is not declared.
    pub id: Option<ClientId>,
    /// Its name, unique within the profile, by which a second application finds it where its id is not declared.
    pub name: Option<String>,
    /// The hash of a web client's secret; of a generated one for a new client if it is not declared.
    pub secret_hash: Option<[u8; 32]>,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// By which rules it lives; if it is not declared, a new client by Login with Amazon's, and another by those it has.
    pub mode: Option<ClientMode>,
    /// Whether it is disabled; if it is not declared, a new one is enabled, and another stays as it is.
    pub disabled: Option<bool>,
}

/// A device model.
#[derive(Clone, Debug)]
pub struct ModelSeed {
    /// Where it stands in the file.
    pub line: usize,
    /// Its code, by which a second application finds it.
    pub code: ModelCode,
    /// Name shown to customers.
    pub name: String,
    /// Certified.
    pub live: bool,
    /// The teaser's id; generated for a new model if it is not declared.
    pub composite: Option<CompositeId>,
    /// Whether another customer may set up a unit that somebody has; if it is not declared, as before: at first yes.
    pub takeover: Option<TakeoverPolicy>,
    /// Its slots, in order.
    pub slots: Vec<SlotSeed>,
    /// Messages whose version was chosen; the others are 2.0 (docs/spec/notifications.md#notification-versions).
    pub messages: Vec<(NotificationType, Version)>,
}

/// A slot.
#[derive(Clone, Debug)]
pub struct SlotSeed {
    /// Its id; if it is not declared, generated for a new slot, and another is found by its name.
    pub id: Option<SlotId>,
    /// Name shown to customers.
    pub name: String,
    /// Unit of its levels.
    pub unit: String,
    /// Its products and the line each stands in.
    pub products: Vec<(Asin, usize)>,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct CustomerSeed {
    /// Where it stands in the file.
    pub line: usize,
    /// Sign-in name, by which a second application finds it.
    pub email: Email,
    /// Password; a new customer needs one.
    pub password: Option<SeedPassword>,
    /// Name.
    pub name: String,
    /// Where parcels go; if it is not declared, an address that is there stays.
    pub address: Option<Address>,
    /// In which language they are written to; if it is not declared, in that of their first sign-in.
    pub language: Option<Language>,
    /// Whether they are blocked; if it is not declared, a new one is not, and another stays as they are.
    pub blocked: Option<bool>,
}

/// A customer's password, as a seed declares it.
#[derive(Clone, PartialEq, Eq)]
pub enum SeedPassword {
    /// As the customer types it.
    Plain(String),
    /// As the store keeps it: a PHC string of Argon2.
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
