//! Backlogs: each work list is counted alone, up to the limit, without finished entries.

use crate::harness::TestStore;
use crate::samples::{at, order, ordered_uuid, uuid};
use opendrs_domain::delivery::DeliveryState;
use opendrs_domain::id::{CustomerId, DeliveryId, DeviceId, MailId, OrderId, ReceiverId};
use opendrs_domain::mail::{MailContent, MailState, MailSubject};
use opendrs_domain::order::{Order, OrderProblem, OrderState};
use opendrs_domain::wire::sns;
use opendrs_store::backlog::{self, WorkList, WorkListBacklog};
use opendrs_store::delivery::{self, Delivery};
use opendrs_store::mail::{self, StoredMail};
use opendrs_store::{fulfilment, order as orders};

both!(
    orders_that_are_due_are_counted,
    held_orders_are_counted_by_what_holds_them,
    mails_and_calls_are_counted_until_they_are_over,
    messages_on_their_way_are_counted_with_those_behind_them,
);

const EMPTY_BACKLOG: WorkListBacklog = WorkListBacklog { count: 0, earliest_at: None };

async fn count_waiting(store: &TestStore, list: WorkList, until: i64, limit: i64) -> WorkListBacklog {
    store.read(async |tx| backlog::count_waiting(tx, list, at(until), limit).await).await
}

fn expected_backlog(count: i64, first: i64) -> WorkListBacklog {
    WorkListBacklog { count, earliest_at: Some(at(first)) }
}

async fn insert_order(store: &TestStore, shard: i64, order: Order) {
    store.write((shard, order), |tx, (shard, order)| Box::pin(orders::insert(tx, *shard, order))).await;
}

async fn orders_that_are_due_are_counted(store: &TestStore) {
    assert_eq!(count_waiting(store, WorkList::Orders, 99, 9).await, EMPTY_BACKLOG);
    for (n, due) in [(1, Some(7)), (2, Some(5)), (3, Some(6)), (4, None)] {
        insert_order(store, 2, Order { due_at: due.map(at), ..order(n, DeviceId(uuid(1))) }).await;
    }
    assert_eq!(count_waiting(store, WorkList::Orders, 4, 9).await, EMPTY_BACKLOG);
    assert_eq!(count_waiting(store, WorkList::Orders, 6, 9).await, expected_backlog(2, 5));
    assert_eq!(count_waiting(store, WorkList::Orders, 99, 2).await, expected_backlog(2, 5), "counted up to two");
}

async fn held_orders_are_counted_by_what_holds_them(store: &TestStore) {
    let held = async |problem, limit| store.read(async |tx| backlog::count_held_orders(tx, problem, limit).await).await;
    let (stock, ask) = (Some(OrderProblem::OutOfStock), Some(OrderProblem::ApprovalRequired));
    let rows =
        [(OrderState::Held, stock), (OrderState::Held, ask), (OrderState::Held, stock), (OrderState::Expired, stock)];
    for (n, (state, problem)) in (0..).zip(rows) {
        insert_order(store, n % 3, Order { state, problem, ..order(n.unsigned_abs(), DeviceId(uuid(1))) }).await;
    }
    assert_eq!((held(OrderProblem::OutOfStock, 9).await, held(OrderProblem::ApprovalRequired, 9).await), (2, 1));
    assert_eq!((held(OrderProblem::OutOfStock, 1).await, held(OrderProblem::PaymentFailed, 9).await), (1, 0));
}

async fn mails_and_calls_are_counted_until_they_are_over(store: &TestStore) {
    let lists = [WorkList::Mails, WorkList::Calls];
    for list in lists {
        assert_eq!(count_waiting(store, list, 99, 9).await, EMPTY_BACKLOG, "{list:?}");
    }
    for n in [3, 1, 2] {
        let mail = sample_mail(n);
        store.write(mail, |tx, mail| Box::pin(mail::insert(tx, mail))).await;
        store
            .write(n, |tx, n| {
                Box::pin(fulfilment::request_place(tx, 2, OrderId(ordered_uuid(*n)), at(n.cast_signed())))
            })
            .await;
    }
    for list in lists {
        assert_eq!(count_waiting(store, list, 0, 9).await, EMPTY_BACKLOG, "{list:?}");
        assert_eq!(count_waiting(store, list, 2, 9).await, expected_backlog(2, 1), "{list:?}");
        assert_eq!(count_waiting(store, list, 99, 2).await, expected_backlog(2, 1), "{list:?}");
    }
    let over =
        StoredMail { state: MailState::Sent, due_at: None, ended_at: Some(at(9)), attempts: 1, ..sample_mail(1) };
    store.write((), |tx, ()| Box::pin(mail::claim(tx, at(1), at(50), 1))).await;
    assert!(store.write(over, |tx, mail| Box::pin(mail::save(tx, mail))).await);
    store.write((), |tx, ()| Box::pin(fulfilment::record_result(tx, 2, OrderId(ordered_uuid(1)), None, None))).await;
    for list in lists {
        assert_eq!(count_waiting(store, list, 99, 9).await, expected_backlog(2, 2), "{list:?}");
    }
}

fn sample_mail(n: u64) -> StoredMail {
    let when = at(n.cast_signed());
    StoredMail {
        shard: 2,
        id: MailId(ordered_uuid(n)),
        subject: MailSubject::Device { device: DeviceId(uuid(1)), customer: CustomerId(uuid(2)) },
        at: when,
        content: MailContent::Deregistered,
        state: MailState::Waiting,
        due_at: Some(when),
        attempts: 0,
        ended_at: None,
        reason: None,
    }
}

async fn messages_on_their_way_are_counted_with_those_behind_them(store: &TestStore) {
    let count = async |limit| store.read(async |tx| backlog::count_deliveries(tx, limit).await).await;
    assert_eq!(count(9).await, 0);
    let states = [
        DeliveryState::Sending,
        DeliveryState::Queued,
        DeliveryState::Waiting,
        DeliveryState::Delivered,
        DeliveryState::Dead,
    ];
    for (n, state) in (0..).zip(states) {
        let over = matches!(state, DeliveryState::Delivered | DeliveryState::Dead);
        let delivery = Delivery {
            shard: i64::try_from(n).unwrap() % 3,
            id: DeliveryId(ordered_uuid(n)),
            receiver: ReceiverId(uuid(1)),
            device: Some(DeviceId(uuid(1))),
            event: None,
            kind: sns::SnsMessageType::Notification,
            version: "2.0".into(),
            published_at: at(0),
            state,
            due_at: (!over && state != DeliveryState::Queued).then(|| at(5)),
            attempts: 0,
            attempts_since_replay: 0,
            first_attempt_at: None,
            ended_at: over.then(|| at(6)),
            reason: None,
        };
        store.write(delivery, |tx, delivery| Box::pin(delivery::insert(tx, delivery))).await;
    }
    assert_eq!((count(9).await, count(2).await), (3, 2));
}
