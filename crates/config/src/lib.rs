//! The settings. Their sources, in rising precedence: the default file, the operator's file, the environment, the
//! command line.
//!
//! What it is not: what is made from settings, such as listeners and mailers, which is in the server. Invariant: the default file (`opendrs.default.toml`, compiled in) is the list of all settings and their
//! documentation. A setting that is not in it does not exist; using it is an error that names the place.

mod brand;
mod check;
mod federation;
mod fulfilment;
mod limits;
mod listener;
mod mail;
mod merge;
mod secret;
mod sections;
mod tls;

use brand::BrandConfig;
pub use check::parse_log_filter;
use limits::LimitsConfig;
pub use limits::lifted_limits;
pub use listener::ListenerConfig;
use sections::{
    AccountsConfig, DurationSetting, FederationConfig, FulfilmentConfig, KeysConfig, OperatorConfig, OrdersConfig,
    ReadingsConfig, TakeoverConfig,
};
pub use sections::{
    LogFormat, LoginConfig, MetricsConfig, NotificationsConfig, OutboundConfig, Role, RoleConfig, ServerConfig,
    TracesConfig, WebConfig,
};

pub use mail::{MailConfig, SmtpSecurity, SmtpSettings};
pub use tls::{CA_CERTIFICATE_FILE, CertificateSource, TlsConfig, TlsMode};

use opendrs_domain::endpoint;
use opendrs_domain::language::Language;
use opendrs_domain::login::refresh_rotation::RefreshTokenLifetime;
use opendrs_domain::order::OrderTiming;
use opendrs_domain::time::Span;
use opendrs_domain::zone::Zone;
use opendrs_outbound::GuardedHttpClient;
use opendrs_service::operator_token::OperatorToken;
use opendrs_service::order::OrderRetention;
use opendrs_service::reading::ReadingRetention;
use opendrs_store::StoreLocation;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The default settings with their comments, as `opendrs config default` prints them.
pub const DEFAULT_SETTINGS: &str = include_str!("../opendrs.default.toml");

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The section `[server]`.
    pub server: ServerConfig,
    limits: LimitsConfig,
    /// The section `[tls]`.
    pub tls: TlsConfig,
    operator: OperatorConfig,
    /// The section `[metrics]`.
    pub metrics: MetricsConfig,
    /// The section `[traces]`.
    pub traces: TracesConfig,
    /// The section `[service]`.
    pub service: RoleConfig,
    /// The section `[login]`.
    pub login: LoginConfig,
    /// The section `[web]`.
    pub web: WebConfig,
    /// The section `[keys]`.
    pub keys: KeysConfig,
    /// The section `[notifications]`.
    pub notifications: NotificationsConfig,
    /// The section `[outbound]`.
    pub outbound: OutboundConfig,
    readings: ReadingsConfig,
    /// The section `[mail]`.
    pub mail: MailConfig,
    brand: BrandConfig,
    accounts: AccountsConfig,
    federation: FederationConfig,
    takeover: TakeoverConfig,
    orders: OrdersConfig,
    fulfilment: FulfilmentConfig,
}

fn check_http_url(key: &str, url: &str) -> Result<String, String> {
    if url.starts_with("http://") || url.starts_with("https://") {
        Ok(url.to_owned())
    } else {
        Err(format!("{key} is `{}`: write it with http:// or https://", endpoint::redact(url)))
    }
}

/// A setting from the command line: section, key and value.
pub type SettingOverride = (&'static str, &'static str, toml::Value);

fn apply_overrides(settings: &mut toml::Table, overrides: Vec<SettingOverride>) {
    for (section, key, value) in overrides {
        if let Some(place) = settings.get_mut(section).and_then(|s| s.get_mut(key)) {
            *place = value;
        }
    }
}

impl Config {
    /// Loads all sources. `file` is the file named on the command line, `env` the environment.
    ///
    /// # Errors
    /// A text that names the source and the setting.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Vec<SettingOverride>,
    ) -> Result<Self, String> {
        Self::load_with_defaults(Vec::new(), file, env, overrides)
    }

    /// Does the same as [`Config::load`] with some other defaults. File, environment and command line precede them.
    ///
    /// # Errors
    /// A text that names the source and the setting.
    pub fn load_with_defaults(
        other_defaults: Vec<SettingOverride>,
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Vec<SettingOverride>,
    ) -> Result<Self, String> {
        let known = |name: &str| ["OPENDRS_", "OTEL_"].iter().any(|start| name.starts_with(start));
        let mut env: Vec<_> = env.into_iter().filter(|(name, _)| known(name)).collect();
        env.sort();
        let (otel, env): (Vec<_>, Vec<_>) = env.into_iter().partition(|(name, _)| name.starts_with("OTEL_"));
        let named = env.iter().find(|(name, _)| name == "OPENDRS_CONFIG").map(|(_, path)| PathBuf::from(path));
        let mut settings = merge::default_table()?;
        apply_overrides(&mut settings, other_defaults);
        merge::apply_opentelemetry_env(&mut settings, &otel);
        if let Some(path) = file.map(Path::to_owned).or(named) {
            let text = opendrs_store::regular_file::read_to_string(&path)
                .map_err(|e| format!("cannot read the settings file {}: {e}", path.display()))?;
            merge::apply_file(&mut settings, &text, &path.display().to_string())?;
        }
        merge::apply_environment(&mut settings, &env)?;
        apply_overrides(&mut settings, overrides);
        let read = settings.clone().try_into();
        let mut config: Config =
            read.map_err(|e: toml::de::Error| check::find_invalid_setting(&settings).unwrap_or(e.to_string()))?;
        config.read_secrets()?;
        config.check()?;
        Ok(config)
    }

    /// Returns the URL to which traces are sent and the sampled fraction, from 0 to 1. Returns `None` if traces are
    /// disabled.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn trace_export(&self) -> Result<Option<(String, f64)>, String> {
        let TracesConfig { endpoint, sampling, resource, headers, .. } = &self.traces;
        let part = sampling.parse().ok().filter(|part| (0.0..=1.0).contains(part));
        let part = part.ok_or_else(|| format!("traces.sampling is `{sampling}`: write a number from 0 to 1"))?;
        for (key, list) in [("resource", resource), ("headers", headers)] {
            if let Some(at) = list.iter().position(|pair| pair.split_once('=').is_none_or(|(name, _)| name.is_empty()))
            {
                // A header may contain a secret, so the error does not repeat it.
                return Err(format!("traces.{key}: item {} is not a pair: write \"name=value\"", at + 1));
            }
        }
        match endpoint.as_str() {
            "" => Ok(None),
            _ if !cfg!(feature = "otel") => {
                Err("traces.endpoint is set, but this program was built without the feature `otel`".into())
            }
            url => {
                Ok(Some((format!("{}/v1/traces", check_http_url("traces.endpoint", url)?.trim_end_matches('/')), part)))
            }
        }
    }

    /// Returns the language of pages and mails if no other one is known.
    #[must_use]
    pub fn default_language(&self) -> Language {
        Language::parse(&self.web.language).unwrap_or(Language::English)
    }

    /// Returns the time zone of pages and mails if no other one is known.
    #[must_use]
    pub fn default_zone(&self) -> Zone {
        Zone::parse(&self.web.time_zone).unwrap_or(Zone::UTC)
    }

    /// Returns the settings of notifications: the names of topics, and the URL at which receivers find this
    /// installation.
    #[must_use]
    pub fn notification_settings(&self) -> opendrs_service::receiver::NotificationSettings {
        let NotificationsConfig { public_url, region, account, certificate_name, keep, .. } = &self.notifications;
        let base_url = if public_url.is_empty() { &self.web.public_url } else { public_url };
        opendrs_service::receiver::NotificationSettings {
            base_url: base_url.trim_end_matches('/').to_owned(),
            region: region.clone(),
            account: account.clone(),
            certificate_name: certificate_name.clone(),
            retention: keep.0,
        }
    }

    /// Returns the location of the store.
    #[must_use]
    pub fn store_location(&self) -> StoreLocation {
        match self.server.database_url.as_str() {
            "" => StoreLocation::File(self.server.data.join("opendrs.db")),
            url => StoreLocation::Url(url.to_owned()),
        }
    }

    /// Returns the path of the master key.
    #[must_use]
    pub fn master_key_file(&self) -> PathBuf {
        let named = &self.keys.master_file;
        if named.as_os_str().is_empty() { self.server.data.join("master.key") } else { named.clone() }
    }

    /// Returns how long a node that stops continues to serve.
    #[must_use]
    pub fn drain_window(&self) -> Duration {
        self.server.drain.to_duration()
    }

    /// Returns the token of the operator API, or `None` if the API is disabled.
    ///
    /// # Errors
    /// A text that names the wrong file, without its content.
    pub fn operator(&self) -> Result<Option<OperatorToken>, String> {
        let path = &self.operator.token_file;
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        let token = secret::read_first_line("operator.token_file", path)?;
        OperatorToken::new(&token)
            .map(Some)
            .map_err(|why| format!("the file {} of operator.token_file: {why}", path.display()))
    }

    /// Returns the lifetime of refresh tokens of strict clients.
    #[must_use]
    pub fn refresh_lifetime(&self) -> RefreshTokenLifetime {
        RefreshTokenLifetime { idle: self.login.refresh_idle.0, absolute: self.login.refresh_lifetime.0 }
    }

    /// Returns the retention of readings.
    #[must_use]
    pub fn reading_retention(&self) -> ReadingRetention {
        ReadingRetention { readings: self.readings.keep.0, days: self.readings.keep_daily.0 }
    }

    /// Returns how long ended orders are kept.
    #[must_use]
    pub fn order_retention(&self) -> OrderRetention {
        OrderRetention { ended: self.orders.keep.0, without_person: self.accounts.keep_orders.0 }
    }

    /// Makes the outbound client of the settings.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn outbound_client(&self) -> Result<GuardedHttpClient, String> {
        GuardedHttpClient::new(&self.outbound.allow, self.ca_file())
    }

    /// Does the same for a command that calls this installation itself. The client also trusts the installation's own
    /// authority.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn outbound_client_to_self(&self) -> Result<GuardedHttpClient, String> {
        let own = self.local_ca_file();
        GuardedHttpClient::new(&self.outbound.allow, self.ca_file().into_iter().chain(own.as_deref()))
    }

    /// Returns the file of certificate authorities that are trusted besides the system's.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        Some(self.outbound.ca_file.as_path()).filter(|path| !path.as_os_str().is_empty())
    }

    /// Returns the timeout of a request to another server.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.outbound.timeout.0.as_secs()).unwrap_or(15).max(1))
    }

    /// Returns the settings of customers' accounts.
    #[must_use]
    pub fn account_settings(&self) -> opendrs_service::account::AccountSettings {
        let AccountsConfig { open, session_idle, deletion_wait, .. } = &self.accounts;
        opendrs_service::account::AccountSettings {
            open: *open,
            session_idle: session_idle.0,
            deletion_wait: deletion_wait.0,
        }
    }

    /// Returns the settings of takeovers.
    #[must_use]
    pub fn takeover_rules(&self) -> opendrs_service::takeover::TakeoverSettings {
        let TakeoverConfig { per_day, answer_within } = &self.takeover;
        opendrs_service::takeover::TakeoverSettings { per_day: *per_day, answer_within: answer_within.0 }
    }

    /// Returns the durations of an order.
    #[must_use]
    pub fn order_timing(&self) -> OrderTiming {
        let o = &self.orders;
        OrderTiming {
            cancel_window: o.cancel_window.0,
            problem_hold: o.problem_hold.0,
            // Rechecks without a pause would never let the time advance.
            recheck_every: o.recheck.0.max(Span::from_secs(1)),
            price_tolerance_percent: o.ask_above,
            remind_before: o.remind_before.0,
            ship_after: o.ship_after.0,
            deliver_after: o.deliver_after.0,
            carrier_reports_delivery: o.delivery_known,
            assume_delivered_after: o.free_after.0,
            withdrawal_period: o.withdrawal_period.0,
            test_ship_after: o.test_ship_after.0,
            test_deliver_after: o.test_deliver_after.0,
        }
    }
}

#[cfg(test)]
mod tests;
