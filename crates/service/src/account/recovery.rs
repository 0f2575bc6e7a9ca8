//! A forgotten password: a link by mail leads to the page for a new one.
//!
//! Not here: a new password with the old one ([`super::password`]). Invariant: a link is accepted once, and ends with any
//! other change of what gives access to the account.

use super::link::{check_link_holder, open_link};
use super::parse_email;
use super::password::{NewCredentials, SetPassword};
use crate::mail::queue;
use crate::session::find_credentials;
use crate::{App, FormError, Result};
use opendrs_domain::account::{AccountLink, AccountMail, CredentialState, MailRecipient, NewPassword};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_store::customer;
use uuid::Uuid;

/// The form in which somebody asks for a new password.
#[derive(Clone, Copy, Debug)]
pub struct RecoveryRequest<'a> {
    /// The mail address.
    pub email: &'a str,
    /// The language of the page, for a customer whose language is not known.
    pub language: Language,
    /// The source of the request.
    pub source: &'a str,
}

/// Sends a mail to the address: with a link, or, if it has no account, with that news.
///
/// # Errors
/// [`FormError::InvalidEmail`]; [`crate::Error::Throttled`] after too many mails to the address or from the source;
/// [`crate::Error::Unavailable`].
pub async fn request_recovery(app: &App, request: RecoveryRequest<'_>) -> Result<()> {
    let email = parse_email(request.email)?;
    app.limits.count_account_mail(&email, request.source, app.system_time())?;
    // Both kinds of address take the same reads and the same write.
    let found = crate::customer::find_id_by_email(app, &email).await?;
    let id = found.unwrap_or(CustomerId(Uuid::nil()));
    let customer = find_customer(app, id).await?;
    let language = customer.and_then(|customer| customer.language).unwrap_or(request.language);
    let news = match (found, find_credentials(app, id).await?) {
        (Some(customer), Some(credentials)) => AccountMail::Recovery { customer, state: credentials.state },
        _ => AccountMail::NotRegistered,
    };
    let recipient = MailRecipient { email, name: None, language, zone: None };
    queue::enqueue_account_mail(app, recipient, news, app.now()).await
}

async fn find_customer(app: &App, id: CustomerId) -> Result<Option<Customer>> {
    let mut reader = app.db.reader().await?;
    Ok(customer::find_by_id(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?)
}

/// The customer who may choose a new password with the link of a mail.
///
/// # Errors
/// [`FormError::LinkEnded`]; [`crate::Error::Unavailable`].
pub async fn open_recovery(app: &App, token: &str) -> Result<Customer> {
    Ok(check_recovery_link(app, token).await?.customer)
}

/// A recovery that a link allows.
struct AllowedRecovery {
    customer: Customer,
    state: CredentialState,
}

async fn check_recovery_link(app: &App, token: &str) -> Result<AllowedRecovery> {
    let AccountLink::Recovery { customer, state, .. } = open_link(app, token)? else {
        return Err(FormError::LinkEnded.into());
    };
    let customer = check_link_holder(app, customer, &state).await?;
    Ok(AllowedRecovery { customer, state })
}

/// Sets a new password with the link of a mail. Every session ends.
///
/// # Errors
/// [`FormError::LinkEnded`], [`FormError::InvalidPassword`]; [`crate::Error::Throttled`] and [`crate::Error::Unavailable`].
pub async fn set_forgotten_password(app: &App, token: &str, password: &str, source: &str) -> Result<()> {
    let AllowedRecovery { customer, state } = check_recovery_link(app, token).await?;
    let password =
        NewPassword::parse(password, &[&customer.name, customer.email.as_str()]).map_err(FormError::InvalidPassword)?;
    let hash = app.password_queue.hash_for(source, &password).await?;
    let command = SetPassword::new(app, &customer, NewCredentials { hash, relies_on: state });
    if app.db.write(command).await? { Ok(()) } else { Err(FormError::LinkEnded.into()) }
}
