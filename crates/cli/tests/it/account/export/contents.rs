//! What an export has, and what it never has.

use super::Archive;
use crate::account::NEW_PASSWORD;
use crate::harness::fixtures::{ANN, BOB, CARL, FILTER, PASSWORD, SMALL};
use crate::harness::{LinkOptions, Server, TestBrowser, TestReceiver, form_body};
use opendrs_domain::export::ExportKind;
use opendrs_domain::id::ClientId;
use opendrs_domain::text::{ModelCode, Serial};
use opendrs_domain::version::ApiEndpoint::{Replenish, SlotStatus};
use opendrs_service::level;
use opendrs_store::{model, profile};
use serde_json::json;

both!(
    everything_about_a_customer_and_nothing_of_another,
    a_new_account_is_exported_too,
    cells_are_harmless_for_spreadsheets,
    an_export_needs_the_password,
);

/// Serials of two units on one shard.
async fn neighbours(server: &Server) -> (String, String) {
    let shards = server.app().db.shards();
    let mut reader = server.app().db.reader().await.unwrap();
    let mut tx = reader.tx().unwrap();
    let client = ClientId::parse(crate::harness::fixtures::WEB).unwrap();
    let client = profile::find_client(&mut tx, client).await.unwrap().unwrap();
    let code = ModelCode::parse(crate::harness::fixtures::MODEL).unwrap();
    let model = model::find_by_code(&mut tx, client.maker, &code).await.unwrap().unwrap().id;
    let shard = |serial: &str| shards.for_unit(model, &Serial::parse(serial).unwrap());
    let first = "SN-ANN-1".to_owned();
    let second = (2..10_000).map(|n| format!("SN-BOB-{n}")).find(|serial| shard(serial) == shard(&first)).unwrap();
    (first, second)
}

/// Everything that a customer and their device can leave in the store.
async fn live(server: &Server, email: &str, serial: &str) {
    let device = server.link_device(LinkOptions::default().serial(serial).customer(email)).await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let body = r#"{"remainingQuantityInUnit":12,"originalQuantityInUnit":40}"#;
    server.device_call(&device, SlotStatus, &format!("/slotStatus/{FILTER}")).body(body).send().await;
    // A set-up that another customer began, summed-up readings, and a mail about the account.
    for sql in [
        format!(
            "INSERT INTO takeover (shard, device, customer, state, answer_by)
             SELECT d.shard, d.id, e.customer, 'declined', d.registered_at FROM device d, customer_email e
             WHERE d.serial = '{serial}' AND e.email <> '{email}' AND e.email <> '{CARL}'"
        ),
        format!(
            "INSERT INTO takeover_count (shard, customer, attempts)
             SELECT shard, id, '1520000000000000 1520000001000000' FROM customer WHERE email = '{email}'"
        ),
        format!(
            "INSERT INTO reading_day (shard, device, slot, day, count, lowest, highest, last_at, remaining, original)
             SELECT shard, id, '{FILTER}', 17000, 3, 1.5, 2.5, 1468800000000000, 2, 40 FROM device WHERE serial = '{serial}'"
        ),
    ] {
        server.execute_sql(&sql).await;
    }
    let mut visit = TestBrowser::signed_in(server, email).await;
    visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await;
    let form = visit.form("/settings/name").fill("name", &format!("Pitcher of {email}"));
    visit.submit(&form).await;
    let form = visit.form("/settings/stock").fill("replaced_on", "2018-03-01").fill("stock", "7");
    visit.submit(&form).await;
    visit.go_to("/account").await;
    let form = visit.form("/account/zone").fill("zone", "Asia/Tokyo");
    visit.submit(&form).await;
    let form = visit.form("/account/delete").fill("password", PASSWORD);
    visit.submit(&form).await;
}

async fn everything_about_a_customer_and_nothing_of_another(server: &Server) {
    let receiver = TestReceiver::start().await;
    server.add_confirmed_receiver("kettles", &receiver, |_| {}).await;
    let (ann, bob) = neighbours(server).await;
    server.profile_token("profile").await;
    live(server, ANN, &ann).await;
    live(server, BOB, &bob).await;
    server.advance("1m").await;
    while level::fold_new(server.app()).await.unwrap().more {}
    let archive = server.export(ANN).await;
    for kind in ExportKind::ALL {
        assert!(!archive.records(kind).is_empty(), "{kind:?}");
    }
    assert_eq!(archive.document["format"], 1);
    let profile = &archive.document["profile"];
    assert_eq!((&profile["email"], &profile["name"]), (&json!(ANN), &json!("Ann Example")));
    assert_eq!(profile["timeZone"], "Asia/Tokyo");
    assert!(profile["deletionAt"].is_string(), "{profile}");
    assert_eq!(archive.rows(ExportKind::Addresses)[0]["line1"], "1 Main Street");
    assert_eq!(archive.rows(ExportKind::Devices)[0]["serial"], ann);
    let slots = archive.rows(ExportKind::Slots);
    let stated = slots.iter().find(|slot| !slot["stockOnHand"].is_empty()).unwrap();
    assert_eq!((stated["replacedOn"].as_str(), stated["stockOnHand"].as_str()), ("2018-03-01", "7"));
    assert!(stated["stockStatedAt"].ends_with('Z') && stated["replacedStatedAt"].ends_with('Z'), "{stated:?}");
    assert_eq!(archive.rows(ExportKind::Devices)[0]["name"], format!("Pitcher of {ANN}"));
    let order = &archive.rows(ExportKind::Orders)[0];
    assert_eq!((order["product"].as_str(), order["price"].as_str()), (SMALL, "24.99"));
    assert_eq!((order["name"].as_str(), order["line1"].as_str()), ("Ann Example", "1 Main Street"));
    assert_eq!(archive.rows(ExportKind::PriceAgreements)[0]["price"], "24.99");
    assert_eq!(archive.rows(ExportKind::Levels)[0]["remaining"], "12.0");
    assert_eq!(archive.rows(ExportKind::ReadingDays)[0]["day"], "2016-07-18");
    let roles: Vec<_> = archive.records(ExportKind::Takeovers).iter().map(|record| record["role"].clone()).collect();
    assert_eq!(roles, ["newOwner", "earlierOwner"]);
    let told = archive.records(ExportKind::Notifications);
    assert!(told.iter().all(|told| told["maker"] == "Aqua Appliances" && told["state"] == "delivered"), "{told:?}");
    assert_eq!(told[0]["content"]["notificationInfo"]["notificationType"], "DeviceRegisteredNotification");
    let mails: Vec<_> = archive.rows(ExportKind::Mails).iter().map(|mail| mail["kind"].as_str()).collect();
    assert!(mails.contains(&"order_placed") && mails.contains(&"deletion_planned"), "{mails:?}");
    // The serial of a unit that the customer wanted is what they entered; all else of its owner is missing.
    let rows = server.all_rows().await;
    let shared = format!("{:?}", archive.records(ExportKind::Takeovers));
    assert!(shared.contains(&bob));
    for word in [BOB, "Bob Example", "2 Side Street", "97477-BOB"] {
        assert!(!archive.text.contains(word), "{word}");
    }
    assert_eq!(archive.text.matches(&bob).count(), 2, "once in the document, once in the table");
    check_ids(server, &archive, &rows).await;
}

/// No id of another customer or of their devices, no hash, no cookie is in the archive.
async fn check_ids(server: &Server, archive: &Archive, rows: &std::collections::BTreeMap<String, Vec<String>>) {
    for secret in ["$argon2", "password_hash"] {
        assert!(rows["customer"].iter().any(|row| row.contains("$argon2")), "the store has hashes");
        assert!(!archive.text.contains(secret), "{secret}");
    }
    let bob =
        opendrs_service::customer::find_id_by_email(server.app(), &opendrs_domain::text::Email::parse(BOB).unwrap())
            .await
            .unwrap()
            .unwrap();
    assert!(!archive.text.contains(&bob.to_string()), "the other customer's id");
    let other = server.export(BOB).await;
    for kind in [ExportKind::Devices, ExportKind::Orders, ExportKind::Mails, ExportKind::Notifications] {
        for record in other.records(kind) {
            let id = record["id"].as_str().unwrap();
            assert!(!archive.text.contains(id), "{kind:?} {id}");
        }
    }
}

async fn a_new_account_is_exported_too(server: &Server) {
    let archive = server.export(CARL).await;
    for kind in ExportKind::ALL {
        let wanted = usize::from(matches!(kind, ExportKind::Profile | ExportKind::Sessions));
        assert_eq!(archive.records(kind).len(), wanted, "{kind:?}");
    }
}

async fn cells_are_harmless_for_spreadsheets(server: &Server) {
    let name = "=HYPERLINK(\"https://evil.example\",\"x\")";
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.go_to("/account").await;
    let form = visit.form("/account/name").fill("name", name);
    visit.submit(&form).await;
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let archive = server.export(ANN).await;
    assert_eq!(archive.document["profile"]["name"], name, "programs get it as it is");
    assert_eq!(archive.document["orders"][0]["name"], name);
    assert_eq!(archive.rows(ExportKind::Profile)[0]["name"], format!("'{name}"));
    assert_eq!(archive.rows(ExportKind::Orders)[0]["name"], format!("'{name}"));
}

async fn an_export_needs_the_password(server: &Server) {
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.ask_for_export(NEW_PASSWORD).await;
    assert_eq!(visit.page.status, 400);
    assert!(visit.page.text().contains("id=\"export_password-error\""), "{}", visit.page.text());
    assert_eq!(server.row_count("export").await, 0);
}
