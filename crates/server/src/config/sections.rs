//! The sections of the settings file, as they are read.
//!
//! Not here: what they mean together ([`super::Config`]). Invariant: a section takes no key that it does not know.

use opendrs_http::TrustedProxies;
use opendrs_domain::time::{BadSpan, Span};
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
pub struct Server {
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
    pub(super) head_timeout: Lasting,
    pub(super) drain: Lasting,
    /// What is logged.
    pub log: String,
    /// How.
    pub log_format: LogFormat,
}

/// `[operator]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operating {
    pub(super) token_file: PathBuf,
}

/// `[metrics]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// The address at which a node tells its numbers, or empty.
    pub listen: String,
}

/// `[traces]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
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
pub struct Face {
    /// An address of its own, or empty.
    pub listen: String,
    /// Where the outside finds it, or empty.
    pub public_url: String,
}

/// `[web]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// An address of its own, or empty.
    pub listen: String,
    /// Where the outside finds it, or empty.
    pub public_url: String,
    pub(super) language: String,
}

/// `[login]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// An address of its own, or empty.
    pub listen: String,
    /// Where the outside finds it, or empty.
    pub public_url: String,
    /// `iss` of tokeninfo.
    pub issuer: String,
    pub(super) refresh_idle: Lasting,
    pub(super) refresh_lifetime: Lasting,
}

/// `[notifications]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notifications {
    /// Where receivers find this installation, or empty.
    pub public_url: String,
    pub(super) region: String,
    pub(super) account: String,
    pub(super) certificate_name: String,
    pub(super) sns_endpoint: String,
    pub(super) keep: Lasting,
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The master key's file, or empty.
    pub master_file: PathBuf,
}

/// `[outbound]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Out {
    /// Networks, addresses and host names that may be asked though they are private.
    pub allow: Vec<String>,
    /// A file of certificate authorities, or empty.
    pub ca_file: PathBuf,
    pub(super) timeout: Lasting,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Lasting(pub(super) Span);

impl TryFrom<String> for Lasting {
    type Error = BadSpan;
    fn try_from(text: String) -> Result<Self, BadSpan> {
        Span::parse(&text).map(Self)
    }
}

impl Lasting {
    /// As a time by the machine's clock.
    pub(super) fn wall(self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.micros()).unwrap_or_default())
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Readings {
    pub(super) keep: Lasting,
    pub(super) keep_daily: Lasting,
}

/// `[takeover]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Takeovers {
    pub(super) per_day: u32,
    pub(super) answer_within: Lasting,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    pub(super) cancel_window: Lasting,
    pub(super) problem_hold: Lasting,
    pub(super) recheck: Lasting,
    pub(super) ask_above: u32,
    pub(super) remind_before: Lasting,
    pub(super) ship_after: Lasting,
    pub(super) deliver_after: Lasting,
    pub(super) delivery_known: bool,
    pub(super) free_after: Lasting,
    pub(super) test_ship_after: Lasting,
    pub(super) test_deliver_after: Lasting,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fulfilling {
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
    pub(super) vendure_poll: Lasting,
    pub(super) vendure_hint_secrets: Vec<String>,
    pub(super) vendure_hint_secrets_file: PathBuf,
}
