//! Accounts of customers: create one, recover it, change it.
//!
//! What it is: the use cases behind the account pages. What it is not: sign-in ([`crate::session`]), and devices.
//! Invariants: a mail address is proved before an account has it. No answer, and no time that it takes, tells whether an
//! address has an account; only a mail to that address does.

mod create;
mod delete;
mod email;
mod link;
mod password;
mod recovery;
pub mod second_factor;
mod settings;

pub use create::{
    CreatedAccount, NewAccountForm, NewAccountRequest, confirm_code, create_account, find_return_path,
    open_new_account, request_account,
};
pub(crate) use delete::next_deletion;
pub use delete::{cancel_deletion, delete_due, deletion_time, find_deletion, request_deletion};
pub use email::{EmailChangeRequest, confirm_email_change, open_email_change, request_email_change};
pub use link::open_request;
pub use password::{PasswordChange, change_password};
pub use recovery::{RecoveryRequest, open_recovery, request_recovery, set_forgotten_password};
pub use settings::AccountSettings;

pub(crate) use link::{code_for, link_token};

use crate::{App, FormError, Result, ordering_key};
use opendrs_domain::id::CustomerId;
use opendrs_domain::text::{Email, Name};
use opendrs_store::{Command, Tx, account};

/// Changes a customer's name. Orders that were placed keep the name that they have.
///
/// # Errors
/// [`FormError::InvalidName`]; [`crate::Error::Unavailable`].
pub async fn change_name(app: &App, id: CustomerId, name: &str) -> Result<()> {
    let name = parse_name(name)?;
    Ok(app.db.write(SetName { shard: app.db.shards().for_customer(id), id, name }).await?)
}

/// Reads a mail address that a customer typed.
fn parse_email(email: &str) -> Result<Email> {
    Email::parse(email).map_err(|_| FormError::InvalidEmail.into())
}

/// Reads a name that a customer typed.
pub(crate) fn parse_name(name: &str) -> Result<Name> {
    Name::parse(name.trim()).map_err(|_| FormError::InvalidName.into())
}

struct SetName {
    shard: i64,
    id: CustomerId,
    name: Name,
}

impl Command for SetName {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.id)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        account::set_name(tx, self.shard, self.id, &self.name).await
    }
}

/// The shard of a mail address's reservation.
pub(crate) fn email_shard(app: &App, email: &Email) -> i64 {
    app.db.shards().for_key(&[email.as_str().as_bytes()])
}
