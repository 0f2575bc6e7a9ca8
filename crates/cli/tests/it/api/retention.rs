//! Readings after their retention: summarized by day, then deleted; nothing else is deleted.

use super::quirks::LEVEL;
use crate::harness::fixtures::{CARTRIDGE, FILTER};
use crate::harness::{LinkOptions, LinkedDevice, Server};
use opendrs_domain::version::ApiEndpoint::SlotStatus;
use opendrs_service::reading;

both!(what_is_left_of_readings_is_a_row_a_day, batches_are_bounded_and_add_up);

async fn report(server: &Server, device: &LinkedDevice, slot: &str, body: &str) {
    let reply = server.device_call(device, SlotStatus, &format!("/slotStatus/{slot}")).body(body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Does the worker's task until nothing is left to do.
async fn sum_up(server: &Server) {
    while reading::sum_up_days(server.app()).await.unwrap() {}
}

/// Reports a level with a new token, because days pass between two reports.
async fn level(server: &Server, serial: &str, slot: &str, remaining: u32) {
    let device = &server.link_device(LinkOptions::default().serial(serial)).await;
    let body = format!(r#"{{"remainingQuantityInUnit":{remaining},"originalQuantityInUnit":40}}"#);
    report(server, device, slot, &body).await;
}

async fn what_is_left_of_readings_is_a_row_a_day(server: &Server) {
    // From 07:00 on the first day.
    for (after, who, slot, remaining) in [
        ("0s", "SN-1", FILTER, 30),
        ("1h", "SN-1", FILTER, 20),
        ("1h", "SN-1", FILTER, 25),
        ("0s", "SN-1", CARTRIDGE, 7),
        ("0s", "SN-2", FILTER, 1),
        ("23h", "SN-1", FILTER, 12),
    ] {
        server.advance(after).await;
        level(server, who, slot, remaining).await;
    }
    server.advance("398d").await;
    level(server, "SN-1", FILTER, 39).await;
    sum_up(server).await;
    assert_eq!(
        (server.row_count("reading").await, server.row_count("reading_day").await),
        (7, 0),
        "nothing is that old yet"
    );

    server.advance("1d 12h").await;
    sum_up(server).await;
    assert_eq!(server.row_count("reading").await, 2, "the second day's and the last");
    let days = async || {
        let found = reading::list_newest_days(server.app(), 99).await.unwrap();
        let short = |d: &opendrs_store::reading::ReadingDayRow| {
            let slot = if d.day.slot.as_str() == FILTER { "filter" } else { "minerals" };
            (d.serial.to_string(), slot, d.day.count, d.day.lowest, d.day.highest, d.day.remaining)
        };
        let mut found: Vec<_> = found.iter().map(short).collect();
        found.sort_by(|a, b| (&a.0, a.1, a.2).cmp(&(&b.0, b.1, b.2)));
        found
    };
    let first = [
        ("SN-1".to_owned(), "filter", 3, 20.0, 30.0, 25.0),
        ("SN-1".to_owned(), "minerals", 1, 7.0, 7.0, 7.0),
        ("SN-2".to_owned(), "filter", 1, 1.0, 1.0, 1.0),
    ];
    assert_eq!(days().await, first);
    sum_up(server).await;
    assert_eq!(days().await, first, "once more changes nothing");

    server.advance("1d").await;
    sum_up(server).await;
    assert_eq!((server.row_count("reading").await, days().await.len()), (1, 4));
    assert_eq!(reading::purge_days(server.app()).await.unwrap(), 0);
    server.advance("3251d").await;
    assert_eq!(reading::purge_days(server.app()).await.unwrap(), 4, "and after ten years the days go too");
    assert_eq!((server.row_count("reading").await, server.row_count("reading_day").await), (1, 0));
}

async fn batches_are_bounded_and_add_up(server: &Server) {
    let device = server.link_default_device().await;
    for _ in 0..501 {
        report(server, &device, FILTER, LEVEL).await;
    }
    server.advance("401d").await;
    let more = reading::sum_up_days(server.app()).await.unwrap();
    assert_eq!((more, server.row_count("reading").await), (true, 1), "one batch left one reading");
    sum_up(server).await;
    let found = reading::list_newest_days(server.app(), 9).await.unwrap();
    assert_eq!((server.row_count("reading").await, found.len(), found[0].day.count), (0, 1, 501));
}
