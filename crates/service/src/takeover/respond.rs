//! What the earlier owner of a unit answers, by the link in a mail.
//!
//! Invariant: the link names one takeover and is all that is needed; it is worth nothing once there is nothing to answer.
//! What is taken back is restored in one transaction: the other registration ends, the earlier one goes on.

use super::LINK;
use crate::delivery::{self, Stamp};
use crate::{App, BadChoice, Error, Result, mail, named_link};
use opendrs_domain::device::Device;
use opendrs_domain::id::{CustomerId, DeviceId, ProfileId};
use opendrs_domain::mail::News;
use opendrs_domain::model::Model;
use opendrs_domain::notification::{Event, Facts};
use opendrs_domain::takeover::{Answer, Takeover};
use opendrs_domain::time::Time;
use opendrs_store::{Tx, Write, consent, customer, device, model, profile, subscription, takeover};

/// What a link leads to.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The takeover.
    pub takeover: Takeover,
    /// The unit's model.
    pub model: Model,
    /// The earlier registration.
    pub device: Device,
    /// What may be answered now.
    pub answers: &'static [Answer],
    shard: i64,
}

/// The takeover that a link's token names.
///
/// # Errors
/// [`Error::InvalidToken`] when it is none of ours, or no longer kept; [`Error::Unavailable`].
pub async fn linked(app: &App, token: &str) -> Result<Linked> {
    let named = named_link::open(app, LINK, token).ok_or(Error::InvalidToken)?;
    let (shard, id, customer) = (named.shard, DeviceId(named.first), CustomerId(named.second));
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let takeover = takeover::get(&mut tx, shard, id, customer).await?.ok_or(Error::InvalidToken)?;
    let device = device::by_id(&mut tx, shard, id).await?.ok_or(Error::InvalidToken)?;
    let model = model::by_id(&mut tx, device.model).await?.ok_or_else(|| Error::missing("a device's model"))?;
    let answers = takeover.answers(app.now());
    Ok(Linked { takeover, model, device, answers, shard })
}

/// Answers a takeover, as the earlier owner. Twice is once.
///
/// # Errors
/// [`Error::InvalidToken`]; [`BadChoice::TakeoverOver`] when there is nothing to answer, or the unit is somebody else's by
/// now; [`Error::Unavailable`].
pub async fn answer(app: &App, token: &str, answer: Answer) -> Result<()> {
    let Linked { takeover, device, shard, .. } = linked(app, token).await?;
    let now = app.now();
    let client = {
        let mut reader = app.db.reader().await?;
        profile::client(&mut reader.tx()?, device.client).await?
    };
    let client = client.ok_or_else(|| Error::missing("a device's client"))?;
    let command = Respond {
        shard,
        answer,
        customer: takeover.customer,
        home: app.db.shards().of_customer(device.customer),
        profile: client.profile,
        device,
        until: now + app.settings.takeover.answer_within,
        stamps: [(); 3].map(|()| Stamp::draw(app, now)),
        now,
    };
    match app.db.write(command).await? {
        true => Ok(()),
        false => Err(BadChoice::TakeoverOver.into()),
    }
}

struct Respond {
    shard: i64,
    answer: Answer,
    /// Who takes the unit over.
    customer: CustomerId,
    /// The earlier owner's shard.
    home: i64,
    /// To which profile the earlier owner consented with this registration.
    profile: ProfileId,
    /// The earlier registration.
    device: Device,
    /// Until when what is agreed may be completed.
    until: Time,
    stamps: [Stamp; 3],
    now: Time,
}

impl Write for Respond {
    /// Whether it was answered so.
    type Out = bool;

    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let Some(mut found) = takeover::lock(tx, self.shard, self.device.id, self.customer).await? else {
            return Ok(false);
        };
        let state = Takeover::answered(self.answer);
        if found.state == state {
            return Ok(true);
        }
        if !found.answers(self.now).contains(&self.answer) {
            return Ok(false);
        }
        let [first, ..] = self.stamps;
        let news = match self.answer {
            Answer::Agree => {
                found.answer_by = self.until;
                Some(News::TakeoverAgreed(self.until))
            }
            Answer::Decline => Some(News::TakeoverDeclined),
            Answer::Undo if self.take_back(tx, &found).await? => None,
            Answer::Undo => return Ok(false),
        };
        found.state = state;
        takeover::put(tx, self.shard, &found).await?;
        if let Some(news) = news {
            mail::add_for(tx, self.shard, (self.device.id, self.customer), news, (first, self.now)).await?;
        }
        Ok(true)
    }
}

impl Respond {
    /// Ends the registration that took the earlier one's place, and restores that one. `false` if the unit is another
    /// one's by now, or the owner's consent was withdrawn meanwhile, given anew or not.
    async fn take_back(&self, tx: &mut Tx<'_>, found: &Takeover) -> opendrs_store::Result<bool> {
        let Self { shard, device: old, now, stamps: [ended, registered, changed], .. } = self;
        let consent = consent::lock(tx, self.home, old.customer, self.profile).await?;
        if !consent.is_some_and(|consent| consent.stands() && consent.mark == found.consent) {
            return Ok(false);
        }
        // What a blocked customer had stays switched off.
        if customer::standing_held(tx, self.home, old.customer).await?.blocked_at.is_some() {
            return Ok(false);
        }
        let ended_before = device::lock(tx, *shard, old.id).await?.is_some_and(|old| old.deregistered_at.is_some());
        if !ended_before {
            return Ok(false);
        }
        let current = device::of_unit(tx, *shard, old.model, &old.serial).await?;
        if current.is_some() && current != found.successor {
            return Ok(false);
        }
        if let Some(id) = current
            && let Some(new) = device::lock(tx, *shard, id).await?
            && crate::device::end(tx, *shard, &new, (*ended, *now)).await?
        {
            mail::add(tx, *shard, &new, News::TakenBack, (*ended, *now)).await?;
        }
        device::restore(tx, *shard, old).await?;
        let event = Event::new(registered.event, *now, old, Facts::Registered);
        delivery::tell(tx, *shard, old, &event, registered.first).await?;
        let facts = Facts::Subscription(subscription::told(tx, *shard, old.id).await?);
        let event = Event::new(changed.event, *now, old, facts);
        delivery::tell(tx, *shard, old, &event, changed.first).await?;
        mail::subscribed(tx, *shard, old, (*changed, *now)).await?;
        Ok(true)
    }
}
