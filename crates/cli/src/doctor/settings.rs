//! Checks of the settings and of the files on this machine, without network access. `opendrs config check` makes these
//! checks, too.

use super::{DoctorCheck, failed, passed, warning};
use opendrs_config::{CertificateSource, Config, Role};
use opendrs_domain::time::Span;
use opendrs_server::mail::open_mailer;
use opendrs_server::master_key::mode_if_readable_by_others;
use opendrs_server::store_check;
use opendrs_server::tls::{ListenerTls, LocalAuthority};
use opendrs_service::clock::{Clock, SystemClock};
use std::net::IpAddr;
use url::Url;

/// Makes all checks of settings.
pub(crate) fn check_settings(config: &Config) -> Vec<DoctorCheck> {
    let mut checks = check_named_files(config);
    checks.extend(check_secret_files(config));
    checks.extend(check_certificate(config));
    checks.extend(check_public_urls(config));
    checks.extend(check_proxies(config));
    checks.push(check_signing_url(config));
    checks.push(check_metrics(config));
    checks.push(check_limits(config));
    checks
}

/// Checks the files that the settings name and a server reads at its start.
fn check_named_files(config: &Config) -> Vec<DoctorCheck> {
    const NAME: &str = "files";
    let fix = "put the file in place, readable for the server's user, or change the setting";
    let read = [
        config.outbound_client().map(drop),
        open_mailer(config).map(drop),
        config.operator().map(drop),
        config.federation_settings().map(drop),
    ];
    let mut bad: Vec<String> = read.into_iter().filter_map(Result::err).collect();
    // One unreadable file can fail several of these reads.
    bad.dedup();
    if bad.is_empty() {
        return vec![passed(NAME, "all files in the settings can be read")];
    }
    bad.into_iter().map(|why| failed(NAME, why, fix)).collect()
}

/// Warns of secret files that users other than their owner can read.
fn check_secret_files(config: &Config) -> Vec<DoctorCheck> {
    let open = config.secret_files().into_iter().filter_map(|(key, path)| {
        let mode = std::fs::metadata(path).ok().as_ref().and_then(mode_if_readable_by_others)?;
        let at = path.display();
        let says = format!("the file {at} of {key} can be read by others than its owner (mode {mode:o})");
        Some(warning("files", says, format!("chmod 600 {at}, or mount it with that mode")))
    });
    open.collect()
}

/// Checks the URL of the signing certificate that notifications contain.
fn check_signing_url(config: &Config) -> DoctorCheck {
    const NAME: &str = "signing URL";
    let url = match config.notification_settings().base_url {
        url if url.is_empty() => config.mail_settings().base_url,
        url => url,
    };
    let region = config.notification_settings().region;
    let wanted = format!("https://sns.{region}.amazonaws.com");
    let fix = format!(
        "set notifications.public_url to {wanted}, with that name in your DNS and in the certificate; or have receivers trust \
         your host: see docs/notifications.md"
    );
    let warn = |says: String| warning(NAME, format!("notifications contain {url}: {says}"), fix.clone());
    let Ok(read) = Url::parse(&url) else { return warn("it is not a valid URL".into()) };
    if read.scheme() != "https" {
        return warn("SNS message validators fetch certificates by https only".into());
    }
    let host = read.host_str().unwrap_or_default();
    let named = host
        .strip_prefix("sns.")
        .and_then(|rest| rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn")));
    match named {
        None => {
            warn("SNS message validators accept only hosts of the form sns.<region>.amazonaws.com by default".into())
        }
        Some(other) if other != region => {
            let says = format!(
                "its region is {other}, that of topics (notifications.region) is {region}: validators that compare \
                 both refuse it"
            );
            warn(says)
        }
        Some(_) if read.port().is_some() => warn("SNS message validators accept no port in the URL".into()),
        Some(_) => passed(NAME, format!("{url} has the form that SNS message validators accept")),
    }
}

/// Checks the address of the metrics, which have no authentication.
fn check_metrics(config: &Config) -> DoctorCheck {
    const NAME: &str = "metrics";
    let listen = &config.metrics.listen;
    if listen.is_empty() {
        return passed(NAME, "are off");
    }
    let host = listen.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(address) if !is_private(address) => {
            let says = format!("metrics.listen is {listen}: everyone who reaches it can read the metrics");
            warning(NAME, says, "listen on the loopback, or on an address of a private network")
        }
        _ => passed(NAME, format!("are served at {listen}")),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Checks the trusted proxies. The server trusts the source address that a proxy reports.
fn check_proxies(config: &Config) -> Option<DoctorCheck> {
    let all = config.server.proxies.network_of_all()?;
    let says = format!(
        "server.proxies has {all}: every address counts as a proxy, so every caller can claim another address and \
         evade the limits"
    );
    Some(warning("proxies", says, "list only the addresses or networks of your proxies"))
}

/// Checks for disabled limits, without which one device, client or address can use up a node.
fn check_limits(config: &Config) -> DoctorCheck {
    const NAME: &str = "limits";
    let off: Vec<_> = config.disabled_limits().iter().map(|(key, what)| format!("{key} ({what})")).collect();
    if off.is_empty() {
        return passed(NAME, "are on");
    }
    let fix = "set them again, except for a load test: `opendrs config default` has the default values";
    warning(NAME, format!("off: {}", off.join(", ")), fix)
}

/// Checks the certificate that the server presents to clients.
fn check_certificate(config: &Config) -> Option<DoctorCheck> {
    const NAME: &str = "certificate";
    let now = SystemClock.now();
    let source = config.certificate_source()?;
    if let CertificateSource::Local { folder, .. } = &source {
        match LocalAuthority::is_complete(folder) {
            None => {
                return Some(match store_check::check_folder(folder, "choose another with --data (server.data)") {
                    Ok(()) => passed(NAME, "the first start creates this installation's authority"),
                    Err(fault) => failed(NAME, fault.message, fault.fix),
                });
            }
            Some(false) => {
                let says = format!("{} contains only one of local-ca.pem and local-ca.key", folder.display());
                return Some(failed(NAME, says, "restore the other file, or remove this one to get a new authority"));
            }
            Some(true) => {}
        }
    }
    let renewed = match &source {
        CertificateSource::Files { .. } => "replace it with a new certificate: the server uses it without a restart",
        CertificateSource::Local { .. } => "correct this machine's clock",
    };
    Some(match ListenerTls::open(source, now).map(|tls| tls.expires_at()) {
        Err(why) => failed(NAME, why, "put PEM files in place, or change [tls]"),
        Ok(None) => warning(NAME, "its expiry cannot be read", "check tls.certificate_file"),
        Ok(Some(end)) if end <= now => failed(NAME, format!("it expired {end}"), renewed),
        Ok(Some(end)) if end.since(now) < Span::from_hours(14 * 24) => {
            warning(NAME, format!("it expires {end}"), renewed)
        }
        Ok(Some(end)) => passed(NAME, format!("it is valid until {end}")),
    })
}

fn check_public_urls(config: &Config) -> Vec<DoctorCheck> {
    const NAME: &str = "public URLs";
    let faces = [
        (Role::Service, "service", &config.service.listen, &config.service.public_url),
        (Role::Login, "login", &config.login.listen, &config.login.public_url),
        (Role::Web, "web", &config.web.listen, &config.web.public_url),
    ];
    let mut checks = Vec::new();
    for (role, section, own, url) in faces {
        if !config.server.roles.contains(&role) {
            continue;
        }
        let listen = if own.is_empty() { &config.server.listen } else { own };
        let local = ["127.", "localhost:", "[::1]:"].iter().any(|start| listen.starts_with(start));
        if url.is_empty() && !local {
            let says = format!("{section} listens on {listen}, and its links would begin with that address");
            let fix = format!("set {section}.public_url to the https URL that clients use");
            checks.push(warning(NAME, says, fix));
        } else if url.starts_with("http://") && role != Role::Service {
            let fix = "set [tls], or end TLS in a proxy, and set the https URL: cookies are then sent over https only";
            checks.push(warning(NAME, format!("{section}.public_url is {url}"), fix));
        }
    }
    let own = config.certificate_source().is_some();
    let secure = |url: &str| url.starts_with("https://") || (own && url.is_empty());
    if secure(&config.login.public_url) != secure(&config.web.public_url) {
        let fix = "set both to https: with only one, cookies are not restricted to https";
        checks.push(failed(NAME, "only one of login.public_url and web.public_url is https", fix));
    }
    if !own && (secure(&config.login.public_url) || secure(&config.web.public_url)) && config.server.proxies.is_empty()
    {
        let says = "a proxy ends TLS, and all callers behind it count as one source for the limits";
        checks.push(warning(NAME, says, "set server.proxies to the proxy's address"));
    }
    if checks.is_empty() {
        checks.push(passed(NAME, "match the addresses of the listeners"));
    }
    checks
}
