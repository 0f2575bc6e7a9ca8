//! Checks of the settings before anything is started.
//!
//! Invariant: an error has the setting's name as in the settings file, and states what to write instead.

use super::{Config, NotificationsConfig, check_http_url, merge};
use opendrs_domain::language::Language;
use opendrs_domain::time::Span;
use opendrs_domain::zone::Zone;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// Checks the base URL that others use for links. Pages refer to each other by path only, so the URL of pages must not
/// have a path.
fn check_base_url(key: &str, url: &str, pages: bool) -> Result<(), String> {
    let read = url::Url::parse(&check_http_url(key, url)?).map_err(|e| format!("{key} is `{url}`: {e}"))?;
    let more = [read.query(), read.fragment(), read.password()].iter().any(Option::is_some);
    if (read.path() == "/" || !pages) && !more && read.username().is_empty() {
        Ok(())
    } else {
        Err(format!("{key} is `{url}`: write only scheme, host and port; pages have their own paths"))
    }
}

/// Parses `server.log`: a level, or levels by target.
///
/// # Errors
/// A text that names the setting.
pub fn parse_log_filter(text: &str) -> Result<Targets, String> {
    let words = |why: &dyn std::fmt::Display| {
        format!("server.log is `{text}`: write error, warn, info, debug or trace, or target=level ({why})")
    };
    // A single word would be parsed as a target.
    if !text.is_empty() && !text.contains(['=', ',']) {
        text.trim().parse::<LevelFilter>().map_err(|e| words(&e))?;
    }
    text.parse().map_err(|e| words(&e))
}

/// Finds the setting that makes all settings unreadable: the one that fails alone among the defaults.
pub(super) fn find_invalid_setting(settings: &toml::Table) -> Option<String> {
    let defaults = merge::default_table().ok()?;
    for (section, content) in settings {
        for (key, value) in content.as_table()? {
            let mut one = defaults.clone();
            *one.get_mut(section)?.get_mut(key)? = value.clone();
            if let Err(error) = one.try_into::<Config>() {
                return Some(format!("{section}.{key}: {}", error.message()));
            }
        }
    }
    None
}

/// Whether two addresses cannot be bound at the same time.
fn addresses_overlap(a: &str, b: &str) -> bool {
    let (Some((one, port)), Some((other, same))) = (a.rsplit_once(':'), b.rsplit_once(':')) else { return false };
    let all = |host: &str| ["0.0.0.0", "[::]"].contains(&host);
    port == same && port != "0" && (one == other || all(one) || all(other))
}

impl Config {
    /// Checks the addresses. Roles share an address that is written identically; all other addresses must differ.
    fn check_listeners(&self) -> Result<(), String> {
        let all: Vec<_> = self.listeners().into_iter().chain(self.metrics_listener()).collect();
        for (n, own) in all.iter().enumerate() {
            if let Some(other) = all[..n].iter().find(|other| addresses_overlap(other.address, own.address)) {
                let (key, address, taken) = (own.key, own.address, other.address);
                return Err(format!("{key} is `{address}` and {} is `{taken}`: give each its own port", other.key));
            }
        }
        Ok(())
    }

    /// Checks everything that can be checked without files and network.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.server.roles.is_empty() {
            return Err("server.roles is empty: name at least one of service, login, web, worker".into());
        }
        if self.accounts.session_idle.0 < Span::from_hours(2) {
            return Err("accounts.session_idle is less than 2h: the use of a session is recorded once an hour".into());
        }
        self.federation.check()?;
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
        for (key, url, pages) in [
            ("service.public_url", &self.service.public_url, false),
            ("login.public_url", &self.login.public_url, true),
            ("web.public_url", &self.web.public_url, true),
            ("notifications.public_url", &self.notifications.public_url, false),
        ] {
            if !url.is_empty() {
                check_base_url(key, url, pages)?;
            }
        }
        for (key, address) in [
            ("server.listen", &self.server.listen),
            ("service.listen", &self.service.listen),
            ("login.listen", &self.login.listen),
            ("web.listen", &self.web.listen),
            ("metrics.listen", &self.metrics.listen),
        ] {
            let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
            if !address.is_empty() && port.is_none_or(|port| port.parse::<u16>().is_err()) {
                return Err(format!("{key} is `{address}`: write HOST:PORT, such as 0.0.0.0:7373"));
            }
        }
        self.check_listeners()?;
        let scheme = self.server.database_url.split_once("://").map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| !["postgres", "postgresql"].contains(&scheme)) {
            // The URL may contain a password, so the error does not repeat it.
            return Err("server.database_url has an unknown form: write postgres://user:password@host:5432/name, \
                 or leave it out for SQLite"
                .into());
        }
        parse_log_filter(&self.server.log)?;
        opendrs_outbound::check_allow_list(&self.outbound.allow)?;
        let NotificationsConfig { region, account, certificate_name, .. } = &self.notifications;
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
        if Language::parse(&self.web.language).is_none() {
            return Err(format!("web.language is `{}`: write one of {}", self.web.language, Language::all_tags()));
        }
        Zone::parse(&self.web.time_zone).map_err(|error| format!("web.time_zone: {error}"))?;
        self.tls.check()?;
        self.trace_export()?;
        if !self.notifications.sns_endpoint.is_empty() {
            check_http_url("notifications.sns_endpoint", &self.notifications.sns_endpoint)?;
        }
        self.mail.check()?;
        self.brand()?;
        self.fulfilment_settings().map(drop)
    }
}
