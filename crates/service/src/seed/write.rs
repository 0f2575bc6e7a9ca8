//! What a plan writes.
//!
//! Invariant: it decides nothing.

use crate::topic::{self, Topics};
use opendrs_domain::customer::Customer;
use opendrs_domain::id::{ClientId, DeliveryId, ModelId};
use opendrs_domain::maker::Maker;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::product::Product;
use opendrs_domain::profile::{Client, ClientAccess, ClientState, Profile};
use opendrs_domain::seeded::Record;
use opendrs_domain::time::Time;
use opendrs_domain::topic::Topic;
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::seeded::{self, Key};
use opendrs_store::{Result, Tx, customer, maker, model, profile, topic as topics};

/// One thing to be written.
pub(super) enum Op {
    /// A new maker.
    Maker(Maker),
    /// A profile.
    Profile(Profile),
    /// A client, and the place of a new one; not whether it is disabled.
    Client(Client, i64),
    /// Whether a client is disabled, and the version that this sets.
    Disabled(ClientId, bool, AccessVersion),
    /// A receiver of notifications.
    Topic(Box<TopicWrite>),
    /// A model.
    Model(Model),
    /// The version of a model's message.
    Message(ModelId, &'static str, String),
    /// A model's slot and its place.
    Slot(ModelId, i64, Slot),
    /// A product, and the time, which is that of a new price.
    Product(Product, Time),
    /// A customer.
    Customer(Box<CustomerWrite>),
    /// What this seed wrote of a thing.
    Record(Key, Record),
}

/// A topic to be written.
pub(super) struct TopicWrite {
    /// What seals its endpoint.
    pub(super) topics: Topics,
    /// The topic.
    pub(super) topic: Topic,
    /// The id of the message that asks its receiver to confirm, if it is asked.
    pub(super) asks: Option<DeliveryId>,
    /// The time.
    pub(super) now: Time,
}

/// A customer to be written.
pub(super) struct CustomerWrite {
    /// The customer's shard.
    pub(super) shard: i64,
    /// The shard of a new customer's e-mail address.
    pub(super) claims: Option<i64>,
    /// The customer.
    pub(super) customer: Customer,
    /// The hash of the password.
    pub(super) hash: String,
    /// When the password became another one.
    pub(super) password_changed: Option<Time>,
    /// Since when they are blocked, where that changes.
    pub(super) blocked: Option<Option<Time>>,
}

impl Op {
    /// Writes it.
    pub(super) async fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        match self {
            Op::Maker(new) => maker::add(tx, new).await,
            Op::Profile(new) => profile::put(tx, new).await,
            Op::Client(new, place) => profile::put_client(tx, new, *place).await,
            Op::Disabled(id, disabled, version) => set_disabled(tx, *id, *disabled, *version).await,
            Op::Topic(new) => topic::save(tx, new.topics, &new.topic, new.asks, new.now).await,
            Op::Model(new) => model::put(tx, new).await,
            Op::Message(model, kind, version) => topics::set_message_version(tx, *model, kind, version).await,
            Op::Slot(model, at, slot) => model::put_slot(tx, *model, *at, slot).await,
            Op::Product(new, now) => crate::price::put_product(tx, new, *now).await,
            Op::Customer(new) => new.write(tx).await,
            Op::Record(key, record) => seeded::put(tx, key, record).await,
        }
    }
}

/// Disables a client, which ends its codes and tokens, or enables it. One that was removed meanwhile stays so.
async fn set_disabled(tx: &mut Tx<'_>, id: ClientId, disabled: bool, version: AccessVersion) -> Result<()> {
    let Some(access) = profile::lock_client(tx, id).await?.map(|client| client.access) else { return Ok(()) };
    let changed = match (disabled, access.state) {
        (true, ClientState::Enabled) => access.ended(ClientState::Disabled),
        (false, ClientState::Disabled) => ClientAccess { state: ClientState::Enabled, ..access },
        _ => return Ok(()),
    };
    profile::set_access(tx, id, changed).await?;
    access::set_version(tx, version).await
}

impl CustomerWrite {
    async fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { shard, claims, customer, hash, password_changed, blocked } = self;
        if let Some(email_shard) = claims {
            customer::claim_email(tx, *email_shard, &customer.email, customer.id).await?;
        }
        customer::put(tx, *shard, customer, hash).await?;
        if let Some(at) = password_changed {
            customer::password_changed(tx, *shard, customer.id, *at).await?;
        }
        if let Some(since) = blocked {
            crate::customer::set_blocked(tx, *shard, customer.id, *since).await?;
        }
        Ok(())
    }
}
