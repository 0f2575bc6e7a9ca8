//! The plan for customers.
//!
//! Invariant: a value that the customer chose since never becomes the seed's, even where it equals the declared one.

use super::{SeedPlan, SeedPlanError, SeedPlanResult};
use crate::seed::declaration::CustomerSeed;
use crate::seed::merge::{MergeRights, SeedMerge, format_plain, hide_value};
use crate::seed::write::{CustomerWrite, SeedOperation};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::CustomerId;
use opendrs_domain::language::Language;
use opendrs_domain::seed_record::SeedRecord;
use opendrs_store::seed_record::SeedRecordKey;
use opendrs_store::{Tx, customer};

impl SeedPlan<'_> {
    /// Plans one customer; `hash` is that of the declared password.
    pub(super) async fn plan_customer(
        &mut self,
        tx: &mut Tx<'_>,
        declared: &CustomerSeed,
        hash: Option<&String>,
    ) -> SeedPlanResult<()> {
        let email = &declared.email;
        let email_shard = self.inputs.shards.for_key(&[email.as_str().as_bytes()]);
        let found = customer::find_id_by_email(tx, email_shard, email).await?;
        let rights = MergeRights { force: self.inputs.force, adopt: false };
        // The record must be found after the customer was deleted, and must not reveal who it was.
        let id = SeedRecord::digest("customer", "email", &email.as_str().into());
        let key = SeedRecordKey { shard: email_shard, kind: "customer", parent: String::new(), id };
        let mut merge = SeedMerge::start(tx, key, found.is_some(), rights).await?;
        if merge.was_removed() {
            self.note_removed("customer", email.to_string(), String::new());
            return Ok(());
        }
        let id = found.unwrap_or_else(|| CustomerId(self.next_id()));
        let shard = self.inputs.shards.for_customer(id);
        let (old, old_hash) = match found {
            Some(id) => {
                (customer::find_by_id(tx, shard, id).await?, customer::find_password_hash(tx, shard, id).await?)
            }
            None => (None, None),
        };
        let hash = match (&old_hash, hash) {
            (None, None) => {
                let message = "a new customer needs a `password`, or a `password_hash` of an export";
                return Err(SeedPlanError::invalid(declared.line, "password", message));
            }
            (Some(stored), None) => stored.clone(),
            (stored, Some(hash)) => merge.merge_value("password", stored.clone(), hash.clone(), hide_value),
        };
        let old = old.as_ref();
        let address = declared.address.clone().map(Some);
        let tag = |language: Option<Language>| language.map(Language::tag);
        let (has, wanted) = (old.map(|c| tag(c.language)), declared.language.map(|l| Some(l.tag())));
        let blocked_before = match found {
            Some(id) => Some(customer::find_access(tx, shard, id).await?.blocked_at.is_some()),
            None => None,
        };
        let blocked = merge.merge_optional("blocked", blocked_before, declared.blocked, || false, format_plain);
        let new = Customer {
            id,
            email: email.clone(),
            name: merge.merge_value("name", old.map(|c| c.name.clone()), declared.name.clone(), hide_value),
            address: merge.merge_optional("address", old.map(|c| c.address.clone()), address, || None, hide_value),
            created_at: old.map_or(self.inputs.now, |c| c.created_at),
            language: merge.merge_optional("language", has, wanted, || None, hide_value).and_then(Language::parse),
            zone: old.and_then(|c| c.zone),
        };
        if merge.needs_write() {
            let claims = found.is_none().then_some(email_shard);
            let password_changed = old_hash.filter(|old| *old != hash).map(|_| self.inputs.now);
            let changes = blocked != blocked_before.unwrap_or(false);
            let blocked = changes.then(|| blocked.then_some(self.inputs.now));
            let write = CustomerWrite {
                shard,
                new_email_shard: claims,
                customer: new,
                password_hash: hash,
                password_changed,
                blocked,
            };
            self.ops.push(SeedOperation::Customer(Box::new(write)));
        }
        self.end_merge(merge, email.to_string(), id.to_string(), None);
        Ok(())
    }
}
