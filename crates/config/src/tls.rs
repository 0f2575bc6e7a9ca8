//! `[tls]`: the protection of clients' connections.
//!
//! Invariant: a listener that must use TLS never serves plain HTTP.

use super::{Config, DurationSetting};
use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// The file of the local authority's certificate, in the data folder.
pub const CA_CERTIFICATE_FILE: &str = "local-ca.pem";

/// The source of the certificate, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// No certificate: plain HTTP, for one machine or behind a proxy that terminates TLS.
    Off,
    /// A certificate and its key in PEM files.
    Files,
    /// A certificate of a local authority, which is created in the data folder. Clients must trust that authority.
    SelfSigned,
}

/// The source of a certificate.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// PEM files of the operator.
    Files {
        /// The certificate, followed by the intermediate certificates.
        certificate: PathBuf,
        /// The key of the certificate.
        key: PathBuf,
    },
    /// The local authority of this installation, which is created if it does not exist.
    Local {
        /// The folder of the authority.
        folder: PathBuf,
        /// The names and addresses in the certificate.
        names: Vec<String>,
    },
}

/// The section `[tls]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The source of the certificate.
    pub mode: TlsMode,
    certificate_file: PathBuf,
    key_file: PathBuf,
    names: Vec<String>,
    look: DurationSetting,
}

impl TlsConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(name) =
            self.names.iter().find(|name| url::Host::parse(name).is_err() && name.parse::<IpAddr>().is_err())
        {
            return Err(format!("tls.names has `{name}`: write host names and addresses"));
        }
        let named = [&self.certificate_file, &self.key_file].map(|path| !path.as_os_str().is_empty());
        match (self.mode, named) {
            (TlsMode::Files, [true, true]) | (TlsMode::Off | TlsMode::SelfSigned, [false, false]) => Ok(()),
            (TlsMode::Files, _) => {
                Err("tls.mode is files: set both, tls.certificate_file (--tls-cert) and tls.key_file (--tls-key)"
                    .into())
            }
            _ => Err("tls.certificate_file and tls.key_file are used only with tls.mode = \"files\": set it, or \
                      leave them out"
                .into()),
        }
    }
}

impl Config {
    /// Returns the source of the listeners' certificate, or `None` if they speak plain HTTP.
    #[must_use]
    pub fn certificate_source(&self) -> Option<CertificateSource> {
        match self.tls.mode {
            TlsMode::Off => None,
            TlsMode::Files => Some(CertificateSource::Files {
                certificate: self.tls.certificate_file.clone(),
                key: self.tls.key_file.clone(),
            }),
            TlsMode::SelfSigned => {
                Some(CertificateSource::Local { folder: self.server.data.clone(), names: self.certificate_names() })
            }
        }
    }

    /// Returns how often the server checks for a new certificate.
    #[must_use]
    pub fn certificate_check_interval(&self) -> Duration {
        self.tls.look.to_duration().max(Duration::from_secs(1))
    }

    /// Returns the scheme of this server's URLs that are not set: `http` or `https`.
    #[must_use]
    pub fn default_scheme(&self) -> &'static str {
        if self.tls.mode == TlsMode::Off { "http" } else { "https" }
    }

    /// Returns the certificate of this installation's own authority, if it exists.
    #[must_use]
    pub fn local_ca_file(&self) -> Option<PathBuf> {
        Some(self.server.data.join(CA_CERTIFICATE_FILE)).filter(|path| path.exists())
    }

    /// Returns the names in a certificate of the local authority: those of this machine, of the listening addresses and
    /// the public URLs, and the names in the settings.
    fn certificate_names(&self) -> Vec<String> {
        let listen = [&self.server.listen, &self.service.listen, &self.login.listen, &self.web.listen];
        let listen = listen.map(|address| format!("http://{address}"));
        let faces = [&self.service.public_url, &self.login.public_url, &self.web.public_url];
        let urls = faces.into_iter().chain([&self.notifications.public_url]).chain(&listen);
        let hosts = urls.filter_map(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        for name in hosts.chain(self.tls.names.iter().cloned()) {
            let name = name.trim_matches(['[', ']']).to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(env: &[(&str, &str)]) -> Result<Config, String> {
        Config::load(None, env.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())), Vec::new())
    }

    #[test]
    fn files_come_in_pairs_and_with_their_mode() {
        let (mode, cert, key) = ("OPENDRS_TLS_MODE", "OPENDRS_TLS_CERTIFICATE_FILE", "OPENDRS_TLS_KEY_FILE");
        for env in [vec![(mode, "files")], vec![(mode, "files"), (cert, "c")], vec![(mode, "files"), (key, "k")]] {
            assert!(load(&env).unwrap_err().starts_with("tls.mode is files: set both"), "{env:?}");
        }
        for env in [vec![(cert, "c"), (key, "k")], vec![(mode, "self-signed"), (key, "k")]] {
            assert!(load(&env).unwrap_err().contains("only with tls.mode = \"files\""), "{env:?}");
        }
        let config = load(&[(mode, "files"), (cert, "c"), (key, "k")]).unwrap();
        assert!(
            matches!(config.certificate_source(), Some(CertificateSource::Files { .. }))
                && config.default_scheme() == "https"
        );
        let config = load(&[]).unwrap();
        assert!(config.certificate_source().is_none() && config.default_scheme() == "http");
    }

    #[test]
    fn a_certificate_of_our_own_is_good_for_every_name_that_leads_here() {
        let config = load(&[
            ("OPENDRS_TLS_MODE", "self-signed"),
            ("OPENDRS_TLS_NAMES", "dash-replenishment-service-na.amazon.com, 10.0.0.9"),
            ("OPENDRS_SERVER_LISTEN", "[fd00::1]:7373"),
            ("OPENDRS_WEB_PUBLIC_URL", "https://shop.example:8443/"),
            ("OPENDRS_LOGIN_PUBLIC_URL", "https://shop.example"),
        ]);
        let Some(CertificateSource::Local { names, .. }) = config.unwrap().certificate_source() else {
            panic!("no authority")
        };
        let wanted = ["localhost", "127.0.0.1", "::1", "shop.example", "fd00::1"];
        assert_eq!(names, [&wanted[..], &["dash-replenishment-service-na.amazon.com", "10.0.0.9"]].concat());
    }
}
