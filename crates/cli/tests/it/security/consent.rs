//! The steps of a person before the answer: sign-in, consent, redirects between pages, links to other sites.
//!
//! Not here: the headers of pages (`pages`). Invariant: a form counts once, in the browser that showed it, for the
//! request that it showed.

use super::Clients;
use super::parties::{MODES, pkce_authorize_path, set_client_modes};
use crate::harness::fixtures::{ANN, BOB, COMPOSITE, PASSWORD, REDIRECT};
use crate::harness::{Server, TestBrowser, form_body};
use opendrs_client::{ClientResponse, HtmlForm};

rules! {
    asvs_10_7_consent_is_pressed_for_what_was_shown {
        number: 12,
        source: "ASVS 10.7.1 and 3.5.1; RFC 9700, 4.7",
        rule: "Consent takes a form of the browser's own, once, for the request that was shown.",
        result: "Without the form's token, or with another session's: 400; replayed: 410; GET: 405; altered fields do \
                 not count",
        also: &[
            ("crates/cli/tests/it/login/replay.rs", "the_forms_of_a_finished_sign_up_are_refused"),
            ("crates/cli/tests/it/login/replay.rs", "a_sign_up_is_its_sessions_own"),
        ],
    }
    asvs_7_2_4_session_changes_at_sign_in {
        number: 13,
        source: "ASVS 7.2.3, 7.2.4 and 3.5.1",
        clients: Clients::None,
        rule: "The session is another one after a sign-in, and nobody is signed in by another site's form.",
        result: "256 random bits, new at each sign-in; the cookie from before opens nothing; a strange form: 400",
        also: &[("crates/cli/tests/it/login/session.rs", "the_session_is_a_new_one_at_every_sign_in")],
    }
    rfc9700_4_12_no_redirect_repeats_a_form {
        number: 16,
        source: "RFC 9700, 4.12",
        rule: "A redirect after a form is followed by GET, so that no password is sent on.",
        result: "303 between pages, 302 to the client, never 307 or 308",
        also: &[("crates/cli/tests/it/login/leave.rs", "a_browser_leaves_by_a_get_of_its_own")],
    }
    rfc9700_4_11_no_open_redirector {
        number: 18,
        source: "RFC 9700, 4.11; ASVS 3.7.2",
        rule: "No parameter makes the server redirect elsewhere, or writes into a header.",
        result: "`return_to` leads to local paths only; `exitUri`, `loginUri` and `skipUri` become links, never redirects",
        reason: Some("The original pages take links back to an app as parameters. Schemes that run code are left out."),
    }
}

/// Sends a form with a cookie, without a browser.
async fn post(server: &Server, sent: &HtmlForm, cookie: &str) -> ClientResponse {
    let fields: Vec<_> = sent.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    server.request("POST", &sent.action).header("cookie", cookie).body(form_body(&fields)).send().await
}

async fn asvs_10_7_consent_is_pressed_for_what_was_shown(server: &Server) {
    for mode in MODES {
        set_client_modes(server, mode).await;
        let (mut ann, mut bob) = (
            TestBrowser::open(server, &pkce_authorize_path(&[])).await,
            TestBrowser::open(server, &pkce_authorize_path(&[])).await,
        );
        ann.sign_in(ANN).await;
        bob.sign_in(BOB).await;
        // The consent for the other mode is remembered, so this request needs a further scope.
        let more = pkce_authorize_path(&[
            ("scope", Some(if mode == MODES[0] { "profile" } else { "postal_code" })),
            ("scope_data", None),
        ]);
        ann.go_to(&more).await;
        bob.go_to(&more).await;
        let (cookie, consent) = (ann.browser.cookie_header(), ann.form("/ap/consent").press("consentApproved"));
        let token = |form: &HtmlForm| form.fields.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
        let bobs = token(&bob.form("/ap/consent"));
        let mut without = consent.clone();
        without.fields.retain(|(name, _)| name != "csrf");
        let before = server.all_rows().await;
        for sent in [without, consent.clone().fill("csrf", ""), consent.clone().fill("csrf", &bobs)] {
            assert_eq!(post(server, &sent, &cookie).await.status, 400, "{sent:?}");
        }
        assert_eq!(post(server, &consent, &bob.browser.cookie_header()).await.status, 400, "another browser");
        assert_eq!(post(server, &consent, "").await.status, 400, "no cookie");
        assert_eq!(server.request("GET", "/ap/consent").header("cookie", &cookie).send().await.status, 405);
        let elsewhere = server.request("POST", "/ap/consent").header("cookie", &cookie);
        let elsewhere = elsewhere.header("sec-fetch-site", "cross-site").body(consent.encode());
        assert_eq!(elsewhere.send().await.status, 400, "another site's page");
        assert_eq!(server.all_rows().await, before);

        let altered = consent.clone().fill("redirect_uri", "https://evil.example/").fill("scope", "dash:replenish");
        ann.submit(&altered.fill("state", "x").fill("client_id", "x")).await;
        assert!(ann.location().starts_with(&format!("{REDIRECT}?code=AN")), "{}", ann.location());
        assert_eq!(ann.redirect_param("state"), Some("s-1"));
        assert!(!ann.location().contains("replenish"), "{}", ann.location());
        let done = server.all_rows().await;
        let again = post(server, &consent, &cookie).await;
        assert_eq!((again.status.as_u16(), again.header("location")), (410, ""), "replayed");
        assert_eq!(server.all_rows().await, done);
    }
}

async fn asvs_7_2_4_session_changes_at_sign_in(server: &Server) {
    let mut visit = TestBrowser::open(server, "/settings").await;
    let before = visit.browser.cookie_header();
    let sign_in = visit.form("/ap/signin").fill("email", ANN).fill("password", PASSWORD);
    visit.submit(&sign_in).await;
    assert_eq!(visit.title(), "Your devices");
    let after = visit.browser.cookie_header();
    let page = async |cookie: &str| {
        let reply = server.request("GET", "/settings").header("cookie", cookie).send().await;
        opendrs_client::page_heading(&reply.text()).unwrap_or_default()
    };
    assert_ne!(after, before);
    assert_eq!((page(&before).await.as_str(), page(&after).await.as_str()), ("Sign in", "Your devices"));
    // A session id that an attacker chose is not accepted.
    let chosen = format!("opendrs={}", "a".repeat(64));
    assert_eq!(page(&chosen).await, "Sign in");
    // A form from one browser, sent by another one, does not sign in.
    let other = TestBrowser::open(server, "/settings").await;
    let rows = server.all_rows().await;
    for cookie in ["", chosen.as_str(), &other.browser.cookie_header()] {
        let reply = post(server, &sign_in, cookie).await;
        assert_eq!(reply.status, 400, "{cookie}");
        assert!(!reply.header("set-cookie").contains("Max-Age"), "{}", reply.header("set-cookie"));
    }
    assert_eq!(server.all_rows().await, rows);
}

async fn rfc9700_4_12_no_redirect_repeats_a_form(server: &Server) {
    for (mode, serial) in MODES.into_iter().zip(["SN-1", "SN-2"]) {
        set_client_modes(server, mode).await;
        let data = format!(r#"{{"dash:replenish":{{"device_model":"Aqua-Pitcher_7","serial":"{serial}"}}}}"#);
        let mut visit = TestBrowser::open(server, &pkce_authorize_path(&[("scope_data", Some(&data))])).await;
        let mut answers = Vec::new();
        while visit.page.status == 200 {
            let form = HtmlForm::parse_all(&visit.page.text()).remove(0);
            let form = match form.action.as_str() {
                "/ap/signin" => form.fill("email", ANN).fill("password", PASSWORD),
                "/ap/consent" => form.press("consentApproved"),
                "/setup_overview" => form.press("completeSetup"),
                _ => form,
            };
            let reply = visit.browser.submit(&form).await.unwrap();
            answers.push((form.action, reply.status.as_u16()));
            assert!(reply.body.is_empty() && !reply.header("location").contains("horse"), "{answers:?}");
            visit.page = visit.browser.follow_redirects(reply).await.unwrap();
        }
        let (last, between) = answers.split_last().unwrap();
        assert!(between.len() >= 3 && between.iter().all(|(_, status)| *status == 303), "{answers:?}");
        assert_eq!(last, &("/setup_overview".to_owned(), 302));
        visit.go_to("/settings").await;
        let out = visit.form("/ap/signout");
        assert_eq!(visit.browser.submit(&out).await.unwrap().status, 303);
    }
}

async fn rfc9700_4_11_no_open_redirector(server: &Server) {
    for target in [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%5Cevil.example/\\",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "evil.example",
    ] {
        let mut visit = TestBrowser::open(server, "/settings").await;
        let form = visit.form("/ap/signin").fill("return_to", target).fill("email", ANN).fill("password", PASSWORD);
        visit.page = visit.browser.submit(&form).await.unwrap();
        assert_eq!((visit.page.status.as_u16(), visit.location()), (303, "/settings"), "{target:?}");
        let mut visit = TestBrowser::signed_in(server, ANN).await;
        let out = visit.form("/ap/signout").fill("return_to", target);
        let reply = visit.browser.submit(&out).await.unwrap();
        assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/settings"), "{target:?}");
    }
    // The error description for the client contains the client's text, and stays within the URL.
    let serial = "a\r\nSet-Cookie: b=c\r\n\r\n<html>";
    let data = serde_json::json!({ "dash:replenish": { "device_model": "M", "serial": serial } }).to_string();
    for mode in MODES {
        set_client_modes(server, mode).await;
        let reply = server
            .request("GET", &pkce_authorize_path(&[("scope_data", Some(&data)), ("state", Some(serial))]))
            .send()
            .await;
        assert!(reply.header("location").starts_with(&format!("{REDIRECT}?error_description=")));
        assert!(reply.headers.get("set-cookie").is_none_or(|set| !set.to_str().unwrap().contains("b=c")));
        assert!(!reply.header("location").contains(['\r', '\n', '<']), "{}", reply.header("location"));
    }
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    let teaser = format!("/teaser?compositeId={COMPOSITE}");
    for uri in ["https://evil.example/", "//evil.example"] {
        let uri = form_body(&[("loginUri", uri), ("skipUri", uri), ("exitUri", uri)]);
        for path in [format!("/settings?{uri}"), format!("{teaser}&{uri}")] {
            let reply = visit.browser.get(&path).await.unwrap();
            assert_eq!((reply.status.as_u16(), reply.header("location"), reply.header("refresh")), (200, "", ""));
        }
    }
    for uri in ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " java\tscript:alert(1)"] {
        let uri = form_body(&[("loginUri", uri), ("skipUri", uri), ("exitUri", uri)]);
        let page = visit.browser.get(&format!("{teaser}&{uri}")).await.unwrap().text();
        let buttons = page
            .split("<nav aria-label=\"What would you like to do?\">")
            .nth(1)
            .and_then(|rest| rest.split("</nav>").next());
        assert!(buttons.is_some_and(|buttons| !buttons.contains("<a")), "{page}");
    }
}
