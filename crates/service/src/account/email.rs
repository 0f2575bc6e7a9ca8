//! A new mail address for a signed-in customer.
//!
//! Invariant: the account has the new address once its owner confirmed it, and the old address is told.

use super::create::{SendMail, parse_email};
use super::customer_key;
use super::link::open_link;
use crate::mail::queue;
use crate::session::check_password;
use crate::{App, FormError, Result};
use opendrs_domain::account::{AccountLink, AccountMail, MailRecipient};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::text::Email;
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, customer, mail};

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
/// [`FormError::InvalidEmail`], [`FormError::WrongCurrentPassword`]; [`crate::Error::Throttled`] and [`crate::Error::Unavailable`].
pub async fn request_email_change(app: &App, id: CustomerId, asked: EmailChangeRequest<'_>) -> Result<Email> {
    let email = parse_email(asked.email)?;
    let customer = crate::customer::load(app, id).await?;
    check_password(app, &customer, asked.password, asked.source).await?;
    if email == customer.email {
        return Err(FormError::EmailTaken.into());
    }
    app.limits.count_account_mail(&email, asked.source, app.system_time())?;
    let news = match crate::customer::find_id_by_email(app, &email).await? {
        Some(_) => AccountMail::AlreadyRegistered,
        None => AccountMail::ConfirmNewEmail { customer: id, former: customer.email },
    };
    let recipient = MailRecipient {
        email: email.clone(),
        name: Some(customer.name),
        language: customer.language.unwrap_or(app.settings.language),
    };
    app.db.write(SendMail { mail: queue::account_mail(app, recipient, news, app.now()) }).await?;
    Ok(email)
}

/// A change of address that a link confirms.
struct ConfirmedChange {
    customer: Customer,
    email: Email,
}

async fn check_link(app: &App, token: &str) -> Result<ConfirmedChange> {
    let AccountLink::NewEmail { customer: id, former, email, .. } = open_link(app, token)? else {
        return Err(FormError::LinkEnded.into());
    };
    let mut reader = app.db.reader().await?;
    let found = customer::find_by_id(&mut reader.tx()?, app.db.shards().for_customer(id), id).await?;
    let customer = found.filter(|found| found.email == former).ok_or(FormError::LinkEnded)?;
    Ok(ConfirmedChange { customer, email })
}

/// The new address that the link of a mail confirms.
///
/// # Errors
/// [`FormError::LinkEnded`]; [`crate::Error::Unavailable`].
pub async fn open_email_change(app: &App, token: &str) -> Result<Email> {
    Ok(check_link(app, token).await?.email)
}

/// Gives an account the address that the link of a mail confirms, and tells the old address.
///
/// # Errors
/// [`FormError::LinkEnded`]; [`FormError::EmailTaken`] if another account has it by now; [`crate::Error::Unavailable`].
pub async fn confirm_email_change(app: &App, token: &str) -> Result<Email> {
    let ConfirmedChange { customer, email } = check_link(app, token).await?;
    let recipient = MailRecipient {
        email: customer.email.clone(),
        name: Some(customer.name),
        language: customer.language.unwrap_or(app.settings.language),
    };
    let shard_of = |email: &Email| app.db.shards().for_key(&[email.as_str().as_bytes()]);
    let outcome = app
        .db
        .write(ReplaceEmail {
            shard: app.db.shards().for_customer(customer.id),
            id: customer.id,
            former_shard: shard_of(&customer.email),
            email_shard: shard_of(&email),
            mail: queue::account_mail(app, recipient, AccountMail::EmailChanged, app.now()),
            former: customer.email,
            email: email.clone(),
        })
        .await?;
    match outcome {
        EmailChangeOutcome::Changed => Ok(email),
        EmailChangeOutcome::Taken => Err(FormError::EmailTaken.into()),
        EmailChangeOutcome::ChangedMeanwhile => Err(FormError::LinkEnded.into()),
    }
}

/// The result of a change of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EmailChangeOutcome {
    Changed,
    /// Another account has the address.
    Taken,
    /// The account has another address than when the link was sent.
    ChangedMeanwhile,
}

struct ReplaceEmail {
    shard: i64,
    id: CustomerId,
    former_shard: i64,
    former: Email,
    email_shard: i64,
    email: Email,
    mail: StoredMail,
}

impl Command for ReplaceEmail {
    type Output = EmailChangeOutcome;
    fn ordering_key(&self) -> u64 {
        customer_key(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<EmailChangeOutcome> {
        if !customer::set_email(tx, self.shard, self.id, &self.former, &self.email).await? {
            return Ok(EmailChangeOutcome::ChangedMeanwhile);
        }
        if !customer::claim_email(tx, self.email_shard, &self.email, self.id).await? {
            customer::set_email(tx, self.shard, self.id, &self.email, &self.former).await?;
            return Ok(EmailChangeOutcome::Taken);
        }
        customer::release_email(tx, self.former_shard, &self.former, self.id).await?;
        mail::insert(tx, &self.mail).await?;
        Ok(EmailChangeOutcome::Changed)
    }
}
