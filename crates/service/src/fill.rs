//! Filling a store: many devices together, as if they had signed up long ago.
//!
//! What it is: the rows that a sign-up leaves (customer, registration, subscriptions) and readings, in bounded batches,
//! for measurements of a full store. What it is not: a sign-up. There is no consent and no event. Invariant: every row
//! is written by the function that production code uses.

use crate::login::token_endpoint::{self, IssuedTokens};
use crate::notification::{EventIds, record_event};
use crate::token::{self, TokenGrant};
use crate::{App, Error, Result};
use opendrs_domain::customer::{Address, Customer};
use opendrs_domain::device::{Device, DeviceRef, RevokedFamilies};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId, ReadingId};
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::notification::{Event, EventFacts};
use opendrs_domain::reading::SlotStatus;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::{Email, ModelCode, Serial};
use opendrs_domain::time::Time;
use opendrs_domain::token::{TokenGenerations, TokenType};
use opendrs_store::{Command, Tx, customer, device, model, product, profile, reading, subscription};

/// How many devices a customer has.
const DEVICES_PER_CUSTOMER: u64 = 2;

/// The common data of all devices of one filling.
pub struct FillPlan {
    client: ClientId,
    model: Model,
    slots: Vec<Slot>,
    /// The subscription of each slot: to the first product that it offers.
    subscriptions: Vec<Subscription>,
    /// Part of serials and mail addresses, so that a second filling does not collide with the first.
    tag: String,
    /// The hash of a random password.
    password_hash: String,
    address: Address,
}

impl FillPlan {
    /// Loads the common data: a client, and a model of its maker whose slots all offer a product.
    ///
    /// # Errors
    /// [`Error::InvalidCommand`] names what is missing; [`Error::Unavailable`].
    pub async fn load(app: &App, client: ClientId, code: &ModelCode, address: Address) -> Result<Self> {
        let (model, slots, subscriptions) = {
            let mut reader = app.db.reader().await?;
            let mut tx = reader.tx()?;
            let missing = |what: String| Error::InvalidCommand(format!("{what} does not exist: seed it first"));
            let found =
                profile::find_client(&mut tx, client).await?.ok_or_else(|| missing(format!("client {client}")))?;
            let model = model::find_by_code(&mut tx, found.maker, code).await?;
            let model = model.ok_or_else(|| missing(format!("model {code} of the client's maker")))?;
            let slots = model::list_slots(&mut tx, model.id).await?;
            let mut subscriptions = Vec::with_capacity(slots.len());
            for slot in &slots {
                let Some(asin) = slot.products.first() else { continue };
                let listed = product::find_by_asin(&mut tx, asin).await?;
                let listed = listed.ok_or_else(|| missing(format!("product {asin}")))?;
                let mut sub = Subscription::empty(slot.id.clone());
                sub.set_choice(Some(listed.asin), true);
                sub.record_agreed_price(listed.price, app.now());
                subscriptions.push(sub);
            }
            (model, slots, subscriptions)
        };
        let tag: String = app.ids.random_bytes::<4>().iter().map(|b| format!("{b:02x}")).collect();
        let password_hash = app.password_queue.hash(&app.ids.random_secret()).await?;
        Ok(Self { client, model, slots, subscriptions, tag, password_hash, address })
    }

    /// The slots that every device has.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The client through which every device is linked.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    fn build_device(&self, app: &App, n: u64, customer: CustomerId) -> Result<(i64, Device)> {
        let serial = Serial::parse(&format!("{}-{n:09}", self.tag)).map_err(|e| Error::Internal(e.to_string()))?;
        let now = app.now();
        let device = Device {
            id: DeviceId(app.ids.ordered_uuid(now)),
            model: self.model.id,
            model_code: self.model.code.clone(),
            serial,
            maker: self.model.maker,
            customer,
            directed_customer_id: app.keys.directed_customer_id(self.model.maker, customer),
            client: self.client,
            test: false,
            registered_at: now,
            active_at: None,
            deregistered_at: None,
            revoked_families: RevokedFamilies::default(),
            suspended_at: None,
        };
        Ok((app.db.shards().for_unit(device.model, &device.serial), device))
    }
}

/// A registration that a filling wrote.
#[derive(Clone, Copy, Debug)]
pub struct FilledDevice {
    device: DeviceRef,
    customer: CustomerId,
}

/// Devices that one command writes.
pub struct FillDevices {
    customers: Vec<FilledCustomer>,
    devices: Vec<(i64, Device)>,
    subscriptions: Vec<Subscription>,
    password_hash: String,
    now: Time,
}

struct FilledCustomer {
    shard: i64,
    email_shard: i64,
    id: CustomerId,
    email: Email,
    address: Address,
}

/// Builds the devices with these numbers, counted from 0 over the whole filling. A customer owns two neighbours.
///
/// # Errors
/// [`Error::Internal`].
pub fn build_devices(
    app: &App,
    plan: &FillPlan,
    numbers: std::ops::Range<u64>,
) -> Result<(FillDevices, Vec<FilledDevice>)> {
    let (now, shards) = (app.now(), app.db.shards());
    let (mut customers, mut devices, mut units) = (Vec::new(), Vec::new(), Vec::new());
    for n in numbers {
        if n % DEVICES_PER_CUSTOMER == 0 || customers.is_empty() {
            let id = CustomerId(app.ids.ordered_uuid(now));
            let email = format!("{}-{n:09}@example.com", plan.tag);
            let email = Email::parse(&email).map_err(|e| Error::Internal(e.to_string()))?;
            let email_shard = shards.for_key(&[email.as_str().as_bytes()]);
            let address = plan.address.clone();
            customers.push(FilledCustomer { shard: shards.for_customer(id), email_shard, id, email, address });
        }
        let Some(owner) = customers.last() else { continue };
        let (shard, device) = plan.build_device(app, n, owner.id)?;
        units.push(FilledDevice { device: device.in_shard(shard), customer: owner.id });
        devices.push((shard, device));
    }
    let subscriptions = plan.subscriptions.clone();
    Ok((FillDevices { customers, devices, subscriptions, password_hash: plan.password_hash.clone(), now }, units))
}

impl Command for FillDevices {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.devices.first().map_or(0, |(_, first)| first.id.0.as_u64_pair().1)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        for FilledCustomer { shard, email_shard, id, email, address } in &self.customers {
            customer::insert_email(tx, *email_shard, email, *id).await?;
            let (name, address) = ("Customer".to_owned(), Some(address.clone()));
            let new = Customer {
                id: *id,
                email: email.clone(),
                name,
                address,
                created_at: self.now,
                language: None,
                zone: None,
            };
            customer::upsert(tx, *shard, &new, &self.password_hash).await?;
        }
        for (shard, device) in &self.devices {
            device::insert(tx, *shard, device).await?;
            for sub in &self.subscriptions {
                subscription::upsert(tx, device.in_shard(*shard), sub).await?;
            }
        }
        Ok(())
    }
}

/// Readings that one command writes.
pub struct FillReadings {
    rows: Vec<(ReadingId, DeviceRef)>,
    slot: Slot,
    now: Time,
}

/// Events that one command writes.
pub struct FillEvents(Vec<(i64, Device, Event, u128)>);

/// Builds a registration event for each of these devices.
#[must_use]
pub fn build_events(app: &App, devices: &FillDevices) -> FillEvents {
    let now = app.now();
    let of = |(shard, device): &(i64, Device)| {
        let EventIds { event_id: event, first_message_id: first, .. } = EventIds::allocate(app, now);
        (*shard, device.clone(), Event::new(event, now, device, EventFacts::Registered), first)
    };
    FillEvents(devices.devices.iter().map(of).collect())
}

impl Command for FillEvents {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.0.first().map_or(0, |(_, _, event, _)| event.id.0.as_u64_pair().1)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        for (shard, device, event, first) in &self.0 {
            record_event(tx, *shard, device, event, *first).await?;
        }
        Ok(())
    }
}

/// Builds one reading of the first slot for each of these devices; `None` where there is nothing to write.
#[must_use]
pub fn build_readings(app: &App, plan: &FillPlan, units: &[FilledDevice]) -> Option<FillReadings> {
    let (slot, now) = (plan.slots.first()?.clone(), app.now());
    let rows: Vec<_> = units.iter().map(|unit| (ReadingId(app.ids.ordered_uuid(now)), unit.device)).collect();
    (!rows.is_empty()).then_some(FillReadings { rows, slot, now })
}

impl Command for FillReadings {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.rows.first().map_or(0, |(first, _)| first.0.as_u64_pair().1)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        let status = SlotStatus {
            remaining: 12.25,
            original: 40.0,
            on_hand: Some(80.0),
            expected_at: Some(self.now),
            last_use_at: Some(self.now),
        };
        for (id, device) in &self.rows {
            reading::insert(tx, *device, *id, &self.slot.id, self.now, &status).await?;
        }
        Ok(())
    }
}

/// Issues tokens for a device of a filling.
#[must_use]
pub fn issue_tokens(app: &App, plan: &FillPlan, unit: FilledDevice) -> IssuedTokens {
    let scopes = Scopes::parse("dash:replenish").unwrap_or(Scopes::from_bits(1));
    let family = u64::from_be_bytes(app.ids.random_bytes());
    let grant = TokenGrant {
        device: Some(unit.device),
        customer: unit.customer,
        client: plan.client,
        family,
        generations: TokenGenerations::default(),
        scopes,
    };
    token_endpoint::issue_tokens(app, grant, token::seal_token(app, grant, TokenType::Refresh))
}
