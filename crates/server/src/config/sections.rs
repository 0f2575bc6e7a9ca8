//! The sections of the settings file, as they are read.
//!
//! Not here: what they mean together ([`super::Config`]). Invariant: a section takes no key that it does not know.

use opendrs_domain::time::{ParseSpanError, Span};
use opendrs_http::TrustedProxies;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The device API.
    Service,
    /// Login with Amazon.
    Login,
    /// Customer pages.
    Web,
    /// What falls due.
    Worker,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address of every role that has none of its own.
    pub listen: String,
    /// Data folder.
    pub data: PathBuf,
    /// PostgreSQL, or empty.
    pub database_url: String,
    pub(super) database_url_file: PathBuf,
    /// What this node does.
    pub roles: Vec<Role>,
    /// Addresses and networks of proxies, whose `X-Forwarded-For` and `Forwarded` are believed.
    pub proxies: TrustedProxies,
    /// Open connections at most.
    pub max_connections: usize,
    pub(super) head_timeout: DurationSetting,
    pub(super) drain: DurationSetting,
    /// What is logged.
    pub log: String,
    /// How.
    pub log_format: LogFormat,
}

/// `[operator]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorConfig {
    pub(super) token_file: PathBuf,
}

/// `[metrics]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// The address at which a node tells its numbers, or empty.
    pub listen: String,
}

/// `[traces]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// Where traces go, or empty.
    pub endpoint: String,
    /// Which part of what comes without a trace of its own is traced, as it is written.
    pub sampling: String,
    /// What the service calls itself.
    pub service_name: String,
    /// What else is known of it, as `key=value`.
    pub resource: Vec<String>,
    /// Headers for the collector, as `name=value`.
    pub headers: Vec<String>,
    pub(super) headers_file: PathBuf,
}

/// `[service]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleConfig {
    /// An address of its own, or empty.
    pub listen: String,
    /// Where the outside finds it, or empty.
    pub public_url: String,
}

/// `[web]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    /// An address of its own, or empty.
    pub listen: String,
    /// Where the outside finds it, or empty.
    pub public_url: String,
    pub(super) language: String,
}

/// `[login]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginConfig {
    /// An address of its own, or empty.
    pub listen: String,
    /// Where the outside finds it, or empty.
    pub public_url: String,
    /// `iss` of tokeninfo.
    pub issuer: String,
    pub(super) refresh_idle: DurationSetting,
    pub(super) refresh_lifetime: DurationSetting,
}

/// `[notifications]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationsConfig {
    /// Where receivers find this installation, or empty.
    pub public_url: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) certificate_name: String,
    pub(super) sns_endpoint: String,
    pub(super) keep: DurationSetting,
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The master key's file, or empty.
    pub master_file: PathBuf,
}

/// `[outbound]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundConfig {
    /// Networks, addresses and host names that may be asked though they are private.
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
    /// As a time by the machine's clock.
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

/// `[takeover]`
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
    pub(super) test_ship_after: DurationSetting,
    pub(super) test_deliver_after: DurationSetting,
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
