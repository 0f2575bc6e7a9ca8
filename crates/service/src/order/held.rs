//! Orders that are held: what stands in their way, and what their owner says to it.

use super::place::item;
use super::{Fire, lock, save};
use crate::delivery::Stamp;
use crate::fulfilment::gate;
use crate::rule::{self, Asked, Judged};
use crate::token::Caller;
use crate::{App, Error, Result};
use opendrs_domain::customer::Address;
use opendrs_domain::id::{CustomerId, InstanceId};
use opendrs_domain::money::Money;
use opendrs_domain::order::{NotApproved, Order, Problem, Recipient, State};
use opendrs_domain::subscription::Subscription;
use opendrs_store::{Tx, Write, customer, device, order as store, rule as rules};

impl Fire {
    /// What stands in the way of a held order at this moment. While it is held it follows the customer's choice and the
    /// catalogue; once the customer has agreed to it, only its price does.
    pub(super) async fn look(
        &self,
        tx: &mut Tx<'_>,
        sub: Option<Subscription>,
        order: &mut Order,
    ) -> opendrs_store::Result<Option<Problem>> {
        if order.state != State::Held {
            return Ok(None);
        }
        if order.reported && !order.backend.is_called() {
            // Who said so has to take it back, or the owner has to say that it is no longer so.
            return Ok(order.problem);
        }
        // A back end that can be asked is asked again.
        order.reported = false;
        // Who had no address may have entered one.
        if order.address().is_none() && !order.test {
            let shard = self.shards.of_customer(self.device.customer);
            let customer = customer::by_id(tx, shard, self.device.customer).await?;
            let recipient = customer.as_ref().map(Recipient::from);
            if let Some(recipient) = recipient.filter(|recipient| order.recipient.as_ref() != Some(recipient)) {
                store::set_recipient(tx, self.shard, order.id, &recipient).await?;
                order.recipient = Some(recipient);
            }
        }
        let agreed = sub.as_ref().and_then(Subscription::agreed_price).cloned();
        let chosen = sub.and_then(|sub| sub.asin).filter(|_| order.approved.is_none());
        let asked = Asked {
            shard: self.shard,
            device: &self.device,
            slot: &order.slot,
            has_address: order.address().is_some(),
            approved: order.approved.as_ref(),
            fault: None,
            ask_above: self.timing.ask_above,
            now: self.now,
        };
        let chosen = chosen.as_ref().unwrap_or(&order.item.asin);
        let grounds = rules::grounds(tx, self.shard, (self.device.id, &order.slot), (chosen, agreed)).await?;
        let Judged { product, problem, paused_until } = rule::judge(tx, &asked, grounds).await?;
        order.wait_for_owner(paused_until, self.now, &self.timing);
        if let Some(item) = product.map(item).filter(|item| *item != order.item) {
            store::set_item(tx, self.shard, order.id, &item).await?;
            order.item = item;
        }
        Ok(problem.or_else(|| gate(order.test, order.backend)))
    }
}

/// An order as its owner sees it.
#[derive(Clone, Debug)]
pub struct Owned {
    /// The device it is for.
    pub caller: Caller,
    /// That device's model.
    pub model: String,
    /// The order.
    pub order: Order,
}

/// An order of one of a customer's devices, registered still or not. Test orders are nobody's
/// (docs/spec/setup-pages.md#order-list).
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::Unavailable`].
pub async fn of_customer(app: &App, owner: CustomerId, instance: &str) -> Result<Owned> {
    let id = InstanceId::parse(instance).map_err(|_| Error::UnknownOrder)?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    // From the order's row to its device and to that device's owner: what the id says of a device is only compared.
    let (shard, device) = store::place_of(&mut tx, id.order).await?.ok_or(Error::UnknownOrder)?;
    let found = device::of_customer_by_id(&mut tx, owner, device).await?;
    let (device, model) = found.ok_or(Error::UnknownOrder)?;
    let order = store::by_id(&mut tx, shard, device.id, id.order).await?;
    let order = order.filter(|order| !order.test && order.is_named_by(id)).ok_or(Error::UnknownOrder)?;
    Ok(Owned { caller: Caller { device, shard, slot: None }, model, order })
}

/// What an owner says of an order that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Order it, at the price they saw.
    Approve(Money),
    /// Look again whether it can be placed.
    LookAgain,
    /// Send it to their present address, and look again.
    SendTo(Recipient),
}

/// Takes an owner's word for a held order, and places the order if nothing is left in the way.
///
/// # Errors
/// [`Error::NotApproved`], [`Error::Unavailable`].
pub async fn answer(app: &App, owned: &Owned, word: Word) -> Result<()> {
    let now = app.now();
    let fire = Fire {
        shard: owned.caller.shard,
        device: owned.caller.device.clone(),
        id: owned.order.id,
        stamp: Stamp::draw(app, now),
        shards: app.db.shards(),
        timing: app.settings.timing,
        now,
    };
    Ok(app.db.write(Answer { fire, word }).await??)
}

/// Changes where a customer's parcels go. An order that waits for an address is looked at with it at once; every other one
/// keeps the address that it was placed with.
///
/// # Errors
/// [`Error::BadChoice`] names the part that is missing; [`Error::Unavailable`].
pub async fn set_address(app: &App, owner: CustomerId, address: Address) -> Result<()> {
    crate::customer::set_address(app, owner, address).await?;
    let recipient = Recipient::from(&crate::customer::get(app, owner).await?);
    let open = super::open_of_customer(app, owner).await?;
    for order in open.iter().filter(|order| order.address().is_none() && order.is_addressable()) {
        let owned = of_customer(app, owner, &order.instance().to_string()).await?;
        match answer(app, &owned, Word::SendTo(recipient.clone())).await {
            // It moved on meanwhile.
            Ok(()) | Err(Error::NotApproved(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Answer {
    fire: Fire,
    word: Word,
}

impl Write for Answer {
    type Out = Result<(), NotApproved>;
    fn key(&self) -> u64 {
        self.fire.key()
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let Fire { shard, device, id, timing, stamp, now, .. } = &self.fire;
        let Some((sub, mut order)) = lock(tx, *shard, device.id, *id).await? else {
            return Ok(Err(NotApproved::NotHeld));
        };
        match &self.word {
            Word::Approve(seen) => match order.approve(seen, *now) {
                Ok(()) => rule::approved(tx, (*shard, device.id), sub.as_ref(), (&order.item, *now)).await?,
                Err(refused) => return Ok(Err(refused)),
            },
            Word::LookAgain if order.state != State::Held => return Ok(Err(NotApproved::NotHeld)),
            Word::LookAgain => order.retry(*now),
            Word::SendTo(recipient) => match order.send_to(recipient.clone(), *now) {
                Ok(()) => store::set_recipient(tx, *shard, order.id, recipient).await?,
                Err(refused) => return Ok(Err(refused)),
            },
        }
        let problem = self.fire.look(tx, sub, &mut order).await?;
        if let Some(change) = order.due(*now, problem, timing) {
            save(tx, *shard, device, &order, change, (*stamp, *now)).await?;
        }
        Ok(Ok(()))
    }
}
