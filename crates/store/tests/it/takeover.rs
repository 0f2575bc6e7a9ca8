//! Takeovers, and how often each customer attempted one.

use crate::harness::TestStore;
use crate::samples::{at, device, model, uuid};
use opendrs_domain::consent::ConsentGeneration;
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{CustomerId, DeviceId, MakerId};
use opendrs_domain::takeover::{Takeover, TakeoverAttempts, TakeoverState};
use opendrs_store::{device, takeover};

both!(
    a_takeover_comes_back_as_it_was_put,
    a_purge_takes_what_ended_first_and_no_more_than_it_may,
    attempts_are_each_customers_own,
    a_registration_that_ended_is_restored_once,
);

fn sample_takeover(n: u64, state: TakeoverState) -> Takeover {
    let successor = (state == TakeoverState::Done).then(|| DeviceId(uuid(n + 50)));
    let answer_by = at(i64::try_from(n).unwrap());
    let consent = n.is_multiple_of(2).then(|| ConsentGeneration::next(None, [0xff, 0, 0, u8::try_from(n).unwrap()]));
    Takeover {
        device: DeviceId(uuid(n)),
        customer: CustomerId(uuid(n + 100)),
        state,
        answer_by,
        successor,
        consent_generation: consent,
    }
}

async fn upsert(store: &TestStore, takeover: &Takeover) {
    store.write(takeover.clone(), |tx, t| Box::pin(takeover::upsert(tx, 3, t))).await;
}

async fn find(store: &TestStore, of: &Takeover) -> Option<Takeover> {
    store.read(async |tx| takeover::find(tx, DeviceRef { shard: 3, id: of.device }, of.customer).await).await
}

async fn a_takeover_comes_back_as_it_was_put(store: &TestStore) {
    for (state, n) in TakeoverState::ALL.into_iter().zip(1..) {
        let one = sample_takeover(n, state);
        upsert(store, &one).await;
        assert_eq!(find(store, &one).await, Some(one.clone()));
        let locked = store
            .write(one.clone(), |tx, t| Box::pin(takeover::lock(tx, DeviceRef { shard: 3, id: t.device }, t.customer)))
            .await;
        assert_eq!(locked, Some(one.clone()));
        let other = Takeover { customer: CustomerId(uuid(1)), ..one.clone() };
        assert_eq!(find(store, &other).await, None, "of another customer");
        let later = Takeover { state: TakeoverState::Declined, answer_by: at(99), successor: None, ..one };
        upsert(store, &later).await;
        assert_eq!(find(store, &later).await, Some(later));
    }
    assert_eq!(store.count("takeover").await, 6);
}

async fn a_purge_takes_what_ended_first_and_no_more_than_it_may(store: &TestStore) {
    for n in 1..=5 {
        upsert(store, &sample_takeover(n, TakeoverState::Asked)).await;
    }
    let purged = store.write((), |tx, ()| Box::pin(takeover::purge(tx, at(5), 3))).await;
    assert_eq!(purged, 3);
    for n in 1..=5 {
        assert_eq!(find(store, &sample_takeover(n, TakeoverState::Asked)).await.is_some(), n > 3, "{n}");
    }
    assert_eq!(store.write((), |tx, ()| Box::pin(takeover::purge(tx, at(5), 3))).await, 1);
}

async fn attempts_are_each_customers_own(store: &TestStore) {
    let [ann, bob] = [1, 2].map(|n| CustomerId(uuid(n)));
    let read = async |customer| store.write(customer, |tx, c| Box::pin(takeover::lock_attempts(tx, 3, *c))).await;
    assert_eq!(read(ann).await, TakeoverAttempts::default());
    let mut made = TakeoverAttempts::default();
    made.record_attempt(at(1), 5).unwrap();
    store.write(made.clone(), |tx, m| Box::pin(takeover::save_attempts(tx, 3, CustomerId(uuid(1)), m))).await;
    assert_eq!((read(ann).await, read(bob).await), (made, TakeoverAttempts::default()));
    assert_eq!(store.count("takeover_count").await, 2);
}

async fn a_registration_that_ended_is_restored_once(store: &TestStore) {
    let washer = model(1, MakerId(uuid(1)));
    store.write(washer.clone(), |tx, m| Box::pin(opendrs_store::model::upsert(tx, m))).await;
    let old = device(1, &washer, "unit");
    store.write(old.clone(), |tx, d| Box::pin(device::insert(tx, 0, d))).await;
    let restore = async |d| store.write(d, |tx, d| Box::pin(device::restore_registration(tx, 0, d))).await;
    let current = async || store.read(async |tx| device::find_by_unit(tx, 0, washer.id, &old.serial).await).await;
    assert!(!restore(old.clone()).await, "it has not ended");
    store.write(old.clone(), |tx, d| Box::pin(async { device::end_registration(tx, 0, d, at(5)).await })).await;
    assert_eq!(current().await, None);
    assert!(restore(old.clone()).await);
    assert_eq!(current().await, Some(old.id));
    let found = store.read(async |tx| device::find_by_id(tx, old.in_shard(0)).await).await;
    assert_eq!(found.map(|found| found.deregistered_at), Some(None));
    assert!(!restore(old).await, "twice is once");
}
