//! The deletion of an account.

use super::NEW_PASSWORD;
use crate::harness::fixtures::{ANN, BOB, FILTER, PASSWORD};
use crate::harness::{Server, TestBrowser};
use opendrs_domain::version::ApiEndpoint::Replenish;

both!(
    an_account_is_deleted_after_its_time_and_nothing_of_the_person_is_left,
    a_customer_thinks_again,
    a_deletion_needs_the_password,
    an_order_on_its_way_still_arrives,
);

async fn ask_for_deletion(visit: &mut TestBrowser, password: &str) {
    visit.go_to("/account").await;
    let form = visit.form("/account/delete").fill("password", password);
    visit.submit(&form).await;
}

/// Whether the customer's one device is registered.
async fn is_registered(server: &Server) -> bool {
    !server.event_names().await.contains(&"DeviceDeregistered".to_owned())
}

async fn an_account_is_deleted_after_its_time_and_nothing_of_the_person_is_left(server: &Server) {
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.advance("10d").await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    ask_for_deletion(&mut visit, PASSWORD).await;
    assert!(visit.page.text().contains("Your account will be deleted on"), "{}", visit.page.text());
    server.advance("13d").await;
    assert!(is_registered(server).await, "not yet");
    server.advance("1d").await;
    assert!(!is_registered(server).await);
    assert_eq!(visit.go_to("/settings").await.title(), "Sign in");
    assert_eq!(visit.sign_in(ANN).await.page.status, 400);
    assert_eq!(server.mail_kinds().await.last(), Some(&"account_deleted"));
    for (table, rows) in server.all_rows().await {
        // Mails end by themselves, and the operator's seed file has the customer.
        if !["mail", "seeded"].contains(&table.as_str()) {
            let text = format!("{rows:?}");
            assert!(!text.contains(ANN) && !text.contains("Ann Example") && !text.contains("1 Main Street"), "{table}");
        }
    }
    assert_eq!(server.row_count("orders").await, 1, "without the person");
    TestBrowser::signed_in(server, BOB).await;
    // The address is free again.
    TestBrowser::ask_for_account(server, ANN).await;
    assert_eq!(server.mail_kinds().await.last(), Some(&"confirm_address"));
}

async fn a_customer_thinks_again(server: &Server) {
    server.link_default_device().await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    ask_for_deletion(&mut visit, PASSWORD).await;
    server.advance("13d").await;
    let mut again = TestBrowser::signed_in(server, ANN).await;
    again.go_to("/account").await;
    again.press("/account/delete", "keep").await;
    assert!(again.page.text().contains("Your account stays as it is."), "{}", again.page.text());
    server.advance("30d").await;
    assert!(is_registered(server).await);
    TestBrowser::signed_in(server, ANN).await;
    let kinds = server.mail_kinds().await;
    assert_eq!(kinds[kinds.len() - 2..], ["deletion_planned", "deletion_cancelled"]);
    // Pressed once more, nothing is left to keep.
    let mut late = TestBrowser::signed_in(server, ANN).await;
    ask_for_deletion(&mut late, PASSWORD).await;
    let keep = late.form("/account/delete").press("keep");
    for _ in 0..3 {
        late.submit(&keep).await;
    }
    assert_eq!(server.mail_kinds().await.len(), kinds.len() + 2, "one mail each");
}

async fn a_deletion_needs_the_password(server: &Server) {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    ask_for_deletion(&mut visit, NEW_PASSWORD).await;
    assert_eq!(visit.page.status, 400);
    assert!(visit.page.text().contains("id=\"delete_password-error\""), "{}", visit.page.text());
    server.advance("30d").await;
    TestBrowser::signed_in(server, ANN).await;
}

async fn an_order_on_its_way_still_arrives(server: &Server) {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    ask_for_deletion(&mut visit, PASSWORD).await;
    server.advance("12d 12h").await;
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    // The cancel window is over, and the parcel is on its way.
    server.advance("36h").await;
    assert!(!is_registered(server).await);
    let mut late = TestBrowser::open(server, "/settings").await;
    late.sign_in(ANN).await;
    assert!(late.page.text().contains("This account is blocked."), "the deletion has begun: {}", late.page.text());
    assert_eq!(server.row_count("customer").await, 3, "the parcel needs its recipient");
    server.advance("6d").await;
    assert_eq!(server.row_count("customer").await, 2);
    assert!(server.event_names().await.contains(&"ItemShipped".to_owned()));
}
