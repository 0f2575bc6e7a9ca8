//! A new mail address for a signed-in customer.
//!
//! Invariant: the account has the new address once its owner confirmed it, and the former address gets a mail. A link
//! ends with any other change of what gives access to the account.

use super::link::{check_link_holder, open_link};
use super::{email_shard, parse_email};
use crate::mail::queue;
use crate::session::check_password;
use crate::{App, FormError, Result, ordering_key};
use opendrs_domain::account::{AccountLink, AccountMail, CredentialState, MailRecipient};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::text::Email;
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, account, mail};

/// The form that asks for another mail address.
#[derive(Clone, Copy, Debug)]
pub struct EmailChangeRequest<'a> {
    /// The new address.
    pub email: &'a str,
    /// The current password.
    pub password: &'a str,
    /// The source of the request.
    pub source: &'a str,
}

/// Sends a mail to the new address: with a link, or, if it has an account, with that news. Returns the address.
///
/// # Errors
/// [`FormError::InvalidEmail`], [`FormError::OwnEmail`], [`FormError::WrongCurrentPassword`]; [`crate::Error::Throttled`] and [`crate::Error::Unavailable`].
pub async fn request_email_change(app: &App, id: CustomerId, request: EmailChangeRequest<'_>) -> Result<Email> {
    let email = parse_email(request.email)?;
    let customer = crate::customer::load(app, id).await?;
    let state = check_password(app, &customer, request.password, request.source).await?;
    if email == customer.email {
        return Err(FormError::OwnEmail.into());
    }
    app.limits.count_account_mail(&email, request.source, app.system_time())?;
    let news = match crate::customer::find_id_by_email(app, &email).await? {
        Some(_) => AccountMail::AlreadyRegistered,
        None => AccountMail::ConfirmNewEmail { customer: id, state },
    };
    // The address may be another person's, so the mail names nobody.
    let language = customer.language.unwrap_or(app.settings.language);
    let recipient = MailRecipient { email: email.clone(), name: None, language, zone: None };
    queue::enqueue_account_mail(app, recipient, news, app.now()).await?;
    Ok(email)
}

/// A change of address that a link confirms.
struct ConfirmedChange {
    customer: Customer,
    state: CredentialState,
    email: Email,
}

async fn check_email_link(app: &App, token: &str) -> Result<ConfirmedChange> {
    let AccountLink::NewEmail { customer, state, email, .. } = open_link(app, token)? else {
        return Err(FormError::LinkEnded.into());
    };
    let customer = check_link_holder(app, customer, &state).await?;
    Ok(ConfirmedChange { customer, state, email })
}

/// The new address that the link of a mail confirms.
///
/// # Errors
/// [`FormError::LinkEnded`]; [`crate::Error::Unavailable`].
pub async fn open_email_change(app: &App, token: &str) -> Result<Email> {
    Ok(check_email_link(app, token).await?.email)
}

/// Gives an account the address that the link of a mail confirms. The former address gets a mail.
///
/// # Errors
/// [`FormError::LinkEnded`]; [`FormError::EmailTaken`] if another account has it by now; [`crate::Error::Unavailable`].
pub async fn confirm_email_change(app: &App, token: &str) -> Result<Email> {
    let ConfirmedChange { customer, state, email } = check_email_link(app, token).await?;
    let mail =
        queue::account_mail(app, crate::customer::mail_recipient(app, &customer), AccountMail::EmailChanged, app.now());
    let outcome = app
        .db
        .write(ReplaceEmail {
            shard: app.db.shards().for_customer(customer.id),
            id: customer.id,
            former_shard: email_shard(app, &customer.email),
            email_shard: email_shard(app, &email),
            relies_on: state,
            email: email.clone(),
            mail,
        })
        .await?;
    match outcome {
        EmailChangeOutcome::Changed => Ok(email),
        EmailChangeOutcome::Taken => Err(FormError::EmailTaken.into()),
        EmailChangeOutcome::LinkEnded => Err(FormError::LinkEnded.into()),
    }
}

/// The result of a change of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EmailChangeOutcome {
    Changed,
    /// Another account has the address.
    Taken,
    /// What the link relies on has changed.
    LinkEnded,
}

struct ReplaceEmail {
    shard: i64,
    id: CustomerId,
    former_shard: i64,
    relies_on: CredentialState,
    email_shard: i64,
    email: Email,
    mail: StoredMail,
}

impl Command for ReplaceEmail {
    type Output = EmailChangeOutcome;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<EmailChangeOutcome> {
        let found = account::lock_credentials(tx, self.shard, self.id).await?;
        if !found.is_some_and(|found| found.are_still(&self.relies_on)) {
            return Ok(EmailChangeOutcome::LinkEnded);
        }
        if !account::claim_email(tx, self.email_shard, &self.email, self.id).await? {
            return Ok(EmailChangeOutcome::Taken);
        }
        account::set_email(tx, self.shard, self.id, &self.email).await?;
        account::release_email(tx, self.former_shard, &self.relies_on.email, self.id).await?;
        mail::insert(tx, &self.mail).await?;
        Ok(EmailChangeOutcome::Changed)
    }
}
