//! A database URL: which parameters it may have, and the connection settings derived from it.
//!
//! What it is: libpq's parameters, as far as they are known here; each keeps libpq's meaning. What it is not: it opens
//! no connection. Invariant: a parameter is used or refused by its name, never ignored. Every connection ends at a
//! server that takes writes, except for inspection ([`PgTarget::for_inspection`]).

use crate::tls::{self, CertificateCheck};
use crate::{Error, Result};
use opendrs_domain::login::form;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long one attempt to connect may take, unless the URL sets it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The parameters that the driver knows, and those that are read here.
const KNOWN_PARAMETERS: [&str; 21] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
    // libpq and its relatives send UTF-8 anyway, as the driver does
    "client_encoding",
];

/// The value of `sslrootcert` for the system's roots.
const SYSTEM_ROOTS: &str = "system";

/// The location of the database, and how connections to it are protected.
#[derive(Clone)]
pub(crate) struct PgTarget {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl PgTarget {
    /// The same target for inspection: a standby is accepted as well.
    pub(crate) fn for_inspection(mut self) -> Self {
        self.config.target_session_attrs(TargetSessionAttrs::Any);
        self
    }
}

/// Reads a `postgres://` URL.
///
/// # Errors
/// [`Error::CannotOpen`] with the parameter at fault.
pub(crate) fn parse_url(url: &str) -> Result<PgTarget> {
    let (url, verify) = split_parameters(url)?;
    let mut config: Config = url.parse().map_err(|e: tokio_postgres::Error| {
        let why = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
        url_error(format!("the database URL cannot be read ({why}); write postgres://user:password@host:5432/name"))
    })?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("opendrs");
    }
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    Ok(PgTarget { config, tls: tls::build_connector(&verify)? })
}

fn url_error(words: impl Into<String>) -> Error {
    Error::CannotOpen(words.into())
}

/// The parameters that the driver does not know.
#[derive(Default)]
struct UrlParameters<'u> {
    /// The parameters for the driver.
    driver_parameters: Vec<&'u str>,
    ssl_mode: Option<&'u str>,
    ssl_root_cert: Option<String>,
}

/// Removes from a URL the parameters that the driver does not know.
fn split_parameters(url: &str) -> Result<(String, CertificateCheck)> {
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), CertificateCheck::Unverified)) };
    let mut read = UrlParameters::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "sslmode" => read.ssl_mode = Some(value),
            "sslrootcert" => {
                let path = form::percent_decode(value.as_bytes(), false);
                read.ssl_root_cert =
                    Some(path.ok_or_else(|| url_error("sslrootcert of the database URL cannot be read"))?);
            }
            "target_session_attrs" => check_session_attrs(value)?,
            "client_encoding" if value.eq_ignore_ascii_case("utf8") || value.eq_ignore_ascii_case("utf-8") => {}
            "client_encoding" => {
                return Err(url_error(format!(
                    "client_encoding={value} of the database URL: leave it out, it is UTF8"
                )));
            }
            name if KNOWN_PARAMETERS.contains(&name) => read.driver_parameters.push(pair),
            name => return Err(unknown_parameter_error(name)),
        }
    }
    let verify = certificate_check(&mut read)?;
    let query = read.driver_parameters.join("&");
    Ok((if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") }, verify))
}

/// Checks that the requested session attributes admit a server that takes writes.
fn check_session_attrs(value: &str) -> Result<()> {
    match value {
        // `any` is narrowed, because the service writes.
        "any" | "read-write" | "primary" => Ok(()),
        value => Err(url_error(format!(
            "target_session_attrs={value} of the database URL: the service writes, leave it out or write read-write"
        ))),
    }
}

fn unknown_parameter_error(name: &str) -> Error {
    let advice = match name {
        "sslcert" | "sslkey" | "sslpassword" => ": client certificates are not supported, use a user and a password",
        "passfile" | "service" | "servicefile" => ": write user and password into the URL",
        "sslcrl" | "sslcrldir" => ": lists of revoked certificates are not supported",
        _ => "",
    };
    let known = KNOWN_PARAMETERS.join(", ");
    url_error(format!("the database URL has the unknown parameter `{name}`{advice}. Leave it out; known are {known}"))
}

/// The certificates to accept. The parameters for the driver stay in `read`.
fn certificate_check(read: &mut UrlParameters<'_>) -> Result<CertificateCheck> {
    let verify = match (read.ssl_mode, read.ssl_root_cert.take()) {
        // As with libpq, which accepts nothing weaker together with the system's roots.
        (None | Some("verify-full"), Some(root)) if root == SYSTEM_ROOTS => CertificateCheck::SystemRoots,
        (Some(mode), Some(root)) if root == SYSTEM_ROOTS => {
            return Err(url_error(format!(
                "sslrootcert=system of the database URL needs sslmode=verify-full, not {mode}: leave sslmode out"
            )));
        }
        (Some("verify-full"), None) => CertificateCheck::SystemRoots,
        (Some("verify-full"), Some(path)) => CertificateCheck::RootFile(path.into()),
        (_, Some(_)) => return Err(url_error("sslrootcert of the database URL needs sslmode=verify-full beside it")),
        (Some(mode), None) if !["disable", "prefer", "require"].contains(&mode) => {
            return Err(url_error(format!(
                "sslmode={mode} of the database URL is not known: write disable, prefer, require or verify-full"
            )));
        }
        (_, None) => CertificateCheck::Unverified,
    };
    match (&verify, read.ssl_mode) {
        (CertificateCheck::SystemRoots | CertificateCheck::RootFile(_), _) | (_, Some("require")) => {
            read.driver_parameters.push("sslmode=require");
        }
        (_, Some("disable")) => read.driver_parameters.push("sslmode=disable"),
        _ => {}
    }
    Ok(verify)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_says_how_much_is_proven() {
        for (url, left, verify) in [
            ("postgres://h/d", "postgres://h/d", CertificateCheck::Unverified),
            ("postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require", CertificateCheck::Unverified),
            ("postgres://h/d?sslmode=disable", "postgres://h/d?sslmode=disable", CertificateCheck::Unverified),
            ("postgres://h/d?sslmode=prefer", "postgres://h/d", CertificateCheck::Unverified),
            (
                "postgres://h/d?port=1&sslmode=verify-full",
                "postgres://h/d?port=1&sslmode=require",
                CertificateCheck::SystemRoots,
            ),
            ("postgres://h/d?sslrootcert=system", "postgres://h/d?sslmode=require", CertificateCheck::SystemRoots),
            (
                "postgres://h/d?sslrootcert=system&sslmode=verify-full",
                "postgres://h/d?sslmode=require",
                CertificateCheck::SystemRoots,
            ),
            (
                "postgres://h/d?sslrootcert=%2Fetc%2Fca.pem&sslmode=verify-full",
                "postgres://h/d?sslmode=require",
                CertificateCheck::RootFile("/etc/ca.pem".into()),
            ),
        ] {
            assert_eq!(split_parameters(url).unwrap(), (left.to_owned(), verify), "{url}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_its_name() {
        for (query, says) in [
            ("sslmode=verify-ca", "sslmode=verify-ca of the database URL is not known"),
            ("sslmode=require&sslrootcert=x", "needs sslmode=verify-full"),
            ("sslmode=require&sslrootcert=system", "needs sslmode=verify-full, not require"),
            ("target_session_attrs=read-only", "the service writes"),
            ("target_session_attrs=prefer-standby", "the service writes"),
            ("sslcert=a.pem", "`sslcert`: client certificates are not supported"),
            ("pgbouncer=true", "unknown parameter `pgbouncer`. Leave it out; known are application_name"),
            ("port=x", "port"),
            ("client_encoding=LATIN1", "it is UTF8"),
        ] {
            let words = parse_url(&format!("postgres://user:hidden@h/d?{query}")).err().unwrap().to_string();
            assert!(words.contains(says) && !words.contains("hidden"), "{query}: {words}");
        }
    }

    #[test]
    fn what_is_known_reaches_the_driver() {
        let config = |query: &str| parse_url(&format!("postgres://one:5432,two:5433/d{query}")).unwrap().config;
        let plain = config("");
        assert_eq!((plain.get_hosts().len(), plain.get_ports()), (2, [5432, 5433].as_slice()));
        assert_eq!(plain.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(
            (plain.get_connect_timeout(), plain.get_application_name()),
            (Some(&CONNECT_TIMEOUT), Some("opendrs"))
        );
        for word in ["any", "read-write", "primary"] {
            let asked = config(&format!("?target_session_attrs={word}"));
            assert_eq!(asked.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        }
        let set = config("?connect_timeout=3&application_name=mine&client_encoding=UTF8");
        assert_eq!(set.get_connect_timeout(), Some(&Duration::from_secs(3)));
        assert_eq!(set.get_application_name(), Some("mine"));
        let look = parse_url("postgres://h/d").unwrap().for_inspection();
        assert_eq!(look.config.get_target_session_attrs(), TargetSessionAttrs::Any);
    }
}
