//! How long orders are kept: any ended order, and those whose customer was deleted.

use crate::harness::fixtures::{ANN, BOB, FILTER, PASSWORD};
use crate::harness::{LinkOptions, Options, Server, Store, TestBrowser};
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_service::order;

mod default {
    use super::{a_deletion_leaves_orders_without_the_person, ended_orders_are_kept_for_years};
    both!(a_deletion_leaves_orders_without_the_person, ended_orders_are_kept_for_years);
}
mod nothing_kept {
    use super::{keep_nothing, orders_go_with_the_account};
    both!(by keep_nothing: orders_go_with_the_account);
}
mod a_month_kept {
    use super::{keep_a_month, orders_without_the_person_end_earlier};
    both!(by keep_a_month: orders_without_the_person_end_earlier);
}

async fn with_setting(store: Store, value: &str, test: impl AsyncFn(&Server)) {
    let settings = vec![("OPENDRS_ACCOUNTS_KEEP_ORDERS", value.to_owned())];
    let server = Server::start_on(store, Options { settings, ..Options::default() }).await;
    test(&server).await;
    server.remove_store().await;
}

async fn keep_nothing(store: Store, test: impl AsyncFn(&Server)) {
    with_setting(store, "0s", test).await;
}

async fn keep_a_month(store: Store, test: impl AsyncFn(&Server)) {
    with_setting(store, "30d", test).await;
}

/// A customer's order is delivered.
async fn deliver_order(server: &Server, email: &str, serial: &str) {
    let device = server.link_device(LinkOptions::default().customer(email).serial(serial)).await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    server.advance("6d").await;
}

async fn delete_account(server: &Server, email: &str) {
    let mut visit = TestBrowser::signed_in(server, email).await;
    visit.go_to("/account").await;
    let form = visit.form("/account/delete").fill("password", PASSWORD);
    visit.submit(&form).await;
    server.advance("14d").await;
    assert_eq!(server.mail_kinds().await.last(), Some(&"account_deleted"));
}

async fn a_deletion_leaves_orders_without_the_person(server: &Server) {
    deliver_order(server, ANN, "SN-ANN").await;
    server.execute_sql("UPDATE orders SET tracking = '1Z-ANN', tracking_url = 'https://dhl.example/1Z-ANN'").await;
    server.execute_sql("UPDATE orders SET cancel_reason = 'Ann asked', carrier = 'DHL'").await;
    delete_account(server, ANN).await;
    let rows = server.all_rows().await;
    let [order] = &rows["orders"][..] else { panic!("{:?}", rows["orders"]) };
    for kept in ["Water filter, pack of 3", "2499", "DHL", "delivered"] {
        assert!(order.contains(kept), "{kept}: {order}");
    }
    for (table, rows) in rows {
        // Mails and notifications end by themselves, within 30 days.
        if !["mail", "outbox"].contains(&table.as_str()) {
            for gone in ["SN-ANN", "1Z-ANN", "Ann asked", ANN, "Ann Example", "1 Main Street"] {
                assert!(rows.iter().all(|row| !row.contains(gone)), "{table} has {gone}");
            }
        }
    }
}

async fn ended_orders_are_kept_for_years(server: &Server) {
    deliver_order(server, ANN, "SN-ANN").await;
    deliver_order(server, BOB, "SN-BOB").await;
    // Bob's parcel is still on its way, however long ago.
    server
        .execute_sql("UPDATE orders SET state = 'shipped', due_at = NULL WHERE customer_email = 'bob@example.com'")
        .await;
    server
        .execute_sql("INSERT INTO fulfilment (shard, id, wanted, tries) SELECT shard, id, 'watch', 0 FROM orders")
        .await;
    server.advance("4005d").await;
    assert_eq!(order::purge(server.app()).await.unwrap(), 0);
    server.advance("10d").await;
    assert_eq!(order::purge(server.app()).await.unwrap(), 1);
    let rows = server.all_rows().await;
    assert_eq!((rows["orders"].len(), rows["fulfilment"].len()), (1, 1));
    assert!(rows["orders"][0].contains(BOB), "{:?}", rows["orders"]);
}

async fn orders_go_with_the_account(server: &Server) {
    deliver_order(server, ANN, "SN-ANN").await;
    deliver_order(server, BOB, "SN-BOB").await;
    delete_account(server, ANN).await;
    let rows = server.all_rows().await;
    assert_eq!(rows["orders"].len(), 1);
    assert!(rows["orders"][0].contains(BOB), "{:?}", rows["orders"]);
}

async fn orders_without_the_person_end_earlier(server: &Server) {
    deliver_order(server, ANN, "SN-ANN").await;
    deliver_order(server, BOB, "SN-BOB").await;
    delete_account(server, ANN).await;
    assert_eq!((order::purge(server.app()).await.unwrap(), server.row_count("orders").await), (0, 2));
    server.advance("5d").await;
    assert_eq!((order::purge(server.app()).await.unwrap(), server.row_count("orders").await), (1, 1));
    assert!(server.all_rows().await["orders"][0].contains(BOB));
}
