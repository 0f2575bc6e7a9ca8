//! A unit becomes a customer's: the registration, its subscriptions, and what becomes of the one before.
//!
//! What it is: the part of a sign-up's end that concerns the unit. What it is not: consent and code ([`super::complete`]),
//! and what an earlier owner may answer ([`crate::takeover`]). Invariant: a unit has one registration at a time, and no
//! customer takes over a unit whose owner may not lose it now.

use crate::delivery::{self, Stamp};
use crate::takeover as takeovers;
use opendrs_domain::consent::Consent;
use opendrs_domain::device::Device;
use opendrs_domain::id::{DeviceId, OrderId};
use opendrs_domain::mail::{Approach, News};
use opendrs_domain::notification::{Event, Facts};
use opendrs_domain::rule::Rules;
use opendrs_domain::subscription::{Choice, Subscription};
use opendrs_domain::takeover::{Policy, State, Takeover};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Shards, Tx, consent, device, order, product, profile, rule, subscription, takeover};

/// How many earlier registrations of a unit are asked for open orders.
const EARLIER: i64 = 10;

/// When a unit that another customer has may be linked.
pub(super) struct TakeoverRules {
    /// What the maker says; `None` where an operator decided.
    pub(super) policy: Option<Policy>,
    /// Until when the earlier owner may take it back.
    pub(super) undo_until: Time,
}

/// A unit to link, for a new customer of it or the same.
pub(super) struct Unit {
    pub(super) shards: Shards,
    pub(super) shard: i64,
    pub(super) takeover: TakeoverRules,
    pub(super) fresh: Device,
    pub(super) choices: Vec<Choice>,
    pub(super) stamps: [Stamp; 3],
}

impl Unit {
    /// Whether the unit is nobody else's, or its takeover was begun and may be completed.
    pub(super) async fn may_be_linked(&self, tx: &mut Tx<'_>, now: Time) -> opendrs_store::Result<bool> {
        let Device { model, serial, customer, .. } = &self.fresh;
        match takeovers::of_another(tx, self.shard, (*model, serial), *customer).await? {
            Some(old) => self.may_take_over(tx, &old, now).await,
            None => Ok(true),
        }
    }

    async fn may_take_over(&self, tx: &mut Tx<'_>, old: &Device, now: Time) -> opendrs_store::Result<bool> {
        let Some(policy) = self.takeover.policy else { return Ok(true) };
        let found = takeover::lock(tx, self.shard, old.id, self.fresh.customer).await?;
        Ok(found.is_some_and(|found| found.may_complete(policy, now)))
    }

    /// What the owner of a registration consented to with it.
    async fn consent_of(&self, tx: &mut Tx<'_>, device: &Device) -> opendrs_store::Result<Option<Consent>> {
        let Some(client) = profile::client(tx, device.client).await? else { return Ok(None) };
        consent::get(tx, self.shards.of_customer(device.customer), device.customer, client.profile).await
    }

    /// Records that the unit changed hands, and tells its earlier owner, who may take it back.
    async fn took_over(&self, tx: &mut Tx<'_>, old: &Device, stamp: (Stamp, Time)) -> opendrs_store::Result<()> {
        let consent = self.consent_of(tx, old).await?.filter(Consent::stands);
        // A withdrawal that is under way ends the registration for good.
        let answer_by = if consent.is_some() { self.takeover.undo_until } else { stamp.1 };
        let (customer, consent) = (self.fresh.customer, consent.and_then(|consent| consent.mark));
        let (state, successor) = (State::Done, Some(self.fresh.id));
        takeover::put(tx, self.shard, &Takeover { device: old.id, customer, state, answer_by, successor, consent })
            .await?;
        crate::mail::add(tx, self.shard, old, News::ChangedHands(Approach { customer, answer_by }), stamp).await
    }

    /// Links the unit (docs/spec/registrations.md#one-unit-one-customer): the same customer keeps the registration,
    /// another one takes the unit over.
    pub(super) async fn link(&self, tx: &mut Tx<'_>, now: Time) -> opendrs_store::Result<DeviceId> {
        let [ended, registered, changed] = self.stamps;
        let before = match device::of_unit(tx, self.shard, self.fresh.model, &self.fresh.serial).await? {
            Some(id) => {
                // Slots before their device: an order takes them so.
                for Choice { slot, .. } in &self.choices {
                    subscription::lock(tx, self.shard, id, slot).await?;
                }
                device::lock(tx, self.shard, id).await?
            }
            None => None,
        };
        let (found, new) = match before {
            Some(old) if old.customer == self.fresh.customer && old.deregistered_at.is_none() => {
                device::relink(tx, self.shard, old.id, self.fresh.client, self.fresh.test).await?;
                (Device { client: self.fresh.client, test: self.fresh.test, ..old }, false)
            }
            old => {
                if let Some(old) = old {
                    if !self.may_take_over(tx, &old, now).await? {
                        // It was registered between the look and the lock.
                        return Err(opendrs_store::Error::Conflict("the unit changed hands meanwhile".into()));
                    }
                    if crate::device::end(tx, self.shard, &old, (ended, now)).await? {
                        self.took_over(tx, &old, (ended, now)).await?;
                    }
                }
                device::add(tx, self.shard, &self.fresh).await?;
                (self.fresh.clone(), true)
            }
        };
        if new {
            let event = Event::new(registered.event, now, &found, Facts::Registered);
            delivery::tell(tx, self.shard, &found, &event, registered.first).await?;
        }
        let subscribed = self.subscribe(tx, found.id, now).await?;
        if new {
            self.adopt_orders(tx).await?;
        }
        if subscribed || new {
            let facts = Facts::Subscription(subscription::told(tx, self.shard, found.id).await?);
            let event = Event::new(changed.event, now, &found, facts);
            delivery::tell(tx, self.shard, &found, &event, changed.first).await?;
            crate::mail::subscribed(tx, self.shard, &found, (changed, now)).await?;
        }
        Ok(found.id)
    }

    /// Orders that the same customer's earlier registration of the unit left open keep their slots locked, so that a unit
    /// that is removed and linked again does not order twice (docs/spec/orders.md#relinked-unit).
    async fn adopt_orders(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        for before in device::before(tx, &self.fresh, EARLIER).await? {
            for open in subscription::of_device(tx, self.shard, before).await? {
                if let Some(id) = open.open_order
                    && self.adopt(tx, before, &open.slot, id).await?
                {
                    self.keep_terms(tx, before, &open).await?;
                }
            }
        }
        Ok(())
    }

    /// Moves an order, unless it is over by now or another one has the slot. Says whether it moved.
    async fn adopt(
        &self,
        tx: &mut Tx<'_>,
        before: DeviceId,
        slot: &SlotId,
        id: OrderId,
    ) -> opendrs_store::Result<bool> {
        subscription::lock(tx, self.shard, before, slot).await?;
        let Some(found) = order::lock(tx, self.shard, before, id).await? else { return Ok(false) };
        if found.state.is_over() || !subscription::adopt(tx, self.shard, self.fresh.id, slot, id).await? {
            return Ok(false);
        }
        order::adopt(tx, self.shard, &found, self.fresh.id).await?;
        subscription::free_lock(tx, self.shard, before, slot, id).await?;
        Ok(true)
    }

    /// An order that moved is judged as before: the slot's rules go with it, and the price agreed to, unless a page showed
    /// another one now. A held order so waits for its customer.
    async fn keep_terms(&self, tx: &mut Tx<'_>, before: DeviceId, old: &Subscription) -> opendrs_store::Result<()> {
        let (shard, id, slot) = (self.shard, self.fresh.id, &old.slot);
        let rules = rule::get(tx, shard, before, slot).await?;
        if rules != Rules::default() {
            rule::put(tx, shard, id, slot, &rules).await?;
        }
        let was_shown = self.choices.iter().any(|choice| choice.slot == *slot && choice.price.is_some());
        if !was_shown && let Some(mut sub) = subscription::lock(tx, shard, id, slot).await? {
            sub.agreed.clone_from(&old.agreed);
            subscription::put(tx, shard, id, &sub).await?;
        }
        Ok(())
    }

    async fn subscribe(&self, tx: &mut Tx<'_>, id: DeviceId, now: Time) -> opendrs_store::Result<bool> {
        let mut any = false;
        for Choice { slot, asin, price } in &self.choices {
            let fresh = || Subscription::none(SlotId::clone(slot));
            let mut sub = subscription::lock(tx, self.shard, id, slot).await?.unwrap_or_else(fresh);
            if sub.choose(asin.clone(), asin.is_some()) {
                any = true;
            }
            // Where no page showed a price, one that was agreed to before stays.
            let price = match (price, asin) {
                (None, Some(asin)) if sub.agreed_price().is_none() => {
                    product::by_asin(tx, asin).await?.map(|p| p.price)
                }
                (price, _) => price.clone(),
            };
            if let Some(price) = price {
                sub.agree(price, now);
            }
            subscription::put(tx, self.shard, id, &sub).await?;
        }
        Ok(any)
    }
}
