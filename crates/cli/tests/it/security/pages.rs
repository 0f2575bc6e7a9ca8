//! The headers and the content of every page, and how pages show texts with HTML code.
//!
//! Not here: forms and buttons (`consent`). Invariant: a page loads nothing but our style sheet, cannot be framed, is
//! not cached, and escapes every text.

use super::Clients;
use super::parties::{create_code, pkce_authorize_path};
use crate::harness::fixtures::{self, ANN, BOB, COMPOSITE, FILTER, MODEL, PASSWORD, REDIRECT, SECRET, SMALL, WEB};
use crate::harness::{Options, Server, TestBrowser, form_body};
use opendrs_client::{ClientResponse, HtmlForm};
use opendrs_domain::profile::ClientKind;
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_service::seed::{MakerSeed, ProfileSeed, SeedDeclaration};
use opendrs_web::stylesheet::stylesheet_path;

rules! {
    rfc9700_4_16_pages_cannot_be_framed {
        number: 14,
        source: "RFC 9700, 4.16; ASVS 3.4.3 and 3.4.6",
        clients: Clients::None,
        rule: "Every page forbids framing and scripts, pages of errors too. Forms lead to this server and the client only.",
        result: "`frame-ancestors 'none'`, `X-Frame-Options: DENY`, `default-src 'none'`, and a `form-action` that is named",
        also: &[("crates/cli/tests/it/login/headers.rs", "every_page_is_protected")],
    }
    rfc9700_4_2_4_pages_leak_nothing {
        number: 15,
        source: "RFC 9700, 4.2.4; ASVS 3.4.5 and 14.3.2",
        clients: Clients::None,
        rule: "Pages and redirects with codes or forms are kept nowhere, name no referrer, and load nothing of others.",
        result: "`Cache-Control: no-store`, `Referrer-Policy: no-referrer`; the style sheet is our own",
    }
    asvs_3_4_2_no_other_origin_reads_answers {
        number: 19,
        source: "ASVS 3.4.2; RFC 9700, 2.6",
        clients: Clients::None,
        rule: "The authorization endpoint has no CORS, and no endpoint lets others read with credentials.",
        result: "No answer has an `Access-Control-` header",
    }
    asvs_1_2_1_texts_are_no_code with hostile {
        number: 20,
        source: "ASVS 1.2.1",
        clients: Clients::None,
        rule: "Names, titles and parameters that are HTML are shown as text.",
        result: "Escaped on every page; the details of an error page are percent-encoded",
        also: &[
            ("crates/cli/tests/it/pages/hostile.rs", "names_from_the_seed_are_texts_on_every_page"),
            ("crates/cli/tests/it/pages/hostile.rs", "what_a_request_says_is_text_on_the_page_that_repeats_it"),
        ],
    }
}

/// Every kind of page: its name, the page, and the target that its forms may have besides this server.
async fn every_page(server: &Server) -> Vec<(String, ClientResponse, &'static str)> {
    let device = server.link_default_device().await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    let order = format!("/order?{}", form_body(&[("id", placed["eventInstanceId"].as_str().unwrap())]));
    let settings = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    let teaser = format!("/teaser?compositeId={COMPOSITE}&loginUri=a");
    let mut pages = Vec::new();
    let paths = [
        &pkce_authorize_path(&[("client_id", None)]),
        &teaser,
        &settings,
        "/setup_slot",
        "/setup_overview",
        "/takeover?token=x",
        "/order/cancel?token=x",
        "/no/such/page",
        "/ap/consent",
        "/-/mail",
        "/",
    ];
    for path in paths {
        pages.push((path.to_owned(), TestBrowser::open(server, path).await.page, ""));
    }
    let mut ann = TestBrowser::signed_in(server, ANN).await;
    for path in ["/settings", &settings, &order, "/settings/address"] {
        pages.push((format!("{path}, signed in"), ann.go_to(path).await.page.clone(), ""));
    }
    let mut bob = TestBrowser::signed_in(server, BOB).await;
    pages.push(("another's device".into(), bob.go_to(&settings).await.page.clone(), ""));
    const CLIENT: &str = " https://setup.example.net";
    let mut visit = TestBrowser::open(server, &pkce_authorize_path(&[("scope", Some("dash:replenish profile"))])).await;
    pages.push(("sign-in".into(), visit.page.clone(), CLIENT));
    let wrong = visit.form("/ap/signin").fill("email", ANN).fill("password", "wrong");
    pages.push(("sign-in refused".into(), visit.submit(&wrong).await.page.clone(), CLIENT));
    pages.push(("consent".into(), visit.sign_in(ANN).await.page.clone(), CLIENT));
    let strange = visit.form("/ap/consent").fill("csrf", "x");
    let refused = visit.browser.submit(&strange).await.unwrap();
    pages.push(("consent refused".into(), refused, ""));
    pages.push(("slot".into(), visit.press("/ap/consent", "consentApproved").await.page.clone(), CLIENT));
    visit.press("/slot_action", "skip").await;
    pages.push(("overview".into(), visit.press("/slot_action", "skip").await.page.clone(), CLIENT));
    pages
}

async fn rfc9700_4_16_pages_cannot_be_framed(server: &Server) {
    for (name, page, ends_at) in every_page(server).await {
        assert!(page.header("content-type").starts_with("text/html"), "{name}: {}", page.text());
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{ends_at}; frame-ancestors 'none'; base-uri 'none'"
        );
        assert_eq!(page.header("content-security-policy"), policy, "{name}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{name}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{name}");
        let html = page.text();
        for inline in ["<script", " style=", " onclick", " onload", " onerror"] {
            assert!(!html.contains(inline), "{name}: {inline} in {html}");
        }
    }
}

async fn rfc9700_4_2_4_pages_leak_nothing(server: &Server) {
    for (name, page, _) in every_page(server).await {
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{name}");
        assert_eq!(page.header("cache-control"), "no-store", "{name}");
        let html = page.text();
        for loads in ["<img", "<iframe", "@import", "url(", "src=\"", "http-equiv"] {
            assert!(!html.contains(loads), "{name}: {loads} in {html}");
        }
        let sheets = html.split("stylesheet\" href=\"").skip(1);
        let own = format!("{}\"", stylesheet_path());
        assert!(sheets.into_iter().all(|rest| rest.starts_with(&own)), "{name}: {html}");
    }
    let mut visit = TestBrowser::open(server, &pkce_authorize_path(&[])).await;
    let form = visit.form("/ap/signin").fill("email", ANN).fill("password", PASSWORD);
    let reply = visit.browser.submit(&form).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (303, "no-store"));
    visit.page = visit.browser.follow_redirects(reply).await.unwrap();
    server.complete_sign_up(&mut visit).await;
    assert!(visit.location().contains("code=AN") && visit.page.header("cache-control") == "no-store");
    // The page through which a browser leaves contains the code.
    let mut visit = TestBrowser::navigate(server, &pkce_authorize_path(&[])).await;
    visit.sign_in(ANN).await;
    complete_by_browser(&mut visit).await;
    assert!(visit.page.header("refresh").contains("code=AN"), "{:?}", visit.page.headers);
    assert_eq!((visit.page.header("cache-control"), visit.page.header("referrer-policy")), ("no-store", "no-referrer"));
}

/// Submits forms until a page leads to the client by `Refresh`, as browsers get it.
async fn complete_by_browser(visit: &mut TestBrowser) {
    while visit.page.header("refresh").is_empty() {
        let form = HtmlForm::parse_all(&visit.page.text()).remove(0);
        let form = match form.action.as_str() {
            "/ap/consent" => form.press("consentApproved"),
            "/setup_overview" => form.press("completeSetup"),
            _ => form,
        };
        visit.submit(&form).await;
    }
}

async fn asvs_3_4_2_no_other_origin_reads_answers(server: &Server) {
    let device = server.link_default_device().await;
    let unused = create_code(server, "SN-2").await;
    let of_code = form_body(&[("grant_type", "authorization_code"), ("code", &unused)]);
    for origin in ["https://evil.example", "null", &server.base_url] {
        for path in [
            "/ap/oa",
            &pkce_authorize_path(&[]),
            "/ap/consent",
            "/auth/o2/token",
            "/auth/o2/tokeninfo",
            "/user/profile",
            "/subscriptionInfo",
            "/settings",
            "/.well-known/oauth-authorization-server",
            "/-/clock",
            "/-/events",
        ] {
            for method in ["OPTIONS", "GET", "POST"] {
                let call = server.request(method, path).header("origin", origin).bearer_token(&device.access);
                let call = call.header("access-control-request-method", "POST").body(of_code.clone());
                let reply = call.header("cookie", "opendrs=x").send().await;
                let opened = reply.headers.keys().find(|name| name.as_str().starts_with("access-control"));
                assert_eq!(opened, None, "{method} {path} from {origin}");
            }
        }
    }
}

const CODE: &str = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>&amp;{{7*7}}";

/// A seed in which names are HTML code.
fn hostile() -> Options {
    let name = |what: &str| format!("{what}{CODE}");
    let model =
        fixtures::model(MODEL, &name("model"), true, COMPOSITE, vec![fixtures::slot(FILTER, &name("slot"), &[SMALL])]);
    let maker = MakerSeed {
        name: name("maker"),
        brand: None,
        profiles: vec![ProfileSeed {
            line: 1,
            receivers: Vec::new(),
            name: name("profile"),
            id: None,
            privacy_url: Some(name("https://privacy.example/")),
            clients: vec![
                fixtures::client(ClientKind::Web, WEB, Some(SECRET), &[REDIRECT]),
                fixtures::client(ClientKind::Android, fixtures::APP, None, &[fixtures::APP_REDIRECT]),
            ],
        }],
        models: vec![model],
    };
    let seed = SeedDeclaration {
        pictures: Vec::new(),
        makers: vec![maker],
        products: vec![fixtures::product(SMALL, &name("title"), "1.00", 1.0, true)],
        customers: vec![fixtures::customer(ANN, &name("customer"), Some(&name("street")))],
    };
    Options { seed, ..Options::default() }
}

/// Checks that the page shows these texts, and none of them as code.
#[track_caller]
fn harmless(visit: &TestBrowser, shows: &[&str]) {
    let html = visit.page.text();
    for part in ["<img", "<script", "onerror=alert(1)>", "\"'>", "href=\"javascript", "&amp;{"] {
        assert!(!html.contains(part), "{part}: {html}");
    }
    for part in shows {
        assert!(html.contains(&format!("{part}&#34;&#39;&#62;&#60;img src=x")), "{part} is not shown: {html}");
    }
}

async fn asvs_1_2_1_texts_are_no_code(server: &Server) {
    let mine = format!("mine{CODE}");
    for (name, path) in [
        ("error", pkce_authorize_path(&[("client_id", Some(&mine))])),
        ("state", pkce_authorize_path(&[("client_id", None), ("state", Some(&mine))])),
        (
            "a parameter's name",
            format!("{}&{}", pkce_authorize_path(&[("client_id", None)]), form_body(&[(&mine, &mine)])),
        ),
    ] {
        let visit = TestBrowser::open(server, &path).await;
        harmless(&visit, &[]);
        assert!(visit.page.text().contains("mine%22%27%3E%3Cimg"), "{name}: {}", visit.page.text());
    }
    let teaser = form_body(&[("compositeId", COMPOSITE), ("loginUri", &mine)]);
    harmless(&TestBrowser::open(server, &format!("/teaser?{teaser}")).await, &["model", "mine"]);
    let mut visit = TestBrowser::open(server, &pkce_authorize_path(&[])).await;
    let typed = visit.form("/ap/signin").fill("email", &mine).fill("password", &mine);
    harmless(visit.submit(&typed).await, &["mine"]);
    harmless(visit.sign_in(ANN).await, &["profile", "maker", "model", "https://privacy.example/"]);
    harmless(visit.press("/ap/consent", "consentApproved").await, &["slot", "title", "model"]);
    let slot = visit.form("/slot_action");
    harmless(visit.submit(&slot).await, &["model", "slot", "title", "customer", "street"]);
    server.complete_sign_up(&mut visit).await;
    assert_eq!(visit.page.status, 302);
    let device = server.link_default_device().await;
    let placed = server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await.json();
    harmless(visit.go_to("/settings").await, &["customer", "model"]);
    let order = form_body(&[("id", placed["eventInstanceId"].as_str().unwrap())]);
    harmless(visit.go_to(&format!("/order?{order}")).await, &["title"]);
    harmless(
        visit.go_to(&format!("/settings?{}", form_body(&[("access_token", &device.access)]))).await,
        &["slot", "title"],
    );
}
