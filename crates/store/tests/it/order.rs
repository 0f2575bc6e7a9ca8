//! Orders, and the list of those that are due.

use crate::harness::TestStore;
use crate::samples::{QUANTITIES, address, asin, at, awkward_texts, customer, device, model, order, slot_id, uuid};
use opendrs_domain::customer::Address;
use opendrs_domain::device::{Device, DeviceRef, RevokedFamilies};
use opendrs_domain::fulfilment::Backend;
use opendrs_domain::id::{CustomerId, DeviceId, InstanceId, MakerId, OrderId};
use opendrs_domain::money::Money;
use opendrs_domain::money::tax::TaxRate;
use opendrs_domain::order::{
    Cancellation, CancelledBy, Order, OrderItem, OrderProblem, OrderState, OrderTimes, OrderTrigger, PriceParts,
    Recipient, Refund, Tracking, Withdrawal,
};
use opendrs_domain::subscription::Subscription;
use opendrs_store::access::AccessVersion;
use opendrs_store::{customer, device, model, order, subscription};

both!(
    an_order_comes_back_in_every_state,
    saving_an_order_changes_where_it_stands_and_nothing_else,
    a_devices_newest_orders_come_first_and_bounded,
    what_an_order_is_for_is_changed_alone,
    an_order_is_told_to_its_device_in_good_standing_alone,
    an_order_belongs_to_the_device_in_its_row,
    an_order_moves_to_the_next_registration_under_its_old_id,
    an_order_is_placed_with_its_customer_as_they_are,
    who_an_order_is_for_is_changed_alone,
    a_customers_open_orders_are_found_on_all_their_devices,
);

fn sample_recipient(n: u64, address: Option<Address>) -> Recipient {
    Recipient { address, ..Recipient::from(&customer(n)) }
}

pub const DEVICE: fn() -> DeviceId = || DeviceId(uuid(1));

pub async fn insert(store: &TestStore, shard: i64, order: &Order) {
    store.write((shard, order.clone()), |tx, (shard, o)| Box::pin(order::insert(tx, *shard, o))).await;
}

pub async fn save(store: &TestStore, shard: i64, order: &Order) {
    store.write((shard, order.clone()), |tx, (shard, o)| Box::pin(order::save(tx, *shard, o))).await;
}

/// Reads an order in both ways, which must agree.
async fn find_order(store: &TestStore, shard: i64, id: OrderId) -> Option<Order> {
    let device = store.read(async |tx| order::find_device(tx, shard, id).await).await?;
    let read = store.read(async |tx| order::find_by_id(tx, device, id).await).await;
    let held = store.write((device, id), |tx, (device, id)| Box::pin(order::lock(tx, *device, *id))).await;
    assert_eq!(read, held);
    read
}

async fn an_order_is_told_to_its_device_in_good_standing_alone(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    let (device, other) = (device(1, &model, "unit"), device(2, &model, "other"));
    for device in [&device, &other] {
        store.write(device.clone(), |tx, d| Box::pin(device::insert(tx, 2, d))).await;
    }
    let order = order(1, device.id);
    insert(store, 2, &order).await;
    let told = async |shard, order, id| {
        let device = DeviceRef { shard, id };
        store.read(async |tx| order::find_for_token(tx, device, order, AccessVersion(0)).await).await
    };
    assert_eq!(told(2, order.id, device.id).await.as_ref(), Some(&order));
    let personal =
        Order { recipient: Some(sample_recipient(1, Some(address()))), ..crate::samples::order(2, device.id) };
    insert(store, 2, &personal).await;
    let withdrawn = |reason| Some(Withdrawal { at: at(9), reason });
    let written = Order { withdrawal: withdrawn(Some("Too large".into())), ..personal.clone() };
    save(store, 2, &written).await;
    let read = told(2, personal.id, device.id).await;
    assert_eq!(
        read,
        Some(Order { recipient: None, withdrawal: withdrawn(None), ..personal }),
        "a device's call reads nothing personal"
    );
    assert_eq!(told(2, order.id, other.id).await, None, "another's");
    assert_eq!(told(3, order.id, device.id).await, None, "another shard");
    assert_eq!(told(2, OrderId(uuid(9)), device.id).await, None, "no such order");
    let revoke = |with: Vec<u64>| {
        let with = (device.id, RevokedFamilies(with));
        store.write(with, |tx, (id, families)| {
            Box::pin(device::set_revoked_families(tx, DeviceRef { shard: 2, id: *id }, families))
        })
    };
    revoke(vec![1]).await;
    assert_eq!(told(2, order.id, device.id).await, None, "a family is revoked: who asks is for another look to say");
    revoke(vec![]).await;
    store.write(device.clone(), |tx, d| Box::pin(device::end_registration(tx, 2, d, at(5)))).await;
    assert_eq!(told(2, order.id, device.id).await, None, "its registration ended");
}

async fn an_order_belongs_to_the_device_in_its_row(store: &TestStore) {
    let own = order(1, DEVICE());
    insert(store, 2, &own).await;
    let (other, id) = (DeviceId(uuid(2)), own.id);
    let by_id =
        async |device| store.read(async |tx| order::find_by_id(tx, DeviceRef { shard: 2, id: device }, id).await).await;
    let lock = |device| {
        store
            .write((device, id), |tx, (device, id)| Box::pin(order::lock(tx, DeviceRef { shard: 2, id: *device }, *id)))
    };
    assert_eq!((by_id(DEVICE()).await, lock(DEVICE()).await), (Some(own.clone()), Some(own.clone())));
    assert_eq!((by_id(other).await, lock(other).await), (None, None));
}

async fn an_order_moves_to_the_next_registration_under_its_old_id(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    let customer = device(1, &model, "unit").customer;
    let units = [1, 2, 3].map(|n| Device { customer, ..device(n, &model, "unit") });
    let others = Device { customer, ..device(4, &model, "another-unit") };
    for device in units.iter().chain([&others, &device(5, &model, "unit")]) {
        store.write(device.clone(), |tx, d| Box::pin(device::insert(tx, 2, d))).await;
        let before = store.read(async |tx| device::list_earlier_registrations(tx, device, 9).await).await;
        assert!(!before.contains(&device.id), "a registration that has not ended is none before");
        store.write(device.clone(), |tx, d| Box::pin(device::end_registration(tx, 2, d, at(5)))).await;
    }
    let mut newest_first = units.each_ref().map(|unit| unit.id);
    newest_first.sort_by(|a, b| b.cmp(a));
    let before = store.read(async |tx| device::list_earlier_registrations(tx, &units[0], 2).await).await;
    assert_eq!(before, newest_first[..2]);

    let order = order(1, units[0].id);
    let slot = Subscription {
        slot: order.slot.clone(),
        asin: None,
        enabled: false,
        open_order: None,
        last_agreed_price: None,
    };
    let with = (units[0].id, slot);
    store.write(with, |tx, (d, s)| Box::pin(subscription::upsert(tx, DeviceRef { shard: 2, id: *d }, s))).await;
    let adopt = async || {
        let with = (order.device, order.slot.clone(), order.id);
        store
            .write(with, |tx, (d, slot, id)| {
                Box::pin(subscription::transfer_lock(tx, DeviceRef { shard: 2, id: *d }, slot, *id))
            })
            .await
    };
    assert_eq!((adopt().await, adopt().await), (true, false), "once: then the lock is taken");

    insert(store, 2, &order).await;
    let mut moved = order.clone();
    for next in &units[1..] {
        store.write((moved, next.id), |tx, (o, next)| Box::pin(order::move_to_device(tx, 2, o, *next))).await;
        moved = find_order(store, 2, order.id).await.unwrap();
        assert_eq!((moved.device, moved.instance_id()), (next.id, order.instance_id()));
        assert!(moved.matches_instance_id(order.instance_id()));
    }
    let between = InstanceId { device: units[1].id, order: order.id };
    assert!(!moved.matches_instance_id(between), "neither its first registration nor its last");
}

async fn an_order_comes_back_in_every_state(store: &TestStore) {
    let problems: Vec<_> = [None].into_iter().chain(OrderProblem::ALL.map(Some)).collect();
    let (moments, texts) = ([None, Some(at(-1)), Some(at(7))], awkward_texts());
    for n in 0..3 * problems.len() {
        let text = texts[n % texts.len()].clone();
        let price = Money { minor: i64::MAX - n as i64, currency: "USD".into() };
        let item = OrderItem {
            asin: asin(n as u64),
            title: text.clone(),
            quantity: QUANTITIES[n % 9],
            unit: text,
            price,
            shipping: (n % 2 == 0).then(|| Money { minor: n as i64, currency: "USD".into() }),
            tax_rate: TaxRate::from_basis_points(n as i64).filter(|_| n % 3 > 0),
        };
        let order = Order {
            item,
            state: OrderState::ALL[n % 7],
            problem: problems[n / 3],
            test: n % 2 == 0,
            slot: slot_id(&"~.".repeat(n + 1)),
            window_ends_at: at(n as i64),
            expected_at: moments[n % 3],
            due_at: moments[(n + 1) % 3],
            backend: Backend::ALL[n % Backend::ALL.len()],
            problem_from_backend: n % 5 == 0,
            placed_at: moments[(n + 2) % 3],
            last_hold_problem: (n % 3 == 0).then(|| OrderProblem::ALL[n % OrderProblem::ALL.len()]),
            tracking: Tracking { number: (n % 4 == 0).then(|| texts[n % texts.len()].clone()), ..Tracking::default() },
            approved_price: (n % 2 == 0).then(|| Money { minor: n as i64, currency: "USD".into() }),
            recipient: (n % 3 != 0).then(|| sample_recipient(n as u64, (n % 3 == 1).then(address))),
            resumes_at: moments[n % 3],
            trigger: OrderTrigger::ALL[n % 2],
            times: OrderTimes { held_at: moments[n % 3], ..OrderTimes::default() },
            ..order(n as u64, DEVICE())
        };
        insert(store, 2, &order).await;
        assert_eq!(find_order(store, 2, order.id).await.as_ref(), Some(&order));
        // Values that become known later are saved later.
        let usd = |minor| Some(Money { minor, currency: "USD".into() });
        let text = |at: usize| (n % 5 != at).then(|| texts[(n + at) % texts.len()].clone());
        let later = Order {
            tracking: Tracking { number: text(1), carrier: text(2), link: text(3) },
            price_parts: PriceParts {
                shipping: usd(n as i64).filter(|_| n % 2 == 0),
                tax: usd(0).filter(|_| n % 3 == 0),
            },
            reminder_sent: n % 2 == 1,
            delivered_at: moments[n % 3],
            cancellation: (n % 4 > 0)
                .then(|| Cancellation { by: CancelledBy::ALL[n % CancelledBy::ALL.len()], reason: text(4) }),
            times: OrderTimes {
                held_at: moments[(n + 1) % 3],
                approved_at: moments[(n + 2) % 3],
                shipped_at: moments[n % 3],
                ended_at: moments[(n + 1) % 3],
            },
            withdrawal: moments[n % 3].map(|at| Withdrawal { at, reason: text(2) }),
            returned_at: moments[(n + 2) % 3],
            refund: moments[(n + 1) % 3]
                .map(|at| Refund { amount: Money { minor: n as i64, currency: "USD".into() }, at }),
            ..order
        };
        save(store, 2, &later).await;
        assert_eq!(find_order(store, 2, later.id).await, Some(later));
    }
    assert_eq!(
        (find_order(store, 3, order(1, DEVICE()).id).await, find_order(store, 2, order(99, DEVICE()).id).await),
        (None, None)
    );
}

async fn saving_an_order_changes_where_it_stands_and_nothing_else(store: &TestStore) {
    let (first, other) = (order(1, DEVICE()), order(2, DEVICE()));
    insert(store, 2, &first).await;
    insert(store, 2, &other).await;
    for (state, problem, window_ends_at, expected_at, due_at, approved) in [
        (
            OrderState::Held,
            Some(OrderProblem::OutOfStock),
            at(5),
            Some(at(6)),
            Some(at(7)),
            Some(first.item.price.clone()),
        ),
        (OrderState::Cancelled, None, at(8), None, None, None),
    ] {
        let (reported, placed_at) = (problem.is_some(), expected_at);
        let tracking = Tracking { number: problem.map(|_| "1Z'9".to_owned()), ..Tracking::default() };
        let moved = Order {
            problem_from_backend: reported,
            placed_at,
            tracking,
            approved_price: approved,
            last_hold_problem: problem,
            ..first.clone()
        };
        let moved = Order { state, problem, window_ends_at, expected_at, due_at, ..moved };
        let otherwise = OrderItem { title: "another".into(), quantity: 9.0, ..first.item.clone() };
        let (device, slot) = (DeviceId(uuid(9)), slot_id("other"));
        save(
            store,
            2,
            &Order {
                device,
                slot,
                item: otherwise,
                test: true,
                opened_at: at(99),
                recipient: Some(sample_recipient(9, None)),
                backend: Backend::Manual,
                ..moved.clone()
            },
        )
        .await;
        assert_eq!(find_order(store, 2, first.id).await, Some(moved));
        assert_eq!(find_order(store, 2, other.id).await.as_ref(), Some(&other));
    }
}

async fn a_devices_newest_orders_come_first_and_bounded(store: &TestStore) {
    for n in [4, 1, 5, 3, 2] {
        insert(store, 2, &order(n, DEVICE())).await;
        insert(store, 2, &order(n + 10, DeviceId(uuid(2)))).await;
    }
    let numbers = async |shard, limit| {
        let orders = store
            .read(async |tx| {
                order::list_by_device(tx, DeviceRef { shard, id: DEVICE() }, OrderId(uuid::Uuid::max()), limit).await
            })
            .await;
        orders.into_iter().map(|o| o.id).collect::<Vec<_>>()
    };
    assert_eq!(numbers(2, 3).await, [5, 4, 3].map(|n| order(n, DEVICE()).id));
    assert_eq!(numbers(2, 99).await, [5, 4, 3, 2, 1].map(|n| order(n, DEVICE()).id));
    assert_eq!((numbers(2, 0).await, numbers(3, 99).await), (vec![], vec![]));
}

async fn an_order_is_placed_with_its_customer_as_they_are(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    for (n, address) in [(1, None), (2, Some(address()))] {
        let customer = opendrs_domain::customer::Customer { address, ..customer(n) };
        let device = Device { customer: customer.id, ..device(n, &model, &format!("unit-{n}")) };
        store.write(device.clone(), |tx, d| Box::pin(device::insert(tx, 2, d))).await;
        let ask = async |home, customer| {
            let slot = slot_id("none");
            store
                .read(async |tx| device::find_for_replenish(tx, device.in_shard(2), &slot, (home, customer)).await)
                .await
                .unwrap()
        };
        let none = ask(7, customer.id).await;
        assert_eq!((none.device, none.slot, none.recipient), (device.clone(), None, None), "no such customer");
        store.write(customer.clone(), |tx, c| Box::pin(customer::upsert(tx, 7, c, "hash"))).await;
        let found = ask(7, customer.id).await;
        assert_eq!((found.device, found.recipient), (device.clone(), Some(Recipient::from(&customer))));
    }
}

async fn who_an_order_is_for_is_changed_alone(store: &TestStore) {
    let first = Order { recipient: Some(sample_recipient(1, None)), ..order(1, DEVICE()) };
    let other = Order { recipient: Some(sample_recipient(2, Some(address()))), ..order(2, DEVICE()) };
    for order in [&first, &other] {
        insert(store, 2, order).await;
    }
    let moved = sample_recipient(3, Some(address()));
    let with = (first.id, moved.clone());
    store.write(with, |tx, (id, to)| Box::pin(order::set_recipient(tx, 2, *id, to))).await;
    assert_eq!(find_order(store, 2, first.id).await, Some(Order { recipient: Some(moved), ..first }));
    assert_eq!(find_order(store, 2, other.id).await, Some(other));
}

async fn a_customers_open_orders_are_found_on_all_their_devices(store: &TestStore) {
    let model = model(1, MakerId(uuid(1)));
    store.write(model.clone(), |tx, m| Box::pin(model::upsert(tx, m))).await;
    let ann = CustomerId(uuid(1));
    for (n, customer) in [(1, ann), (2, ann), (3, CustomerId(uuid(2)))] {
        let shard = i64::try_from(n).unwrap();
        let device = Device { customer, ..device(n, &model, &format!("unit-{n}")) };
        store.write((shard, device.clone()), |tx, (shard, d)| Box::pin(device::insert(tx, *shard, d))).await;
        for (at, state) in OrderState::ALL.into_iter().enumerate() {
            let test = state == OrderState::Fulfilling;
            insert(store, shard, &Order { state, test, ..order(n * 10 + at as u64, device.id) }).await;
        }
    }
    let find = async |customer, limit| {
        let found = store.read(async |tx| order::list_open_by_customer(tx, customer, limit).await).await;
        found.into_iter().map(|order| order.id).collect::<Vec<_>>()
    };
    let wanted = [10, 11, 13, 20, 21, 23].map(|n| order(n, DEVICE()).id);
    assert_eq!(find(ann, 99).await, wanted);
    assert_eq!(find(ann, 2).await, wanted[..2]);
    assert_eq!(find(CustomerId(uuid(9)), 99).await, []);
}

async fn what_an_order_is_for_is_changed_alone(store: &TestStore) {
    let (first, other) = (order(1, DEVICE()), order(2, DEVICE()));
    insert(store, 2, &first).await;
    insert(store, 2, &other).await;
    let price = Money { minor: 7, currency: "USD".into() };
    let (shipping, tax_rate) = (Some(Money { minor: 390, currency: price.currency.clone() }), TaxRate::parse("7.7"));
    let (title, unit) = ("O'Filter".into(), "lbs".into());
    let item = OrderItem { asin: asin(2), title, quantity: 0.25, unit, price, shipping, tax_rate };
    let with = (first.id, item.clone());
    store.write(with, |tx, (id, item)| Box::pin(order::set_item(tx, 2, *id, item))).await;
    assert_eq!(find_order(store, 2, first.id).await, Some(Order { item, ..first }));
    assert_eq!(find_order(store, 2, other.id).await, Some(other));
}
