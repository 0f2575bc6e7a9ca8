//! Large exports: prepared by the worker in steps, downloaded by their customer for a while.

use super::Archive;
use crate::account::link_path;
use crate::harness::fixtures::{ANN, BOB, FILTER, PASSWORD};
use crate::harness::{Options, Server, TestBrowser};
use opendrs_domain::export::ExportKind;
use opendrs_service::{export, schedule};

both!(
    a_large_export_is_prepared_and_goes_on_after_a_kill,
    packing_begins_again_after_a_kill,
    a_prepared_export_is_its_customers_and_ends,
    a_deletion_removes_an_export,
);

/// The days of readings that make an export large.
const MANY_DAYS: usize = 2_500;

/// Ann's device has many days of readings.
async fn add_days(server: &Server) {
    server.link_default_device().await;
    let sql = format!(
        "INSERT INTO reading_day (shard, device, slot, day, count, lowest, highest, last_at, remaining, original)
         WITH RECURSIVE days (day) AS (SELECT 1 UNION ALL SELECT day + 1 FROM days WHERE day < {MANY_DAYS})
         SELECT d.shard, d.id, '{FILTER}', days.day, 3, 1.5, 2.5, 0, 2, 40 FROM device d, days WHERE d.serial = 'SN-1'"
    );
    server.execute_sql(&sql).await;
}

/// Ann asks for a large export.
async fn ask(server: &Server) -> TestBrowser {
    add_days(server).await;
    // The mails about the device are older.
    server.advance("1s").await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    visit.ask_for_export(PASSWORD).await;
    assert_eq!(visit.title(), "Your account");
    assert!(visit.page.text().contains("We&#39;re preparing your data"), "{}", visit.page.text());
    visit
}

fn check_days(archive: &Archive) {
    let days = archive.records(ExportKind::ReadingDays);
    assert_eq!(days.len(), MANY_DAYS);
    assert_eq!(days[0]["day"], "1970-01-02");
    assert_eq!(archive.rows(ExportKind::ReadingDays)[MANY_DAYS - 1]["day"], "1976-11-05");
}

/// Ann's account page has a link to the prepared export.
async fn download(server: &Server, visit: &mut TestBrowser) -> Archive {
    visit.go_to("/account").await;
    assert!(visit.page.text().contains("Your data is ready"), "{}", visit.page.text());
    let mail = server.newest_mail().await;
    assert!(visit.page.text().contains(&link_path(&mail)), "{}", visit.page.text());
    visit.go_to(&link_path(&mail)).await;
    Archive::open(&visit.page)
}

async fn a_large_export_is_prepared_and_goes_on_after_a_kill(server: &Server) {
    let mut visit = ask(server).await;
    assert_eq!(export::advance_due(server.app()).await.unwrap(), 1);
    assert_eq!(export::advance_due(server.app()).await.unwrap(), 1);
    let parts = server.row_count("export_part").await;
    assert!(parts > 2, "{parts}");
    // The first process is gone. In the meantime asking again shows how far it is.
    let other = server.another_node(Options::default()).await;
    let form = visit.form("/account/delete");
    let again = opendrs_client::HtmlForm { action: "/account/export".into(), ..form }.fill("password", PASSWORD);
    visit.submit(&again).await;
    assert!(visit.page.text().contains("We&#39;re preparing your data"), "{}", visit.page.text());
    assert_eq!((server.row_count("export").await, server.row_count("export_part").await), (1, parts));
    assert!(!server.mail_kinds().await.contains(&"export_ready"));
    while export::advance_due(other.app()).await.unwrap() > 0 {}
    assert_eq!(server.mail_kinds().await.last(), Some(&"export_ready"));
    check_days(&download(server, &mut visit).await);
}

async fn packing_begins_again_after_a_kill(server: &Server) {
    let mut visit = ask(server).await;
    // A process that read everything was killed while it packed: a piece is there, and its lease.
    while server.all_rows().await["export"].iter().all(|row| row.contains("Account") || row.contains("Device")) {
        assert_eq!(export::advance_due(server.app()).await.unwrap(), 1);
    }
    server
        .execute_sql(
            "INSERT INTO export_part (shard, customer, file, number, content)
             SELECT shard, customer, 'archive', 0, content FROM export_part WHERE file = 'profile'",
        )
        .await;
    server.execute_sql("UPDATE export SET bytes = 7, due_at = due_at + 60000000").await;
    assert_eq!(export::advance_due(server.app()).await.unwrap(), 0, "the lease holds");
    server.advance("1m").await;
    assert_eq!(server.mail_kinds().await.last(), Some(&"export_ready"));
    check_days(&download(server, &mut visit).await);
}

async fn a_prepared_export_is_its_customers_and_ends(server: &Server) {
    let mut visit = ask(server).await;
    server.advance("1m").await;
    let path = link_path(&server.newest_mail().await);
    let mut other = TestBrowser::signed_in(server, BOB).await;
    other.go_to(&path).await;
    assert_eq!((other.page.status.as_u16(), other.title()), (404, "Page not found".into()));
    assert_eq!(TestBrowser::open(server, &path).await.title(), "Sign in");
    visit.go_to("/account/export?id=x").await;
    assert_eq!(visit.page.status, 404);
    server.advance("6d 23h").await;
    let mut late = TestBrowser::signed_in(server, ANN).await;
    late.go_to(&path).await;
    check_days(&Archive::open(&late.page));
    server.advance("1h").await;
    let mut late = TestBrowser::signed_in(server, ANN).await;
    late.go_to(&path).await;
    assert_eq!(late.page.status, 404);
    late.go_to("/account").await;
    assert!(!late.page.text().contains("Your data is ready"), "{}", late.page.text());
    assert_eq!(server.row_count("export").await, 1);
    schedule::purge(server.app()).await.unwrap();
    assert_eq!((server.row_count("export").await, server.row_count("export_part").await), (0, 0));
}

async fn a_deletion_removes_an_export(server: &Server) {
    let mut visit = ask(server).await;
    visit.go_to("/account").await;
    let form = visit.form("/account/delete").fill("password", PASSWORD);
    visit.submit(&form).await;
    server.advance("13d 23h").await;
    // Asked for again in the last hour.
    let mut late = TestBrowser::signed_in(server, ANN).await;
    late.ask_for_export(PASSWORD).await;
    server.advance("1m").await;
    let path = link_path(&server.newest_mail().await);
    assert!(server.row_count("export_part").await > 0);
    server.advance("1h").await;
    assert_eq!(server.mail_kinds().await.last(), Some(&"account_deleted"));
    assert_eq!((server.row_count("export").await, server.row_count("export_part").await), (0, 0));
    assert_eq!(late.go_to(&path).await.title(), "Sign in");
}
