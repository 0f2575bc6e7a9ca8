//! A unit that another customer has is set up again: who is mailed, who is asked, and what the earlier owner answers.
//!
//! What it is: attempts are counted and the earlier owner is mailed before a unit changes hands ([`begin`]), and the
//! owner's answer by the link in that mail ([`answer`]). What it is not: the change itself, which is a sign-up's end
//! ([`crate::login::signup::complete`]), nor the rules ([`opendrs_domain::takeover`]). Invariant: no customer takes over a
//! unit whose owner was not mailed before; what an owner takes back is as it was, tokens included, since the device has no
//! others (docs/spec/registrations.md#takeover-limits).

mod respond;

pub use respond::{Linked, answer, linked};

use crate::delivery::Stamp;
use crate::login::signup::Underway;
use crate::named_link::{self, Named};
use crate::{App, BadChoice, Error, Result, consent, mail};
use opendrs_domain::customer::Customer;
use opendrs_domain::device::Device;
use opendrs_domain::id::{CustomerId, DeviceId, ModelId};
use opendrs_domain::mail::{Approach, News};
use opendrs_domain::takeover::{Policy, State, Step, Takeover, step};
use opendrs_domain::text::Serial;
use opendrs_domain::time::{Span, Time};
use opendrs_store::{Tx, Write, device, takeover};

/// The purpose of the links' tokens.
pub(crate) const LINK: &str = "takeover link";

/// What an operator decided about takeovers.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many units of others a customer may set up, or try to, in 24 hours.
    pub per_day: u32,
    /// How long the earlier owner may answer, and take the unit back.
    pub answer_within: Span,
}

/// Whether a sign-up may be completed, as far as its unit's present owner is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The unit is nobody else's.
    Free,
    /// It is somebody else's, who was mailed; it may be completed.
    Open,
    /// Its owner was asked and may answer until then.
    Waiting(Time),
}

/// The registration of another customer that a unit has now.
pub(crate) async fn of_another(
    tx: &mut Tx<'_>,
    shard: i64,
    (model, serial): (ModelId, &Serial),
    customer: CustomerId,
) -> opendrs_store::Result<Option<Device>> {
    let Some(id) = device::unit(tx, shard, model, serial).await? else { return Ok(None) };
    let found = device::by_id(tx, shard, id).await?;
    Ok(found.filter(|device| device.customer != customer && device.deregistered_at.is_none()))
}

/// Begins the takeover of the unit that a sign-up is about, if somebody else has it: counts the attempt, and mails or
/// asks its owner. Within the time of an answer, again is once.
///
/// # Errors
/// [`BadChoice::TakeoverForbidden`] and [`BadChoice::TakeoverDeclined`]; [`Error::Throttled`] when the customer attempted
/// too many; [`Error::Unavailable`].
pub async fn begin(app: &App, of: &Underway, customer: &Customer) -> Result<Begun> {
    let (Some(model), Some(asked)) = (&of.asked.model, &of.asked.request.device) else { return Ok(Begun::Free) };
    let now = app.now();
    let shard = app.db.shards().of_unit(model.id, &asked.serial);
    let (old, found) = {
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        match of_another(&mut tx, shard, (model.id, &asked.serial), customer.id).await? {
            Some(old) => {
                let found = takeover::get(&mut tx, shard, old.id, customer.id).await?;
                (old, found)
            }
            None => return Ok(Begun::Free),
        }
    };
    let state = match step(model.takeover, found.as_ref(), now) {
        Step::Complete => return Ok(Begun::Open),
        Step::Wait => return Ok(Begun::Waiting(found.map_or(now, |found| found.answer_by))),
        Step::Declined => return Err(BadChoice::TakeoverDeclined.into()),
        Step::Forbidden => None,
        Step::Begin(state) => Some(state),
    };
    let answer_by = now + app.settings.takeover.answer_within;
    let takeover =
        |state| Takeover { device: old.id, customer: customer.id, state, answer_by, successor: None, consent: None };
    let command = Begin {
        home: app.db.shards().of_customer(customer.id),
        customer: customer.id,
        per_day: app.settings.takeover.per_day,
        policy: model.takeover,
        shard,
        takeover: state.map(takeover),
        old,
        stamp: Stamp::draw(app, now),
        now,
    };
    match app.db.write(command).await? {
        Recorded::Slowed(wait) => {
            tracing::info!(customer = %customer.id, wait, "a takeover was slowed");
            Err(Error::Throttled(wait))
        }
        // Another request of the same customer was first: what it recorded holds, and is read anew.
        Recorded::Already => Box::pin(begin(app, of, customer)).await,
        Recorded::New => match state {
            None => Err(BadChoice::TakeoverForbidden.into()),
            Some(State::Asked) => Ok(Begun::Waiting(answer_by)),
            Some(_) => Ok(Begun::Open),
        },
    }
}

/// Whether somebody else has the unit that a sign-up is about.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_of_another(app: &App, of: &Underway, customer: CustomerId) -> Result<bool> {
    let (Some(model), Some(asked)) = (&of.asked.model, &of.asked.request.device) else { return Ok(false) };
    let shard = app.db.shards().of_unit(model.id, &asked.serial);
    let mut reader = app.db.reader().await?;
    Ok(of_another(&mut reader.tx()?, shard, (model.id, &asked.serial), customer).await?.is_some())
}

struct Begin {
    /// The customer's shard.
    home: i64,
    customer: CustomerId,
    per_day: u32,
    policy: Policy,
    /// The unit's.
    shard: i64,
    /// What is recorded; nothing where the maker forbids it.
    takeover: Option<Takeover>,
    old: Device,
    stamp: Stamp,
    now: Time,
}

/// What became of an attempt.
enum Recorded {
    /// It was counted, and its takeover recorded.
    New,
    /// Its takeover was recorded meanwhile by another request.
    Already,
    /// It was too soon: so many seconds to wait.
    Slowed(i64),
}

impl Write for Begin {
    type Out = Recorded;

    /// The customer's: of two attempts at once, the second is counted after the first.
    fn key(&self) -> u64 {
        consent::key(self.customer)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let mut attempts = takeover::attempts(tx, self.home, self.customer).await?;
        // Decided again behind the customer's row: a late request must not undo what an earlier one led to.
        let found = takeover::lock(tx, self.shard, self.old.id, self.customer).await?;
        let done = found.as_ref().is_some_and(|found| found.state == State::Done);
        if done || !matches!(step(self.policy, found.as_ref(), self.now), Step::Begin(_) | Step::Forbidden) {
            return Ok(Recorded::Already);
        }
        if let Err(wait) = attempts.count(self.now, self.per_day) {
            return Ok(Recorded::Slowed(wait));
        }
        takeover::set_attempts(tx, self.home, self.customer, &attempts).await?;
        if let Some(takeover) = &self.takeover {
            takeover::put(tx, self.shard, takeover).await?;
            let approach = Approach { customer: self.customer, answer_by: takeover.answer_by };
            let news = match takeover.state {
                State::Asked => News::TakeoverAsked(approach),
                _ => News::TakeoverAnnounced(approach),
            };
            mail::add(tx, self.shard, &self.old, news, (self.stamp, self.now)).await?;
        }
        Ok(Recorded::New)
    }
}

/// The token of the link by which an earlier owner answers.
pub(crate) fn token(app: &App, shard: i64, device: DeviceId, customer: CustomerId) -> Result<String> {
    named_link::seal(app, LINK, Named { shard, first: device.0, second: customer.0 })
}
