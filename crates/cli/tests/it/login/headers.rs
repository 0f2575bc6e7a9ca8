//! The headers that protect every page: no framing, no caching, no referrer, no foreign content
//! (docs/spec/security.md#page-headers).

use crate::harness::fixtures::{ANN, BOB, COMPOSITE, LOCAL_REDIRECT, PASSWORD};
use crate::harness::{LinkOptions, Server, TestBrowser, authorize_path, form_body};
use opendrs_client::ClientResponse;
use opendrs_domain::version::ApiEndpoint::Deregister;
use opendrs_web::stylesheet::stylesheet_path;

/// Checks a page as a program gets it. `ends_at` is the target that its forms may have besides this server.
#[track_caller]
fn protected(name: &str, page: &ClientResponse, ends_at: &str) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{ends_at}; frame-ancestors 'none'; base-uri 'none'"
    );
    assert_eq!(page.header("content-security-policy"), policy, "{name}");
    for (header, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(page.header(header), value, "{name}: {header}");
    }
    let html = page.text();
    for forbidden in ["<script", " style=", " onclick", " onload", "http-equiv", "<img", "<iframe", "@import", "url("] {
        assert!(!html.contains(forbidden), "{name}: {forbidden} in {html}");
    }
    let elsewhere = html.split("src=\"").skip(1).chain(html.split("stylesheet\" href=\"").skip(1));
    let own = format!("{}\"", stylesheet_path());
    assert!(elsewhere.into_iter().all(|rest| rest.starts_with(&own)), "{name}: {html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_protected() {
    let server = Server::start().await;
    let device = server.link_default_device().await;
    let settings = format!("/settings?{}", form_body(&[("access_token", &device.access), ("exitUri", "/null")]));
    for (name, path) in [
        ("teaser", format!("/teaser?compositeId={COMPOSITE}&loginUri=a&skipUri=b")),
        ("teaser, old path", format!("/AccioCustomerUI/teaser?compositeId={COMPOSITE}")),
        ("no teaser", "/teaser".to_owned()),
        ("sign-in for settings", settings.clone()),
        ("sorry", authorize_path(&[("client_id", None)])),
        ("expired", "/setup_slot".into()),
    ] {
        protected(name, &TestBrowser::open(&server, &path).await.page, "");
    }
    let mut bob = TestBrowser::signed_in(&server, BOB).await;
    protected("devices", &bob.page, "");
    protected("another's device", &bob.go_to(&settings).await.page, "");
    let mut ann = TestBrowser::signed_in(&server, ANN).await;
    protected("settings", &ann.go_to(&settings).await.page, "");

    for (redirect, source) in [(None, " https://setup.example.net"), (Some(LOCAL_REDIRECT), " http://localhost:3000")] {
        let path = authorize_path(&[("state", None), ("scope", Some("dash:replenish profile"))]);
        let path = redirect.map_or(path, |uri| {
            authorize_path(&[("redirect_uri", Some(uri)), ("scope", Some("dash:replenish postal_code"))])
        });
        let mut visit = TestBrowser::open(&server, &path).await;
        protected("sign-in for a client", &visit.page, source);
        let wrong = visit.form("/ap/signin").fill("email", ANN).fill("password", "wrong");
        protected("sign-in refused", &visit.submit(&wrong).await.page, source);
        protected("consent", &visit.sign_in(ANN).await.page, source);
        protected("slot", &visit.press("/ap/consent", "consentApproved").await.page, source);
        let form = visit.form("/slot_action");
        protected("slot refused", &visit.submit(&form.fill("asin", "x")).await.page, source);
        visit.press("/slot_action", "skip").await;
        protected("overview", &visit.press("/slot_action", "skip").await.page, source);
        protected("overview refused", &visit.press("/setup_overview", "completeSetup").await.page, source);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_keep_the_stylesheet_by_the_name_of_its_content() {
    let server = Server::start().await;
    let sheet = server.request("GET", stylesheet_path()).send().await;
    assert_eq!((sheet.status.as_u16(), sheet.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    for other in ["/-/style.css", "/-/style-0000000000000000.css"] {
        assert_eq!(server.request("GET", other).send().await.status, 404, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_kept_and_do_not_repeat_a_password() {
    let server = Server::start().await;
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    let form = visit.form("/ap/signin").fill("email", ANN).fill("password", PASSWORD);
    let reply = visit.browser.submit(&form).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (303, "no-store"));
    visit.page = visit.browser.follow_redirects(reply).await.unwrap();
    server.complete_sign_up(&mut visit).await;
    assert_eq!((visit.page.status.as_u16(), visit.page.header("cache-control")), (302, "no-store"));
    assert!(visit.redirect_param("code").is_some() && visit.page.body.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_script_is_let_in() {
    let server = Server::start().await;
    for path in ["/ap/oa", "/auth/o2/token", "/auth/o2/tokeninfo", "/user/profile", "/subscriptionInfo", "/settings"] {
        for method in ["OPTIONS", "GET"] {
            let call = server.request(method, path).header("origin", "https://evil.example");
            let reply = call.header("access-control-request-method", "GET").send().await;
            assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_host_leads_nobody_astray() {
    let server = Server::start().await;
    let ended = server.link_device(LinkOptions::default()).await;
    server.device_call(&ended, Deregister, "/registration").send().await;
    let cookie = TestBrowser::signed_in(&server, ANN).await.browser.cookie_header();
    let settings = format!("/settings?{}", form_body(&[("access_token", &ended.access)]));
    for path in [
        authorize_path(&[]),
        settings,
        "/settings".into(),
        format!("/teaser?compositeId={COMPOSITE}"),
        "/-/openapi.json".into(),
    ] {
        let mut call = server.request("GET", &path).header("cookie", &cookie).header("forwarded", "host=evil.example");
        for name in ["x-forwarded-host", "x-forwarded-server", "x-original-url", "x-rewrite-url"] {
            call = call.header(name, "evil.example");
        }
        let reply = call.header("x-forwarded-proto", "https").send().await;
        assert!(reply.status.as_u16() < 400, "{path}");
        assert!(!format!("{:?}{}", reply.headers, reply.text()).contains("evil.example"), "{path}");
        assert!(reply.header("location").is_empty() || reply.header("location").starts_with('/'), "{path}");
    }
    let raw = server.exchange("GET /settings HTTP/1.1\r\nHost: evil.example\r\n\r\n").await;
    assert!(!format!("{raw:?}").contains("evil.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_is_never_a_get() {
    let server = Server::start().await;
    let before = server.all_rows().await;
    for path in ["/ap/consent", "/slot_action", "/settings/slot", "/settings/order", "/ap/signin", "/ap/signout"] {
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            let reply = server.request(method, path).send().await;
            assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST"), "{method} {path}");
        }
    }
    assert_eq!(server.all_rows().await, before);
}
