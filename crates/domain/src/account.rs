//! Customers' accounts: what a new one needs, the links that prove a mail address, and the mails about an account.
//!
//! Not here: the customer ([`crate::customer`]), sessions, and texts. Invariant: a link proves one thing only, ends at a
//! time, and is useless once what it is for has happened.

mod password;
mod second_factor;

pub use password::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, NewPassword, PasswordError, normalize_password};
pub use second_factor::{AppSecret, RECOVERY_CODE_COUNT, normalize_code, parse_recovery_code, recovery_code};

use crate::id::{CustomerId, ExportId};
use crate::language::Language;
use crate::text::Email;
use crate::time::{Span, Time};
use crate::zone::Zone;
use serde::{Deserialize, Serialize};

/// How long a code that a customer types is accepted.
pub const CODE_LIFETIME: Span = Span::from_hours(1);
/// How long the link to a forgotten password's page is accepted.
pub const RECOVERY_LIFETIME: Span = Span::from_hours(1);
/// How long a link that confirms a mail address is accepted.
pub const CONFIRMATION_LIFETIME: Span = Span::from_hours(24);

/// How far the clocks of two nodes may differ.
const CLOCK_TOLERANCE: Span = Span::from_mins(5);

/// What a link or a sign-in relies on. Any change of it ends the link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialState {
    /// The mail address.
    pub email: Email,
    /// When the password was last changed.
    pub password_changed_at: Option<Time>,
    /// The generation, which a block raises.
    pub generation: u32,
}

/// Whether something that was requested at a time, and lasts for a while, is accepted now.
#[must_use]
pub fn is_within(requested_at: Time, lifetime: Span, now: Time) -> bool {
    requested_at <= now + CLOCK_TOLERANCE && now < requested_at + lifetime
}

/// A request that awaits the code in its mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRequest {
    /// The address to which the mail goes.
    pub email: Email,
    /// When it was requested.
    pub requested_at: Time,
    /// The page at which the browser continues: a path of this server.
    pub return_to: String,
}

/// What the holder of a link from a mail has proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountLink {
    /// The address belongs to the person who creates an account with it.
    NewAccount(CodeRequest),
    /// The account's address belongs to the person who forgot the password.
    Recovery {
        /// The customer.
        customer: CustomerId,
        /// When it was requested.
        requested_at: Time,
        /// What it relies on.
        state: CredentialState,
    },
    /// The new address belongs to the customer.
    NewEmail {
        /// The customer.
        customer: CustomerId,
        /// When it was requested.
        requested_at: Time,
        /// What it relies on.
        state: CredentialState,
        /// The new address.
        email: Email,
    },
}

impl AccountLink {
    /// Whether the link is accepted at a time.
    #[must_use]
    pub fn is_valid_at(&self, now: Time) -> bool {
        let (requested_at, lifetime) = match self {
            AccountLink::NewAccount(request) => (request.requested_at, CONFIRMATION_LIFETIME),
            AccountLink::Recovery { requested_at, .. } => (*requested_at, RECOVERY_LIFETIME),
            AccountLink::NewEmail { requested_at, .. } => (*requested_at, CONFIRMATION_LIFETIME),
        };
        is_within(requested_at, lifetime, now)
    }
}

impl CodeRequest {
    /// Whether its code is accepted at a time.
    #[must_use]
    pub fn is_valid_at(&self, now: Time) -> bool {
        is_within(self.requested_at, CODE_LIFETIME, now)
    }
}

/// The recipient of a mail about an account: an address that need not be the customer's, or anybody's yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRecipient {
    /// The address.
    pub email: Email,
    /// The name; `None` before there is an account.
    pub name: Option<String>,
    /// The language.
    pub language: Language,
    /// The time zone; `None` before there is an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
}

/// The content of a mail about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountMail {
    /// Somebody creates an account with this address: a code and a link.
    ConfirmAddress(CodeRequest),
    /// Somebody tried to, and there is an account already.
    AlreadyRegistered,
    /// The account was created.
    Created,
    /// The link to the page for a new password.
    Recovery {
        /// The customer.
        customer: CustomerId,
        /// What the link relies on.
        state: CredentialState,
    },
    /// Somebody forgot the password of an account with this address, and there is none.
    NotRegistered,
    /// The password was changed.
    PasswordChanged,
    /// To the new address: the link that confirms it.
    ConfirmNewEmail {
        /// The customer.
        customer: CustomerId,
        /// What the link relies on.
        state: CredentialState,
    },
    /// To the old address: the account has another one now.
    EmailChanged,
    /// The second factor of sign-ins was set up.
    SecondFactorOn,
    /// The second factor was switched off.
    SecondFactorOff,
    /// A recovery code was used for a sign-in.
    RecoveryCodeUsed,
    /// The account was linked with the sign-in of a provider.
    IdentityLinked {
        /// The provider's name.
        provider: String,
        /// The name of the provider whose earlier link ended with it, if there was one.
        #[serde(default)]
        replaced: Option<String>,
    },
    /// That link was removed.
    IdentityRemoved {
        /// The provider's name.
        provider: String,
    },
    /// The account is deleted at this time, unless its customer keeps it.
    DeletionPlanned(Time),
    /// The account is kept after all.
    DeletionCancelled,
    /// The account was deleted.
    Deleted,
    /// The export that the customer asked for can be downloaded.
    ExportReady {
        /// The export, which its link names.
        export: ExportId,
        /// When it ends.
        ends_at: Time,
    },
}

impl AccountMail {
    /// The kind of mail: its name in the store and on the command line.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            AccountMail::ConfirmAddress(_) => "confirm_address",
            AccountMail::AlreadyRegistered => "already_registered",
            AccountMail::Created => "account_created",
            AccountMail::Recovery { .. } => "recovery",
            AccountMail::NotRegistered => "not_registered",
            AccountMail::PasswordChanged => "password_changed",
            AccountMail::ConfirmNewEmail { .. } => "confirm_new_email",
            AccountMail::EmailChanged => "email_changed",
            AccountMail::SecondFactorOn => "second_factor_on",
            AccountMail::SecondFactorOff => "second_factor_off",
            AccountMail::RecoveryCodeUsed => "recovery_code_used",
            AccountMail::IdentityLinked { .. } => "identity_linked",
            AccountMail::IdentityRemoved { .. } => "identity_removed",
            AccountMail::DeletionPlanned(_) => "deletion_planned",
            AccountMail::DeletionCancelled => "deletion_cancelled",
            AccountMail::Deleted => "account_deleted",
            AccountMail::ExportReady { .. } => "export_ready",
        }
    }

    /// The link in the mail, for a recipient at an address, if it has one.
    #[must_use]
    pub fn link(&self, to: &Email, written_at: Time) -> Option<AccountLink> {
        match self {
            AccountMail::ConfirmAddress(request) => Some(AccountLink::NewAccount(request.clone())),
            AccountMail::Recovery { customer, state } => {
                Some(AccountLink::Recovery { customer: *customer, requested_at: written_at, state: state.clone() })
            }
            AccountMail::ConfirmNewEmail { customer, state } => Some(AccountLink::NewEmail {
                customer: *customer,
                requested_at: written_at,
                state: state.clone(),
                email: to.clone(),
            }),
            AccountMail::AlreadyRegistered
            | AccountMail::NotRegistered
            | AccountMail::Created
            | AccountMail::PasswordChanged
            | AccountMail::EmailChanged
            | AccountMail::SecondFactorOn
            | AccountMail::SecondFactorOff
            | AccountMail::RecoveryCodeUsed
            | AccountMail::IdentityLinked { .. }
            | AccountMail::IdentityRemoved { .. }
            | AccountMail::DeletionPlanned(_)
            | AccountMail::DeletionCancelled
            | AccountMail::Deleted
            | AccountMail::ExportReady { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_ends_and_does_not_begin_early() {
        let at = Time::from_micros(1_000_000_000_000);
        let request =
            CodeRequest { email: Email::parse("ann@example.com").unwrap(), requested_at: at, return_to: "/".into() };
        let customer = CustomerId(uuid::Uuid::from_u128(7));
        let state = CredentialState { email: request.email.clone(), password_changed_at: None, generation: 0 };
        let recovery = AccountLink::Recovery { customer, requested_at: at, state };
        for (link, lifetime) in
            [(recovery, RECOVERY_LIFETIME), (AccountLink::NewAccount(request.clone()), CONFIRMATION_LIFETIME)]
        {
            assert!(link.is_valid_at(at) && link.is_valid_at(at + lifetime - Span::from_secs(1)), "{link:?}");
            assert!(link.is_valid_at(at - CLOCK_TOLERANCE), "another node's clock may be behind");
            assert!(!link.is_valid_at(at - Span::from_mins(6)) && !link.is_valid_at(at + lifetime), "{link:?}");
        }
        assert!(request.is_valid_at(at) && !request.is_valid_at(at + CODE_LIFETIME));
    }
}
