//! The sections of the settings file, as they are parsed.
//!
//! What it is not: their common meaning ([`super::Config`]). Invariant: a section accepts no unknown key.

use opendrs_domain::time::{ParseSpanError, Span};
use opendrs_http::TrustedProxies;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// A part of the work that a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The device API.
    Service,
    /// Login with Amazon.
    Login,
    /// The customer pages.
    Web,
    /// Work that falls due, such as deliveries and expiries.
    Worker,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The section `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// The address of every role without its own address.
    pub listen: String,
    /// The data folder.
    pub data: PathBuf,
    /// The URL of a PostgreSQL database, or empty.
    pub database_url: String,
    pub(super) database_url_file: PathBuf,
    /// The roles of this node.
    pub roles: Vec<Role>,
    /// Addresses and networks of proxies whose `X-Forwarded-For` and `Forwarded` are trusted.
    pub proxies: TrustedProxies,
    /// The maximum number of open connections.
    pub max_connections: usize,
    pub(super) head_timeout: DurationSetting,
    pub(super) drain: DurationSetting,
    /// The level of the log, or levels by target.
    pub log: String,
    /// The format of the log.
    pub log_format: LogFormat,
}

/// The section `[operator]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorConfig {
    pub(super) token_file: PathBuf,
}

/// The section `[metrics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// The address at which a node serves its metrics, or empty.
    pub listen: String,
}

/// The section `[traces]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// The URL of the collector to which traces are sent, or empty.
    pub endpoint: String,
    /// The fraction of requests without their own trace that is sampled: a number from 0 to 1, unparsed.
    pub sampling: String,
    /// The name of the service in traces.
    pub service_name: String,
    /// Additional attributes of the service, as `key=value`.
    pub resource: Vec<String>,
    /// Headers for the collector, as `name=value`.
    pub headers: Vec<String>,
    pub(super) headers_file: PathBuf,
}

/// The section `[service]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleConfig {
    /// The role's own address, or empty.
    pub listen: String,
    /// The public URL of the role, or empty.
    pub public_url: String,
}

/// The section `[web]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    /// The role's own address, or empty.
    pub listen: String,
    /// The public URL of the role, or empty.
    pub public_url: String,
    pub(super) language: String,
    pub(super) time_zone: String,
}

/// The section `[login]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginConfig {
    /// The role's own address, or empty.
    pub listen: String,
    /// The public URL of the role, or empty.
    pub public_url: String,
    /// The `iss` in answers of tokeninfo.
    pub issuer: String,
    pub(super) refresh_idle: DurationSetting,
    pub(super) refresh_lifetime: DurationSetting,
}

/// The section `[notifications]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationsConfig {
    /// The URL at which receivers find this installation, or empty.
    pub public_url: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) certificate_name: String,
    /// The URL of the endpoint of Amazon SNS, or empty.
    pub sns_endpoint: String,
    pub(super) keep: DurationSetting,
}

/// The section `[keys]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The path of the master key, or empty.
    pub master_file: PathBuf,
}

/// The section `[outbound]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundConfig {
    /// Networks, addresses and host names that are allowed although they are private.
    pub allow: Vec<String>,
    /// A file of certificate authorities, or empty.
    pub ca_file: PathBuf,
    pub(super) timeout: DurationSetting,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct DurationSetting(pub(super) Span);

impl TryFrom<String> for DurationSetting {
    type Error = ParseSpanError;
    fn try_from(text: String) -> Result<Self, ParseSpanError> {
        Span::parse(&text).map(Self)
    }
}

impl DurationSetting {
    /// Converts to a duration of the system's clock.
    pub(super) fn to_duration(self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.as_micros()).unwrap_or_default())
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingsConfig {
    pub(super) keep: DurationSetting,
    pub(super) keep_daily: DurationSetting,
}

/// The section `[accounts]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountsConfig {
    pub(super) open: bool,
    pub(super) session_idle: DurationSetting,
    pub(super) deletion_wait: DurationSetting,
    pub(super) keep_orders: DurationSetting,
}

/// The section `[federation]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FederationConfig {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret_file: PathBuf,
    pub(super) name: String,
}

/// The section `[takeover]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TakeoverConfig {
    pub(super) per_day: u32,
    pub(super) answer_within: DurationSetting,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrdersConfig {
    pub(super) cancel_window: DurationSetting,
    pub(super) problem_hold: DurationSetting,
    pub(super) recheck: DurationSetting,
    pub(super) ask_above: u32,
    pub(super) remind_before: DurationSetting,
    pub(super) ship_after: DurationSetting,
    pub(super) deliver_after: DurationSetting,
    pub(super) delivery_known: bool,
    pub(super) free_after: DurationSetting,
    pub(super) withdrawal_period: DurationSetting,
    pub(super) test_ship_after: DurationSetting,
    pub(super) test_deliver_after: DurationSetting,
    pub(super) keep: DurationSetting,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FulfilmentConfig {
    pub(super) backend: String,
    pub(super) makers: Vec<String>,
    pub(super) webhook_url: String,
    pub(super) webhook_secrets: Vec<String>,
    pub(super) webhook_secrets_file: PathBuf,
    pub(super) vendure_url: String,
    pub(super) vendure_key_file: PathBuf,
    pub(super) vendure_channel: String,
    pub(super) vendure_shipping_method: String,
    pub(super) vendure_payment_method: String,
    pub(super) vendure_poll: DurationSetting,
    pub(super) vendure_hint_secrets: Vec<String>,
    pub(super) vendure_hint_secrets_file: PathBuf,
}
