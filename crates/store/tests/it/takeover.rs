//! Takeovers, and how often each customer attempted one.

use crate::harness::Store;
use crate::samples::{at, device, model, uuid};
use opendrs_domain::consent::Mark;
use opendrs_domain::id::{CustomerId, DeviceId, MakerId};
use opendrs_domain::takeover::{Attempts, State, Takeover};
use opendrs_store::{device, takeover};

both!(
    a_takeover_comes_back_as_it_was_put,
    a_purge_takes_what_ended_first_and_no_more_than_it_may,
    attempts_are_each_customers_own,
    a_registration_that_ended_is_restored_once,
);

fn sample(n: u64, state: State) -> Takeover {
    let successor = (state == State::Done).then(|| DeviceId(uuid(n + 50)));
    let answer_by = at(i64::try_from(n).unwrap());
    let consent = n.is_multiple_of(2).then(|| Mark::after(None, [0xff, 0, 0, u8::try_from(n).unwrap()]));
    Takeover { device: DeviceId(uuid(n)), customer: CustomerId(uuid(n + 100)), state, answer_by, successor, consent }
}

async fn put(store: &Store, takeover: &Takeover) {
    store.write(takeover.clone(), |tx, t| Box::pin(takeover::put(tx, 3, t))).await;
}

async fn get(store: &Store, of: &Takeover) -> Option<Takeover> {
    store.read(async |tx| takeover::get(tx, 3, of.device, of.customer).await).await
}

async fn a_takeover_comes_back_as_it_was_put(store: &Store) {
    for (state, n) in State::ALL.into_iter().zip(1..) {
        let one = sample(n, state);
        put(store, &one).await;
        assert_eq!(get(store, &one).await, Some(one.clone()));
        let locked = store.write(one.clone(), |tx, t| Box::pin(takeover::lock(tx, 3, t.device, t.customer))).await;
        assert_eq!(locked, Some(one.clone()));
        let other = Takeover { customer: CustomerId(uuid(1)), ..one.clone() };
        assert_eq!(get(store, &other).await, None, "of another customer");
        let later = Takeover { state: State::Declined, answer_by: at(99), successor: None, ..one };
        put(store, &later).await;
        assert_eq!(get(store, &later).await, Some(later));
    }
    assert_eq!(store.count("takeover").await, 6);
}

async fn a_purge_takes_what_ended_first_and_no_more_than_it_may(store: &Store) {
    for n in 1..=5 {
        put(store, &sample(n, State::Asked)).await;
    }
    let purged = store.write((), |tx, ()| Box::pin(takeover::purge(tx, at(5), 3))).await;
    assert_eq!(purged, 3);
    for n in 1..=5 {
        assert_eq!(get(store, &sample(n, State::Asked)).await.is_some(), n > 3, "{n}");
    }
    assert_eq!(store.write((), |tx, ()| Box::pin(takeover::purge(tx, at(5), 3))).await, 1);
}

async fn attempts_are_each_customers_own(store: &Store) {
    let [ann, bob] = [1, 2].map(|n| CustomerId(uuid(n)));
    let read = async |customer| store.write(customer, |tx, c| Box::pin(takeover::attempts(tx, 3, *c))).await;
    assert_eq!(read(ann).await, Attempts::default());
    let mut made = Attempts::default();
    made.count(at(1), 5).unwrap();
    store.write(made.clone(), |tx, m| Box::pin(takeover::set_attempts(tx, 3, CustomerId(uuid(1)), m))).await;
    assert_eq!((read(ann).await, read(bob).await), (made, Attempts::default()));
    assert_eq!(store.count("takeover_count").await, 2);
}

async fn a_registration_that_ended_is_restored_once(store: &Store) {
    let washer = model(1, MakerId(uuid(1)));
    store.write(washer.clone(), |tx, m| Box::pin(opendrs_store::model::put(tx, m))).await;
    let old = device(1, &washer, "unit");
    store.write(old.clone(), |tx, d| Box::pin(device::add(tx, 0, d))).await;
    let restore = async |d| store.write(d, |tx, d| Box::pin(device::restore(tx, 0, d))).await;
    let current = async || store.read(async |tx| device::unit(tx, 0, washer.id, &old.serial).await).await;
    assert!(!restore(old.clone()).await, "it has not ended");
    store.write(old.clone(), |tx, d| Box::pin(async { device::end(tx, 0, d, at(5)).await })).await;
    assert_eq!(current().await, None);
    assert!(restore(old.clone()).await);
    assert_eq!(current().await, Some(old.id));
    let found = store.read(async |tx| device::by_id(tx, 0, old.id).await).await;
    assert_eq!(found.map(|found| found.deregistered_at), Some(None));
    assert!(!restore(old).await, "twice is once");
}
