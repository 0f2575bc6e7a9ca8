//! What a seed may declare, and what is told of each declaration.
//!
//! Not here: how it is applied. Invariant: a declaration knows the line it came from wherever it can be refused.

use crate::Error;
use crate::topic::NewTopic;
use opendrs_domain::customer::Address;
use opendrs_domain::id::{ClientId, CompositeId, ProfileId};
use opendrs_domain::language::Language;
use opendrs_domain::notification::Kind;
use opendrs_domain::product::Product;
use opendrs_domain::profile::{ClientKind, Mode};
use opendrs_domain::takeover::Policy;
use opendrs_domain::text::{Asin, Email, ModelCode, SlotId};
use opendrs_domain::topic::Signature;
use opendrs_domain::version::Version;

/// A declaration. Lines are those of the file it came from, for errors.
#[derive(Clone, Debug, Default)]
pub struct Seed {
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
    /// Its name, by which a second application finds it.
    pub name: String,
    /// Its id, or generated.
    pub id: Option<ProfileId>,
    /// The maker's privacy notice.
    pub privacy_url: Option<String>,
    /// Its clients.
    pub clients: Vec<ClientSeed>,
    /// Who is told of what its devices do.
    pub topics: Vec<TopicSeed>,
}

/// A receiver of notifications.
#[derive(Clone, Debug)]
pub struct TopicSeed {
    /// Where it stands in the file.
    pub line: usize,
    /// The last part of its ARN, by which a second application finds it.
    pub name: String,
    /// Where messages are posted.
    pub endpoint: String,
    /// Which signature.
    pub signature: Signature,
    /// The bare message instead of the envelope.
    pub raw: bool,
    /// `sns`, `extended` or a DeliveryPolicy.
    pub policy: String,
    /// It needs not be asked.
    pub confirmed: bool,
}

impl TopicSeed {
    /// As a topic of a profile is asked for.
    pub(super) fn of(&self, profile: ProfileId) -> NewTopic {
        let Self { name, endpoint, signature, raw, policy, confirmed, .. } = self.clone();
        NewTopic { profile, name, endpoint, signature, raw, policy, confirmed }
    }

    /// A refusal, with the line that it is about.
    pub(super) fn refusal(&self, error: Error) -> Error {
        match error {
            Error::BadCommand(message) => Error::BadSeed { line: self.line, key: "topic".into(), message },
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
    /// Its id, or generated; without one it is found by its place among the profile's clients of its kind.
    pub id: Option<ClientId>,
    /// A web client's secret, or generated.
    pub secret: Option<String>,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// By which rules it lives; if it is not said, by those it has: at first Login with Amazon's.
    pub mode: Option<Mode>,
}

/// A device model.
#[derive(Clone, Debug)]
pub struct ModelSeed {
    /// Its code, by which a second application finds it.
    pub code: ModelCode,
    /// Name shown to customers.
    pub name: String,
    /// Certified.
    pub live: bool,
    /// The teaser's id, or generated.
    pub composite: Option<CompositeId>,
    /// Whether another customer may set up a unit that somebody has; if it is not declared, as before: at first yes.
    pub takeover: Option<Policy>,
    /// Its slots, in order.
    pub slots: Vec<SlotSeed>,
    /// Messages whose version was chosen; the others are 2.0 (decisions 33).
    pub messages: Vec<(Kind, Version)>,
}

/// A slot.
#[derive(Clone, Debug)]
pub struct SlotSeed {
    /// Its id, or generated; without one it is found by its name.
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
    /// Sign-in name, by which a second application finds it.
    pub email: Email,
    /// Password.
    pub password: String,
    /// Name.
    pub name: String,
    /// Where parcels go.
    pub address: Option<Address>,
    /// In which language they are written to; if it is not said, that of their first sign-in.
    pub language: Option<Language>,
}

/// What became of one declared thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `maker`, `profile`, `client`, `model`, `slot`, `product` or `customer`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its id on the wire.
    pub id: String,
    /// What happened to it.
    pub done: Done,
    /// A secret that was generated now and is shown this once.
    pub secret: Option<String>,
}

/// What happened to a declared thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is new.
    Created,
    /// It was there and differs now.
    Changed,
    /// It was there, just so.
    Unchanged,
}

impl Done {
    /// A word for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Done::Created => "created",
            Done::Changed => "changed",
            Done::Unchanged => "unchanged",
        }
    }

    pub(super) fn of(before: bool, same: bool) -> Self {
        match (before, same) {
            (false, _) => Done::Created,
            (true, true) => Done::Unchanged,
            (true, false) => Done::Changed,
        }
    }
}
