//! Forms that are replayed, forged, altered, or of another session: they are refused and change nothing.

use crate::harness::fixtures::{ANN, BOB, FILTER};
use crate::harness::{Server, TestBrowser, authorize_path, form_body};
use opendrs_client::{ClientResponse, HtmlForm};

/// Sends a form with a cookie and perhaps another header, without a browser.
async fn post(server: &Server, sent: &HtmlForm, cookie: &str, more: Option<(&str, &str)>) -> ClientResponse {
    let fields: Vec<_> = sent.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut call = server.request("POST", &sent.action).body(form_body(&fields));
    if !cookie.is_empty() {
        call = call.header("cookie", cookie);
    }
    if let Some((name, value)) = more {
        call = call.header(name, value);
    }
    call.send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_a_finished_sign_up_are_refused() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    let mut forms = Vec::new();
    visit.sign_in(ANN).await;
    while visit.page.status == 200 {
        let form = HtmlForm::parse_all(&visit.page.text()).remove(0);
        let form = match form.action.as_str() {
            "/ap/consent" => form.press("consentApproved"),
            "/setup_overview" => form.press("completeSetup"),
            _ => form,
        };
        visit.submit(&form).await;
        forms.push(form);
    }
    assert_eq!(forms.len(), 4);
    let (before, done) = (server.all_rows().await, visit.location().to_owned());
    for form in &forms[..3] {
        visit.submit(form).await;
        assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (410, "This page has expired"), "{form:?}");
    }
    visit.submit(&forms[3]).await;
    assert_eq!(visit.location(), done, "the last one is answered again, as long as its code waits");
    for page in ["/setup_slot", "/setup_overview"] {
        visit.go_to(page).await;
        assert_eq!(visit.page.status, 410);
    }
    assert_eq!(server.all_rows().await, before);
    server.advance("5m").await;
    visit.submit(&forms[3]).await;
    assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (410, "This page has expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_own_browsers_token_is_refused() {
    let server = Server::start().await;
    let (mut ann, mut bob) = (
        TestBrowser::open(&server, &authorize_path(&[])).await,
        TestBrowser::open(&server, &authorize_path(&[])).await,
    );
    let sign_in = ann.form("/ap/signin").fill("email", ANN).fill("password", crate::harness::fixtures::PASSWORD);
    let fresh = ann.browser.cookie_header();
    ann.sign_in(ANN).await;
    bob.sign_in(BOB).await;
    let (cookie, consent) = (ann.browser.cookie_header(), ann.form("/ap/consent").press("consentApproved"));
    let bobs = bob.form("/ap/consent").fields.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    let before = server.all_rows().await;
    for (of, cookie) in [(&consent, &cookie), (&sign_in, &fresh)] {
        let mut without = of.clone();
        without.fields.retain(|(name, _)| name != "csrf");
        let old = of.clone().fill("csrf", &"0".repeat(40));
        for reply in [
            post(&server, &without, cookie, None).await,
            post(&server, &of.clone().fill("csrf", ""), cookie, None).await,
            post(&server, &of.clone().fill("csrf", &bobs), cookie, None).await,
            post(&server, &old, cookie, None).await,
            post(&server, of, "", None).await,
            post(&server, of, "opendrs=short", None).await,
            post(&server, of, &bob.browser.cookie_header(), None).await,
            post(&server, of, cookie, Some(("sec-fetch-site", "cross-site"))).await,
        ] {
            assert_eq!(reply.status, 400);
            assert!(reply.text().contains("This form has expired"), "{}", reply.text());
        }
    }
    assert_eq!(server.all_rows().await, before);
    // The same form without changes is accepted.
    assert_eq!(post(&server, &consent, &cookie, Some(("sec-fetch-site", "same-origin"))).await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_is_its_sessions_own() {
    let server = Server::start().await;
    let mut ann = TestBrowser::open(&server, &authorize_path(&[])).await;
    ann.sign_in(ANN).await;
    let flow = ann.form("/ap/consent").fields.into_iter().find(|(name, _)| name == "flow").unwrap().1;
    let mut bob = TestBrowser::open(&server, &authorize_path(&[])).await;
    bob.sign_in(BOB).await;
    let (stolen, before) = (bob.form("/ap/consent").fill("flow", &flow), server.all_rows().await);
    for button in ["consentApproved", "consentDenied"] {
        bob.submit(&stolen.clone().press(button)).await;
        assert_eq!(bob.page.status, 410);
    }
    let own = bob.browser.cookie_header().split("; ").find(|cookie| cookie.starts_with("opendrs=")).unwrap().to_owned();
    for page in ["/setup_slot", "/setup_overview"] {
        let stolen = format!("{own}; opendrs-signup={flow}");
        assert_eq!(server.request("GET", page).header("cookie", &stolen).send().await.status, 410);
    }
    assert_eq!(server.all_rows().await, before);
    ann.press("/ap/consent", "consentApproved").await;
    assert_eq!(ann.title(), "Choose your Filter");
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_to_the_request_that_was_shown() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    let form = visit.form("/ap/consent").press("consentApproved");
    let altered = form.fill("redirect_uri", "https://evil.example/").fill("scope", "profile").fill("state", "x");
    visit.submit(&altered).await;
    server.complete_sign_up(&mut visit).await;
    assert!(visit.location().starts_with("https://setup.example.net/drs/done?code=AN"));
    assert!(visit.location().ends_with(&format!(
        "&scope=dash:replenish&state=s-1&{}",
        crate::harness::form_body(&[("iss", &server.base_url)])
    )));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_step_can_be_left_out() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    let consent = visit.form("/ap/consent");
    let before = server.all_rows().await;
    for page in ["/setup_slot", "/setup_overview"] {
        visit.go_to(page).await;
        assert_eq!(visit.title(), "Aqua companion app", "consent first");
    }
    let to = |action: &str| HtmlForm { action: action.into(), ..consent.clone() };
    visit.submit(&to("/slot_action").fill("slotId", FILTER).fill("asin", "B000000001")).await;
    assert_eq!(visit.page.status, 410, "a choice before consent");
    visit.submit(&to("/setup_overview").fill("completeSetup", "true")).await;
    assert_eq!(visit.page.status, 410, "the end before consent");
    assert_eq!(server.all_rows().await, before);

    visit.go_to(&authorize_path(&[])).await.press("/ap/consent", "consentApproved").await;
    let slot = visit.form("/slot_action");
    visit.submit(&HtmlForm { action: "/setup_overview".into(), ..slot }.fill("completeSetup", "true")).await;
    assert_eq!(visit.page.status, 400, "the end before the choices");
    assert!(
        visit.page.text().contains("Please choose a product for Filter before you continue."),
        "{}",
        visit.page.text()
    );
    assert_eq!(server.row_count("device").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_ends_after_an_hour() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    let consent = visit.form("/ap/consent").press("consentApproved");
    server.advance("1h").await;
    visit.submit(&consent).await;
    assert_eq!(visit.page.status, 410);
    assert_eq!(server.row_count("device").await, 0);
}
