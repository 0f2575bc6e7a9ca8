//! The creation of an account: a mail proves the address, then name and password are chosen.
//!
//! Not here: sign-in. Invariant: nothing but the mail is stored for an address before its owner proved it. So nobody
//! reserves the address of another, and nobody's password is on an account that another confirms.

use super::link::{is_code_for, link_token, open_link, open_request, request_token};
use super::{email_shard, parse_email, parse_name};
use crate::customer::mail_recipient;
use crate::mail::queue;
use crate::session::{SessionCookie, SessionStart, start_session};
use crate::throttle::CredentialAttempt;
use crate::{App, Error, FormError, Result, ordering_key};
use opendrs_domain::account::{AccountLink, AccountMail, CodeRequest, MailRecipient, NewPassword};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::session::Session;
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, account, customer, mail, session};

/// The form in which somebody asks for an account.
#[derive(Clone, Copy, Debug)]
pub struct NewAccountRequest<'a> {
    /// The mail address.
    pub email: &'a str,
    /// The page at which the browser continues: a path of this server.
    pub return_to: &'a str,
    /// The language of the page.
    pub language: Language,
    /// The source of the request.
    pub source: &'a str,
}

/// Sends a mail to the address: with a code and a link, or, if it has an account, with that news. Returns the token with
/// which the browser opens the page for the code.
///
/// # Errors
/// [`FormError::AccountsClosed`], [`FormError::InvalidEmail`]; [`Error::Throttled`] after too many mails to the address
/// or from the source; [`Error::Unavailable`].
pub async fn request_account(app: &App, asked: NewAccountRequest<'_>) -> Result<String> {
    let NewAccountRequest { email, return_to, language, source } = asked;
    if !app.settings.accounts.open {
        return Err(FormError::AccountsClosed.into());
    }
    let email = parse_email(email)?;
    app.limits.count_account_mail(&email, source, app.system_time())?;
    let now = app.now();
    let request = CodeRequest { email: email.clone(), requested_at: now, return_to: return_to.to_owned() };
    let news = match crate::customer::find_id_by_email(app, &email).await? {
        Some(_) => AccountMail::AlreadyRegistered,
        None => AccountMail::ConfirmAddress(request.clone()),
    };
    let recipient = MailRecipient { email, name: None, language, zone: None };
    queue::enqueue_account_mail(app, recipient, news, now).await?;
    request_token(app, &request)
}

/// Checks the code of a request, and returns the token of the link that is in the same mail.
///
/// # Errors
/// [`FormError::WrongCode`], [`FormError::LinkEnded`]; [`Error::Throttled`] after too many wrong codes.
pub fn confirm_code(app: &App, token: &str, code: &str, source: &str) -> Result<String> {
    let request = open_request(app, token)?;
    app.limits.count_code_attempt(&request.email, app.system_time())?;
    let tried = CredentialAttempt { subject: request.email.as_str(), source };
    match app.code_throttle.check(tried, app.now(), || is_code_for(app, &request, code)) {
        Ok(true) => link_token(app, &AccountLink::NewAccount(request)),
        Ok(false) => Err(FormError::WrongCode.into()),
        Err(seconds) => Err(Error::Throttled(seconds)),
    }
}

/// The request that a link of a mail confirms.
///
/// # Errors
/// [`FormError::LinkEnded`]; [`FormError::EmailTaken`] once the account exists; [`Error::Unavailable`].
pub async fn open_new_account(app: &App, token: &str) -> Result<CodeRequest> {
    let AccountLink::NewAccount(request) = open_link(app, token)? else { return Err(FormError::LinkEnded.into()) };
    match crate::customer::find_id_by_email(app, &request.email).await? {
        Some(_) => Err(FormError::EmailTaken.into()),
        None => Ok(request),
    }
}

/// The page at which a browser continues after the creation of an account that a link confirms, if the link is valid.
#[must_use]
pub fn find_return_path(app: &App, token: &str) -> Option<String> {
    match open_link(app, token) {
        Ok(AccountLink::NewAccount(request)) => Some(request.return_to),
        _ => None,
    }
}

/// The form that creates an account.
#[derive(Clone, Copy, Debug)]
pub struct NewAccountForm<'a> {
    /// The token of the link in the mail.
    pub token: &'a str,
    /// The customer's name.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
    /// The language of the page.
    pub language: Language,
    /// The source of the request.
    pub source: &'a str,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// A new account, signed in.
#[derive(Clone, Debug)]
pub struct CreatedAccount {
    /// The cookie of its session.
    pub cookie: SessionCookie,
    /// The page at which the browser continues.
    pub return_to: String,
}

/// Creates an account and signs its customer in.
///
/// # Errors
/// [`FormError::AccountsClosed`], [`FormError::LinkEnded`], [`FormError::EmailTaken`], [`FormError::InvalidName`],
/// [`FormError::InvalidPassword`]; [`Error::Throttled`] and [`Error::Unavailable`].
pub async fn create_account(app: &App, form: NewAccountForm<'_>) -> Result<CreatedAccount> {
    if !app.settings.accounts.open {
        return Err(FormError::AccountsClosed.into());
    }
    let request = open_new_account(app, form.token).await?;
    let name = parse_name(form.name)?;
    let password = NewPassword::parse(form.password, &[name.as_str(), request.email.as_str()])
        .map_err(FormError::InvalidPassword)?;
    let password_hash = app.password_queue.hash_for(form.source, &password).await?;
    let now = app.now();
    let customer = Customer {
        id: CustomerId(app.ids.random_uuid()),
        email: request.email.clone(),
        name: name.as_str().to_owned(),
        address: None,
        created_at: now,
        language: Some(form.language),
        zone: None,
    };
    let start = SessionStart { customer: customer.id, generation: 0, remember: false, agent: form.agent };
    let (cookie, session) = start_session(app, start);
    let recipient = mail_recipient(app, &customer);
    let created = app
        .db
        .write(CreateAccount {
            shard: app.db.shards().for_customer(customer.id),
            email_shard: email_shard(app, &request.email),
            session_shard: crate::session::session_shard(app, &session.id),
            mail: queue::account_mail(app, recipient, AccountMail::Created, now),
            customer,
            password_hash,
            session,
        })
        .await?;
    if created {
        Ok(CreatedAccount { cookie, return_to: request.return_to })
    } else {
        Err(FormError::EmailTaken.into())
    }
}

struct CreateAccount {
    shard: i64,
    email_shard: i64,
    session_shard: i64,
    customer: Customer,
    password_hash: String,
    session: Session,
    mail: StoredMail,
}

impl Command for CreateAccount {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.customer.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        // Two confirmations of one address at once: the first has it.
        if !account::claim_email(tx, self.email_shard, &self.customer.email, self.customer.id).await? {
            return Ok(false);
        }
        customer::upsert(tx, self.shard, &self.customer, &self.password_hash).await?;
        session::insert(tx, self.session_shard, &self.session).await?;
        mail::insert(tx, &self.mail).await?;
        Ok(true)
    }
}
