//! Guessing: of secrets, codes and passwords, and whether an account exists.
//!
//! Not here: the rule by which delays grow, which is tested in the domain. Invariant: only the guesser is throttled.
//! All failed sign-ins have the same answer.

use super::Clients;
use super::parties::{MODES, assert_refused, set_client_modes};
use crate::harness::fixtures::{ANN, BOB, CARL, PASSWORD, SECRET, WEB};
use crate::harness::{Options, Server, TestBrowser, TestRequest, form_body};
use opendrs_domain::text::Email;
use opendrs_service::{customer, session};
use std::time::{Duration, Instant};

rules! {
    asvs_6_3_1_guessed_passwords with behind_a_proxy {
        number: 29,
        source: "ASVS 6.1.1 and 6.3.1",
        clients: Clients::None,
        rule: "Guesses at a password are slowed, by account and by source; the account's owner is not locked out.",
        result: "After 6 failures: 429 with `Retry-After`, which grows to 15 minutes; elsewhere the owner signs in; time \
                 or a success ends it",
        also: &[
            ("crates/cli/tests/it/login/session.rs", "guesses_at_once_are_braked_and_delay_nobody_else"),
            ("crates/service/src/throttle_tests.rs", "memory_is_bounded_and_those_who_wait_longest_stay"),
        ],
    }
    asvs_6_3_1_guessed_secrets_and_codes with behind_a_proxy {
        number: 29,
        source: "ASVS 6.3.1; RFC 6749, 10.10",
        rule: "Guesses at a client's secret and at codes are slowed, and the client itself is not.",
        result: "After 6 failures: 429 with `Retry-After` for the source; the client goes on elsewhere",
    }
    asvs_6_3_8_accounts_are_not_enumerated with behind_a_proxy {
        number: 46,
        source: "ASVS 6.3.8, 6.2.8, 7.4.1 and 7.4.2",
        clients: Clients::None,
        rule: "The answer to a sign-in does not depend on whether the account exists: text, status and time. Passwords \
               are compared whole. Sessions end with a sign-out or a block.",
        result: "One answer after one Argon2id hash; every character counts, in Unicode's form NFC. A new account and a \
                 forgotten password have one answer each; only the mail to the address differs",
        also: &[
            ("crates/cli/tests/it/login/session.rs", "a_wrong_password_and_an_unknown_address_look_the_same"),
            (
                "crates/cli/tests/it/account/create.rs",
                "an_address_with_an_account_gets_other_news_and_the_page_looks_the_same",
            ),
            (
                "crates/cli/tests/it/account/recovery.rs",
                "an_address_without_an_account_gets_other_news_and_the_page_looks_the_same",
            ),
            ("crates/cli/tests/it/login/switched_off.rs", "a_blocked_customer_is_signed_out_and_their_devices_are_refused"),
        ],
    }
}

fn behind_a_proxy() -> Options {
    Options { proxies: vec!["127.0.0.1".to_owned()].try_into().unwrap(), ..Options::default() }
}

/// A sign-in from a source that a proxy reports.
fn sign_in(server: &Server, source: &str, email: &str, password: &str) -> TestRequest {
    let cookie = "a".repeat(64);
    let csrf = session::form_token(server.app(), &cookie);
    let fields = form_body(&[("csrf", &csrf), ("email", email), ("password", password)]);
    let call = server.request("POST", "/ap/signin").header("cookie", format!("opendrs={cookie}"));
    call.header("x-forwarded-for", source).body(fields)
}

/// The status of such a sign-in.
async fn signed_in(server: &Server, source: &str, email: &str, password: &str) -> u16 {
    sign_in(server, source, email, password).send().await.status.as_u16()
}

const GUESSER: &str = "203.0.113.7";
const OWNER: &str = "198.51.100.9";

async fn asvs_6_3_1_guessed_passwords(server: &Server) {
    let before = server.all_rows().await;
    for _ in 0..6 {
        assert_eq!(signed_in(server, GUESSER, ANN, "wrong").await, 400);
    }
    for (email, password) in [(ANN, "wrong"), (ANN, PASSWORD), (BOB, PASSWORD)] {
        let reply = sign_in(server, GUESSER, email, password).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "3"), "{email} {password}");
    }
    assert_eq!(server.all_rows().await, before);
    assert_eq!(signed_in(server, OWNER, ANN, PASSWORD).await, 303, "the owner waits for nobody");
    // Each failure costs a longer delay, up to a quarter of an hour.
    let mut waits = Vec::new();
    for _ in 0..10 {
        let wait = sign_in(server, GUESSER, ANN, "wrong").send().await.header("retry-after").to_owned();
        server.advance(&format!("{wait}s")).await;
        waits.push(wait.parse::<u32>().unwrap());
        assert_eq!(signed_in(server, GUESSER, ANN, "wrong").await, 400);
    }
    assert!(waits.is_sorted() && waits[0] == 3 && waits[9] == 901, "{waits:?}");
    assert_eq!(signed_in(server, OWNER, ANN, PASSWORD).await, 303, "and is never locked out");
    // A quarter of an hour after the last delay, all failures are forgotten.
    server.advance("31m").await;
    assert_eq!(signed_in(server, GUESSER, ANN, PASSWORD).await, 303);
    for _ in 0..4 {
        assert_eq!(signed_in(server, GUESSER, ANN, "wrong").await, 400, "a success begins anew");
    }
    assert_eq!(signed_in(server, GUESSER, ANN, PASSWORD).await, 303);
}

async fn asvs_6_3_1_guessed_secrets_and_codes(server: &Server) {
    for (n, mode) in MODES.into_iter().enumerate() {
        set_client_modes(server, mode).await;
        let before = server.all_rows().await;
        let ask = async |source: String, secret: &str, code: &str| {
            let fields = [
                ("grant_type", "authorization_code"),
                ("client_id", WEB),
                ("client_secret", secret),
                ("code", code),
                ("redirect_uri", "x"),
            ];
            server.token_request(&fields).header("x-forwarded-for", source).send().await
        };
        // Secrets and codes are guessed from separate sources in separate networks.
        let (secrets, codes, client) = (format!("10.1.{n}.1"), format!("10.2.{n}.1"), format!("10.3.{n}.1"));
        for _ in 0..6 {
            assert_refused(&ask(secrets.clone(), "wrong", "x").await, 401, "invalid_client");
            assert_refused(&ask(codes.clone(), SECRET, "ANxxxxxxxxxxxxxxxxxx").await, 400, "invalid_grant");
        }
        for (source, secret) in [(&secrets, "wrong"), (&secrets, SECRET), (&codes, SECRET)] {
            let reply = ask(source.clone(), secret, "ANxxxxxxxxxxxxxxxxxx").await;
            assert_refused(&reply, 429, "temporarily_unavailable");
            assert_eq!(reply.header("retry-after"), "3");
        }
        assert_refused(&ask(client, SECRET, "ANxxxxxxxxxxxxxxxxxx").await, 400, "invalid_grant");
        assert_eq!(server.all_rows().await, before);
        server.advance("3s").await;
        assert_refused(&ask(secrets, SECRET, "ANxxxxxxxxxxxxxxxxxx").await, 400, "invalid_grant");
    }
}

/// The time that a failed sign-in takes.
async fn time_of(server: &Server, source: &str, email: &str) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a client measures how long an answer takes")]
    let began = Instant::now();
    assert_eq!(signed_in(server, source, email, "wrong").await, 400);
    began.elapsed()
}

async fn asvs_6_3_8_accounts_are_not_enumerated(server: &Server) {
    let before = server.all_rows().await;
    let mut pages = Vec::new();
    for (n, (email, password)) in
        [(ANN, "wrong"), ("nobody@example.com", PASSWORD), ("no address", PASSWORD), (ANN, "")].into_iter().enumerate()
    {
        let reply = sign_in(server, &format!("10.4.{n}.1"), email, password).send().await;
        pages.push((reply.status, reply.text().replace(email, "EMAIL")));
    }
    pages.dedup();
    assert!(pages.len() == 1 && pages[0].0 == 400, "{pages:?}");
    // A hash takes some 30 ms, and an answer without one a twentieth of that. The fastest answers are compared. Both
    // kinds alternate, so that other load on the machine delays both alike.
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for (email, nobody) in [(ANN, "x@example.com"), (BOB, "y@example.com"), (CARL, "z@example.com")] {
        known = known.min(time_of(server, "10.5.1.1", email).await);
        unknown = unknown.min(time_of(server, "10.5.2.1", nobody).await);
    }
    assert!(unknown > known / 8, "{unknown:?} for unknown addresses, {known:?} for known ones");
    for path in ["/ap/register", "/ap/forgotpassword", "/register", "/settings/password"] {
        assert_eq!(server.request("POST", path).body("email=x").send().await.status, 404, "{path}");
    }
    assert_eq!(server.all_rows().await, before);

    // 100 bytes, the last of which counts; and one text in two Unicode forms, which are one password.
    let long = "0123456789".repeat(10);
    let (composed, decomposed) = ("caf\u{e9} caf\u{e9} caf\u{e9}", "cafe\u{301} cafe\u{301} cafe\u{301}");
    server.change_password(ANN, composed).await;
    assert_eq!(signed_in(server, "10.6.9.1", ANN, decomposed).await, 303, "as another keyboard writes it");
    for (n, (password, near)) in [(long.as_str(), &long[..99]), (decomposed, "cafe cafe cafe")].into_iter().enumerate()
    {
        server.change_password(ANN, password).await;
        let source = format!("10.6.{n}.1");
        assert_eq!(signed_in(server, &source, ANN, near).await, 400);
        assert_eq!(signed_in(server, &source, ANN, &format!("{password} ")).await, 400);
        assert_eq!(signed_in(server, &source, ANN, password).await, 303);
    }
    server.change_password(ANN, PASSWORD).await;

    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let cookie = ann.browser.cookie_header();
    let page = async || {
        let reply = server.request("GET", "/settings").header("cookie", &cookie).send().await;
        opendrs_client::page_heading(&reply.text()).unwrap_or_default()
    };
    assert_eq!(page().await, "Your devices");
    let out = ann.form("/ap/signout");
    ann.submit(&out).await;
    assert_eq!(page().await, "Sign in", "the cookie from before opens nothing");
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    let id = customer::find_id_by_email(server.app(), &Email::parse(ANN).unwrap()).await.unwrap().unwrap();
    assert!(customer::block(server.app(), id).await.unwrap());
    assert_eq!(ann.go_to("/settings").await.title(), "Sign in");
}
