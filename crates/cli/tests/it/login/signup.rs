//! Sign-up by a person: consent, a page per slot, overview (docs/spec/setup-pages.md#setup-sequence,
//! docs/spec/setup-pages.md#abandoned-setup, docs/spec/registrations.md#one-unit-one-customer).

use crate::harness::fixtures::{
    ANN, CARL, CARTRIDGE, FILTER, LARGE, MINERALS, OTHER_REDIRECT, OTHER_WEB, REDIRECT, SECRET, SMALL, SOLD_OUT, WEB,
};
use crate::harness::{LinkedDevice, Server, TestBrowser, authorize_path, form_body};
use opendrs_domain::version::ApiEndpoint::SubscriptionInfo;
use serde_json::json;

both!(the_whole_walk, a_cancelled_walk_leaves_nothing);

/// The subscriptions of Ann's device, read with the token for the code of a finished sign-up.
async fn subscribed(server: &Server, visit: &TestBrowser) -> serde_json::Value {
    let code = visit.redirect_param("code").unwrap_or_else(|| panic!("{}", visit.page.text()));
    let fields = [("grant_type", "authorization_code"), ("client_id", WEB), ("client_secret", SECRET), ("code", code)];
    let tokens = server.token_request(&fields).send().await.json();
    let text = |key: &str| tokens[key].as_str().unwrap().to_owned();
    let device = LinkedDevice { access: text("access_token"), refresh: text("refresh_token") };
    let answer = server.device_call(&device, SubscriptionInfo, "/subscriptionInfo").send().await.json();
    let slots = answer["slotsSubscriptionStatus"].as_object().unwrap().clone();
    slots.into_iter().map(|(slot, sub)| (slot, sub["productInfoList"][0]["asin"].clone())).collect()
}

async fn the_whole_walk(server: &Server) {
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    let html = visit.page.text();
    assert!(html.contains(r#"<form name="signIn" id="ap_signin_form" method="post" action="/ap/signin">"#), "{html}");
    for input in [r#"name="email""#, r#"name="password""#, r#"type="checkbox" name="rememberMe""#] {
        assert!(html.contains(input), "{input}: {html}");
    }

    visit.sign_in(ANN).await;
    let html = visit.page.text();
    assert_eq!(visit.title(), "Aqua companion app");
    for part in [
        r#"<form name="consent-form""#,
        r#"name="consentApproved""#,
        "Aqua Appliances",
        "<strong>Aqua Pitcher</strong>, serial number SN-1",
        "see the status of those orders",
        r#"<a href="https://aqua.example/privacy">"#,
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }

    visit.press("/ap/consent", "consentApproved").await;
    let html = visit.page.text();
    assert_eq!(visit.title(), "Choose your Filter");
    for part in
        [r#"<span title="Filter">"#, r#"action="/slot_action""#, "step 1 of 2", "24.99", "Currently out of stock"]
    {
        assert!(html.contains(part), "{part}: {html}");
    }
    for asin in [SMALL, LARGE, SOLD_OUT] {
        assert!(html.contains(&format!(r#"id="{asin}""#)), "{asin}: {html}");
    }
    let form = visit.form("/slot_action");
    let field = |name: &str| form.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    assert_eq!((field("slotId"), field("asin")), (Some(FILTER), Some(SMALL)), "the first product is preselected");

    visit.submit(&form.fill("asin", LARGE)).await;
    assert_eq!(visit.title(), "Choose your Mineral cartridge");
    let form = visit.form("/slot_action");
    visit.submit(&form).await;
    let html = visit.page.text();
    assert_eq!(visit.title(), "Please confirm");
    for part in ["Water filter, pack of 6", "44.99", "Mineral cartridge", "12.50", "1 Main Street", "Complete Setup"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for table in ["device", "code", "consent", "outbox"] {
        assert_eq!(server.row_count(table).await, 0, "nothing exists before the end: {table}");
    }

    let complete = visit.form("/setup_overview").fill("completeSetup", "true");
    visit.submit(&complete).await;
    let location = visit.location().to_owned();
    let code = visit.redirect_param("code").unwrap().to_owned();
    assert_eq!(visit.page.status, 302);
    assert_eq!(
        location,
        format!(
            "{REDIRECT}?code={code}&scope=dash:replenish&state=s-1&{}",
            crate::harness::form_body(&[("iss", &server.base_url)])
        )
    );
    assert!(code.len() == 20 && code.starts_with("AN") && code.bytes().all(|b| b.is_ascii_alphanumeric()));
    visit.submit(&complete).await;
    assert_eq!((visit.page.status.as_u16(), visit.location()), (302, &*location), "pressed twice, answered twice");
    assert_eq!(server.event_names().await, ["DeviceRegistered", "SubscriptionChanged"]);
    assert_eq!((server.row_count("device").await, server.row_count("code").await), (1, 1));
    assert_eq!(subscribed(server, &visit).await, json!({ FILTER: LARGE, CARTRIDGE: MINERALS }));
    visit.submit(&complete).await;
    assert_eq!((visit.page.status.as_u16(), server.row_count("code").await), (410, 1), "its code is spent");
    let rows = server.all_rows().await;
    assert!(rows.values().flatten().all(|row| !row.contains(&code)), "the store does not tell it");
}

async fn a_cancelled_walk_leaves_nothing(server: &Server) {
    let iss = form_body(&[("iss", &server.base_url)]);
    let denied = format!("{REDIRECT}?error_description=Access+not+permitted.&state=s-1&{iss}&error=access_denied");
    for steps in 0..4 {
        let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
        if steps == 0 {
            let link = visit.page.text().split("<a href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            assert_eq!(link.replace("&#38;", "&"), denied);
            visit.press("/ap/signin", "cancel").await;
        } else {
            visit.sign_in(ANN).await;
        }
        if steps == 1 {
            visit.press("/ap/consent", "consentDenied").await;
        } else if steps > 1 {
            visit.press("/ap/consent", "consentApproved").await;
        }
        if steps == 2 {
            visit.press("/slot_action", "cancel").await;
        } else if steps > 2 {
            for _slot in [FILTER, CARTRIDGE] {
                let form = visit.form("/slot_action");
                visit.submit(&form).await;
            }
            visit.press("/setup_overview", "cancel").await;
        }
        assert_eq!((visit.page.status.as_u16(), visit.location()), (302, denied.as_str()), "after {steps} steps");
        for table in ["device", "unit", "subscription", "code", "consent", "outbox", "signup"] {
            assert_eq!(server.row_count(table).await, 0, "after {steps} steps: {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_may_be_skipped_but_not_all() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await.press("/ap/consent", "consentApproved").await;
    visit.press("/slot_action", "skip").await.press("/slot_action", "skip").await;
    assert!(visit.page.text().contains("<p>not reordered</p>"));
    visit.press("/setup_overview", "completeSetup").await;
    assert_eq!(visit.page.status, 400);
    assert!(visit.page.text().contains("Please choose at least one product."));
    assert_eq!((server.row_count("device").await, server.row_count("code").await), (0, 0));

    visit.press("/setup_overview", "change").await;
    assert_eq!(visit.title(), "Choose your Filter");
    visit.press("/slot_action", "skip").await;
    let form = visit.form("/slot_action");
    visit.submit(&form).await.press("/setup_overview", "completeSetup").await;
    assert_eq!(subscribed(&server, &visit).await, json!({ FILTER: null, CARTRIDGE: MINERALS }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_must_be_one_of_those_offered() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(ANN).await.press("/ap/consent", "consentApproved").await;
    let form = visit.form("/slot_action");
    for (name, value, says) in [
        ("asin", MINERALS, "Please choose one of the products that are shown."),
        ("asin", "x", "Please choose one of the products that are shown."),
        ("asin", "", "Please choose a product, or press “Don&#39;t reorder this”."),
        ("slotId", "beans", "Please choose one of the products that are shown."),
    ] {
        visit.submit(&form.clone().fill(name, value)).await;
        assert_eq!((visit.page.status.as_u16(), visit.title().as_str()), (400, "Choose your Filter"), "{value}");
        assert!(visit.page.text().contains(says), "{value}: {}", visit.page.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_address_is_asked_for_one() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(CARL).await.press("/ap/consent", "consentApproved").await;
    for _slot in [FILTER, CARTRIDGE] {
        let form = visit.form("/slot_action");
        visit.submit(&form).await;
    }
    let form = visit.form("/setup_overview").press("completeSetup");
    visit.submit(&form).await;
    assert_eq!(visit.page.status, 400);
    let typed = form.fill("line1", "3 New Road <b>").fill("city", "Springfield").fill("postal_code", "97477");
    visit.submit(&typed.clone().fill("country", "USA")).await;
    let html = visit.page.text();
    assert_eq!(visit.page.status, 400);
    assert!(html.contains("Please check") && html.contains("country"), "{html}");
    assert!(html.contains(r#"value="3 New Road &#60;b&#62;""#), "what was typed is kept: {html}");
    assert_eq!(server.row_count("device").await, 0);

    visit.submit(&typed.fill("country", "US")).await;
    assert_eq!(visit.page.status, 302);
    assert!(visit.redirect_param("code").is_some());
    let mut again = TestBrowser::signed_in(&server, CARL).await;
    again.go_to(&authorize_path(&[])).await;
    for _slot in [FILTER, CARTRIDGE] {
        let form = again.form("/slot_action");
        again.submit(&form).await;
    }
    assert!(again.page.text().contains("3 New Road &#60;b&#62;, Springfield"), "{}", again.page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_device_needs_no_address() {
    let server = Server::start().await;
    let data = r#"{"dash:replenish":{"device_model":"Aqua-Pitcher_7","serial":"SN-1","is_test_device":"true"}}"#;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[("scope_data", Some(data))])).await;
    visit.sign_in(CARL).await;
    server.complete_sign_up(&mut visit).await;
    assert!(visit.redirect_param("code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_asked_for_once_for_each_profile_and_again_for_more() {
    let server = Server::start().await;
    let mut visit = server.sign_up(&authorize_path(&[])).await;
    visit.go_to(&authorize_path(&[])).await;
    assert_eq!(visit.title(), "Choose your Filter", "remembered");
    visit.go_to(&authorize_path(&[("scope", Some("dash:replenish profile"))])).await;
    assert_eq!(visit.title(), "Aqua companion app", "more is asked for");
    assert!(visit.page.text().contains("use your name and email address"));
    let data = r#"{"dash:replenish":{"device_model":"Brew_1","serial":"SN-1"}}"#;
    let brew = authorize_path(&[
        ("client_id", Some(OTHER_WEB)),
        ("redirect_uri", Some(OTHER_REDIRECT)),
        ("scope_data", Some(data)),
    ]);
    visit.go_to(&brew).await;
    assert_eq!(visit.title(), "Brew app", "another profile");
}
