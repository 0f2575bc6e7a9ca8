//! `[mail]`: the mail server, and what is kept.
//!
//! Invariant: a password travels only where the connection is protected.

use super::{Config, DurationSetting, Role, secret};
use crate::mail::{MailSink, SmtpMailer, SmtpSecurity, SmtpSettings};
use lettre::message::Mailbox;
use opendrs_service::mail::{MailSettings, Mailer};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The mail server, or empty.
    pub host: String,
    port: u16,
    security: SmtpSecurity,
    from: String,
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
            return Err("mail.user and mail.password_file belong together: give both or none".into());
        }
        if !self.user.is_empty() && self.security == SmtpSecurity::None {
            return Err("mail.security is none: the password of mail.user would travel in the clear. \
                        Use starttls or tls"
                .into());
        }
        Ok(())
    }

    fn sender(&self) -> Result<Mailbox, String> {
        self.from.parse().map_err(|_| {
            format!(
                "mail.from is `{}`: with mail.host, write who mails are from: Name <orders@your.example>",
                self.from
            )
        })
    }

    /// The file of the mail server's password, or empty.
    pub(super) fn password_file(&self) -> &PathBuf {
        &self.password_file
    }
}

impl Config {
    /// What holds for mail, with links as far as the settings say where customers' pages are. Whether mails are kept at once
    /// is said of a server that runs ([`Config::keeps_mail`]).
    #[must_use]
    pub fn mail_settings(&self) -> MailSettings {
        let listen = if self.web.listen.is_empty() { &self.server.listen } else { &self.web.listen };
        let base_url = match self.web.public_url.as_str() {
            "" => format!("{}://{listen}", self.default_scheme()),
            url => url.trim_end_matches('/').to_owned(),
        };
        MailSettings { base_url, retention: self.mail.keep.0, show_page: self.mail.page, store_only: false }
    }

    /// Whether a server with these settings may keep mails as it writes them: it is a worker, which would claim them only to
    /// keep them. Another node, or a command beside a server, need not know the mail server, and leaves them to one.
    #[must_use]
    pub fn keeps_mail(&self) -> bool {
        self.mail.host.is_empty() && self.server.roles.contains(&Role::Worker)
    }

    /// The mail server as the settings have it, or the sink. Within a runtime: it looks after its connections.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn mailer(&self) -> Result<Arc<dyn Mailer>, String> {
        Ok(match self.smtp()? {
            Some(server) => Arc::new(server),
            None => Arc::new(MailSink),
        })
    }

    /// The mail server as the settings have it, if they name one. Within a runtime: it looks after its connections.
    ///
    /// # Errors
    /// A sentence that names the setting at fault.
    pub fn smtp(&self) -> Result<Option<SmtpMailer>, String> {
        let mail = &self.mail;
        if mail.host.is_empty() {
            return Ok(None);
        }
        let login = match mail.user.as_str() {
            "" => None,
            user => Some((user.to_owned(), secret::read_password("mail.password_file", &mail.password_file)?)),
        };
        let settings = SmtpSettings {
            host: mail.host.clone(),
            port: (mail.port != 0).then_some(mail.port),
            security: mail.security,
            from: mail.sender()?,
            login,
            ca_pem: self.ca_file().map(read_ca_file).transpose()?,
        };
        SmtpMailer::new(settings).map(Some)
    }
}

fn read_ca_file(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("cannot read the file {} of outbound.ca_file: {e}", path.display()))
}
