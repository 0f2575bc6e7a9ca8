//! Who fulfils orders, as the settings have it.
//!
//! Not here: how a system is called ([`super::webhook`], [`super::vendure`]). Invariant: `Debug` shows
//! neither a shop's key nor a secret.

use opendrs_domain::fulfilment::Backend;
use opendrs_domain::time::Span;
use opendrs_domain::wire::webhook::WebhookSecret;
use std::fmt;

/// Who fulfils orders, as the settings have it.
#[derive(Clone, Debug, Default)]
pub struct FulfilmentSettings {
    /// Whoever is not named below.
    pub backend: Backend,
    /// Makers, by name, whose orders go elsewhere.
    pub maker_backends: Vec<(String, Backend)>,
    /// Where orders for [`Backend::Webhook`] are sent.
    pub webhook: Option<FulfilmentWebhook>,
    /// Where orders for [`Backend::Vendure`] are made.
    pub vendure: Option<VendureShop>,
}

impl FulfilmentSettings {
    /// Whether there is a back end that is called.
    #[must_use]
    pub fn has_connectors(&self) -> bool {
        self.webhook.is_some() || self.vendure.is_some()
    }
}

/// Where orders are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfilmentWebhook {
    /// The address that is called.
    pub url: String,
    /// Secrets that sign: several while they are exchanged. Never empty.
    pub secrets: Vec<WebhookSecret>,
}

/// A Vendure shop.
#[derive(Clone, PartialEq, Eq)]
pub struct VendureShop {
    /// Its Admin API.
    pub url: String,
    /// The API key.
    pub api_key: String,
    /// The token of the channel to sell in; none: the default channel.
    pub channel: Option<String>,
    /// The code of the way to ship; none: the cheapest one that the shop offers.
    pub shipping_method: Option<String>,
    /// What the payment method is called in the shop's books.
    pub payment_method: String,
    /// How often an order is looked at that the shop has.
    pub poll_interval: Span,
    /// What signs the shop's hints: several while they are exchanged; none: no hints are taken.
    pub hint_secrets: Vec<WebhookSecret>,
}

impl fmt::Debug for VendureShop {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shop").field("url", &self.url).field("channel", &self.channel).finish_non_exhaustive()
    }
}
