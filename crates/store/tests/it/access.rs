//! Access restrictions and blocked customers: they take effect with the commit, on every node.

use crate::harness::{TestStore, command};
use crate::samples::{at, client, customer, device, model, profile, reading_id, slot, slot_id, uuid};
use opendrs_domain::customer::Customer;
use opendrs_domain::device::Device;
use opendrs_domain::id::{ClientId, CustomerId, MakerId};
use opendrs_domain::profile::{ClientAccess, ClientKind, ClientState};
use opendrs_domain::reading::SlotStatus;
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::{customer, device, maker, model, profile, reading, subscription};
use std::sync::atomic::{AtomicU64, Ordering};

both!(
    a_token_judged_by_an_older_version_is_refused_at_once,
    a_token_judged_before_a_change_relies_on_nothing_known_since,
    restricted_clients_are_those_whose_tokens_were_ended,
    secrets_come_back_one_or_two,
    a_blocked_customers_devices_are_refused_at_once_until_the_block_is_lifted,
    a_block_ends_what_was_signed_in_to_for_good,
);

const FIRST_VERSION: AccessVersion = AccessVersion(0);
const SECOND_VERSION: AccessVersion = AccessVersion(-7);

/// A registered unit of a model with a slot, and its shard.
async fn insert_device(store: &TestStore, n: u64) -> (i64, Device) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    store
        .write((model.id, slot("filter")), |tx, (model, slot)| Box::pin(model::upsert_slot(tx, *model, 0, slot)))
        .await;
    let device = device(n, &model, &format!("unit-{n}"));
    let shard = store.db.shards().for_unit(model.id, &device.serial);
    store.write((shard, device.clone()), |tx, (shard, d)| Box::pin(device::insert(tx, *shard, d))).await;
    (shard, device)
}

async fn insert_reading(store: &TestStore, (shard, device): &(i64, Device), judged: AccessVersion) -> bool {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let with = (device.in_shard(*shard), judged, reading_id(number));
    let command = command(number, with, |tx, (device, judged, id)| {
        let status = SlotStatus { remaining: 1.0, original: 2.0, on_hand: None, expected_at: None, last_use_at: None };
        Box::pin(async move {
            reading::insert_if_valid(tx, *device, *judged, *id, &slot_id("filter"), at(5), &status).await
        })
    });
    store.db.write(command).await.unwrap()
}

async fn set_version(store: &TestStore, version: AccessVersion) {
    store.write(version, |tx, version| Box::pin(access::set_version(tx, *version))).await;
}

async fn a_token_judged_by_an_older_version_is_refused_at_once(store: &TestStore) {
    let unit = insert_device(store, 1).await;
    let told = async |judged| {
        store
            .read(async |tx| subscription::list_slots_for_token(tx, unit.1.in_shard(unit.0), judged).await)
            .await
            .is_some()
    };
    let found = async || {
        store.read(async |tx| device::find_with_slot(tx, unit.1.in_shard(unit.0), "filter").await).await.unwrap()
    };
    assert!(
        insert_reading(store, &unit, FIRST_VERSION).await && insert_reading(store, &unit, FIRST_VERSION).await,
        "known from now on"
    );
    assert!(told(FIRST_VERSION).await && found().await.access == FIRST_VERSION);

    set_version(&TestStore::open(store.location.clone()).await, SECOND_VERSION).await;
    assert!(!insert_reading(store, &unit, FIRST_VERSION).await && !told(FIRST_VERSION).await);
    assert_eq!(store.read(async |tx| access::load_version(tx).await).await, SECOND_VERSION);
    assert_eq!(found().await.access, SECOND_VERSION);
    assert!(
        insert_reading(store, &unit, SECOND_VERSION).await
            && insert_reading(store, &unit, SECOND_VERSION).await
            && told(SECOND_VERSION).await
    );
    assert!(!insert_reading(store, &unit, FIRST_VERSION).await, "nor later");
}

async fn a_token_judged_before_a_change_relies_on_nothing_known_since(store: &TestStore) {
    let (first, second) = (insert_device(store, 1).await, insert_device(store, 2).await);
    assert!(insert_reading(store, &first, FIRST_VERSION).await && insert_reading(store, &second, FIRST_VERSION).await);
    set_version(&TestStore::open(store.location.clone()).await, SECOND_VERSION).await;
    // Other calls cache the devices again; then a call arrives whose token was checked before.
    for _ in 0..2 {
        assert!(
            insert_reading(store, &first, SECOND_VERSION).await && insert_reading(store, &second, SECOND_VERSION).await
        );
        assert!(
            !insert_reading(store, &first, FIRST_VERSION).await && !insert_reading(store, &second, FIRST_VERSION).await
        );
    }
}

async fn insert_clients(store: &TestStore) -> [ClientId; 2] {
    let owner = profile(1, MakerId(uuid(1)));
    store
        .write(owner.clone(), |tx, p| {
            Box::pin(async {
                maker::insert(tx, &opendrs_domain::maker::Maker { id: p.maker, name: "Maker".into() }).await?;
                profile::upsert(tx, p).await
            })
        })
        .await;
    let clients = [client(1, &owner, ClientKind::Web), client(2, &owner, ClientKind::Web)];
    for (at, client) in clients.iter().enumerate() {
        let with = (client.clone(), i64::try_from(at).unwrap());
        store.write(with, |tx, (c, at)| Box::pin(profile::upsert_client(tx, c, *at))).await;
    }
    clients.map(|client| client.id)
}

async fn restricted_clients_are_those_whose_tokens_were_ended(store: &TestStore) {
    let [first, second] = insert_clients(store).await;
    let restricted = async || store.read(async |tx| access::list_restricted_clients(tx).await).await;
    assert_eq!(restricted().await, []);
    for state in [ClientState::Disabled, ClientState::Enabled, ClientState::Removed] {
        let access = ClientAccess { state, generation: 7 };
        store.write((first, access), |tx, (id, access)| Box::pin(profile::set_access(tx, *id, *access))).await;
        assert_eq!(restricted().await, [(first, access)]);
        let (found, version) = store.read(async |tx| profile::find_client_with_version(tx, first).await).await.unwrap();
        assert_eq!((found.access, version), (access, FIRST_VERSION));
        // A seed's declaration of the client does not change its access.
        store.write(found.clone(), |tx, c| Box::pin(profile::upsert_client(tx, c, 0))).await;
        assert_eq!(store.write(first, |tx, id| Box::pin(profile::lock_client(tx, *id))).await, Some(found));
    }
    let other = store.read(async |tx| profile::find_client(tx, second).await).await.unwrap();
    assert_eq!(other.access, ClientAccess::default());
}

async fn secrets_come_back_one_or_two(store: &TestStore) {
    let [first, _] = insert_clients(store).await;
    for (present, former) in [([1; 32], Some([2; 32])), ([3; 32], None)] {
        let with = (first, present, former);
        store
            .write(with, |tx, (id, present, former)| Box::pin(profile::set_secrets(tx, *id, present, former.as_ref())))
            .await;
        let found = store.read(async |tx| profile::find_client(tx, first).await).await.unwrap();
        assert_eq!((found.secret_hash, found.former_secret_hash), (Some(present), former));
    }
}

async fn insert_customer(store: &TestStore, id: CustomerId) -> i64 {
    let shard = store.db.shards().for_customer(id);
    let with = (shard, Customer { id, ..customer(1) });
    store.write(with, |tx, (shard, c)| Box::pin(customer::upsert(tx, *shard, c, "hash"))).await;
    shard
}

async fn set_blocked(store: &TestStore, (shard, id): (i64, CustomerId), since: Option<i64>) -> bool {
    let with = (shard, id, since.map(at));
    store
        .write(with, |tx, (shard, id, since)| {
            Box::pin(async move {
                let changed = match since {
                    Some(at) => customer::block(tx, *shard, *id, *at).await?,
                    None => customer::unblock(tx, *shard, *id).await?,
                };
                device::set_suspended(tx, *id, *since).await?;
                Ok(changed)
            })
        })
        .await
}

async fn a_blocked_customers_devices_are_refused_at_once_until_the_block_is_lifted(store: &TestStore) {
    let unit = insert_device(store, 1).await;
    let (device, owner) = (unit.1.in_shard(unit.0), unit.1.customer);
    let of = (insert_customer(store, owner).await, owner);
    assert!(
        insert_reading(store, &unit, FIRST_VERSION).await && insert_reading(store, &unit, FIRST_VERSION).await,
        "known from now on"
    );
    assert!(set_blocked(&TestStore::open(store.location.clone()).await, of, Some(9)).await);
    assert!(!insert_reading(store, &unit, FIRST_VERSION).await);
    let found = store.read(async |tx| device::find_by_id(tx, device).await).await.unwrap();
    assert_eq!((found.suspended_at, found.accepts_token_family(1)), (Some(at(9)), false));
    assert_eq!(store.read(async |tx| device::find_revoked_families(tx, device).await).await, None);
    assert_eq!(store.write(device, |tx, device| Box::pin(device::lock_rotation(tx, *device))).await, None);
    let told = store.read(async |tx| subscription::list_slots_for_token(tx, device, FIRST_VERSION).await).await;
    assert_eq!(told, None);
    assert!(set_blocked(store, of, None).await);
    assert!(insert_reading(store, &unit, FIRST_VERSION).await && insert_reading(store, &unit, FIRST_VERSION).await);
}

async fn a_block_ends_what_was_signed_in_to_for_good(store: &TestStore) {
    let id = CustomerId(uuid(1));
    let of = (insert_customer(store, id).await, id);
    let standing = async || {
        let read = store.read(async |tx| customer::find_access(tx, of.0, id).await).await;
        let held = store.write(of, |tx, (shard, id)| Box::pin(customer::lock_access(tx, *shard, *id))).await;
        assert_eq!(read, held);
        read
    };
    assert!(standing().await.accepts_generation(0));
    for (blocks, generation) in [(true, 1), (false, 1)] {
        assert_eq!(set_blocked(store, of, Some(9)).await, blocks, "twice is once");
        let found = standing().await;
        assert_eq!((found.blocked_at, found.generation), (Some(at(9)), generation));
        assert!(!found.accepts_generation(0) && !found.accepts_generation(1));
    }
    assert!(set_blocked(store, of, None).await && !set_blocked(store, of, None).await);
    assert!(!standing().await.accepts_generation(0) && standing().await.accepts_generation(1));
}
