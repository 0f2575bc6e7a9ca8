//! Mails about an account.

use super::ComposedMail;
use crate::{AccountMailTexts, Text};
use opendrs_domain::account::AccountMail;
use opendrs_service::mail::MailMessage;

/// Returns the last line of a mail about an account. Somebody without a name need not be a customer.
pub(super) fn about_line(letter: &MailMessage, said: &AccountMailTexts) -> Text {
    if letter.name.is_empty() { said.about_address } else { said.about }
}

impl ComposedMail {
    /// Composes a mail about an account: subject, sentences, and the one link.
    pub(super) fn compose_account(&mut self, letter: &MailMessage, news: &AccountMail) {
        let (said, step, federated) = (&self.texts.account.mails, &self.texts.second_factor, &self.texts.federation);
        let code = letter.code.as_deref().unwrap_or_default();
        let plain = |lines: [Text; 2]| lines.map(str::to_owned);
        let (subject, lines, link): (String, [String; 2], Text) = match news {
            AccountMail::ConfirmAddress(_) => ((said.confirm_subject)(code), plain(said.confirm), said.confirm_link),
            AccountMail::AlreadyRegistered => (said.exists_subject.into(), plain(said.exists), said.forgotten_link),
            AccountMail::Created => (said.created_subject.into(), plain(said.created), said.account_link),
            AccountMail::Recovery { .. } => (said.recovery_subject.into(), plain(said.recovery), said.recovery_link),
            AccountMail::NotRegistered => (said.unknown_subject.into(), plain(said.unknown), said.create_link),
            AccountMail::PasswordChanged => (said.password_subject.into(), plain(said.password), said.forgotten_link),
            AccountMail::ConfirmNewEmail { .. } => {
                (said.new_email_subject.into(), plain(said.new_email), said.new_email_link)
            }
            AccountMail::SecondFactorOn => (step.on_subject.into(), plain(step.on), said.account_link),
            AccountMail::SecondFactorOff => (step.off_subject.into(), plain(step.off), said.account_link),
            AccountMail::RecoveryCodeUsed => (step.used_subject.into(), plain(step.used), said.account_link),
            AccountMail::IdentityLinked { provider, replaced } => {
                let lines = (federated.linked)(provider, replaced.as_deref());
                ((federated.linked_subject)(provider), lines, said.account_link)
            }
            AccountMail::IdentityRemoved { provider } => {
                ((federated.removed_subject)(provider), (federated.removed)(provider), said.account_link)
            }
            AccountMail::DeletionPlanned(at) => {
                ((said.deletion_subject)(&self.texts.day(at)), plain(said.deletion), said.account_link)
            }
            AccountMail::DeletionCancelled => (said.kept_subject.into(), plain(said.kept), said.account_link),
            AccountMail::Deleted => (said.deleted_subject.into(), plain(said.deleted), said.account_link),
            AccountMail::ExportReady { ends_at, .. } => {
                let until = (said.export_until)(&self.texts.day(ends_at));
                (said.export_subject.into(), [said.export.to_owned(), until], said.export_link)
            }
            AccountMail::EmailChanged => (said.email_subject.into(), plain(said.email), said.forgotten_link),
        };
        self.subject = subject;
        self.lines.extend(lines);
        if !code.is_empty() {
            self.add_fact(said.code, code.to_owned());
        }
        self.links.extend(letter.account_url.iter().map(|url| (link, url.clone())));
    }
}
