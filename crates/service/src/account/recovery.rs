//! A forgotten password: a link by mail leads to the page for a new one.
//!
//! Invariant: a link is accepted once, since it names when the password was last changed.

use super::create::{SendMail, parse_email};
use super::link::open_link;
use super::password::SetPassword;
use crate::mail::queue;
use crate::{App, FormError, Result};
use opendrs_domain::account::{AccountLink, AccountMail, MailRecipient, NewPassword};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::time::Time;
use opendrs_store::customer;

/// The form in which somebody asks for a new password.
#[derive(Clone, Copy, Debug)]
pub struct RecoveryRequest<'a> {
    /// The mail address.
    pub email: &'a str,
    /// The language of the page.
    pub language: Language,
    /// The source of the request.
    pub source: &'a str,
}

/// Sends a mail to the address: with a link, or, if it has no account, with that news.
///
/// # Errors
/// [`FormError::InvalidEmail`]; [`crate::Error::Throttled`] after too many mails to the address or from the source;
/// [`crate::Error::Unavailable`].
pub async fn request_recovery(app: &App, asked: RecoveryRequest<'_>) -> Result<()> {
    let email = parse_email(asked.email)?;
    app.limits.count_account_mail(&email, asked.source, app.system_time())?;
    let news = match crate::customer::find_id_by_email(app, &email).await? {
        Some(customer) => {
            AccountMail::Recovery { customer, password_changed_at: find_password_change(app, customer).await? }
        }
        None => AccountMail::NotRegistered,
    };
    let recipient = MailRecipient { email, name: None, language: asked.language };
    Ok(app.db.write(SendMail { mail: queue::account_mail(app, recipient, news, app.now()) }).await?)
}

/// When a customer's password was last changed.
async fn find_password_change(app: &App, id: CustomerId) -> Result<Option<Time>> {
    let mut reader = app.db.reader().await?;
    let access = customer::find_access(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?;
    Ok(access.password_changed_at)
}

/// The customer who may choose a new password with the link of a mail.
///
/// # Errors
/// [`FormError::LinkEnded`]; [`crate::Error::Unavailable`].
pub async fn open_recovery(app: &App, token: &str) -> Result<Customer> {
    let (customer, _) = check_link(app, token).await?;
    Ok(customer)
}

async fn check_link(app: &App, token: &str) -> Result<(Customer, Option<Time>)> {
    let AccountLink::Recovery { customer, password_changed_at, .. } = open_link(app, token)? else {
        return Err(FormError::LinkEnded.into());
    };
    if find_password_change(app, customer).await? != password_changed_at {
        return Err(FormError::LinkEnded.into());
    }
    let mut reader = app.db.reader().await?;
    let found = customer::find_by_id(&mut reader.tx()?, app.db.shards().for_customer(customer), customer).await?;
    found.map(|found| (found, password_changed_at)).ok_or_else(|| FormError::LinkEnded.into())
}

/// Sets a new password with the link of a mail. Every session ends.
///
/// # Errors
/// [`FormError::LinkEnded`], [`FormError::InvalidPassword`]; [`crate::Error::Throttled`] and [`crate::Error::Unavailable`].
pub async fn set_forgotten_password(app: &App, token: &str, password: &str, source: &str) -> Result<()> {
    let (customer, former_change) = check_link(app, token).await?;
    let password =
        NewPassword::parse(password, &[&customer.name, customer.email.as_str()]).map_err(FormError::InvalidPassword)?;
    let command =
        SetPassword::new(app, &customer, app.password_queue.hash_for(source, &password).await?, former_change);
    if app.db.write(command).await? { Ok(()) } else { Err(FormError::LinkEnded.into()) }
}
