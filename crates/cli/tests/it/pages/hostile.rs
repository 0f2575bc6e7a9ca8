//! Names and parameters with HTML code, in every place where a page shows them (docs/spec/security.md#output-escaping).

use crate::harness::fixtures::{self, ANN, BOB, COMPOSITE, FILTER, MODEL, PASSWORD, REDIRECT, SECRET, SMALL, WEB};
use crate::harness::{Options, Server, TestBrowser, authorize_path, form_body};
use opendrs_domain::profile::ClientKind;
use opendrs_domain::version::ApiEndpoint::Replenish;
use opendrs_service::seed::{MakerSeed, ProfileSeed, SeedDeclaration};

const CODE: &str = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>&amp;${7*7}{{7*7}}";

/// A seed in which every name is HTML code.
fn seed() -> SeedDeclaration {
    let name = |what: &str| format!("{what}{CODE}");
    let mut ann = fixtures::customer(ANN, &name("customer"), Some(&name("street")));
    if let Some(address) = &mut ann.address {
        address.line2 = Some(name("flat"));
        address.city = name("city");
        address.region = Some(name("region"));
    }
    SeedDeclaration {
        pictures: Vec::new(),
        makers: vec![MakerSeed {
            name: name("maker"),
            brand: None,
            profiles: vec![ProfileSeed {
                line: 1,
                receivers: Vec::new(),
                name: name("profile"),
                id: None,
                privacy_url: Some(name("https://privacy.example/")),
                clients: vec![fixtures::client(ClientKind::Web, WEB, Some(SECRET), &[REDIRECT])],
            }],
            models: vec![fixtures::model(
                MODEL,
                &name("model"),
                true,
                COMPOSITE,
                vec![fixtures::slot(FILTER, &name("slot"), &[SMALL])],
            )],
        }],
        products: vec![fixtures::product(SMALL, &name("title"), "1.00", 1.0, true)],
        customers: vec![ann, fixtures::customer(BOB, "Bob", None)],
    }
}

/// Checks that the page shows these texts, and none of them as code.
#[track_caller]
fn harmless(visit: &TestBrowser, shows: &[&str]) {
    let html = visit.page.text();
    for part in ["<img", "<script", "onerror=alert(1)>", "\"'>", "href=\"javascript", "&amp;$"] {
        assert!(!html.contains(part), "{part}: {html}");
    }
    for part in shows {
        assert!(html.contains(&format!("{part}&#34;&#39;&#62;&#60;img src=x")), "{part} is not shown: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_from_the_seed_are_texts_on_every_page() {
    let server = Server::start_with(Options { seed: seed(), ..Options::default() }).await;
    harmless(&TestBrowser::open(&server, &format!("/teaser?compositeId={COMPOSITE}")).await, &["model"]);
    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    harmless(visit.sign_in(ANN).await, &["profile", "maker", "model", "https://privacy.example/"]);
    harmless(visit.press("/ap/consent", "consentApproved").await, &["slot", "title", "model"]);
    let slot = visit.form("/slot_action");
    harmless(visit.submit(&slot).await, &["model", "slot", "title", "customer", "street", "flat", "city", "region"]);
    visit.press("/setup_overview", "completeSetup").await;
    assert_eq!(visit.page.status, 302);

    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    harmless(visit.go_to("/settings").await, &["customer", "model"]);
    let settings = format!("/settings?{}", form_body(&[("access_token", &device.access)]));
    harmless(visit.go_to(&settings).await, &["model", "slot", "title", "customer", "street", "city"]);
    let mut bob = TestBrowser::signed_in(&server, BOB).await;
    harmless(bob.go_to(&settings).await, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_says_is_text_on_the_page_that_repeats_it() {
    let server = Server::start().await;
    let mine = format!("mine{CODE}");
    let repeated = [
        ("/teaser", vec![("compositeId", COMPOSITE), ("loginUri", mine.as_str()), ("skipUri", &mine)], 2),
        ("/teaser", vec![("compositeId", mine.as_str())], 0),
        ("/settings", vec![("access_token", mine.as_str()), ("exitUri", &mine)], 0),
        ("/setup_slot", vec![("flow", mine.as_str())], 0),
        ("/setup_overview", vec![("flow", mine.as_str())], 0),
    ];
    for (path, fields, count) in repeated {
        let visit = TestBrowser::open(&server, &format!("{path}?{}", form_body(&fields))).await;
        harmless(&visit, if count > 0 { &["mine"] } else { &[] });
    }
    for name in ["client_id", "redirect_uri", "scope", "scope_data", "state", "response_type", "x\"'><script>"] {
        let path = authorize_path(&[("client_id", Some("x")), (name, Some(&mine))]);
        let visit = TestBrowser::open(&server, &path).await;
        assert_eq!(visit.page.status, 400);
        harmless(&visit, &[]);
        assert!(visit.page.text().contains("mine%22%27%3E%3Cimg"), "the details are shown encoded: {name}");
    }
    // Errors that are redirected to the client are encoded in the URL.
    for (name, value) in [("response_type", mine.as_str()), ("scope", &mine), ("scope_data", &mine), ("state", &mine)] {
        let changes =
            if name == "state" { vec![(name, Some(value)), ("scope", None)] } else { vec![(name, Some(value))] };
        let visit = TestBrowser::open(&server, &authorize_path(&changes)).await;
        assert_eq!(visit.page.status, 302);
        assert!(!visit.location().contains(['"', '<', '>', '\'', ' ']), "{}", visit.location());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_text_on_the_page_that_asks_again() {
    let server = Server::start().await;
    let mine = format!("mine{CODE}");
    let mut visit = TestBrowser::open(&server, &format!("/settings?exitUri={}", "%2Fnull")).await;
    let sign_in = visit.form("/ap/signin").fill("email", &mine).fill("password", PASSWORD);
    harmless(visit.submit(&sign_in.fill("return_to", &format!("/settings?{CODE}"))).await, &["mine"]);

    let mut visit = TestBrowser::open(&server, &authorize_path(&[])).await;
    visit.sign_in(fixtures::CARL).await.press("/ap/consent", "consentApproved").await;
    let slot = visit.form("/slot_action");
    harmless(visit.submit(&slot.clone().fill("asin", &mine).fill("slotId", &mine)).await, &[]);
    visit.submit(&slot).await;
    let slot = visit.form("/slot_action");
    visit.submit(&slot).await;
    let overview = visit.form("/setup_overview").press("completeSetup");
    let typed = ["line1", "line2", "city", "region", "postal_code", "country"];
    let typed = typed.into_iter().fold(overview, |form, name| form.fill(name, &mine));
    visit.submit(&typed).await;
    assert_eq!(visit.page.status, 400);
    harmless(&visit, &["mine"]);
}
