//! Settings: the default file, a file of the operator's, the environment, the command line, in rising order.
//!
//! Invariant: the default file (`opendrs.default.toml`, compiled in) is the list of settings and their documentation;
//! what does not stand in it does not exist, and naming it anywhere is an error that says where.

mod mail;
mod merge;
mod publication;
mod sections;

use sections::{Bounds, Fulfilling, Keys, Lasting, Orders, Readings};
pub use sections::{Face, LogFormat, Login, Metrics, Notifications, Out, Role, Server};

use crate::http::{Bodies, Limits};
use crate::outbound::Network;
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::order::Timing;
use opendrs_domain::time::Span;
use opendrs_domain::wire::webhook::Secret;
use opendrs_service::fulfilment::Fulfilment;
use opendrs_service::fulfilment::webhook::Hook;
use opendrs_service::limit::{Rate, Rates};
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
    /// `[metrics]`
    pub metrics: Metrics,
    /// `[service]`
    pub service: Face,
    /// `[login]`
    pub login: Login,
    /// `[web]`
    pub web: Face,
    /// `[keys]`
    pub keys: Keys,
    /// `[notifications]`
    pub notifications: Notifications,
    /// `[outbound]`
    pub outbound: Out,
    readings: Readings,
    /// `[mail]`
    pub mail: mail::Mail,
    orders: Orders,
    fulfilment: Fulfilling,
}

fn http_url(key: &str, url: &str) -> Result<String, String> {
    match url.starts_with("http://") || url.starts_with("https://") {
        true => Ok(url.to_owned()),
        false => Err(format!("{key} is `{url}`: write it with http:// or https://")),
    }
}

/// The secrets of a list; a wrong one is not repeated, since it may be nearly right.
fn secrets(list: &[String]) -> Result<Vec<Secret>, String> {
    let wrong = "fulfilment.webhook_secrets: write each as whsec_ and the Base64 of 24 to 64 random bytes";
    let read: Option<Vec<_>> = list.iter().map(|text| Secret::parse(text)).collect();
    read.filter(|read| !read.is_empty()).ok_or_else(|| wrong.into())
}

/// A setting given on the command line: section, key, value.
pub type Override = (&'static str, &'static str, toml::Value);

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
        let mut env: Vec<_> = env.into_iter().filter(|(name, _)| name.starts_with("OPENDRS_")).collect();
        env.sort();
        let named = env.iter().find(|(name, _)| name == "OPENDRS_CONFIG").map(|(_, path)| PathBuf::from(path));
        let mut settings = merge::defaults()?;
        if let Some(path) = file.map(Path::to_owned).or(named) {
            let text = std::fs::read_to_string(&path)
                .map_err(|e| format!("cannot read the settings file {}: {e}", path.display()))?;
            merge::file(&mut settings, &text, &path.display().to_string())?;
        }
        merge::environment(&mut settings, &env)?;
        for (section, key, value) in overrides {
            if let Some(place) = settings.get_mut(section).and_then(|s| s.get_mut(key)) {
                *place = value;
            }
        }
        let config: Config = settings.try_into().map_err(|e: toml::de::Error| format!("settings: {}", e.message()))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.server.roles.is_empty() {
            return Err("server.roles is empty: name at least one of service, login, web, worker".into());
        }
        if self.server.max_connections == 0 {
            return Err("server.max_connections is 0: no client could connect".into());
        }
        for (key, value, least) in
            [("head_bytes", self.limits.head_bytes, 8192), ("body_bytes", self.limits.body_bytes, 1024)]
        {
            if value < least {
                return Err(format!("limits.{key} is {value}: no client could work with less than {least}"));
            }
        }
        for (key, url) in [
            ("service.public_url", &self.service.public_url),
            ("login.public_url", &self.login.public_url),
            ("web.public_url", &self.web.public_url),
            ("notifications.public_url", &self.notifications.public_url),
        ] {
            if !url.is_empty() {
                http_url(key, url)?;
            }
        }
        let Notifications { region, account, certificate_name, .. } = &self.notifications;
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !word(region) {
            return Err(format!("notifications.region is `{region}`: use small letters, digits and `-`"));
        }
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("notifications.account is `{account}`: write 12 digits"));
        }
        if certificate_name.is_empty() || !certificate_name.is_ascii() || certificate_name.contains([' ', '/']) {
            return Err(format!("notifications.certificate_name is `{certificate_name}`: write a host name"));
        }
        self.check_publisher()?;
        self.mail.check()?;
        self.fulfilment().map(drop)
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

    /// Bounds on connections.
    #[must_use]
    pub fn connections(&self) -> Limits {
        let head_timeout = self.server.head_timeout.wall().max(Duration::from_secs(1));
        Limits { connections: self.server.max_connections, head_timeout, head_bytes: self.limits.head_bytes }
    }

    /// For how long a node that stops still serves.
    #[must_use]
    pub fn drain(&self) -> Duration {
        self.server.drain.wall()
    }

    /// Bounds on bodies.
    #[must_use]
    pub fn bodies(&self) -> Bodies {
        Bodies { bytes: self.limits.body_bytes, timeout: self.limits.body_timeout.wall() }
    }

    /// How often devices and clients may call.
    #[must_use]
    pub fn rates(&self) -> Rates {
        let Bounds { device_rate, device_burst, client_rate, client_burst, .. } = self.limits;
        let rate = |per_second, burst| Rate { per_second, burst };
        Rates { device: rate(device_rate, device_burst), client: rate(client_rate, client_burst) }
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
        let ca_file = Some(self.outbound.ca_file.as_path()).filter(|path| !path.as_os_str().is_empty());
        Network::new(&self.outbound.allow, ca_file)
    }

    /// How long a request to another server may take.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.outbound.timeout.0.secs()).unwrap_or(15).max(1))
    }

    /// Who fulfils orders.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn fulfilment(&self) -> Result<Fulfilment, String> {
        let Fulfilling { backend, makers, webhook_url, webhook_secrets } = &self.fulfilment;
        let read = |key: &str, word: &str| {
            let words = Backend::ALL.map(Backend::as_str).join(" or ");
            Backend::parse(word).ok_or_else(|| format!("fulfilment.{key} has `{word}`: write {words}"))
        };
        let own = |item: &String| {
            let (maker, word) = item
                .rsplit_once('=')
                .ok_or_else(|| format!("fulfilment.makers has `{item}`: write \"Maker name = manual\""))?;
            Ok::<_, String>((maker.trim().to_owned(), read("makers", word.trim())?))
        };
        let makers: Vec<_> = makers.iter().map(own).collect::<Result<_, _>>()?;
        let backend = read("backend", backend)?;
        let called = backend == Backend::Webhook || makers.iter().any(|(_, backend)| *backend == Backend::Webhook);
        let webhook = match (webhook_url.as_str(), webhook_secrets.is_empty()) {
            ("", _) | (_, true) if called => {
                return Err("fulfilment has webhook: set fulfilment.webhook_url and fulfilment.webhook_secrets".into());
            }
            ("", _) => None,
            (url, _) => {
                Some(Hook { url: http_url("fulfilment.webhook_url", url)?, secrets: secrets(webhook_secrets)? })
            }
        };
        Ok(Fulfilment { backend, makers, webhook })
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
mod tests {
    use super::*;

    fn load(file: &str, env: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("o.toml");
        std::fs::write(&path, file).unwrap();
        let env = env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Config::load(Some(&path), env, Vec::new()).map_err(|e| e.replace(&path.display().to_string(), "o.toml"))
    }

    #[test]
    fn each_source_wins_over_the_one_before() {
        assert_eq!(load("", &[]).unwrap().server.listen, "127.0.0.1:7373");
        let file = "[server]\nlisten = \"a:1\"\n[orders]\ncancel_window = \"1h\"";
        let config = load(file, &[("OPENDRS_SERVER_LISTEN", "b:2"), ("OPENDRS_SERVER_ROLES", "web,worker")]).unwrap();
        assert_eq!((config.server.listen.as_str(), config.timing().cancel_window), ("b:2", Span::from_hours(1)));
        assert_eq!(config.server.roles, [Role::Web, Role::Worker]);
    }

    #[test]
    fn unknown_settings_and_wrong_values_are_errors_that_say_where() {
        for (file, env, says) in [
            (
                "[server]\nlisen = \"a\"",
                None,
                "o.toml: line 2: unknown setting server.lisen; did you mean server.listen?",
            ),
            ("[serve]\nx = 1", None, "o.toml: line 1: unknown section [serve]; did you mean [server]?"),
            ("[server]\nlisten = 5", None, "o.toml: line 2: server.listen must be a string"),
            ("[orders]\ncancel_window = \"soon\"", None, "`soon` is not a duration"),
            ("[server\n", None, "o.toml: "),
            ("", Some(("OPENDRS_SERVER_LISEN", "a")), "OPENDRS_SERVER_LISEN: unknown setting"),
            ("", Some(("OPENDRS_SERVER_MAX_CONNECTIONS", "many")), "OPENDRS_SERVER_MAX_CONNECTIONS must be a number"),
            ("[server]\nroles = [\"cook\"]", None, "unknown variant `cook`"),
            (
                "[fulfilment]\nbackend = \"drone\"",
                None,
                "fulfilment.backend has `drone`: write simulated or manual or webhook",
            ),
            ("[fulfilment]\nmakers = [\"Aqua\"]", None, "fulfilment.makers has `Aqua`: write \"Maker name = manual\""),
            ("[fulfilment]\nbackend = \"webhook\"", None, "set fulfilment.webhook_url and fulfilment.webhook_secrets"),
            (
                "[fulfilment]\nwebhook_url = \"https://a\"\nwebhook_secrets = [\"hush\"]",
                None,
                "fulfilment.webhook_secrets: write each as whsec_",
            ),
            ("[web]\npublic_url = \"shop.example\"", None, "web.public_url is `shop.example`: write it with http"),
            (
                "[notifications]\nsns_endpoint = \"sns\"",
                None,
                "notifications.sns_endpoint is `sns`: write it with http",
            ),
        ] {
            let error = load(file, env.as_slice()).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
