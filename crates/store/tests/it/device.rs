//! Devices: registered units.

use crate::harness::{TestStore, command};
use crate::samples::{at, device, model, serial, slot, translations, uuid};
use opendrs_domain::device::{Device, DeviceRef, NamedDevice, RevokedFamilies};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId, MakerId, ModelId};
use opendrs_domain::login::refresh_rotation::RotationState;
use opendrs_domain::model::Model;
use opendrs_domain::text::DeviceName;
use opendrs_store::{Error, device, model};

both!(
    a_new_device_comes_back_on_every_way_to_it,
    a_unit_has_one_registration_at_a_time,
    a_registration_ends_once,
    the_end_of_an_old_registration_leaves_the_units_new_one,
    a_second_sign_up_changes_client_and_test_and_nothing_else,
    only_a_later_use_counts,
    revoked_families_come_back,
    the_hot_read_tells_whether_the_model_has_the_slot,
    an_owners_name_comes_back_and_only_the_owner_sets_it,
    a_customers_devices_come_oldest_first_without_those_that_left,
    the_devices_of_one_maker_are_told_from_those_of_others,
    where_refresh_tokens_stand_comes_back_until_the_registration_ends,
);

const SHARD: i64 = 3;

async fn insert_model(store: &TestStore) -> Model {
    let model = Model { names: translations("model"), ..model(1, MakerId(uuid(1))) };
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    model
}

async fn insert(store: &TestStore, device: &Device) {
    store.write(device.clone(), |tx, d| Box::pin(device::insert(tx, SHARD, d))).await;
}

async fn end_registration(store: &TestStore, device: &Device, when: i64) -> bool {
    store
        .write((device.clone(), when), |tx, (d, when)| Box::pin(device::end_registration(tx, SHARD, d, at(*when))))
        .await
}

/// Finds a unit's registration in both ways, which must agree.
async fn lock_by_unit(store: &TestStore, model: ModelId, unit: &str) -> Option<DeviceId> {
    let with = (model, serial(unit));
    let read = store.read(async |tx| device::find_by_unit(tx, SHARD, with.0, &with.1).await).await;
    let held = store.write(with, |tx, (model, serial)| Box::pin(device::lock_by_unit(tx, SHARD, *model, serial))).await;
    assert_eq!(read, held);
    read
}

/// Reads a device in four ways, which must agree.
async fn find(store: &TestStore, id: DeviceId) -> Option<Device> {
    let read = store.read(async |tx| device::find_by_id(tx, DeviceRef { shard: SHARD, id }).await).await;
    let held = store.write(id, |tx, id| Box::pin(device::lock(tx, DeviceRef { shard: SHARD, id: *id }))).await;
    let hot = store.read(async |tx| device::find_with_slot(tx, DeviceRef { shard: SHARD, id }, "none").await).await;
    assert_eq!((Some(&read), Some(&hot.map(|call| call.device))), (Some(&held), Some(&held)));
    let revoked = store.read(async |tx| device::find_revoked_families(tx, DeviceRef { shard: SHARD, id }).await).await;
    let registered = read.as_ref().filter(|device| device.deregistered_at.is_none());
    assert_eq!(revoked.as_ref(), registered.map(|device| &device.revoked_families));
    read
}

async fn a_new_device_comes_back_on_every_way_to_it(store: &TestStore) {
    let model = insert_model(store).await;
    for (n, test) in [(1, false), (2, true)] {
        let device =
            Device { test, registered_at: at(-1), ..device(n, &model, &format!("-+_{}{n}", "Zz09".repeat(15))) };
        insert(store, &device).await;
        assert_eq!(lock_by_unit(store, model.id, device.serial.as_str()).await, Some(device.id));
        assert_eq!(
            store.read(async |tx| device::find_by_id(tx, device.in_shard(SHARD + 1)).await).await,
            None,
            "another shard"
        );
        assert_eq!(find(store, device.id).await, Some(device));
    }
    assert_eq!(find(store, DeviceId(uuid(99))).await, None);
    assert_eq!(lock_by_unit(store, ModelId(uuid(99)), "unit").await, None);
}

async fn a_unit_has_one_registration_at_a_time(store: &TestStore) {
    let model = insert_model(store).await;
    let (first, second) = (device(1, &model, "unit"), device(2, &model, "unit"));
    insert(store, &first).await;
    let refused = store.db.write(command(0, second.clone(), |tx, d| Box::pin(device::insert(tx, SHARD, d)))).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    assert_eq!(find(store, second.id).await, None, "the refused one left nothing");
    assert_eq!(lock_by_unit(store, model.id, "unit").await, Some(first.id));
    assert_eq!(lock_by_unit(store, model.id, "Unit").await, None, "case counts");
}

async fn a_registration_ends_once(store: &TestStore) {
    let model = insert_model(store).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    insert(store, &device).await;
    insert(store, &other).await;
    assert!(end_registration(store, &device, 5).await);
    assert!(!end_registration(store, &device, 9).await, "it had ended");
    assert_eq!(lock_by_unit(store, model.id, "unit").await, None);
    assert_eq!(find(store, device.id).await, Some(Device { deregistered_at: Some(at(5)), ..device }));
    assert_eq!(lock_by_unit(store, model.id, "other").await, Some(other.id));
    assert_eq!(find(store, other.id).await, Some(other));
}

async fn the_end_of_an_old_registration_leaves_the_units_new_one(store: &TestStore) {
    let model = insert_model(store).await;
    let (old, new) = (device(1, &model, "unit"), device(2, &model, "unit"));
    insert(store, &old).await;
    assert!(end_registration(store, &old, 5).await);
    insert(store, &new).await;
    assert!(!end_registration(store, &old, 6).await);
    assert_eq!(lock_by_unit(store, model.id, "unit").await, Some(new.id));
    assert_eq!(find(store, new.id).await, Some(new));
}

async fn a_second_sign_up_changes_client_and_test_and_nothing_else(store: &TestStore) {
    let model = insert_model(store).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    insert(store, &device).await;
    insert(store, &other).await;
    let client = ClientId(uuid(9));
    store
        .write((device.id, client), |tx, (id, client)| {
            Box::pin(device::relink(tx, DeviceRef { shard: SHARD, id: *id }, *client, true))
        })
        .await;
    assert_eq!(find(store, device.id).await, Some(Device { client, test: true, ..device }));
    assert_eq!(find(store, other.id).await, Some(other));
}

async fn only_a_later_use_counts(store: &TestStore) {
    let model = insert_model(store).await;
    let device = device(1, &model, "unit");
    insert(store, &device).await;
    for (told, kept) in [(5, 5), (3, 5), (5, 5), (7, 7), (-9, 7)] {
        store
            .write((device.id, told), |tx, (id, told)| {
                Box::pin(device::record_activity(tx, DeviceRef { shard: SHARD, id: *id }, at(*told)))
            })
            .await;
        assert_eq!(find(store, device.id).await, Some(Device { active_at: Some(at(kept)), ..device.clone() }));
    }
}

async fn revoked_families_come_back(store: &TestStore) {
    let model = insert_model(store).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    insert(store, &device).await;
    insert(store, &other).await;
    for families in [vec![0], vec![u64::MAX, 1, 0xabc], (0..500).collect(), vec![]] {
        let revoked = RevokedFamilies(families);
        let with = (device.id, revoked.clone());
        store
            .write(with, |tx, (id, revoked)| {
                Box::pin(device::set_revoked_families(tx, DeviceRef { shard: SHARD, id: *id }, revoked))
            })
            .await;
        assert_eq!(find(store, device.id).await, Some(Device { revoked_families: revoked, ..device.clone() }));
    }
    assert_eq!(find(store, other.id).await, Some(other));
}

async fn the_hot_read_tells_whether_the_model_has_the_slot(store: &TestStore) {
    let model = insert_model(store).await;
    let (a, b) = (slot("a.b"), slot("filter"));
    for (model, slot) in [(model.id, a.clone()), (ModelId(uuid(9)), b)] {
        store.write((model, slot), |tx, (model, slot)| Box::pin(model::upsert_slot(tx, *model, 0, slot))).await;
    }
    let device = device(1, &model, "unit");
    insert(store, &device).await;
    let long = "x".repeat(10_000);
    for (asked, found) in
        [("a.b", Some(a.id)), ("filter", None), ("A.B", None), ("", None), ("a.b'", None), (long.as_str(), None)]
    {
        let answer = store.read(async |tx| device::find_with_slot(tx, device.in_shard(SHARD), asked).await).await;
        assert_eq!(answer.map(|call| (call.device, call.slot)), Some((device.clone(), found)), "{asked:.20}");
    }
    assert_eq!(store.read(async |tx| device::find_with_slot(tx, device.in_shard(SHARD + 1), "a.b").await).await, None);
}

/// A device to which its owner gave no name.
fn unnamed(device: &Device, model: &Model) -> NamedDevice {
    let (model_name, model_names) = (model.name.clone(), model.names.clone());
    NamedDevice { device: device.clone(), model_name, model_names, own_name: None }
}

async fn an_owners_name_comes_back_and_only_the_owner_sets_it(store: &TestStore) {
    let model = insert_model(store).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    insert(store, &device).await;
    insert(store, &other).await;
    let set = async |owner: CustomerId, name: Option<DeviceName>| {
        let with = (device.in_shard(SHARD), owner, name);
        store
            .write(with, |tx, (device, owner, name)| Box::pin(device::set_name(tx, *device, *owner, name.as_ref())))
            .await
    };
    let found = async |id| store.read(async |tx| device::find_named(tx, DeviceRef { shard: SHARD, id }).await).await;
    let (ann, name) = (device.customer, DeviceName::parse("Küche „1“").unwrap());
    let named = NamedDevice { own_name: Some(name.clone()), ..unnamed(&device, &model) };
    assert!(!set(CustomerId(uuid(77)), Some(name.clone())).await, "somebody else's device");
    assert_eq!(found(device.id).await, Some(unnamed(&device, &model)));
    assert!(set(ann, Some(name.clone())).await);
    assert_eq!(found(device.id).await, Some(named.clone()));
    assert_eq!(store.read(async |tx| device::find_by_customer(tx, ann, device.id).await).await, Some(named.clone()));
    assert!(store.read(async |tx| device::list_by_customer(tx, ann).await).await.contains(&named));
    let after = store.read(async |tx| device::find_after(tx, ann, DeviceId(uuid::Uuid::nil())).await).await;
    assert_eq!(after.map(|owned| (owned.shard, owned.device)), Some((SHARD, named)));
    assert_eq!(found(other.id).await, Some(unnamed(&other, &model)), "another device keeps its name");
    assert!(set(ann, None).await);
    assert_eq!(found(device.id).await, Some(unnamed(&device, &model)));
    assert!(end_registration(store, &device, 9).await);
    assert!(!set(ann, Some(name)).await, "the registration ended");
}

async fn a_customers_devices_come_oldest_first_without_those_that_left(store: &TestStore) {
    let model = insert_model(store).await;
    let (ann, ben) = (CustomerId(uuid(1)), CustomerId(uuid(2)));
    let mut devices = Vec::new();
    for (n, customer, since) in [(1, ann, 30), (2, ben, 1), (3, ann, 10), (4, ann, 20), (5, ann, 5)] {
        let device = Device { customer, registered_at: at(since), ..device(n, &model, &format!("unit-{n}")) };
        let shard = i64::try_from(n).unwrap();
        store.write((shard, device.clone()), |tx, (shard, d)| Box::pin(device::insert(tx, *shard, d))).await;
        devices.push(device);
    }
    let left = devices[4].clone();
    assert!(store.write(left, |tx, d| Box::pin(device::end_registration(tx, 5, d, at(99)))).await);
    let found = store.read(async |tx| device::list_by_customer(tx, ann).await).await;
    let wanted = [2, 3, 0].map(|n: usize| unnamed(&devices[n], &model));
    assert_eq!(found, wanted);
    assert_eq!(store.read(async |tx| device::list_by_customer(tx, CustomerId(uuid(3))).await).await, []);
}

async fn the_devices_of_one_maker_are_told_from_those_of_others(store: &TestStore) {
    let washer = insert_model(store).await;
    let brewer = model(2, MakerId(uuid(2)));
    store.write(brewer.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    let ann = CustomerId(uuid(1));
    let mut devices = Vec::new();
    for (n, of, customer, since) in
        [(1, &washer, ann, 30), (2, &brewer, ann, 1), (3, &washer, ann, 10), (4, &washer, CustomerId(uuid(2)), 5)]
    {
        let device = Device { customer, registered_at: at(since), ..device(n, of, &format!("unit-{n}")) };
        insert(store, &device).await;
        devices.push(device);
    }
    let found =
        async |limit| store.read(async |tx| device::list_by_maker(tx, ann, MakerId(uuid(1)), limit).await).await;
    let [first, third] = [0, 2].map(|n: usize| unnamed(&devices[n], &washer));
    assert_eq!(found(9).await, [third.clone(), first.clone()]);
    assert_eq!(found(1).await, std::slice::from_ref(&third));
    assert!(end_registration(store, &third.device, 99).await);
    assert_eq!(found(9).await, [first]);
}

async fn where_refresh_tokens_stand_comes_back_until_the_registration_ends(store: &TestStore) {
    let model = insert_model(store).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    insert(store, &device).await;
    insert(store, &other).await;
    let held = async |id: DeviceId| {
        store.write(id, |tx, id| Box::pin(device::lock_rotation(tx, DeviceRef { shard: SHARD, id: *id }))).await
    };
    let (mut turns, mut revoked) = (RotationState::default(), RevokedFamilies::default());
    assert_eq!(held(device.id).await, Some((revoked.clone(), turns.clone())), "nothing was used");
    for n in 0..40 {
        turns.use_token(u64::MAX - n % 3, at(i64::try_from(n).unwrap()), false, at(0));
        revoked.insert(n);
        let with = (device.id, revoked.clone(), turns.clone());
        store
            .write(with, |tx, (id, r, t)| {
                Box::pin(device::save_rotation(tx, DeviceRef { shard: SHARD, id: *id }, r, t))
            })
            .await;
        assert_eq!(held(device.id).await, Some((revoked.clone(), turns.clone())));
        assert_eq!(find(store, device.id).await, Some(Device { revoked_families: revoked.clone(), ..device.clone() }));
    }
    assert_eq!(held(other.id).await, Some(Default::default()));
    assert!(end_registration(store, &device, 9).await);
    assert_eq!(held(device.id).await, None);
}
