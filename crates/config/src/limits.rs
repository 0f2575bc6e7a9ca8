//! `[limits]`: rate limits, and limits on the size of requests.
//!
//! Invariant: every limit that a load test must disable is in [`LIFTABLE_LIMITS`]. So `serve --no-limits`, a server
//! with a test clock and `opendrs doctor` use the same list.

use super::sections::DurationSetting;
use super::{Config, SettingOverride};
use opendrs_http::{BodyLimits, ConnectionLimits};
use opendrs_service::limit::{CallRate, RateLimitSettings};
use serde::Deserialize;
use std::time::Duration;
use toml::Value;

/// The section `[limits]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsConfig {
    pub(super) head_bytes: usize,
    pub(super) body_bytes: usize,
    body_timeout: DurationSetting,
    device_rate: u32,
    device_burst: u32,
    device_per_day: u32,
    orders_per_day: u32,
    mails_per_day: u32,
    client_rate: u32,
    client_burst: u32,
    connections_per_address: u32,
}

/// The limits that can be disabled by setting them to 0: each key, and what it limits.
const LIFTABLE_LIMITS: [(&str, &str); 6] = [
    ("device_rate", "calls of a device per second"),
    ("device_per_day", "calls of a device per day"),
    ("orders_per_day", "orders of a device per day"),
    ("mails_per_day", "mails about a device per day"),
    ("client_rate", "token requests of a client per second"),
    ("connections_per_address", "connections of an address"),
];

/// Returns the settings that disable every one of these limits.
#[must_use]
pub fn lifted_limits() -> Vec<SettingOverride> {
    LIFTABLE_LIMITS.iter().map(|(key, _)| ("limits", *key, Value::Integer(0))).collect()
}

impl LimitsConfig {
    fn limit(&self, key: &str) -> u32 {
        match key {
            "device_rate" => self.device_rate,
            "device_per_day" => self.device_per_day,
            "orders_per_day" => self.orders_per_day,
            "mails_per_day" => self.mails_per_day,
            "client_rate" => self.client_rate,
            _ => self.connections_per_address,
        }
    }
}

impl Config {
    /// Returns the limits that are disabled: each setting, and what it would limit.
    #[must_use]
    pub fn disabled_limits(&self) -> Vec<(String, &'static str)> {
        let off = LIFTABLE_LIMITS.iter().filter(|(key, _)| self.limits.limit(key) == 0);
        off.map(|(key, what)| (format!("limits.{key}"), *what)).collect()
    }

    /// Returns the limits on connections.
    #[must_use]
    pub fn connections(&self) -> ConnectionLimits {
        ConnectionLimits {
            connections: self.server.max_connections,
            per_address: self.limits.connections_per_address,
            head_timeout: self.server.head_timeout.to_duration().max(Duration::from_secs(1)),
            head_bytes: self.limits.head_bytes,
        }
    }

    /// Returns the limits on request bodies.
    #[must_use]
    pub fn bodies(&self) -> BodyLimits {
        BodyLimits { bytes: self.limits.body_bytes, timeout: self.limits.body_timeout.to_duration() }
    }

    /// Returns the rate limits of devices and clients, and the daily limits of a device.
    #[must_use]
    pub fn rate_limits(&self) -> RateLimitSettings {
        let LimitsConfig { device_rate, device_burst, client_rate, client_burst, .. } = self.limits;
        let rate = |per_second, burst| CallRate { per_second, burst };
        RateLimitSettings {
            device_calls: rate(device_rate, device_burst),
            device_calls_per_day: self.limits.device_per_day,
            device_orders_per_day: self.limits.orders_per_day,
            device_mails_per_day: self.limits.mails_per_day,
            client_calls: rate(client_rate, client_burst),
        }
    }
}
