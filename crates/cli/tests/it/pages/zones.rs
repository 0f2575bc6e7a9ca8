//! The time zone of a customer's pages and mails: the choice, what follows from the address, and what does not move. On
//! both engines.

use crate::harness::fixtures::{ANN, BOB, FILTER};
use crate::harness::{LinkOptions, Server, TestBrowser, form_body};
use opendrs_domain::version::ApiEndpoint::Replenish;

both!(
    a_chosen_zone_is_that_of_pages_and_mails,
    the_country_of_the_address_decides_without_a_choice,
    a_calendar_day_is_the_same_in_every_zone,
    a_zone_that_does_not_exist_changes_nothing,
);

async fn choose(visit: &mut TestBrowser, zone: &str) {
    visit.go_to("/account").await;
    let form = visit.form("/account/zone").fill("zone", zone);
    visit.submit(&form).await;
}

/// The chosen zone in the form; empty without a choice.
fn chosen(visit: &TestBrowser) -> String {
    let html = visit.page.text();
    let before = html.split("\" selected>").next().filter(|before| before.len() < html.len());
    before.and_then(|before| before.rsplit("<option value=\"").next()).unwrap_or_default().to_owned()
}

async fn order(server: &Server, email: &str) -> String {
    let device = server.link_device(LinkOptions::default().customer(email)).await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    format!("/order?{}", form_body(&[("id", placed["eventInstanceId"].as_str().unwrap())]))
}

async fn a_chosen_zone_is_that_of_pages_and_mails(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    ann.go_to("/account").await;
    assert_eq!(chosen(&ann), "");
    assert!(ann.page.text().contains("Automatic: UTC"), "the United States have several: {}", ann.page.text());
    choose(&mut ann, "Asia/Tokyo").await;
    let page = ann.page.text();
    assert!(page.contains("Your time zone is saved.") && page.contains("16:00 JST"), "{page}");
    assert_eq!(chosen(&ann), "Asia/Tokyo");
    let order = order(server, ANN).await;
    let until = "You can cancel it until 3 March 2018, 16:00 JST.";
    let page = ann.go_to(&order).await.page.text();
    assert!(page.contains(until) && !page.contains("UTC"), "{page}");
    let letter = server.newest_mail().await;
    assert!(server.newest_mail_text().await.contains(until), "{}", server.newest_mail_text().await);
    // The link of a mail needs no sign-in. Its page is in the zone of the customer whose order it is.
    let cancel = letter.cancel_url.unwrap();
    let nobody = TestBrowser::open(server, cancel.strip_prefix(&server.base_url).unwrap()).await;
    assert!(nobody.page.text().contains("3 March 2018, 16:00 JST"), "{}", nobody.page.text());
    ann.go_to("/account?language=de").await;
    assert!(ann.page.text().contains("16:00 Uhr (JST)"), "{}", ann.page.text());
    ann.go_to("/account?language=en").await;
    choose(&mut ann, "").await;
    assert_eq!(chosen(&ann), "");
    assert!(ann.go_to(&order).await.page.text().contains("until 3 March 2018, 07:00 UTC."), "{}", ann.page.text());
}

async fn the_country_of_the_address_decides_without_a_choice(server: &Server) {
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    bob.go_to("/settings/address").await;
    let address = [("line1", "Hauptstr. 1"), ("city", "Berlin"), ("postal_code", "10115"), ("country", "DE")];
    let form = address.iter().fold(bob.form("/settings/address"), |form, (name, value)| form.fill(name, value));
    bob.submit(&form).await;
    bob.go_to("/account").await;
    assert!(bob.page.text().contains("Automatic: Europe/Berlin"), "{}", bob.page.text());
    let order = order(server, BOB).await;
    let until = "until 3 March 2018, 08:00 CET.";
    assert!(bob.go_to(&order).await.page.text().contains(until), "{}", bob.page.text());
    assert!(server.newest_mail_text().await.contains(until), "{}", server.newest_mail_text().await);
    choose(&mut bob, "America/New_York").await;
    assert!(bob.go_to(&order).await.page.text().contains("until 3 March 2018, 02:00 EST."), "{}", bob.page.text());
}

async fn a_calendar_day_is_the_same_in_every_zone(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    order(server, ANN).await;
    let expected = "Expected delivery: 5 March 2018";
    assert!(server.newest_mail_text().await.contains(expected));
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        choose(&mut ann, zone).await;
        ann.go_to("/settings").await;
        let pause = ann.form("/settings/pause").fill("pause_from", "2018-03-10").fill("pause_until", "2018-03-12");
        ann.submit(&pause).await;
        assert!(ann.page.text().contains("from 10 March 2018 to 12 March 2018"), "{zone}: {}", ann.page.text());
        assert!(server.newest_mail_text().await.contains(expected), "{zone}");
        ann.press("/settings/pause", "resume").await;
    }
}

async fn a_zone_that_does_not_exist_changes_nothing(server: &Server) {
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    choose(&mut ann, "Europe/Berlin").await;
    let before = server.all_rows().await;
    for zone in ["Mars/Phobos", "europe/berlin", "../../etc/passwd", "\0"] {
        choose(&mut ann, zone).await;
        assert_eq!(ann.page.status, 400, "{zone}");
    }
    assert_eq!(server.all_rows().await, before);
    ann.go_to("/account").await;
    assert_eq!(chosen(&ann), "Europe/Berlin");
}
