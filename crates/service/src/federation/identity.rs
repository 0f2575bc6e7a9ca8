//! The link between a customer's account and an identity at the provider.
//!
//! Invariants: a link needs a sign-in of the account after the provider's answer. Removing it needs the password, if the
//! account has one; without one, the customer can choose a password by mail.

use super::linked::{LinkedIdentity, find_identity};
use super::pending::{open_pending, proves_customer};
use super::{find_customer_of, identity_key, settings};
use crate::customer::mail_recipient;
use crate::mail::queue;
use crate::session::{check_password, find_credentials};
use crate::{App, FormError, Result, ordering_key};
use opendrs_domain::account::{AccountMail, CredentialState};
use opendrs_domain::federation::FederationRefusal;
use opendrs_domain::id::CustomerId;
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;
use opendrs_store::federation::{self, CustomerIdentity};
use opendrs_store::mail::StoredMail;
use opendrs_store::{Command, Tx, account, mail};

/// Links the identity that a browser kept with the account of its session. An earlier link of the account ends. Returns
/// the page at which the browser continues.
///
/// # Errors
/// [`crate::Error::FederationRefused`] if the customer did not sign in after the provider's answer, or the identity belongs to
/// a customer by now; [`crate::Error::Unavailable`].
pub async fn link(app: &App, cookie: Option<&str>, session: &Session) -> Result<String> {
    let pending = open_pending(app, cookie)?;
    let id = session.customer;
    let owner = crate::customer::find_id_by_email(app, &pending.email).await?;
    if owner != Some(id) || !proves_customer(session, id, &pending) {
        return Err(FederationRefusal::UnknownState.into());
    }
    let credentials = find_credentials(app, id).await?.ok_or(FederationRefusal::UnknownState)?;
    let key = identity_key(app, &pending.identity)?;
    let provider = settings(app)?.name.clone();
    let earlier = find_identity(app, id).await?.linked;
    let replaced = earlier.as_ref().map(|earlier| earlier.provider.clone());
    let wanted = WantedIdentity {
        relies_on: credentials.state,
        linked_since: earlier.map(|earlier| earlier.since),
        identity: Some(CustomerIdentity { key, issuer: pending.identity.issuer, since: app.now() }),
        news: AccountMail::IdentityLinked { provider, replaced },
    };
    let change = ChangeIdentity::new(app, id, wanted).await?;
    // A form that was sent twice: the first one linked the account.
    let is_linked = app.db.write(change).await? || find_customer_of(app, &key).await? == Some(id);
    if is_linked { Ok(pending.return_to) } else { Err(FederationRefusal::UnknownState.into()) }
}

/// The form that removes a link.
#[derive(Clone, Copy, Debug)]
pub struct IdentityRemoval<'a> {
    /// The current password; it does not matter for an account without one.
    pub password: &'a str,
    /// The source of the request.
    pub source: &'a str,
}

/// Removes the link of a customer's account. If the account has no password, its customer can choose one by mail.
///
/// # Errors
/// [`FormError::WrongCurrentPassword`]; [`FormError::LinkEnded`] if there is no link; [`crate::Error::Throttled`],
/// [`crate::Error::Unavailable`].
pub async fn remove(app: &App, id: CustomerId, form: IdentityRemoval<'_>) -> Result<()> {
    let customer = crate::customer::load(app, id).await?;
    let credentials = find_credentials(app, id).await?.ok_or(FormError::LinkEnded)?;
    let relies_on = match credentials.password_hash {
        Some(_) => check_password(app, &customer, form.password, form.source).await?,
        None => credentials.state,
    };
    let LinkedIdentity { provider, since } = find_identity(app, id).await?.linked.ok_or(FormError::LinkEnded)?;
    let news = AccountMail::IdentityRemoved { provider };
    let wanted = WantedIdentity { relies_on, linked_since: Some(since), identity: None, news };
    let change = ChangeIdentity::new(app, id, wanted).await?;
    if app.db.write(change).await? { Ok(()) } else { Err(FormError::LinkEnded.into()) }
}

/// A change of a customer's identity.
struct WantedIdentity {
    relies_on: CredentialState,
    /// When the present identity was linked, if there is one. The mail names it.
    linked_since: Option<Time>,
    /// The new identity; `None` removes the link.
    identity: Option<CustomerIdentity>,
    news: AccountMail,
}

/// Links an identity or removes the link, unless what the change relies on was changed meanwhile.
struct ChangeIdentity {
    shard: i64,
    id: CustomerId,
    relies_on: CredentialState,
    linked_since: Option<Time>,
    /// The new identity; `None` removes the link.
    identity: Option<CustomerIdentity>,
    mail: StoredMail,
}

impl ChangeIdentity {
    async fn new(app: &App, id: CustomerId, wanted: WantedIdentity) -> Result<Self> {
        let WantedIdentity { relies_on, linked_since, identity, news } = wanted;
        let customer = crate::customer::load(app, id).await?;
        let mail = queue::account_mail(app, mail_recipient(app, &customer), news, app.now());
        Ok(Self { shard: app.db.shards().for_customer(id), id, relies_on, linked_since, identity, mail })
    }
}

impl Command for ChangeIdentity {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let found = account::lock_credentials(tx, self.shard, self.id).await?;
        if !found.is_some_and(|found| found.are_still(&self.relies_on)) {
            return Ok(false);
        }
        let present = federation::find_identity(tx, self.shard, self.id).await?;
        if present.map(|present| present.since) != self.linked_since {
            return Ok(false);
        }
        let changed = match &self.identity {
            Some(identity) => federation::claim(tx, &identity.key, self.id).await?,
            None => federation::delete(tx, self.shard, self.id).await?,
        };
        if let (Some(identity), true) = (&self.identity, changed) {
            federation::set_identity(tx, self.shard, self.id, identity).await?;
        }
        if changed {
            mail::insert(tx, &self.mail).await?;
        }
        Ok(changed)
    }
}
