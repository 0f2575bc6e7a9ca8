//! The settings of fulfilment.
//!
//! Not here: how a system is called ([`super::webhook`], [`super::vendure`]). Invariant: `Debug` shows neither a shop's
//! key nor a secret.

use opendrs_domain::fulfilment::Backend;
use opendrs_domain::time::Span;
use opendrs_domain::wire::webhook::WebhookSecret;
use std::fmt;

/// Which back end fulfils orders, and how the external ones are reached.
#[derive(Clone, Debug, Default)]
pub struct FulfilmentSettings {
    /// The back end for all makers that are not named below.
    pub backend: Backend,
    /// Makers, by name, that have another back end.
    pub maker_backends: Vec<(String, Backend)>,
    /// The system that is called for [`Backend::Webhook`].
    pub webhook: Option<FulfilmentWebhook>,
    /// The shop that is called for [`Backend::Vendure`].
    pub vendure: Option<VendureShop>,
}

impl FulfilmentSettings {
    /// Whether there is a back end that is called.
    #[must_use]
    pub fn has_connectors(&self) -> bool {
        self.webhook.is_some() || self.vendure.is_some()
    }
}

/// A system that is called by signed requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfilmentWebhook {
    /// The URL that is called.
    pub url: String,
    /// The secrets that sign: several during a rotation. Never empty.
    pub secrets: Vec<WebhookSecret>,
}

/// A Vendure shop.
#[derive(Clone, PartialEq, Eq)]
pub struct VendureShop {
    /// The URL of its Admin API.
    pub url: String,
    /// The API key. It never appears in `Debug`.
    pub api_key: String,
    /// The token of the channel to sell in; `None`: the default channel.
    pub channel: Option<String>,
    /// The code of the shipping method; `None`: the cheapest one that the shop offers.
    pub shipping_method: Option<String>,
    /// The code of the payment method in the shop's books.
    pub payment_method: String,
    /// The interval between two polls of an order that the shop has.
    pub poll_interval: Span,
    /// The secrets that sign the shop's hints: several during a rotation. Empty: hints are refused.
    pub hint_secrets: Vec<WebhookSecret>,
}

impl fmt::Debug for VendureShop {
    /// Leaves out the API key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shop").field("url", &self.url).field("channel", &self.channel).finish_non_exhaustive()
    }
}
