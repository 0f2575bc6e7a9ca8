//! The registration of a unit: the device, its subscriptions, and the end of an earlier registration.
//!
//! What it is: the part of a sign-up's end that concerns the unit. What it is not: consent and code
//! ([`super::complete`]), and the answers of an earlier owner ([`crate::takeover`]). Invariant: a unit has one
//! registration at a time, and no takeover happens that its policy does not allow now.

use crate::device::end_registration;
use crate::mail::queue;
use crate::notification::{ChangeContext, EventIds, record_event};
use crate::takeover::find_other_registration;
use opendrs_domain::consent::Consent;
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::OrderId;
use opendrs_domain::mail::{MailContent, TakeoverSummary};
use opendrs_domain::notification::{Event, EventFacts};
use opendrs_domain::rule::SlotRules;
use opendrs_domain::subscription::{SlotChoice, Subscription};
use opendrs_domain::takeover::{Takeover, TakeoverPolicy, TakeoverState};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Shards, Tx, consent, device, order, product, profile, rule, subscription, takeover};

/// How many earlier registrations of a unit are searched for open orders.
const MAX_EARLIER_REGISTRATIONS: i64 = 10;

/// The conditions for linking a unit that another customer has.
pub(super) struct TakeoverConditions {
    /// The policy of the device model; `None` where an operator links the unit.
    pub(super) policy: Option<TakeoverPolicy>,
    /// The time until which the earlier owner may undo the takeover.
    pub(super) undo_until: Time,
}

/// A unit to be linked, for its present customer or a new one.
pub(super) struct Registration {
    pub(super) shards: Shards,
    pub(super) shard: i64,
    pub(super) takeover: TakeoverConditions,
    pub(super) new_device: Device,
    pub(super) choices: Vec<SlotChoice>,
    pub(super) event_ids: [EventIds; 3],
}

impl Registration {
    /// Whether no other customer has the unit, or its takeover was begun and may be completed.
    pub(super) async fn can_be_linked(&self, tx: &mut Tx<'_>, now: Time) -> opendrs_store::Result<bool> {
        let Device { model, serial, customer, .. } = &self.new_device;
        match find_other_registration(tx, self.shard, *model, serial, *customer).await? {
            Some(old) => self.can_take_over(tx, &old, now).await,
            None => Ok(true),
        }
    }

    async fn can_take_over(&self, tx: &mut Tx<'_>, old: &Device, now: Time) -> opendrs_store::Result<bool> {
        let Some(policy) = self.takeover.policy else { return Ok(true) };
        let found = takeover::lock(tx, old.in_shard(self.shard), self.new_device.customer).await?;
        Ok(found.is_some_and(|found| found.can_complete(policy, now)))
    }

    /// The consent on which a registration depends.
    async fn find_consent(&self, tx: &mut Tx<'_>, device: &Device) -> opendrs_store::Result<Option<Consent>> {
        let Some(client) = profile::find_client(tx, device.client).await? else { return Ok(None) };
        consent::find(tx, self.shards.for_customer(device.customer), device.customer, client.profile).await
    }

    /// Records the takeover, and notifies the earlier owner by mail, who may undo it.
    async fn record_takeover(
        &self,
        tx: &mut Tx<'_>,
        old: &Device,
        context: ChangeContext,
    ) -> opendrs_store::Result<()> {
        let consent = self.find_consent(tx, old).await?.filter(Consent::is_granted);
        // A withdrawal in progress ends the registration for good.
        let answer_by = if consent.is_some() { self.takeover.undo_until } else { context.now };
        let (customer, consent) = (self.new_device.customer, consent.and_then(|consent| consent.generation));
        let (state, successor) = (TakeoverState::Done, Some(self.new_device.id));
        takeover::upsert(
            tx,
            self.shard,
            &Takeover { device: old.id, customer, state, answer_by, successor, consent_generation: consent },
        )
        .await?;
        queue::enqueue(tx, self.shard, old, MailContent::ChangedHands(TakeoverSummary { customer, answer_by }), context)
            .await
    }

    /// Links the unit (docs/spec/registrations.md#one-unit-one-customer): the same customer keeps the registration,
    /// another customer takes the unit over.
    pub(super) async fn link(&self, tx: &mut Tx<'_>, now: Time) -> opendrs_store::Result<DeviceRef> {
        let [ended, registered, changed] = self.event_ids;
        let before = match device::lock_by_unit(tx, self.shard, self.new_device.model, &self.new_device.serial).await? {
            Some(id) => {
                let device = DeviceRef { shard: self.shard, id };
                // Slots are locked before their device, as an order locks them.
                for SlotChoice { slot, .. } in &self.choices {
                    subscription::lock(tx, device, slot).await?;
                }
                device::lock(tx, device).await?
            }
            None => None,
        };
        let (found, new) = match before {
            Some(old) if old.customer == self.new_device.customer && old.deregistered_at.is_none() => {
                device::relink(tx, old.in_shard(self.shard), self.new_device.client, self.new_device.test).await?;
                (Device { client: self.new_device.client, test: self.new_device.test, ..old }, false)
            }
            old => {
                if let Some(old) = old {
                    if !self.can_take_over(tx, &old, now).await? {
                        // The unit was registered between the read and the lock.
                        return Err(opendrs_store::Error::Conflict("the unit changed hands meanwhile".into()));
                    }
                    if end_registration(tx, self.shard, &old, ended.at(now)).await? {
                        self.record_takeover(tx, &old, ended.at(now)).await?;
                    }
                }
                device::insert(tx, self.shard, &self.new_device).await?;
                (self.new_device.clone(), true)
            }
        };
        if new {
            let event = Event::new(registered.event_id, now, &found, EventFacts::Registered);
            record_event(tx, self.shard, &found, &event, registered.first_message_id).await?;
        }
        let device = found.in_shard(self.shard);
        let subscribed = self.save_choices(tx, device, now).await?;
        if new {
            self.adopt_orders(tx).await?;
        }
        if subscribed || new {
            let facts = EventFacts::Subscription(subscription::list_slots(tx, device).await?);
            let event = Event::new(changed.event_id, now, &found, facts);
            record_event(tx, self.shard, &found, &event, changed.first_message_id).await?;
            queue::enqueue_subscriptions(tx, self.shard, &found, changed.at(now)).await?;
        }
        Ok(device)
    }

    /// Adopts open orders of the same customer's earlier registration of the unit. They keep their slots locked, so
    /// that a unit that is removed and linked again does not order twice (docs/spec/orders.md#relinked-unit).
    async fn adopt_orders(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        for before in device::list_earlier_registrations(tx, &self.new_device, MAX_EARLIER_REGISTRATIONS).await? {
            let before = DeviceRef { shard: self.shard, id: before };
            for open in subscription::list_by_device(tx, before).await? {
                if let Some(id) = open.open_order
                    && self.adopt_order(tx, before, &open.slot, id).await?
                {
                    self.copy_terms(tx, before, &open).await?;
                }
            }
        }
        Ok(())
    }

    /// Moves an order, unless it has ended or another order locks the slot. Returns whether it moved.
    async fn adopt_order(
        &self,
        tx: &mut Tx<'_>,
        before: DeviceRef,
        slot: &SlotId,
        id: OrderId,
    ) -> opendrs_store::Result<bool> {
        subscription::lock(tx, before, slot).await?;
        let Some(found) = order::lock(tx, before, id).await? else { return Ok(false) };
        if found.state.is_final()
            || !subscription::transfer_lock(tx, self.new_device.in_shard(self.shard), slot, id).await?
        {
            return Ok(false);
        }
        order::move_to_device(tx, self.shard, &found, self.new_device.id).await?;
        subscription::release_lock(tx, before, slot, id).await?;
        Ok(true)
    }

    /// Copies the slot's rules and the price agreed, unless a page showed another price now. So an order that moved is
    /// decided as before, and a held order still waits for its customer.
    async fn copy_terms(&self, tx: &mut Tx<'_>, before: DeviceRef, old: &Subscription) -> opendrs_store::Result<()> {
        let (device, slot) = (self.new_device.in_shard(self.shard), &old.slot);
        let rules = rule::find(tx, before, slot).await?;
        if rules != SlotRules::default() {
            rule::upsert(tx, device, slot, &rules).await?;
        }
        let was_shown = self.choices.iter().any(|choice| choice.slot == *slot && choice.price.is_some());
        if !was_shown && let Some(mut sub) = subscription::lock(tx, device, slot).await? {
            sub.last_agreed_price.clone_from(&old.last_agreed_price);
            subscription::upsert(tx, device, &sub).await?;
        }
        Ok(())
    }

    async fn save_choices(&self, tx: &mut Tx<'_>, device: DeviceRef, now: Time) -> opendrs_store::Result<bool> {
        let mut any = false;
        for SlotChoice { slot, asin, price } in &self.choices {
            let fresh = || Subscription::empty(SlotId::clone(slot));
            let mut sub = subscription::lock(tx, device, slot).await?.unwrap_or_else(fresh);
            if sub.set_choice(asin.clone(), asin.is_some()) {
                any = true;
            }
            // Where no page showed a price, the price agreed before stays.
            let price = match (price, asin) {
                (None, Some(asin)) if sub.agreed_price().is_none() => {
                    product::find_by_asin(tx, asin).await?.map(|p| p.price)
                }
                (price, _) => price.clone(),
            };
            if let Some(price) = price {
                sub.record_agreed_price(price, now);
            }
            subscription::upsert(tx, device, &sub).await?;
        }
        Ok(any)
    }
}
