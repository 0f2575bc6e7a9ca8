//! Federated sign-in where customers may not create accounts.

use super::accounts::link_ann;
use super::{FederatedServer, SEEDED, eve, with_settings};
use crate::harness::Store;

both!(by without_new_accounts: closed_accounts_stay_closed);

async fn without_new_accounts(store: Store, test: impl AsyncFn(&FederatedServer)) {
    with_settings(store, vec![("OPENDRS_ACCOUNTS_OPEN", "false".into())], test).await;
}

async fn closed_accounts_stay_closed(server: &FederatedServer) {
    let visit = server.sign_in_at_provider("/settings", &eve()).await;
    assert_eq!(visit.page.status, 400);
    assert!(visit.page.text().contains("New accounts"), "{}", visit.page.text());
    assert_eq!(server.row_count("customer").await, SEEDED);
    link_ann(server).await;
}
