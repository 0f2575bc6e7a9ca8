//! `[mail]`: the mail server, and the retention of mails.
//!
//! Invariant: a password is sent over a protected connection only.

use super::{Config, DurationSetting, Role, secret};
use lettre::message::Mailbox;
use opendrs_service::mail::MailSettings;
use opendrs_store::regular_file;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The protection of the connection to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// The connection starts as plain text and must change to TLS.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// No protection.
    None,
}

/// The settings of a mail server.
pub struct SmtpSettings {
    /// The host name.
    pub host: String,
    /// The port, if it is not the usual one.
    pub port: Option<u16>,
    /// The protection of the connection.
    pub security: SmtpSecurity,
    /// The sender of the mails.
    pub from: Mailbox,
    /// User name and password.
    pub login: Option<(String, String)>,
    /// Certificate authorities that are trusted besides the system's, as PEM.
    pub ca_pem: Option<Vec<u8>>,
}

/// The section `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The host of the mail server, or empty.
    pub host: String,
    port: u16,
    security: SmtpSecurity,
    from: String,
    reply_to: String,
    user: String,
    password_file: PathBuf,
    keep: DurationSetting,
    page: bool,
}

impl MailConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if !self.from.is_empty() {
            self.sender()?;
        }
        if self.host.is_empty() {
            return Ok(());
        }
        self.sender()?;
        if self.user.is_empty() != self.password_file.as_os_str().is_empty() {
            return Err("mail.user and mail.password_file belong together: set both or neither".into());
        }
        if !self.user.is_empty() && self.security == SmtpSecurity::None {
            return Err(
                "mail.security is none: the password of mail.user would be sent unencrypted. Use starttls or tls"
                    .into(),
            );
        }
        Ok(())
    }

    fn sender(&self) -> Result<Mailbox, String> {
        self.from.parse().map_err(|_| {
            format!("mail.from is `{}`: mail.host needs a sender, such as Name <orders@your.example>", self.from)
        })
    }

    /// Returns the address to which replies go, or an empty text.
    pub(super) fn reply_to(&self) -> &str {
        &self.reply_to
    }

    /// Returns the file with the mail server's password, or an empty path.
    pub(super) fn password_file(&self) -> &PathBuf {
        &self.password_file
    }
}

impl Config {
    /// Returns the settings of mails. Links in mails begin with the URL of the customer pages in the settings.
    /// `store_only` is for a node that serves ([`Config::keeps_mail`]); commands leave mails to a worker.
    #[must_use]
    pub fn mail_settings(&self) -> MailSettings {
        let base_url = match self.web.public_url.as_str() {
            "" => {
                let listen = self.role_listener(Role::Web).map_or("", |listener| listener.address);
                format!("{}://{listen}", self.default_scheme())
            }
            url => url.trim_end_matches('/').to_owned(),
        };
        MailSettings { base_url, retention: self.mail.keep.0, show_page: self.mail.page, store_only: false }
    }

    /// Whether a server with these settings may store mails directly as kept. It has no mail server and is a worker,
    /// which would claim mails only to keep them. Other nodes and commands may not know the mail server, and leave
    /// mails to a worker.
    #[must_use]
    pub fn keeps_mail(&self) -> bool {
        self.mail.host.is_empty() && self.server.roles.contains(&Role::Worker)
    }

    /// Returns the settings of the mail server, if they name one.
    ///
    /// # Errors
    /// A text that names the wrong setting.
    pub fn smtp_settings(&self) -> Result<Option<SmtpSettings>, String> {
        let mail = &self.mail;
        if mail.host.is_empty() {
            return Ok(None);
        }
        let login = match mail.user.as_str() {
            "" => None,
            user => Some((user.to_owned(), secret::read_password("mail.password_file", &mail.password_file)?)),
        };
        Ok(Some(SmtpSettings {
            host: mail.host.clone(),
            port: (mail.port != 0).then_some(mail.port),
            security: mail.security,
            from: mail.sender()?,
            login,
            ca_pem: self.ca_file().map(read_ca_file).transpose()?,
        }))
    }
}

fn read_ca_file(path: &Path) -> Result<Vec<u8>, String> {
    regular_file::read(path).map_err(|e| format!("cannot read the file {} of outbound.ca_file: {e}", path.display()))
}
