//! `[brand]`: what pages and mails show where a maker has no brand of its own, or leaves something out.
//!
//! Not here: makers' brands, which are in seed files. Invariant: an empty setting shows nothing.

use super::Config;
use opendrs_domain::brand::{Brand, LegalLinks, MailSender};
use opendrs_domain::text::{ContactLink, Email, Imprint, ParseTextError, WebLink};
use serde::Deserialize;

/// The section `[brand]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BrandConfig {
    privacy_url: String,
    terms_url: String,
    withdrawal_url: String,
    contact_url: String,
    imprint: String,
}

/// Reads a setting, unless it is empty.
fn parse<T>(key: &str, text: &str, read: fn(&str) -> Result<T, ParseTextError>) -> Result<Option<T>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).map_err(|error| format!("{key}: {error}"))
}

impl Config {
    /// Returns the operator's brand.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn brand(&self) -> Result<Brand, String> {
        let BrandConfig { privacy_url, terms_url, withdrawal_url, contact_url, imprint } = &self.brand;
        Ok(Brand {
            logo: None,
            accent: None,
            links: LegalLinks {
                privacy: parse("brand.privacy_url", privacy_url, WebLink::parse)?,
                terms: parse("brand.terms_url", terms_url, WebLink::parse)?,
                withdrawal: parse("brand.withdrawal_url", withdrawal_url, WebLink::parse)?,
                contact: parse("brand.contact_url", contact_url, ContactLink::parse)?,
            },
            imprint: parse("brand.imprint", imprint.trim_end(), Imprint::parse)?,
            sender: MailSender { name: None, address: None, reply_to: self.reply_to()? },
        })
    }

    fn reply_to(&self) -> Result<Option<Email>, String> {
        parse("mail.reply_to", self.mail.reply_to(), Email::parse)
    }
}
