//! What owners state of slots.

use crate::harness::TestStore;
use crate::samples::{at, device, model, slot_id, uuid};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{DeviceId, MakerId};
use opendrs_domain::slot_statement::{SlotStatement, Stated};
use opendrs_domain::text::SlotId;
use opendrs_store::{account, device, model, slot_statement};

both!(a_statement_comes_back_until_it_is_empty, statements_go_with_their_customers_account);

const SHARD: i64 = 3;

fn device_ref(n: u64) -> DeviceRef {
    DeviceRef { shard: SHARD, id: DeviceId(uuid(n)) }
}

async fn save(store: &TestStore, device: u64, slot: &str, statement: SlotStatement) {
    let with = (device_ref(device), slot_id(slot), statement);
    store.write(with, |tx, (device, slot, stated)| Box::pin(slot_statement::save(tx, *device, slot, stated))).await;
}

async fn list(store: &TestStore, device: u64) -> Vec<(SlotId, SlotStatement)> {
    let mut found = store.read(async |tx| slot_statement::list_by_device(tx, device_ref(device)).await).await;
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

async fn a_statement_comes_back_until_it_is_empty(store: &TestStore) {
    let replaced = Some(Stated { value: at(-86_400), at: at(1) });
    let stock = Some(Stated { value: u32::MAX, at: at(2) });
    for statement in [
        SlotStatement { replaced, stock },
        SlotStatement { replaced, stock: None },
        SlotStatement { replaced: None, stock: Some(Stated { value: 0, at: at(3) }) },
    ] {
        save(store, 1, "filter", statement).await;
        save(store, 1, "other", SlotStatement { replaced, stock }).await;
        assert_eq!(
            list(store, 1).await,
            [(slot_id("filter"), statement), (slot_id("other"), SlotStatement { replaced, stock })]
        );
        let found = store.read(async |tx| slot_statement::find(tx, device_ref(1), &slot_id("filter")).await).await;
        assert_eq!(found, statement);
    }
    assert_eq!(list(store, 2).await, [], "another device");
    save(store, 1, "filter", SlotStatement::default()).await;
    assert_eq!(list(store, 1).await.len(), 1);
    let found = store.read(async |tx| slot_statement::find(tx, device_ref(1), &slot_id("filter")).await).await;
    assert!(found.is_empty());
}

async fn statements_go_with_their_customers_account(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, model| Box::pin(model::upsert(tx, model))).await;
    let statement = SlotStatement { stock: Some(Stated { value: 2, at: at(1) }), replaced: None };
    for n in [1, 2] {
        let device = device(n, &model, &format!("unit-{n}"));
        store.write(device, |tx, device| Box::pin(device::insert(tx, SHARD, device))).await;
        save(store, n, "filter", statement).await;
    }
    let owner = device(1, &model, "unit-1").customer;
    store.write(owner, |tx, owner| Box::pin(account::delete(tx, SHARD, *owner))).await;
    assert_eq!(list(store, 1).await, []);
    assert_eq!(list(store, 2).await.len(), 1, "another customer's");
}
