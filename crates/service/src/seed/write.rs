//! The writes of a plan.
//!
//! Invariant: nothing is decided here.

use crate::receiver::{self, ReceiverRepository};
use opendrs_domain::brand::Brand;
use opendrs_domain::customer::Customer;
use opendrs_domain::id::{ClientId, DeliveryId, MakerId, ModelId};
use opendrs_domain::maker::Maker;
use opendrs_domain::model::{Model, Slot};
use opendrs_domain::product::Product;
use opendrs_domain::profile::{Client, ClientAccess, ClientState, Profile};
use opendrs_domain::receiver::Receiver;
use opendrs_domain::seed_record::SeedRecord;
use opendrs_domain::time::Time;
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::picture::StoredPicture;
use opendrs_store::seed_record::{self, SeedRecordKey};
use opendrs_store::{Result, Tx, brand, customer, maker, model, picture, profile, receiver as receivers};

/// One write.
pub(super) enum SeedOperation {
    /// A new maker.
    Maker(Maker),
    /// The brand of a maker.
    Brand(MakerId, Box<Brand>),
    /// A picture.
    Picture(StoredPicture),
    /// A profile.
    Profile(Profile),
    /// A client, and the position of a new one. It does not set whether the client is disabled.
    Client(Client, i64),
    /// Whether a client is disabled, and the access version that this sets.
    ClientDisabled(ClientId, bool, AccessVersion),
    /// A receiver of notifications.
    Receiver(Box<ReceiverWrite>),
    /// A model.
    Model(Model),
    /// The version of a model's notification type.
    MessageVersion(ModelId, &'static str, String),
    /// A slot of a model, and its position.
    Slot(ModelId, i64, Slot),
    /// A product, and the time, which becomes that of a new price.
    Product(Product, Time),
    /// A customer.
    Customer(Box<CustomerWrite>),
    /// The record of the values that this seed wrote of an item.
    Record(SeedRecordKey, SeedRecord),
}

/// A receiver to be written.
pub(super) struct ReceiverWrite {
    /// The repository that seals its endpoint.
    pub(super) repository: ReceiverRepository,
    /// The receiver.
    pub(super) receiver: Receiver,
    /// The id of its confirmation request; `None` if none is sent.
    pub(super) confirmation_id: Option<DeliveryId>,
    /// The time.
    pub(super) now: Time,
}

/// A customer to be written.
pub(super) struct CustomerWrite {
    /// The customer's shard.
    pub(super) shard: i64,
    /// The shard of a new customer's e-mail address.
    pub(super) new_email_shard: Option<i64>,
    /// The customer.
    pub(super) customer: Customer,
    /// The hash of the password.
    pub(super) password_hash: String,
    /// The time of the password change; `None` if it stays.
    pub(super) password_changed: Option<Time>,
    /// The new time of a block; `None` if it stays.
    pub(super) blocked: Option<Option<Time>>,
}

impl SeedOperation {
    /// Writes it.
    pub(super) async fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        match self {
            SeedOperation::Maker(new) => maker::insert(tx, new).await,
            SeedOperation::Brand(maker, new) => brand::upsert(tx, *maker, new).await,
            SeedOperation::Picture(new) => picture::insert(tx, new).await,
            SeedOperation::Profile(new) => profile::upsert(tx, new).await,
            SeedOperation::Client(new, place) => profile::upsert_client(tx, new, *place).await,
            SeedOperation::ClientDisabled(id, disabled, version) => {
                set_client_disabled(tx, *id, *disabled, *version).await
            }
            SeedOperation::Receiver(new) => {
                receiver::save(tx, new.repository, &new.receiver, new.confirmation_id, new.now).await
            }
            SeedOperation::Model(new) => model::upsert(tx, new).await,
            SeedOperation::MessageVersion(model, kind, version) => {
                receivers::set_message_version(tx, *model, kind, version).await
            }
            SeedOperation::Slot(model, at, slot) => model::upsert_slot(tx, *model, *at, slot).await,
            SeedOperation::Product(new, now) => crate::price::save_product(tx, new, *now).await,
            SeedOperation::Customer(new) => new.write(tx).await,
            SeedOperation::Record(key, record) => seed_record::upsert(tx, key, record).await,
        }
    }
}

/// Disables a client, which ends its codes and tokens, or enables it. A client that was removed meanwhile stays
/// removed.
async fn set_client_disabled(tx: &mut Tx<'_>, id: ClientId, disabled: bool, version: AccessVersion) -> Result<()> {
    let Some(access) = profile::lock_client(tx, id).await?.map(|client| client.access) else { return Ok(()) };
    let changed = match (disabled, access.state) {
        (true, ClientState::Enabled) => access.with_tokens_revoked(ClientState::Disabled),
        (false, ClientState::Disabled) => ClientAccess { state: ClientState::Enabled, ..access },
        _ => return Ok(()),
    };
    profile::set_access(tx, id, changed).await?;
    access::set_version(tx, version).await
}

impl CustomerWrite {
    async fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { shard, new_email_shard: claims, customer, password_hash: hash, password_changed, blocked } = self;
        if let Some(email_shard) = claims {
            customer::insert_email(tx, *email_shard, &customer.email, customer.id).await?;
        }
        customer::upsert(tx, *shard, customer, hash).await?;
        if let Some(at) = password_changed {
            customer::record_password_change(tx, *shard, customer.id, *at).await?;
        }
        if let Some(since) = blocked {
            crate::customer::set_blocked(tx, *shard, customer.id, *since).await?;
        }
        Ok(())
    }
}
