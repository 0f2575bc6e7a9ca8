//! The addresses that a node listens on: which roles share one, and which setting each comes from.
//!
//! What it is not: a bound socket. Invariant: two listeners of one node never have the same address.

use crate::{Config, Role};

/// An address that a node listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerConfig<'a> {
    /// The setting that has the address.
    pub key: &'static str,
    /// The address, as HOST:PORT.
    pub address: &'a str,
    /// The roles that it serves. The metrics' address serves none.
    pub roles: Vec<Role>,
}

impl Config {
    /// Returns the addresses of the node's roles, in the order of the roles.
    #[must_use]
    pub fn listeners(&self) -> Vec<ListenerConfig<'_>> {
        let mut listeners: Vec<ListenerConfig<'_>> = Vec::new();
        for own in self.server.roles.iter().filter_map(|role| self.role_listener(*role)) {
            match listeners.iter_mut().find(|known| known.address == own.address) {
                Some(known) => known.roles.extend(own.roles),
                None => listeners.push(own),
            }
        }
        listeners
    }

    /// Returns the address of the metrics, if they have one.
    #[must_use]
    pub fn metrics_listener(&self) -> Option<ListenerConfig<'_>> {
        let address = self.metrics.listen.as_str();
        (!address.is_empty()).then(|| ListenerConfig { key: "metrics.listen", address, roles: Vec::new() })
    }

    /// Returns the address of one role: its own, or that of all. A worker has none.
    pub(crate) fn role_listener(&self, role: Role) -> Option<ListenerConfig<'_>> {
        let (key, own) = match role {
            Role::Service => ("service.listen", &self.service.listen),
            Role::Login => ("login.listen", &self.login.listen),
            Role::Web => ("web.listen", &self.web.listen),
            Role::Worker => return None,
        };
        let (key, address) = if own.is_empty() { ("server.listen", &self.server.listen) } else { (key, own) };
        Some(ListenerConfig { key, address, roles: vec![role] })
    }
}
