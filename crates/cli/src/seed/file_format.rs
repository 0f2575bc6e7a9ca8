//! The TOML shape of a seed file, for reading and writing.
//!
//! Not here: the meaning of the values. Invariant: an unknown key is an error.

use opendrs_domain::customer::Address;
use opendrs_domain::profile::{ClientKind, ClientMode};
use opendrs_domain::takeover::TakeoverPolicy;
use opendrs_domain::text::{Asin, ContactLink, Email, ModelCode, Name, Sku, SlotId, Title, Unit, WebLink};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// Translations of a text by language tag.
pub(super) type TranslationsToml = BTreeMap<Spanned<String>, Spanned<String>>;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct SeedFile {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) maker: Vec<MakerToml>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) product: Vec<ProductToml>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) customer: Vec<CustomerToml>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct MakerToml {
    pub(super) name: Spanned<String>,
    pub(super) brand: Option<BrandToml>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) profile: Vec<ProfileToml>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) model: Vec<ModelToml>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct BrandToml {
    pub(super) logo: Option<Spanned<String>>,
    pub(super) accent: Option<Spanned<String>>,
    pub(super) privacy_url: Option<Spanned<WebLink>>,
    pub(super) terms_url: Option<Spanned<WebLink>>,
    pub(super) withdrawal_url: Option<Spanned<WebLink>>,
    pub(super) contact_url: Option<Spanned<ContactLink>>,
    pub(super) imprint: Option<Spanned<String>>,
    pub(super) sender_name: Option<Name>,
    pub(super) sender_address: Option<Email>,
    pub(super) reply_to: Option<Email>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct ProfileToml {
    pub(super) name: Spanned<String>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) privacy_url: Option<Spanned<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) client: Vec<ClientToml>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) topic: Vec<TopicToml>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct TopicToml {
    pub(super) name: Spanned<String>,
    pub(super) endpoint: String,
    pub(super) signature_version: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) raw: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) policy: String,
    #[serde(default)]
    pub(super) confirmed: bool,
    pub(super) disabled: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct ClientToml {
    pub(super) kind: Spanned<ClientKind>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) secret: Option<Spanned<String>>,
    pub(super) secret_hash: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) redirect_uris: Vec<Spanned<String>>,
    pub(super) mode: Option<ClientMode>,
    pub(super) disabled: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct ModelToml {
    pub(super) id: Spanned<ModelCode>,
    pub(super) name: Name,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) names: TranslationsToml,
    #[serde(default)]
    pub(super) live: bool,
    pub(super) takeover: Option<TakeoverPolicy>,
    pub(super) composite_id: Option<Spanned<String>>,
    pub(super) picture: Option<Spanned<String>>,
    pub(super) slot: Spanned<Vec<SlotToml>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) notifications: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct SlotToml {
    pub(super) id: Option<Spanned<SlotId>>,
    pub(super) name: Spanned<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) names: TranslationsToml,
    pub(super) unit: Unit,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) units: TranslationsToml,
    #[serde(default)]
    pub(super) products: Vec<Spanned<Asin>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct ProductToml {
    pub(super) asin: Spanned<Asin>,
    pub(super) title: Title,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) titles: TranslationsToml,
    pub(super) price: Spanned<String>,
    pub(super) currency: String,
    pub(super) quantity: Spanned<f64>,
    pub(super) unit: Unit,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) units: TranslationsToml,
    #[serde(default = "yes")]
    pub(super) available: bool,
    pub(super) sku: Option<Sku>,
    pub(super) shipping: Option<Spanned<String>>,
    pub(super) tax_rate: Option<Spanned<String>>,
    pub(super) unit_price: Option<Spanned<UnitPriceToml>>,
    pub(super) picture: Option<Spanned<String>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct UnitPriceToml {
    pub(super) content: f64,
    pub(super) per: f64,
    pub(super) unit: Unit,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(expecting = "a table")]
pub(super) struct CustomerToml {
    pub(super) email: Spanned<Email>,
    pub(super) password: Option<Spanned<String>>,
    pub(super) password_hash: Option<Spanned<String>>,
    pub(super) name: Name,
    pub(super) blocked: Option<bool>,
    pub(super) language: Option<Spanned<String>>,
    pub(super) address: Option<Spanned<Address>>,
}

fn yes() -> bool {
    true
}
