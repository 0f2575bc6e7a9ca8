//! `[fulfilment]`: who takes orders to the door, and how those are reached who are called.
//!
//! Invariant: a back end that an order could go to is whole, or the settings are refused; no secret is repeated in a
//! refusal.

use super::sections::FulfilmentConfig;
use super::{Config, check_http_url, secret};
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::time::Span;
use opendrs_domain::wire::webhook::WebhookSecret;
use opendrs_service::fulfilment::FulfilmentSettings;
use opendrs_service::fulfilment::vendure::VendureShop;
use opendrs_service::fulfilment::webhook::FulfilmentWebhook;

/// The secrets of a list; a wrong one is not repeated, since it may be nearly right.
fn parse_secrets(key: &str, list: &[String]) -> Result<Vec<WebhookSecret>, String> {
    let read: Option<Vec<_>> = list.iter().map(|text| WebhookSecret::parse(text)).collect();
    read.ok_or_else(|| format!("fulfilment.{key}: write each as whsec_ and the Base64 of 24 to 64 random bytes"))
}

fn parse_backend(key: &str, word: &str) -> Result<Backend, String> {
    let words = Backend::ALL.map(Backend::as_str).join(" or ");
    Backend::parse(word).ok_or_else(|| format!("fulfilment.{key} has `{word}`: write {words}"))
}

impl FulfilmentConfig {
    fn maker_backends(&self) -> Result<Vec<(String, Backend)>, String> {
        let own = |item: &String| {
            let (maker, word) = item
                .rsplit_once('=')
                .ok_or_else(|| format!("fulfilment.makers has `{item}`: write \"Maker name = manual\""))?;
            Ok((maker.trim().to_owned(), parse_backend("makers", word.trim())?))
        };
        self.makers.iter().map(own).collect()
    }

    /// The other system, if the settings say where it is.
    fn webhook(&self) -> Result<Option<FulfilmentWebhook>, String> {
        if self.webhook_url.is_empty() || self.webhook_secrets.is_empty() {
            return Ok(None);
        }
        let url = check_http_url("fulfilment.webhook_url", &self.webhook_url)?;
        Ok(Some(FulfilmentWebhook { url, secrets: parse_secrets("webhook_secrets", &self.webhook_secrets)? }))
    }

    /// The shop, if the settings say where it is.
    fn vendure_shop(&self) -> Result<Option<VendureShop>, String> {
        if self.vendure_url.is_empty() || self.vendure_key_file.as_os_str().is_empty() {
            return Ok(None);
        }
        let key = secret::read_first_line("fulfilment.vendure_key_file", &self.vendure_key_file)?;
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if self.vendure_payment_method.is_empty() {
            return Err(
                "fulfilment.vendure_payment_method is empty: write the name that payments get in the shop".into()
            );
        }
        Ok(Some(VendureShop {
            url: check_http_url("fulfilment.vendure_url", &self.vendure_url)?,
            api_key: key,
            channel: given(&self.vendure_channel),
            shipping_method: given(&self.vendure_shipping_method),
            payment_method: self.vendure_payment_method.clone(),
            // An order is never looked at without a pause.
            poll_interval: self.vendure_poll.0.max(Span::from_secs(10)),
            hint_secrets: parse_secrets("vendure_hint_secrets", &self.vendure_hint_secrets)?,
        }))
    }
}

impl Config {
    /// Who fulfils orders.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn fulfilment_settings(&self) -> Result<FulfilmentSettings, String> {
        let (makers, backend) =
            (self.fulfilment.maker_backends()?, parse_backend("backend", &self.fulfilment.backend)?);
        let named = |which: Backend| backend == which || makers.iter().any(|(_, own)| *own == which);
        let (webhook, vendure) = (self.fulfilment.webhook()?, self.fulfilment.vendure_shop()?);
        let missing = |keys: &str| Err(format!("fulfilment has {keys}"));
        match () {
            () if webhook.is_none() && named(Backend::Webhook) => {
                missing("webhook: set fulfilment.webhook_url and fulfilment.webhook_secrets, or webhook_secrets_file")
            }
            () if vendure.is_none() && named(Backend::Vendure) => {
                missing("vendure: set fulfilment.vendure_url and fulfilment.vendure_key_file")
            }
            () => Ok(FulfilmentSettings { backend, maker_backends: makers, webhook, vendure }),
        }
    }
}
