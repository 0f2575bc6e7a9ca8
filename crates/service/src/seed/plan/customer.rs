//! Customers.
//!
//! Invariant: what a customer chose since is never taken for the seed's own, also where it is as declared.

use super::{Plan, Planned, Stop};
use crate::seed::declared::CustomerSeed;
use crate::seed::merge::{Merge, Rights, hidden, plain};
use crate::seed::write::{CustomerWrite, Op};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::seeded::Record;
use opendrs_store::seeded::Key;
use opendrs_store::{Tx, customer};

impl Plan<'_> {
    /// One customer; `hash` is that of the declared password.
    pub(super) async fn customer(
        &mut self,
        tx: &mut Tx<'_>,
        declared: &CustomerSeed,
        hash: Option<&String>,
    ) -> Planned<()> {
        let email = &declared.email;
        let email_shard = self.inputs.shards.of(&[email.as_str().as_bytes()]);
        let found = customer::id_by_email(tx, email_shard, email).await?;
        let rights = Rights { force: self.inputs.force, adopt: false };
        // The record must be found when the customer is gone, and must not tell who it was.
        let id = Record::digest("customer", "email", &email.as_str().into());
        let key = Key { shard: email_shard, kind: "customer", parent: String::new(), id };
        let mut merge = Merge::begin(tx, key, found.is_some(), rights).await?;
        if merge.is_gone() {
            self.gone("customer", email.to_string(), String::new());
            return Ok(());
        }
        let id = found.unwrap_or_else(|| CustomerId(self.id()));
        let shard = self.inputs.shards.of_customer(id);
        let (old, old_hash) = match found {
            Some(id) => (customer::by_id(tx, shard, id).await?, customer::password_hash(tx, shard, id).await?),
            None => (None, None),
        };
        let hash = match (&old_hash, hash) {
            (None, None) => {
                let message = "a new customer needs a `password`, or a `password_hash` of an export";
                return Err(Stop::bad(declared.line, "password", message));
            }
            (Some(stored), None) => stored.clone(),
            (stored, Some(hash)) => merge.value("password", stored.clone(), hash.clone(), hidden),
        };
        let old = old.as_ref();
        let address = declared.address.clone().map(Some);
        let tag = |language: Option<Language>| language.map(Language::tag);
        let (has, wanted) = (old.map(|c| tag(c.language)), declared.language.map(|l| Some(l.tag())));
        let blocked_before = match found {
            Some(id) => Some(customer::standing(tx, shard, id).await?.blocked_at.is_some()),
            None => None,
        };
        let blocked = merge.optional("blocked", blocked_before, declared.blocked, || false, plain);
        let new = Customer {
            id,
            email: email.clone(),
            name: merge.value("name", old.map(|c| c.name.clone()), declared.name.clone(), hidden),
            address: merge.optional("address", old.map(|c| c.address.clone()), address, || None, hidden),
            created_at: old.map_or(self.inputs.now, |c| c.created_at),
            language: merge.optional("language", has, wanted, || None, hidden).and_then(Language::parse),
        };
        if merge.writes() {
            let claims = found.is_none().then_some(email_shard);
            let password_changed = old_hash.filter(|old| *old != hash).map(|_| self.inputs.now);
            let changes = blocked != blocked_before.unwrap_or(false);
            let blocked = changes.then(|| blocked.then_some(self.inputs.now));
            let write = CustomerWrite { shard, claims, customer: new, hash, password_changed, blocked };
            self.ops.push(Op::Customer(Box::new(write)));
        }
        self.end(merge, email.to_string(), id.to_string(), None);
        Ok(())
    }
}
