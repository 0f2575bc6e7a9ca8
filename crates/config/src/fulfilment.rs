//! `[fulfilment]`: the back ends that fulfil orders, and how to reach them.
//!
//! Invariant: a back end that may get an order is configured completely, or the settings are refused. No error repeats
//! a secret.

use super::sections::FulfilmentConfig;
use super::{Config, check_http_url, secret};
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::time::Span;
use opendrs_domain::wire::webhook::WebhookSecret;
use opendrs_service::fulfilment::FulfilmentSettings;
use opendrs_service::fulfilment::vendure::VendureShop;
use opendrs_service::fulfilment::webhook::FulfilmentWebhook;

/// Parses a list of secrets. An error does not repeat a wrong one, because it may be nearly right.
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

    /// Returns the webhook back end, if the settings have its URL and secrets.
    fn webhook(&self) -> Result<Option<FulfilmentWebhook>, String> {
        if self.webhook_url.is_empty() || self.webhook_secrets.is_empty() {
            return Ok(None);
        }
        let url = check_http_url("fulfilment.webhook_url", &self.webhook_url)?;
        Ok(Some(FulfilmentWebhook { url, secrets: parse_secrets("webhook_secrets", &self.webhook_secrets)? }))
    }

    /// Returns the Vendure shop, if the settings have its URL and key.
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
            // Two polls of an order always have a pause between them.
            poll_interval: self.vendure_poll.0.max(Span::from_secs(10)),
            hint_secrets: parse_secrets("vendure_hint_secrets", &self.vendure_hint_secrets)?,
        }))
    }
}

impl Config {
    /// Returns the settings of the back ends.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn fulfilment_settings(&self) -> Result<FulfilmentSettings, String> {
        let (makers, backend) =
            (self.fulfilment.maker_backends()?, parse_backend("backend", &self.fulfilment.backend)?);
        let named = |which: Backend| backend == which || makers.iter().any(|(_, own)| *own == which);
        let (webhook, vendure) = (self.fulfilment.webhook()?, self.fulfilment.vendure_shop()?);
        let missing = |keys: &str| Err(format!("fulfilment has {keys}"));
        if webhook.is_none() && named(Backend::Webhook) {
            return missing(
                "webhook: set fulfilment.webhook_url and fulfilment.webhook_secrets, or webhook_secrets_file",
            );
        }
        if vendure.is_none() && named(Backend::Vendure) {
            return missing("vendure: set fulfilment.vendure_url and fulfilment.vendure_key_file");
        }
        Ok(FulfilmentSettings { backend, maker_backends: makers, webhook, vendure })
    }
}
