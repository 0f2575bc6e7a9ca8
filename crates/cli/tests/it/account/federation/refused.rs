//! What is refused: answers of other sign-ins and other providers, tokens that are not good, and a provider that fails.

use super::{CREATE, FAILED, FederatedServer, SEEDED, eve, on};
use crate::harness::{ProviderFault, Signer, TestBrowser};
use serde_json::json;

both!(by on:
    a_token_that_is_not_good_signs_nobody_in,
    an_answer_belongs_to_the_browser_that_asked,
    an_answer_counts_once_and_for_a_time,
    an_answer_of_another_provider_is_refused,
    what_the_provider_refuses_has_a_page,
    a_provider_that_fails_has_a_page,
    a_provider_that_fails_is_left_alone_for_a_moment,
    keys_are_read_again_at_a_bounded_rate,
    an_address_that_is_not_verified_makes_no_account,
    an_offer_ends_and_is_that_of_one_browser,
);

/// The page says why, and leads back.
#[track_caller]
pub(super) fn assert_failed(visit: &TestBrowser, reason: &str, case: &str) {
    assert_eq!(visit.title(), FAILED, "{case}");
    let html = visit.page.text();
    assert!(html.contains(reason), "{case}: {html}");
    assert!(html.contains("href=\"/account\"") || html.contains("href=\"/settings\""), "{case}: a way back: {html}");
}

pub(super) const AGAIN: &str = "This sign-in took too long or was interrupted.";
const UNREACHABLE: &str = "We can&#39;t reach the other service at the moment.";

async fn a_token_that_is_not_good_signs_nobody_in(server: &FederatedServer) {
    server.create_by_provider(&eve()).await;
    let now = server.app().system_time().as_secs();
    for fault in [
        ProviderFault::Claims(json!({ "nonce": "another" })),
        ProviderFault::Claims(json!({ "nonce": null })),
        ProviderFault::Claims(json!({ "iss": "https://evil.example" })),
        ProviderFault::Claims(json!({ "aud": "another client" })),
        ProviderFault::Claims(json!({ "aud": ["drs & co", "another client"] })),
        ProviderFault::Claims(json!({ "azp": "another client" })),
        ProviderFault::Claims(json!({ "exp": now - 120 })),
        ProviderFault::Claims(json!({ "exp": null })),
        ProviderFault::Claims(json!({ "iat": now + 600 })),
        ProviderFault::Claims(json!({ "at_hash": "another" })),
        ProviderFault::Claims(json!({ "sub": null })),
        ProviderFault::Unsigned,
        ProviderFault::HmacOfPublicKey,
        ProviderFault::WrongKey,
        ProviderFault::UnknownKey,
        ProviderFault::BrokenSignature,
    ] {
        server.provider.set_fault(Some(fault.clone()));
        let mut visit = server.sign_in_at_provider("/account", &eve()).await;
        assert_failed(&visit, AGAIN, &format!("{fault:?}"));
        assert_eq!(visit.page.status, 400);
        assert_eq!(visit.go_to("/account").await.title(), "Sign in", "{fault:?}");
        // Refused answers are slowed like wrong passwords.
        server.advance("1d").await;
    }
    server.provider.set_fault(None);
    assert_eq!(server.sign_in_at_provider("/account", &eve()).await.title(), "Your account");
}

async fn an_answer_belongs_to_the_browser_that_asked(server: &FederatedServer) {
    let mut mallory = TestBrowser::open(server, "/account").await;
    let url = server.leave(&mut mallory).await;
    let back = server.provider.sign_in(&url, &eve());
    // A browser without a sign-in, and one with another sign-in.
    let mut idle = TestBrowser::open(server, "/account").await;
    assert_failed(idle.go_to(&back).await, AGAIN, "no sign-in");
    let mut busy = TestBrowser::open(server, "/account").await;
    server.leave(&mut busy).await;
    assert_failed(busy.go_to(&back).await, AGAIN, "another sign-in");
    assert_eq!(server.provider.take_requests(), ["document"], "the code was not used");
    assert_eq!(mallory.go_to(&back).await.title(), CREATE);
    // The offer of one browser is none to another.
    assert_failed(busy.go_to("/ap/federated/continue").await, AGAIN, "no offer");
}

async fn an_answer_counts_once_and_for_a_time(server: &FederatedServer) {
    let mut visit = TestBrowser::open(server, "/account").await;
    let url = server.leave(&mut visit).await;
    let back = server.provider.sign_in(&url, &eve());
    assert_eq!(visit.go_to(&back).await.title(), CREATE);
    server.provider.take_requests();
    assert_failed(visit.go_to(&back).await, AGAIN, "replayed");
    assert_eq!(server.provider.take_requests(), [""; 0]);

    let mut late = TestBrowser::open(server, "/account").await;
    let url = server.leave(&mut late).await;
    let back = server.provider.sign_in(&url, &eve());
    server.advance("10m").await;
    assert_failed(late.go_to(&back).await, AGAIN, "late");
    // A code that the provider has exchanged already.
    let mut stolen = TestBrowser::open(server, "/account").await;
    let url = server.leave(&mut stolen).await;
    let back = server.provider.sign_in(&url, &eve());
    let mut twin = TestBrowser { browser: stolen.browser.clone(), page: stolen.page.clone() };
    assert_eq!(twin.go_to(&back).await.title(), CREATE);
    assert_failed(stolen.go_to(&back).await, UNREACHABLE, "the code was used");
}

async fn an_answer_of_another_provider_is_refused(server: &FederatedServer) {
    for (changed, names_issuer) in [("&iss=https%3A%2F%2Fevil.example", true), ("", true), ("&iss=x", false)] {
        server.provider.set_names_issuer(names_issuer);
        // The document is read again after an hour.
        server.clock.move_by(3600);
        let mut visit = TestBrowser::open(server, "/account").await;
        let url = server.leave(&mut visit).await;
        server.provider.take_requests();
        let back = server.provider.sign_in(&url, &eve());
        let back = format!("{}{changed}", back.split("&iss=").next().unwrap());
        assert_failed(visit.go_to(&back).await, AGAIN, changed);
        assert_eq!(server.provider.take_requests(), [""; 0], "the code goes nowhere");
        server.advance("10m").await;
    }
    server.provider.set_names_issuer(false);
    server.clock.move_by(3600);
    let mut visit = TestBrowser::open(server, "/account").await;
    let url = server.leave(&mut visit).await;
    let state = url.split("&state=").nth(1).unwrap().split('&').next().unwrap();
    for (answer, reason) in [
        (format!("state={state}&state={state}&code=c"), AGAIN),
        ("code=c".into(), AGAIN),
        ("".into(), AGAIN),
        ("%ff".into(), AGAIN),
    ] {
        let mut twin = TestBrowser { browser: visit.browser.clone(), page: visit.page.clone() };
        assert_failed(twin.go_to(&format!("/ap/federated/callback?{answer}")).await, reason, &answer);
    }
}

async fn what_the_provider_refuses_has_a_page(server: &FederatedServer) {
    for (error, reason) in [
        ("error=access_denied", "You cancelled the sign-in."),
        ("error=server_error&error_description=ann@example.com", UNREACHABLE),
        ("error=%3Cb%3E", UNREACHABLE),
    ] {
        let mut visit = TestBrowser::open(server, "/account").await;
        let url = server.leave(&mut visit).await;
        let back = server.provider.sign_in(&url, &eve());
        let (start, issuer) = back.split_once("&code=").unwrap();
        let issuer = issuer.split_once("&iss=").unwrap().1;
        visit.go_to(&format!("{start}&{error}&iss={issuer}")).await;
        assert_failed(&visit, reason, error);
        assert!(!visit.page.text().contains("ann@example.com") && !visit.page.text().contains("<b>"), "{error}");
        server.advance("10m").await;
    }
}

async fn a_provider_that_fails_has_a_page(server: &FederatedServer) {
    server.create_by_provider(&eve()).await;
    for fault in
        [ProviderFault::HugeAnswer, ProviderFault::NoAnswer, ProviderFault::Nonsense, ProviderFault::CodeRefused]
    {
        server.provider.set_fault(Some(fault.clone()));
        let visit = server.sign_in_at_provider("/account", &eve()).await;
        assert_failed(&visit, UNREACHABLE, &format!("{fault:?}"));
        server.advance("10m").await;
    }
    for fault in [ProviderFault::NoDocument, ProviderFault::OtherDocument] {
        server.provider.set_fault(Some(fault.clone()));
        server.clock.move_by(3600);
        let mut visit = TestBrowser::open(server, "/ap/federated?return_to=/account").await;
        assert_eq!(visit.page.status, 503, "{fault:?}");
        assert_failed(&visit, UNREACHABLE, &format!("{fault:?}"));
        // The password is still a way in.
        assert_eq!(visit.go_to("/account").await.title(), "Sign in");
    }
}

async fn a_provider_that_fails_is_left_alone_for_a_moment(server: &FederatedServer) {
    server.provider.set_fault(Some(ProviderFault::NoDocument));
    for _ in 0..3 {
        assert_eq!(TestBrowser::open(server, "/ap/federated").await.page.status, 503);
    }
    assert_eq!(server.provider.take_requests(), ["document"]);
    server.provider.set_fault(None);
    server.clock.move_by(5);
    assert_eq!(TestBrowser::open(server, "/ap/federated").await.page.status, 302);
    assert_eq!(TestBrowser::open(server, "/ap/federated").await.page.status, 302);
    assert_eq!(server.provider.take_requests(), ["document"], "it is kept");
}

async fn keys_are_read_again_at_a_bounded_rate(server: &FederatedServer) {
    server.create_by_provider(&eve()).await;
    server.provider.take_requests();
    server.provider.rotate_key(Signer::es256(), "key-2");
    // Within a minute, an unknown key is no reason to ask again.
    assert_eq!(server.sign_in_at_provider("/account", &eve()).await.title(), FAILED);
    assert_eq!(server.provider.take_requests(), ["token"]);
    server.advance("10m").await;
    server.clock.move_by(60);
    assert_eq!(server.sign_in_at_provider("/account", &eve()).await.title(), "Your account");
    assert_eq!(server.provider.take_requests(), ["token", "keys"]);
    assert_eq!(server.sign_in_at_provider("/account", &eve()).await.title(), "Your account");
    assert_eq!(server.provider.take_requests(), ["token"]);
}

async fn an_address_that_is_not_verified_makes_no_account(server: &FederatedServer) {
    for person in [
        json!({ "sub": "x", "email": "x@example.com", "name": "X" }),
        json!({ "sub": "x", "email": "x@example.com", "email_verified": false }),
        json!({ "sub": "x", "email_verified": true }),
        json!({ "sub": "x", "email": "not an address", "email_verified": true }),
        // An account with the address makes no difference.
        json!({ "sub": "x", "email": "ann@example.com", "email_verified": false }),
    ] {
        let visit = server.sign_in_at_provider("/account", &person).await;
        assert_failed(&visit, "give us a confirmed email address", &person.to_string());
    }
}

async fn an_offer_ends_and_is_that_of_one_browser(server: &FederatedServer) {
    let mut visit = server.sign_in_at_provider("/account", &eve()).await;
    let form = visit.form("/ap/federated/create");
    let mut other = TestBrowser::open(server, "/account").await;
    assert_eq!(other.submit(&form).await.page.status, 400, "a form of another browser");
    server.advance("30m").await;
    assert_failed(visit.submit(&form).await, AGAIN, "too late");
    assert_eq!(server.row_count("customer").await, SEEDED);
    assert_failed(visit.go_to("/ap/federated/continue").await, AGAIN, "too late");
}
