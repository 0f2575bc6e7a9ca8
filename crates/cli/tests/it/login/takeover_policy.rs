//! Models whose units are not taken over immediately: the owner decides, or the unit stays
//! (docs/spec/registrations.md#takeover-limits). On both engines.

use super::takeover::{choose, press, tokens, unit, works};
use crate::harness::fixtures::{self, ANN, BOB, CARL, PROTOTYPE, WEB};
use crate::harness::{LinkOptions, Options, Server, Store, authorize_path};
use opendrs_domain::takeover::TakeoverPolicy;

both!(by with_policies: an_owner_is_asked_before_the_unit_changes_hands, a_unit_may_stay_with_its_owner);

/// A server whose pitcher has the policy `confirm`, and whose prototype has `never`.
async fn with_policies(store: Store, test: impl AsyncFn(&Server)) {
    let mut seed = fixtures::seed();
    seed.makers[0].models[0].takeover = Some(TakeoverPolicy::Confirm);
    seed.makers[0].models[1].takeover = Some(TakeoverPolicy::Never);
    let server = Server::start_on(store, Options { seed, ..Options::default() }).await;
    test(&server).await;
    server.remove_store().await;
}

async fn an_owner_is_asked_before_the_unit_changes_hands(server: &Server) {
    let anns = server.link_default_device().await;
    server.execute_sql("UPDATE device SET name = 'Kitchen'").await;
    let visit = choose(server, BOB, &authorize_path(&[])).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (200, "This device belongs to another account"));
    assert!(visit.page.text().contains("We have emailed the owner"), "{}", visit.page.text());
    assert_eq!(server.mail_kinds().await, ["subscribed", "takeover_asked"]);

    let asked = server.newest_mail_text().await;
    assert!(asked.contains("Kitchen (Aqua Pitcher)"), "{asked}");

    // The owner gets one question, however often the other customer tries. The sign-up cannot be completed without the
    // answer.
    let mut again = choose(server, BOB, &authorize_path(&[])).await;
    again.go_to("/setup_overview").await.press("/setup_overview", "completeSetup").await;
    assert_eq!(again.title(), "This device belongs to another account");
    assert_eq!(server.mail_kinds().await.len(), 2);
    assert!(works(server, &anns).await);
    assert_eq!(server.row_count("device").await, 1);

    assert_eq!(press(server, "takeover_asked", "agree").await, "You agreed to hand over your device");
    assert_eq!(server.mail_kinds().await[2..], ["takeover_agreed"]);
    assert_eq!(server.newest_mail().await.to.as_str(), BOB);
    let agreed = server.newest_mail_text().await;
    assert!(agreed.contains("Aqua Pitcher") && !agreed.contains("Kitchen"), "the owner's name is hers: {agreed}");
    assert!(works(server, &anns).await, "the unit is hers until the other set-up is complete");
    // The answer is not valid for another customer.
    let carl = choose(server, CARL, &authorize_path(&[])).await;
    assert!(carl.page.text().contains("We have emailed the owner"), "{}", carl.page.text());

    server.advance("71h").await;
    let mut visit = choose(server, BOB, &authorize_path(&[])).await;
    visit.press("/setup_overview", "completeSetup").await;
    let bobs = tokens(server, &visit).await;
    assert!(works(server, &bobs).await);
    assert!(server.mail_kinds().await.ends_with(&["taken_over", "subscribed"]));

    // Without an answer in time the unit stays with its owner.
    let carl = choose(server, CARL, &authorize_path(&[])).await;
    assert!(carl.page.text().contains("We have emailed the owner"));
    server.advance("72h").await;
    let carl = choose(server, CARL, &authorize_path(&[])).await;
    assert!(carl.page.text().contains("We have emailed the owner"), "asked anew: {}", carl.page.text());
    assert_eq!(server.mail_kinds().await.iter().filter(|kind| **kind == "takeover_asked").count(), 4);
}

async fn a_unit_may_stay_with_its_owner(server: &Server) {
    server.link_device(LinkOptions::default().client(WEB, PROTOTYPE).serial("P-1")).await;
    let visit = choose(server, BOB, &unit(PROTOTYPE, "P-1")).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (400, "This device belongs to another account"));
    assert!(visit.page.text().contains("once its owner has removed it there"), "{}", visit.page.text());
    assert_eq!(server.mail_kinds().await, ["subscribed"]);
    assert_eq!(server.row_count("takeover").await, 0);
    // The attempt counts as a guess.
    for status in [400, 429] {
        let visit = choose(server, BOB, &unit(PROTOTYPE, "P-1")).await;
        assert_eq!(visit.page.status, status);
    }
    let mut ann = choose(server, ANN, &unit(PROTOTYPE, "P-1")).await;
    assert_eq!(ann.press("/setup_overview", "completeSetup").await.page.status, 302, "it is hers");
}
