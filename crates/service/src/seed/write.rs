//! What a plan writes.
//!
//! Invariant: it decides nothing.

use crate::topic;
use opendrs_domain::customer::Customer;
use opendrs_domain::id::{DeliveryId, ModelId};
use opendrs_domain::maker::Maker;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::product::Product;
use opendrs_domain::profile::{Client, Profile};
use opendrs_domain::seeded::Record;
use opendrs_domain::time::Time;
use opendrs_domain::topic::Topic;
use opendrs_store::seeded::{self, Key};
use opendrs_store::{Result, Tx, customer, maker, model, product, profile, topic as topics};

/// One thing to be written.
pub(super) enum Op {
    /// A new maker.
    Maker(Maker),
    /// A profile.
    Profile(Profile),
    /// A client, and the place of a new one.
    Client(Client, i64),
    /// A receiver of notifications, the id of the message that asks it to confirm, and the time.
    Topic(Box<Topic>, Option<DeliveryId>, Time),
    /// A model.
    Model(Model),
    /// The version of a model's message.
    Message(ModelId, &'static str, String),
    /// A model's slot and its place.
    Slot(ModelId, i64, Slot),
    /// A product.
    Product(Product),
    /// A customer.
    Customer(Box<CustomerWrite>),
    /// What this seed wrote of a thing.
    Record(Key, Record),
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
}

impl Op {
    /// Writes it.
    pub(super) async fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        match self {
            Op::Maker(new) => maker::add(tx, new).await,
            Op::Profile(new) => profile::put(tx, new).await,
            Op::Client(new, place) => profile::put_client(tx, new, *place).await,
            Op::Topic(new, question, now) => topic::save(tx, new, *question, *now).await,
            Op::Model(new) => model::put(tx, new).await,
            Op::Message(model, kind, version) => topics::set_message_version(tx, *model, kind, version).await,
            Op::Slot(model, at, slot) => model::put_slot(tx, *model, *at, slot).await,
            Op::Product(new) => product::put(tx, new).await,
            Op::Customer(new) => new.write(tx).await,
            Op::Record(key, record) => seeded::put(tx, key, record).await,
        }
    }
}

impl CustomerWrite {
    async fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { shard, claims, customer, hash, password_changed } = self;
        if let Some(email_shard) = claims {
            customer::claim_email(tx, *email_shard, &customer.email, customer.id).await?;
        }
        customer::put(tx, *shard, customer, hash).await?;
        match password_changed {
            Some(at) => customer::password_changed(tx, *shard, customer.id, *at).await,
            None => Ok(()),
        }
    }
}
