//! Settings: the default file, a file of the operator's, the environment, the command line, in rising order.
//!
//! Invariant: the default file (`opendrs.default.toml`, compiled in) is the list of settings and their documentation;
//! what does not stand in it does not exist, and naming it anywhere is an error that says where.

mod check;
mod fulfilment;
mod limits;
mod mail;
mod merge;
mod publication;
mod secret;
mod sections;
mod tls;

pub(crate) use check::log_filter;
use limits::Bounds;
pub use limits::lifted;
pub use sections::{Face, LogFormat, Login, Metrics, Notifications, Out, Role, Server, Traces, Web};
use sections::{Fulfilling, Keys, Lasting, Operating, Orders, Readings, Takeovers};

pub use tls::{Tls, TlsMode};

use opendrs_outbound::Network;
use opendrs_domain::endpoint;
use opendrs_domain::language::Language;
use opendrs_domain::login::turn::Lifetime;
use opendrs_domain::order::Timing;
use opendrs_domain::time::Span;
use opendrs_service::operator::Operator;
use opendrs_service::reading::Keep;
use opendrs_store::Place;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The default settings with their comments, as `opendrs config default` prints them.
pub const DEFAULT: &str = include_str!("../../opendrs.default.toml");

/// Every setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    limits: Bounds,
    /// `[tls]`
    pub tls: Tls,
    operator: Operating,
    /// `[metrics]`
    pub metrics: Metrics,
    /// `[traces]`
    pub traces: Traces,
    /// `[service]`
    pub service: Face,
    /// `[login]`
    pub login: Login,
    /// `[web]`
    pub web: Web,
    /// `[keys]`
    pub keys: Keys,
    /// `[notifications]`
    pub notifications: Notifications,
    /// `[outbound]`
    pub outbound: Out,
    readings: Readings,
    /// `[mail]`
    pub mail: mail::Mail,
    takeover: Takeovers,
    orders: Orders,
    fulfilment: Fulfilling,
}

fn http_url(key: &str, url: &str) -> Result<String, String> {
    match url.starts_with("http://") || url.starts_with("https://") {
        true => Ok(url.to_owned()),
        false => Err(format!("{key} is `{}`: write it with http:// or https://", endpoint::shown(url))),
    }
}

/// A setting given on the command line: section, key, value.
pub type Override = (&'static str, &'static str, toml::Value);

fn lay(settings: &mut toml::Table, overrides: Vec<Override>) {
    for (section, key, value) in overrides {
        if let Some(place) = settings.get_mut(section).and_then(|s| s.get_mut(key)) {
            *place = value;
        }
    }
}

impl Config {
    /// Reads all sources. `file` is the one named on the command line; `env` the environment.
    ///
    /// # Errors
    /// A sentence that names the source and the setting.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Vec<Override>,
    ) -> Result<Self, String> {
        Self::load_over(Vec::new(), file, env, overrides)
    }

    /// The same, over defaults of which some are others; file, environment and command line win over those as well.
    ///
    /// # Errors
    /// A sentence that names the source and the setting.
    pub fn load_over(
        other_defaults: Vec<Override>,
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Vec<Override>,
    ) -> Result<Self, String> {
        let known = |name: &str| ["OPENDRS_", "OTEL_"].iter().any(|start| name.starts_with(start));
        let mut env: Vec<_> = env.into_iter().filter(|(name, _)| known(name)).collect();
        env.sort();
        let (otel, env): (Vec<_>, Vec<_>) = env.into_iter().partition(|(name, _)| name.starts_with("OTEL_"));
        let named = env.iter().find(|(name, _)| name == "OPENDRS_CONFIG").map(|(_, path)| PathBuf::from(path));
        let mut settings = merge::defaults()?;
        lay(&mut settings, other_defaults);
        merge::opentelemetry(&mut settings, &otel);
        if let Some(path) = file.map(Path::to_owned).or(named) {
            let text = std::fs::read_to_string(&path)
                .map_err(|e| format!("cannot read the settings file {}: {e}", path.display()))?;
            merge::file(&mut settings, &text, &path.display().to_string())?;
        }
        merge::environment(&mut settings, &env)?;
        lay(&mut settings, overrides);
        let read = settings.clone().try_into();
        let mut config: Config = read.map_err(|e: toml::de::Error| check::fault(&settings).unwrap_or(e.to_string()))?;
        config.read_secrets()?;
        config.check()?;
        Ok(config)
    }

    /// Where traces go, and which part of what there is; nothing where none are made.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn tracing(&self) -> Result<Option<(String, f64)>, String> {
        let Traces { endpoint, sampling, resource, headers, .. } = &self.traces;
        let part = sampling.parse().ok().filter(|part| (0.0..=1.0).contains(part));
        let part = part.ok_or_else(|| format!("traces.sampling is `{sampling}`: write a number from 0 to 1"))?;
        for (key, list) in [("resource", resource), ("headers", headers)] {
            if let Some(at) = list.iter().position(|pair| pair.split_once('=').is_none_or(|(name, _)| name.is_empty()))
            {
                // A header may hold a secret: it is not repeated.
                return Err(format!("traces.{key}: item {} is no pair: write \"name=value\"", at + 1));
            }
        }
        match endpoint.as_str() {
            "" => Ok(None),
            _ if !cfg!(feature = "otel") => {
                Err("traces.endpoint is set, but this program was built without the feature `otel`".into())
            }
            url => Ok(Some((format!("{}/v1/traces", http_url("traces.endpoint", url)?.trim_end_matches('/')), part))),
        }
    }

    /// The language of pages and mails where no other is known.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::parse(&self.web.language).unwrap_or(Language::English)
    }

    /// How topics are named, and where receivers find this installation as far as the settings say.
    #[must_use]
    pub fn topics(&self) -> opendrs_service::topic::Notifications {
        let Notifications { public_url, region, account, certificate_name, keep, .. } = &self.notifications;
        let base_url = if public_url.is_empty() { &self.web.public_url } else { public_url };
        opendrs_service::topic::Notifications {
            base_url: base_url.trim_end_matches('/').to_owned(),
            region: region.clone(),
            account: account.clone(),
            certificate_name: certificate_name.clone(),
            keep: keep.0,
        }
    }

    /// Where the store is.
    #[must_use]
    pub fn place(&self) -> Place {
        match self.server.database_url.as_str() {
            "" => Place::File(self.server.data.join("opendrs.db")),
            url => Place::Url(url.to_owned()),
        }
    }

    /// Where the master key is.
    #[must_use]
    pub fn master_file(&self) -> PathBuf {
        let named = &self.keys.master_file;
        if named.as_os_str().is_empty() { self.server.data.join("master.key") } else { named.clone() }
    }

    /// For how long a node that stops still serves.
    #[must_use]
    pub fn drain(&self) -> Duration {
        self.server.drain.wall()
    }

    /// Who may use the operator's API; `None` where nobody may.
    ///
    /// # Errors
    /// A sentence that names the file at fault, and nothing of what is in it.
    pub fn operator(&self) -> Result<Option<Operator>, String> {
        let path = &self.operator.token_file;
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        let token = secret::first("operator.token_file", path)?;
        Operator::with(&token)
            .map(Some)
            .map_err(|why| format!("the file {} of operator.token_file: {why}", path.display()))
    }

    /// How long refresh tokens of strict clients last.
    #[must_use]
    pub fn refresh(&self) -> Lifetime {
        Lifetime { idle: self.login.refresh_idle.0, whole: self.login.refresh_lifetime.0 }
    }

    /// For how long readings are kept.
    #[must_use]
    pub fn keep(&self) -> Keep {
        Keep { readings: self.readings.keep.0, days: self.readings.keep_daily.0 }
    }

    /// The network as the settings have it.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn network(&self) -> Result<Network, String> {
        Network::new(&self.outbound.allow, self.ca_file())
    }

    /// The same for a command that asks this installation itself, whose own authority is trusted then.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn network_to_ourselves(&self) -> Result<Network, String> {
        let own = self.local_authority();
        Network::new(&self.outbound.allow, self.ca_file().into_iter().chain(own.as_deref()))
    }

    /// A file of certificate authorities that are trusted besides the system's.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        Some(self.outbound.ca_file.as_path()).filter(|path| !path.as_os_str().is_empty())
    }

    /// How long a request to another server may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.outbound.timeout.0.secs()).unwrap_or(15).max(1))
    }

    /// Rules of units that change hands.
    #[must_use]
    pub fn takeover(&self) -> opendrs_service::takeover::Rules {
        let Takeovers { per_day, answer_within } = &self.takeover;
        opendrs_service::takeover::Rules { per_day: *per_day, answer_within: answer_within.0 }
    }

    /// Every duration of an order's life.
    #[must_use]
    pub fn timing(&self) -> Timing {
        let o = &self.orders;
        Timing {
            cancel_window: o.cancel_window.0,
            problem_hold: o.problem_hold.0,
            // A recheck of nothing would never let time pass.
            recheck: o.recheck.0.max(Span::from_secs(1)),
            ask_above: o.ask_above,
            remind_before: o.remind_before.0,
            ship_after: o.ship_after.0,
            deliver_after: o.deliver_after.0,
            delivery_known: o.delivery_known,
            free_after: o.free_after.0,
            test_ship_after: o.test_ship_after.0,
            test_deliver_after: o.test_deliver_after.0,
        }
    }
}

#[cfg(test)]
mod tests;
