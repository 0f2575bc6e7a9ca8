//! The connector that is called for the orders of a back end.
//!
//! Not here: the calls ([`super::backend_call`]). Invariant: no system is called where the clock or an operator fulfils
//! orders, or where the settings no longer name the system.

use super::connector::FulfilmentConnector;
use super::settings::FulfilmentSettings;
use opendrs_domain::fulfilment::Backend;

impl FulfilmentSettings {
    /// The connectors that the settings name.
    pub(super) fn connectors(&self) -> impl Iterator<Item = &dyn FulfilmentConnector> {
        [Backend::Webhook, Backend::Vendure].into_iter().filter_map(|backend| self.connector(backend))
    }

    /// The connector of a back end. `None` where the clock or an operator fulfils orders, or where the settings no
    /// longer name the system.
    pub(super) fn connector(&self, backend: Backend) -> Option<&dyn FulfilmentConnector> {
        match backend {
            Backend::Simulated | Backend::Manual => None,
            Backend::Webhook => self.webhook.as_ref().map(|hook| hook as _),
            Backend::Vendure => self.vendure.as_ref().map(|shop| shop as _),
        }
    }
}
