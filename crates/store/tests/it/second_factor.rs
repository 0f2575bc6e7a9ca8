//! Second factors: a step and a recovery code are used once, and belong to one customer.

use crate::harness::TestStore;
use crate::samples::at;
use opendrs_domain::id::CustomerId;
use opendrs_store::second_factor::{self, SecondFactorRow};
use uuid::Uuid;

both!(
    a_customer_has_one_second_factor,
    a_step_is_used_once_and_no_earlier_one_after_it,
    a_recovery_code_is_used_once_by_its_customer,
    what_is_removed_takes_its_recovery_codes_along,
);

const ANN: CustomerId = CustomerId(Uuid::from_u128(1));
const BOB: CustomerId = CustomerId(Uuid::from_u128(2));
const SALT: Uuid = Uuid::from_u128(7);

fn factor(salt: Uuid) -> SecondFactorRow {
    SecondFactorRow { salt, since: at(1), last_step: 100 }
}

async fn insert(store: &TestStore, of: CustomerId, salt: Uuid) -> bool {
    store.write((of, factor(salt)), |tx, (of, row)| Box::pin(second_factor::insert(tx, 0, *of, row))).await
}

async fn use_step(store: &TestStore, of: CustomerId, salt: Uuid, step: i64) -> bool {
    store
        .write((of, salt, step), |tx, (of, salt, step)| Box::pin(second_factor::use_step(tx, 0, *of, *salt, *step)))
        .await
}

async fn use_code(store: &TestStore, of: CustomerId, code: u8) -> bool {
    store.write((of, [code; 32]), |tx, (of, code)| Box::pin(second_factor::use_recovery_code(tx, 0, *of, code))).await
}

async fn replace_codes(store: &TestStore, of: CustomerId, codes: &[u8]) {
    let codes: Vec<_> = codes.iter().map(|code| [*code; 32]).collect();
    store
        .write((of, codes), |tx, (of, codes)| Box::pin(second_factor::replace_recovery_codes(tx, 0, *of, codes)))
        .await;
}

async fn count(store: &TestStore, of: CustomerId) -> i64 {
    store.read(async |tx| second_factor::count_recovery_codes(tx, 0, of).await).await
}

async fn a_customer_has_one_second_factor(store: &TestStore) {
    assert!(insert(store, ANN, SALT).await && insert(store, BOB, SALT).await);
    assert!(!insert(store, ANN, Uuid::from_u128(8)).await, "a second one is refused");
    let found = store.read(async |tx| second_factor::find(tx, 0, ANN).await).await;
    assert_eq!(found, Some(factor(SALT)));
}

async fn a_step_is_used_once_and_no_earlier_one_after_it(store: &TestStore) {
    insert(store, ANN, SALT).await;
    for (of, salt, step, is_used) in [
        (ANN, SALT, 100, false),
        (ANN, SALT, 102, true),
        (ANN, SALT, 102, false),
        (ANN, SALT, 101, false),
        (ANN, Uuid::from_u128(8), 103, false),
        (BOB, SALT, 103, false),
        (ANN, SALT, 103, true),
    ] {
        assert_eq!(use_step(store, of, salt, step).await, is_used, "{of} {salt} {step}");
    }
}

async fn a_recovery_code_is_used_once_by_its_customer(store: &TestStore) {
    replace_codes(store, ANN, &[1, 2, 3]).await;
    replace_codes(store, BOB, &[4]).await;
    assert!(!use_code(store, BOB, 1).await && use_code(store, ANN, 1).await && !use_code(store, ANN, 1).await);
    assert_eq!((count(store, ANN).await, count(store, BOB).await), (2, 1));
    replace_codes(store, ANN, &[5]).await;
    assert!(!use_code(store, ANN, 2).await, "an earlier code ended");
    assert_eq!(count(store, ANN).await, 1);
}

async fn what_is_removed_takes_its_recovery_codes_along(store: &TestStore) {
    insert(store, ANN, SALT).await;
    replace_codes(store, ANN, &[1, 2]).await;
    store.write(ANN, |tx, of| Box::pin(second_factor::delete(tx, 0, *of))).await;
    assert_eq!(store.read(async |tx| second_factor::find(tx, 0, ANN).await).await, None);
    assert_eq!(count(store, ANN).await, 0);
}
