//! The beginning of a takeover: counts the attempt, and sends a mail or a request to the earlier owner.
//!
//! Not here: the owner's answer ([`super::respond`]). Invariant: until the answer is due, a repeated beginning changes
//! nothing.

use super::other_registration::find_other_registration;
use crate::login::signup::SignupInProgress;
use crate::mail::queue;
use crate::notification::EventIds;
use crate::{App, Error, FormError, Result, ordering_key};
use opendrs_domain::customer::Customer;
use opendrs_domain::device::Device;
use opendrs_domain::id::CustomerId;
use opendrs_domain::mail::{MailContent, TakeoverSummary};
use opendrs_domain::takeover::{Takeover, TakeoverPolicy, TakeoverState, TakeoverStep, next_step};
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, takeover};

/// Whether a sign-up may be completed, as far as the present owner of its unit is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeoverStatus {
    /// No other customer has the unit.
    NotOwned,
    /// Another customer has it, and got a mail. The sign-up may be completed.
    Allowed,
    /// Its owner got a request and may answer until this time.
    AwaitingAnswer(Time),
}

/// Begins the takeover of a sign-up's unit, if another customer has it: counts the attempt, and sends a mail or a
/// request to the owner. Until the answer is due, a repeated call changes nothing.
///
/// # Errors
/// [`FormError::TakeoverForbidden`] and [`FormError::TakeoverDeclined`]; [`Error::Throttled`] when the customer made
/// too many attempts; [`Error::Unavailable`].
pub async fn begin_takeover(app: &App, of: &SignupInProgress, customer: &Customer) -> Result<TakeoverStatus> {
    let (Some(model), Some(unit)) = (&of.authorization.model, &of.authorization.request.device) else {
        return Ok(TakeoverStatus::NotOwned);
    };
    let now = app.now();
    let shard = app.db.shards().for_unit(model.id, &unit.serial);
    let (old, found) = {
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        match find_other_registration(&mut tx, shard, model.id, &unit.serial, customer.id).await? {
            Some(old) => {
                let found = takeover::find(&mut tx, old.in_shard(shard), customer.id).await?;
                (old, found)
            }
            None => return Ok(TakeoverStatus::NotOwned),
        }
    };
    let state = match next_step(model.takeover_policy, found.as_ref(), now) {
        TakeoverStep::Complete => return Ok(TakeoverStatus::Allowed),
        TakeoverStep::Wait => return Ok(TakeoverStatus::AwaitingAnswer(found.map_or(now, |found| found.answer_by))),
        TakeoverStep::Declined => return Err(FormError::TakeoverDeclined.into()),
        TakeoverStep::Forbidden => None,
        TakeoverStep::Begin(state) => Some(state),
    };
    let answer_by = now + app.settings.takeover.answer_within;
    let takeover = |state| Takeover {
        device: old.id,
        customer: customer.id,
        state,
        answer_by,
        successor: None,
        consent_generation: None,
    };
    let command = BeginTakeover {
        customer_shard: app.db.shards().for_customer(customer.id),
        customer: customer.id,
        per_day: app.settings.takeover.per_day,
        policy: model.takeover_policy,
        shard,
        takeover: state.map(takeover),
        earlier_device: old,
        event_ids: EventIds::allocate(app, now),
        now,
    };
    match app.db.write(command).await? {
        BeginTakeoverOutcome::Throttled(wait) => {
            tracing::info!(customer = %customer.id, wait, "a takeover was slowed");
            Err(Error::Throttled(wait))
        }
        // A concurrent request of the same customer was first: its record holds, and is read again.
        BeginTakeoverOutcome::AlreadyRecorded => Box::pin(begin_takeover(app, of, customer)).await,
        BeginTakeoverOutcome::Recorded => match state {
            None => Err(FormError::TakeoverForbidden.into()),
            Some(TakeoverState::Asked) => Ok(TakeoverStatus::AwaitingAnswer(answer_by)),
            Some(_) => Ok(TakeoverStatus::Allowed),
        },
    }
}

/// Whether another customer has the unit of a sign-up.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_owned_by_another(app: &App, of: &SignupInProgress, customer: CustomerId) -> Result<bool> {
    let (Some(model), Some(unit)) = (&of.authorization.model, &of.authorization.request.device) else {
        return Ok(false);
    };
    let shard = app.db.shards().for_unit(model.id, &unit.serial);
    let mut reader = app.db.reader().await?;
    Ok(find_other_registration(&mut reader.tx()?, shard, model.id, &unit.serial, customer).await?.is_some())
}

struct BeginTakeover {
    /// The customer's shard.
    customer_shard: i64,
    customer: CustomerId,
    per_day: u32,
    policy: TakeoverPolicy,
    /// The shard of the unit.
    shard: i64,
    /// The takeover to record; `None` where the policy forbids it.
    takeover: Option<Takeover>,
    earlier_device: Device,
    event_ids: EventIds,
    now: Time,
}

/// The outcome of an attempt.
enum BeginTakeoverOutcome {
    /// It was counted, and its takeover recorded.
    Recorded,
    /// A concurrent request recorded its takeover.
    AlreadyRecorded,
    /// It was too early: the seconds to wait.
    Throttled(i64),
}

impl Command for BeginTakeover {
    type Output = BeginTakeoverOutcome;

    /// The customer's key: of two concurrent attempts, the second is counted after the first.
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.customer)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let mut attempts = takeover::lock_attempts(tx, self.customer_shard, self.customer).await?;
        // Decided again under the lock of the customer's row: a late request must not undo the result of an earlier
        // one.
        let found = takeover::lock(tx, self.earlier_device.in_shard(self.shard), self.customer).await?;
        let done = found.as_ref().is_some_and(|found| found.state == TakeoverState::Done);
        if done
            || !matches!(
                next_step(self.policy, found.as_ref(), self.now),
                TakeoverStep::Begin(_) | TakeoverStep::Forbidden
            )
        {
            return Ok(BeginTakeoverOutcome::AlreadyRecorded);
        }
        if let Err(wait) = attempts.record_attempt(self.now, self.per_day) {
            return Ok(BeginTakeoverOutcome::Throttled(wait));
        }
        takeover::save_attempts(tx, self.customer_shard, self.customer, &attempts).await?;
        if let Some(takeover) = &self.takeover {
            takeover::upsert(tx, self.shard, takeover).await?;
            let approach = TakeoverSummary { customer: self.customer, answer_by: takeover.answer_by };
            let content = match takeover.state {
                TakeoverState::Asked => MailContent::TakeoverAsked(approach),
                _ => MailContent::TakeoverAnnounced(approach),
            };
            queue::enqueue(tx, self.shard, &self.earlier_device, content, self.event_ids.at(self.now)).await?;
        }
        Ok(BeginTakeoverOutcome::Recorded)
    }
}
