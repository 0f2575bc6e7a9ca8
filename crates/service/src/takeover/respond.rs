//! The answers of a unit's earlier owner, by the link in a mail.
//!
//! Invariant: the link names one takeover and is sufficient to answer it. It is useless when no answer is possible any
//! more. Undoing a takeover is one transaction: the new registration ends, and the earlier one continues.

use crate::device::end_registration;
use crate::mail::queue;
use crate::named_link;
use crate::notification::{EventIds, record_event};
use crate::signed_link::TAKEOVER_PURPOSE;
use crate::{App, Error, FormError, Result};
use opendrs_domain::device::{Device, DeviceRef, NamedDevice};
use opendrs_domain::id::{CustomerId, DeviceId, ProfileId};
use opendrs_domain::mail::MailContent;
use opendrs_domain::model::Model;
use opendrs_domain::notification::{Event, EventFacts};
use opendrs_domain::takeover::{Takeover, TakeoverAnswer};
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, consent, customer, device, model, profile, subscription, takeover};

/// The takeover of a link.
#[derive(Clone, Debug)]
pub struct TakeoverLink {
    /// The takeover.
    pub takeover: Takeover,
    /// The unit's model.
    pub model: Model,
    /// The earlier registration, with the names that its owner knows.
    pub device: NamedDevice,
    /// The answers that are possible now.
    pub allowed_answers: &'static [TakeoverAnswer],
    shard: i64,
}

/// Finds the takeover that a link's token names.
///
/// # Errors
/// [`Error::InvalidToken`] when the token is not authentic, or the takeover is no longer kept; [`Error::Unavailable`].
pub async fn find_takeover_link(app: &App, token: &str) -> Result<TakeoverLink> {
    let named = named_link::open(app, TAKEOVER_PURPOSE, token).ok_or(Error::InvalidToken)?;
    let old = DeviceRef { shard: named.shard, id: DeviceId(named.first_id) };
    let customer = CustomerId(named.second_id);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let takeover = takeover::find(&mut tx, old, customer).await?.ok_or(Error::InvalidToken)?;
    let device = device::find_named(&mut tx, old).await?.ok_or(Error::InvalidToken)?;
    let model =
        model::find_by_id(&mut tx, device.device.model).await?.ok_or_else(|| Error::missing_row("a device's model"))?;
    let answers = takeover.allowed_answers(app.now());
    Ok(TakeoverLink { takeover, model, device, allowed_answers: answers, shard: old.shard })
}

/// Answers a takeover, as the earlier owner. A repeated answer changes nothing.
///
/// # Errors
/// [`Error::InvalidToken`]; [`FormError::TakeoverClosed`] when no answer is possible, or the unit belongs to yet
/// another customer; [`Error::Unavailable`].
pub async fn answer_takeover(app: &App, token: &str, answer: TakeoverAnswer) -> Result<()> {
    let TakeoverLink { takeover, device: NamedDevice { device, .. }, shard, .. } =
        find_takeover_link(app, token).await?;
    let now = app.now();
    let client = {
        let mut reader = app.db.reader().await?;
        profile::find_client(&mut reader.tx()?, device.client).await?
    };
    let client = client.ok_or_else(|| Error::missing_row("a device's client"))?;
    let command = AnswerTakeover {
        shard,
        answer,
        customer: takeover.customer,
        owner_shard: app.db.shards().for_customer(device.customer),
        profile: client.profile,
        device,
        complete_until: now + app.settings.takeover.answer_within,
        event_ids: [(); 3].map(|()| EventIds::allocate(app, now)),
        now,
    };
    if app.db.write(command).await? { Ok(()) } else { Err(FormError::TakeoverClosed.into()) }
}

struct AnswerTakeover {
    shard: i64,
    answer: TakeoverAnswer,
    /// The customer who takes the unit over.
    customer: CustomerId,
    /// The earlier owner's shard.
    owner_shard: i64,
    /// The profile that the earlier owner consented to with this registration.
    profile: ProfileId,
    /// The earlier registration.
    device: Device,
    /// The time until which an agreed takeover may be completed.
    complete_until: Time,
    event_ids: [EventIds; 3],
    now: Time,
}

impl Command for AnswerTakeover {
    /// Whether the answer was applied.
    type Output = bool;

    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let Some(mut found) = takeover::lock(tx, self.device.in_shard(self.shard), self.customer).await? else {
            return Ok(false);
        };
        let state = Takeover::state_after(self.answer);
        if found.state == state {
            return Ok(true);
        }
        if !found.allowed_answers(self.now).contains(&self.answer) {
            return Ok(false);
        }
        let [first, ..] = self.event_ids;
        let content = match self.answer {
            TakeoverAnswer::Agree => {
                found.answer_by = self.complete_until;
                Some(MailContent::TakeoverAgreed(self.complete_until))
            }
            TakeoverAnswer::Decline => Some(MailContent::TakeoverDeclined),
            TakeoverAnswer::Undo if self.take_back(tx, &found).await? => None,
            TakeoverAnswer::Undo => return Ok(false),
        };
        found.state = state;
        takeover::upsert(tx, self.shard, &found).await?;
        if let Some(content) = content {
            queue::enqueue_for(tx, self.device.in_shard(self.shard), self.customer, content, first.at(self.now))
                .await?;
        }
        Ok(true)
    }
}

impl AnswerTakeover {
    /// Ends the registration that replaced the earlier one, and restores the earlier one. `false` if the unit belongs
    /// to yet another customer, or the owner's consent was withdrawn meanwhile, even if it was given again.
    async fn take_back(&self, tx: &mut Tx<'_>, found: &Takeover) -> opendrs_store::Result<bool> {
        let Self { shard, device: old, now, event_ids: [ended, registered, changed], .. } = self;
        let consent = consent::lock(tx, self.owner_shard, old.customer, self.profile).await?;
        if !consent.is_some_and(|consent| consent.is_granted() && consent.generation == found.consent_generation) {
            return Ok(false);
        }
        // The registrations of a blocked customer stay disabled.
        if customer::lock_access(tx, self.owner_shard, old.customer).await?.blocked_at.is_some() {
            return Ok(false);
        }
        let ended_before =
            device::lock(tx, old.in_shard(*shard)).await?.is_some_and(|old| old.deregistered_at.is_some());
        if !ended_before {
            return Ok(false);
        }
        let current = device::lock_by_unit(tx, *shard, old.model, &old.serial).await?;
        if current.is_some() && current != found.successor {
            return Ok(false);
        }
        if let Some(id) = current
            && let Some(new) = device::lock(tx, DeviceRef { shard: *shard, id }).await?
            && end_registration(tx, *shard, &new, ended.at(*now)).await?
        {
            queue::enqueue(tx, *shard, &new, MailContent::TakenBack, ended.at(*now)).await?;
        }
        device::restore_registration(tx, *shard, old).await?;
        let event = Event::new(registered.event_id, *now, old, EventFacts::Registered);
        record_event(tx, *shard, old, &event, registered.first_message_id).await?;
        let facts = EventFacts::Subscription(subscription::list_slots(tx, old.in_shard(*shard)).await?);
        let event = Event::new(changed.event_id, *now, old, facts);
        record_event(tx, *shard, old, &event, changed.first_message_id).await?;
        queue::enqueue_subscriptions(tx, *shard, old, changed.at(*now)).await?;
        Ok(true)
    }
}
