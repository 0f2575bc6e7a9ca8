//! What waits, counted: each list alone, up to its limit, and nothing that is over.

use crate::harness::Store;
use crate::samples::{at, order, ordered, uuid};
use opendrs_domain::delivery::State as Standing;
use opendrs_domain::id::{CustomerId, DeliveryId, DeviceId, MailId, OrderId, TopicId};
use opendrs_domain::mail::{News, State as MailState};
use opendrs_domain::order::{Order, Problem, State};
use opendrs_domain::wire::sns;
use opendrs_store::backlog::{self, List, Waiting};
use opendrs_store::delivery::{self, Delivery};
use opendrs_store::mail::{self, Mail};
use opendrs_store::{fulfilment, order as orders};

both!(
    orders_that_are_due_are_counted,
    held_orders_are_counted_by_what_holds_them,
    mails_and_calls_are_counted_until_they_are_over,
    messages_on_their_way_are_counted_with_those_behind_them,
);

const NONE: Waiting = Waiting { count: 0, first: None };

async fn waiting(store: &Store, list: List, until: i64, limit: i64) -> Waiting {
    store.read(async |tx| backlog::waiting(tx, list, at(until), limit).await).await
}

fn found(count: i64, first: i64) -> Waiting {
    Waiting { count, first: Some(at(first)) }
}

async fn add_order(store: &Store, shard: i64, order: Order) {
    store.write((shard, order), |tx, (shard, order)| Box::pin(orders::add(tx, *shard, order))).await;
}

async fn orders_that_are_due_are_counted(store: &Store) {
    assert_eq!(waiting(store, List::Orders, 99, 9).await, NONE);
    for (n, due) in [(1, Some(7)), (2, Some(5)), (3, Some(6)), (4, None)] {
        add_order(store, 2, Order { due_at: due.map(at), ..order(n, DeviceId(uuid(1))) }).await;
    }
    assert_eq!(waiting(store, List::Orders, 4, 9).await, NONE);
    assert_eq!(waiting(store, List::Orders, 6, 9).await, found(2, 5));
    assert_eq!(waiting(store, List::Orders, 99, 2).await, found(2, 5), "counted up to two");
}

async fn held_orders_are_counted_by_what_holds_them(store: &Store) {
    let held = async |problem, limit| store.read(async |tx| backlog::held(tx, problem, limit).await).await;
    let (stock, ask) = (Some(Problem::OutOfStock), Some(Problem::Ask));
    let rows = [(State::Held, stock), (State::Held, ask), (State::Held, stock), (State::Expired, stock)];
    for (n, (state, problem)) in (0..).zip(rows) {
        add_order(store, n % 3, Order { state, problem, ..order(n.unsigned_abs(), DeviceId(uuid(1))) }).await;
    }
    assert_eq!((held(Problem::OutOfStock, 9).await, held(Problem::Ask, 9).await), (2, 1));
    assert_eq!((held(Problem::OutOfStock, 1).await, held(Problem::Payment, 9).await), (1, 0));
}

async fn mails_and_calls_are_counted_until_they_are_over(store: &Store) {
    let lists = [List::Mails, List::Calls];
    for list in lists {
        assert_eq!(waiting(store, list, 99, 9).await, NONE, "{list:?}");
    }
    for n in [3, 1, 2] {
        let mail = sample(n);
        store.write(mail, |tx, mail| Box::pin(mail::add(tx, mail))).await;
        store
            .write(n, |tx, n| Box::pin(fulfilment::want_place(tx, 2, OrderId(ordered(*n)), at(n.cast_signed()))))
            .await;
    }
    for list in lists {
        assert_eq!(waiting(store, list, 0, 9).await, NONE, "{list:?}");
        assert_eq!(waiting(store, list, 2, 9).await, found(2, 1), "{list:?}");
        assert_eq!(waiting(store, list, 99, 2).await, found(2, 1), "{list:?}");
    }
    let over = Mail { state: MailState::Sent, due_at: None, ended_at: Some(at(9)), attempts: 1, ..sample(1) };
    store.write((), |tx, ()| Box::pin(mail::claim(tx, at(1), at(50), 1))).await;
    assert!(store.write(over, |tx, mail| Box::pin(mail::save(tx, mail))).await);
    store.write((), |tx, ()| Box::pin(fulfilment::set(tx, 2, OrderId(ordered(1)), None, None))).await;
    for list in lists {
        assert_eq!(waiting(store, list, 99, 9).await, found(2, 2), "{list:?}");
    }
}

fn sample(n: u64) -> Mail {
    let when = at(n.cast_signed());
    Mail {
        shard: 2,
        id: MailId(ordered(n)),
        device: DeviceId(uuid(1)),
        customer: CustomerId(uuid(2)),
        at: when,
        news: News::Deregistered,
        state: MailState::Waiting,
        due_at: Some(when),
        attempts: 0,
        ended_at: None,
        reason: None,
    }
}

async fn messages_on_their_way_are_counted_with_those_behind_them(store: &Store) {
    let count = async |limit| store.read(async |tx| backlog::deliveries(tx, limit).await).await;
    assert_eq!(count(9).await, 0);
    let states = [Standing::Sending, Standing::Queued, Standing::Waiting, Standing::Delivered, Standing::Dead];
    for (n, state) in (0..).zip(states) {
        let over = matches!(state, Standing::Delivered | Standing::Dead);
        let delivery = Delivery {
            shard: i64::try_from(n).unwrap() % 3,
            id: DeliveryId(ordered(n)),
            topic: TopicId(uuid(1)),
            device: Some(DeviceId(uuid(1))),
            event: None,
            kind: sns::Kind::Notification,
            version: "2.0".into(),
            published_at: at(0),
            state,
            due_at: (!over && state != Standing::Queued).then(|| at(5)),
            attempts: 0,
            round: 0,
            began_at: None,
            ended_at: over.then(|| at(6)),
            reason: None,
        };
        store.write(delivery, |tx, delivery| Box::pin(delivery::add(tx, delivery))).await;
    }
    assert_eq!((count(9).await, count(2).await), (3, 2));
}
