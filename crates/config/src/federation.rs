//! The settings of federated sign-in: the provider at which customers may sign in.
//!
//! Invariant: either all four settings are set, or none is. No error repeats the secret.

use super::sections::FederationConfig;
use super::{Config, secret};
use opendrs_domain::federation::is_provider_url;
use opendrs_domain::text::Name;
use opendrs_service::federation::FederationSettings;

impl FederationConfig {
    /// Checks what can be checked without the file.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub(super) fn check(&self) -> Result<(), String> {
        let has_secret = !self.client_secret_file.as_os_str().is_empty();
        let set = [
            ("issuer", !self.issuer.is_empty()),
            ("client_id", !self.client_id.is_empty()),
            ("client_secret_file", has_secret),
            ("name", !self.name.is_empty()),
        ];
        let Some((one, _)) = set.iter().find(|(_, is_set)| *is_set) else { return Ok(()) };
        if let Some((missing, _)) = set.iter().find(|(_, is_set)| !is_set) {
            return Err(format!("federation.{missing} is empty, and federation.{one} is set: set all four, or none"));
        }
        if !is_provider_url(&self.issuer) || self.issuer.contains('?') {
            return Err(format!(
                "federation.issuer is `{}`: write the provider's issuer, with https:// (http:// is possible on this \
                 machine only)",
                opendrs_domain::endpoint::redact(&self.issuer)
            ));
        }
        if Name::parse(&self.name).is_err() {
            return Err("federation.name is no name: write one line that customers understand".into());
        }
        Ok(())
    }
}

impl Config {
    /// Returns the provider at which customers may sign in, or `None` if there is none.
    ///
    /// # Errors
    /// A text that names the file of the secret, without its content.
    pub fn federation_settings(&self) -> Result<Option<FederationSettings>, String> {
        let FederationConfig { issuer, client_id, client_secret_file: file, name } = &self.federation;
        if issuer.is_empty() {
            return Ok(None);
        }
        Ok(Some(FederationSettings {
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            client_secret: secret::read_first_line("federation.client_secret_file", file.as_path())?,
            name: name.clone(),
        }))
    }
}
