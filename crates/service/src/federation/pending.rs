//! An identity that belongs to no customer yet: the choice between a new account and the account of its mail address.
//!
//! Invariant: an account is created for a mail address that the provider verified, after the customer agreed. Whether an
//! address has an account is shown only to the person whose provider verified that address.

use super::finish::sign_in;
use super::linked::find_identity;
use super::seal::{SealedStep, open};
use super::{find_customer_of, identity_key, settings};
use crate::account::{CreatedAccount, email_shard, parse_name};
use crate::customer::mail_recipient;
use crate::mail::queue;
use crate::session::{SessionStart, session_shard, start_session};
use crate::{App, FormError, Result, ordering_key};
use opendrs_domain::account::AccountMail;
use opendrs_domain::customer::Customer;
use opendrs_domain::federation::{FederationRefusal, PendingIdentity};
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::session::Session;
use opendrs_domain::time::Span;
use opendrs_store::federation::{self, CustomerIdentity};
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, account, customer, mail, session};

/// What the customer must do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingStep {
    /// Create an account.
    Create(PendingIdentity),
    /// Sign in to the account of the mail address.
    SignIn(PendingIdentity),
    /// Agree to the link: the customer has signed in.
    Link {
        /// The identity.
        pending: PendingIdentity,
        /// The name of the provider whose earlier link ends with it, if there is one.
        replaces: Option<String>,
    },
}

/// The identity that a browser kept.
pub(super) fn open_pending(app: &App, cookie: Option<&str>) -> Result<PendingIdentity> {
    let issuer = &settings(app)?.issuer;
    let pending: Option<PendingIdentity> = cookie.and_then(|cookie| open(app, SealedStep::Pending, cookie));
    let pending = pending.filter(|pending| pending.is_valid_at(app.now()) && pending.identity.issuer == *issuer);
    Ok(pending.ok_or(FederationRefusal::UnknownState)?)
}

/// The next step for the identity that a browser kept, with the session of that browser.
///
/// # Errors
/// [`crate::Error::FederationRefused`] if there is none, or it is too old; [`crate::Error::InvalidForm`] if it has no account
/// and customers may not create one; [`crate::Error::Unavailable`].
pub async fn find_pending(app: &App, cookie: Option<&str>, session: Option<&Session>) -> Result<PendingStep> {
    let pending = open_pending(app, cookie)?;
    Ok(match crate::customer::find_id_by_email(app, &pending.email).await? {
        None if !app.settings.accounts.open => return Err(FormError::AccountsClosed.into()),
        None => PendingStep::Create(pending),
        Some(id) if session.is_some_and(|session| proves_customer(session, id, &pending)) => {
            let replaces = find_identity(app, id).await?.linked.map(|earlier| earlier.provider);
            PendingStep::Link { pending, replaces }
        }
        Some(_) => PendingStep::SignIn(pending),
    })
}

/// How long after the creation of an account the same form leads on once more.
const REPEATED_FORM_PERIOD: Span = Span::from_secs(60);

/// Whether a session is that of a customer, who signed in after the provider's answer. An earlier session may be one that
/// somebody left open.
pub(super) fn proves_customer(session: &Session, id: CustomerId, pending: &PendingIdentity) -> bool {
    session.customer == id && pending.is_before(session.created_at)
}

/// The form that creates an account for an identity.
#[derive(Clone, Copy, Debug)]
pub struct IdentityAccountForm<'a> {
    /// What the browser kept.
    pub cookie: Option<&'a str>,
    /// The customer's name.
    pub name: &'a str,
    /// The language of the page.
    pub language: Language,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// Creates an account without a password, and signs its customer in. A form that was sent twice creates one account: the
/// identity belongs to a customer by then, who is signed in.
///
/// # Errors
/// [`FormError::AccountsClosed`], [`FormError::InvalidName`], [`FormError::EmailTaken`];
/// [`crate::Error::FederationRefused`]; [`crate::Error::CustomerBlocked`]; [`crate::Error::Unavailable`].
pub async fn create_account(app: &App, form: IdentityAccountForm<'_>) -> Result<CreatedAccount> {
    if !app.settings.accounts.open {
        return Err(FormError::AccountsClosed.into());
    }
    let pending = open_pending(app, form.cookie)?;
    let name = parse_name(form.name)?;
    let now = app.now();
    let customer = Customer {
        id: CustomerId(app.ids.random_uuid()),
        email: pending.email,
        name: name.as_str().to_owned(),
        address: None,
        created_at: now,
        language: Some(form.language),
        zone: None,
    };
    let start = SessionStart { customer: customer.id, generation: 0, remember: false, agent: form.agent };
    let (cookie, session) = start_session(app, start);
    let recipient = mail_recipient(app, &customer);
    let key = identity_key(app, &pending.identity)?;
    let create = CreateIdentityAccount {
        shard: app.db.shards().for_customer(customer.id),
        email_shard: email_shard(app, &customer.email),
        session_shard: session_shard(app, &session.id),
        identity: CustomerIdentity { key, issuer: pending.identity.issuer, since: now },
        mail: queue::account_mail(app, recipient, AccountMail::Created, now),
        customer,
        session,
    };
    match app.db.write(create).await? {
        CreateOutcome::Created => Ok(CreatedAccount { cookie, return_to: pending.return_to }),
        CreateOutcome::EmailTaken => Err(FormError::EmailTaken.into()),
        CreateOutcome::IdentityTaken => {
            let id = find_customer_of(app, &key).await?.ok_or(FederationRefusal::UnknownState)?;
            let linked = find_identity(app, id).await?.linked.ok_or(FederationRefusal::UnknownState)?;
            // Later, what the browser kept must not sign in again.
            if now.since(linked.since) > REPEATED_FORM_PERIOD {
                return Err(FederationRefusal::UnknownState.into());
            }
            let cookie = sign_in(app, id, key, form.agent).await?;
            Ok(CreatedAccount { cookie, return_to: pending.return_to })
        }
    }
}

struct CreateIdentityAccount {
    shard: i64,
    email_shard: i64,
    session_shard: i64,
    customer: Customer,
    identity: CustomerIdentity,
    session: Session,
    mail: StoredMail,
}

enum CreateOutcome {
    Created,
    EmailTaken,
    IdentityTaken,
}

impl Command for CreateIdentityAccount {
    type Output = CreateOutcome;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.customer.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<CreateOutcome> {
        let Customer { id, email, .. } = &self.customer;
        // Two confirmations at once: the first has identity and address.
        if !federation::claim(tx, &self.identity.key, *id).await? {
            return Ok(CreateOutcome::IdentityTaken);
        }
        if !account::claim_email(tx, self.email_shard, email, *id).await? {
            federation::release(tx, &self.identity.key, *id).await?;
            return Ok(CreateOutcome::EmailTaken);
        }
        customer::upsert(tx, self.shard, &self.customer, "").await?;
        federation::set_identity(tx, self.shard, *id, &self.identity).await?;
        session::insert(tx, self.session_shard, &self.session).await?;
        mail::insert(tx, &self.mail).await?;
        Ok(CreateOutcome::Created)
    }
}
