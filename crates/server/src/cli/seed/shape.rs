//! The shape of a seed file, as TOML. Not here: what the values mean. Invariant: a key that is not known is an error.

use opendrs_domain::customer::Address;
use opendrs_domain::profile::{ClientKind, Mode};
use opendrs_domain::takeover::Policy;
use opendrs_domain::text::{Asin, Email, ModelCode, Name, Sku, SlotId, Title, Unit};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) maker: Vec<MakerToml>,
    #[serde(default)]
    pub(super) product: Vec<ProductToml>,
    #[serde(default)]
    pub(super) customer: Vec<CustomerToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MakerToml {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) profile: Vec<ProfileToml>,
    #[serde(default)]
    pub(super) model: Vec<ModelToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileToml {
    pub(super) name: Spanned<String>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) privacy_url: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) client: Vec<ClientToml>,
    #[serde(default)]
    pub(super) topic: Vec<TopicToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicToml {
    pub(super) name: Spanned<String>,
    pub(super) endpoint: String,
    pub(super) signature_version: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) raw: bool,
    #[serde(default)]
    pub(super) policy: String,
    #[serde(default)]
    pub(super) confirmed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientToml {
    pub(super) kind: Spanned<ClientKind>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) secret: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<Spanned<String>>,
    pub(super) mode: Option<Mode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelToml {
    pub(super) id: Spanned<ModelCode>,
    pub(super) name: Name,
    #[serde(default)]
    pub(super) live: bool,
    pub(super) takeover: Option<Policy>,
    pub(super) composite_id: Option<Spanned<String>>,
    pub(super) slot: Spanned<Vec<SlotToml>>,
    #[serde(default)]
    pub(super) notifications: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotToml {
    pub(super) id: Option<Spanned<SlotId>>,
    pub(super) name: Spanned<String>,
    pub(super) unit: Unit,
    #[serde(default)]
    pub(super) products: Vec<Spanned<Asin>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductToml {
    pub(super) asin: Spanned<Asin>,
    pub(super) title: Title,
    pub(super) price: Spanned<String>,
    pub(super) currency: String,
    pub(super) quantity: Spanned<f64>,
    pub(super) unit: Unit,
    #[serde(default = "yes")]
    pub(super) available: bool,
    pub(super) sku: Option<Sku>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerToml {
    pub(super) email: Spanned<Email>,
    pub(super) password: Spanned<String>,
    pub(super) name: Name,
    pub(super) address: Option<Spanned<Address>>,
    pub(super) language: Option<Spanned<String>>,
}

fn yes() -> bool {
    true
}
