//! Pages in a maker's brand: logo, pictures, accent, legal footer.

use crate::harness::fixtures::{ANN, BOB, COMPOSITE, FILTER, OTHER_MODEL, OTHER_WEB, branded_seed};
use crate::harness::{LinkOptions, Options, Server, Store, TestBrowser, authorize_path};
use opendrs_domain::version::ApiEndpoint::Replenish;

both!(
    by on:
    every_page_of_a_maker_is_in_its_brand,
    what_has_no_picture_has_a_placeholder,
    a_picture_is_served_under_its_own_name_alone,
    an_accent_is_served_under_its_own_name_alone,
);

async fn on(store: Store, test: impl AsyncFn(&Server)) {
    let server = Server::start_on(store, Options { seed: branded_seed(), ..Options::default() }).await;
    test(&server).await;
    server.remove_store().await;
}

/// The source of each picture of a page, with its alternative text. Every picture has its size.
#[track_caller]
fn pictures(visit: &TestBrowser) -> Vec<(String, String)> {
    let html = visit.page.text();
    let value = |tag: &str, name: &str| {
        let found = tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        found.unwrap_or_else(|| panic!("no {name}: {tag}")).to_owned()
    };
    let tags = html.split("<img").skip(1).map(|rest| rest.split('>').next().unwrap());
    tags.map(|tag| {
        assert!(value(tag, "width").parse::<u32>().unwrap() > 0 && value(tag, "height").parse::<u32>().unwrap() > 0);
        (value(tag, "src"), value(tag, "alt"))
    })
    .collect()
}

/// Checks that a page has the maker's logo, accent and footer, and this many pictures besides the logo.
#[track_caller]
fn is_branded(visit: &TestBrowser, count: usize) {
    let (html, all) = (visit.page.text(), pictures(visit));
    assert_eq!(all.first().map(|(_, alt)| alt.as_str()), Some("Aqua Appliances"), "{html}");
    assert_eq!(all.len() - 1, count, "{all:?}");
    for part in [
        "<link rel=\"stylesheet\" href=\"/-/accent/0b6e6e-",
        "<a href=\"https://aqua.example/privacy\">Privacy notice</a>",
        "<a href=\"https://aqua.example/terms\">Terms and conditions</a>",
        "<a href=\"https://aqua.example/withdrawal\">Right of withdrawal</a>",
        "<a href=\"mailto:help@aqua.example\">Contact us</a>",
        "Aqua Appliances Ltd<br>1 Harbour Street, Dublin",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let policy = visit.page.header("content-security-policy");
    assert!(policy.contains("img-src 'self'") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!html.contains("style="), "{html}");
}

async fn every_page_of_a_maker_is_in_its_brand(server: &Server) {
    let teaser = TestBrowser::open(server, &format!("/teaser?compositeId={COMPOSITE}")).await;
    is_branded(&teaser, 1);
    assert_eq!(pictures(&teaser)[1].1, "Aqua Pitcher");
    let mut visit = TestBrowser::open(server, &authorize_path(&[])).await;
    is_branded(&visit, 0);
    visit.sign_in(ANN).await;
    is_branded(&visit, 1);
    visit.press("/ap/consent", "consentApproved").await;
    is_branded(&visit, 1);
    let device = server.link_default_device().await;
    server.device_call(&device, Replenish, &format!("/replenish/{FILTER}")).send().await;
    let mut visit = TestBrowser::signed_in(server, ANN).await;
    is_branded(&visit, 1);
    let html = visit.page.text();
    let path = html.split("<h2><a href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    visit.go_to(&path).await;
    // The device, the chosen product, and the same among those to choose from.
    is_branded(&visit, 3);
    let html = visit.page.text();
    let order = html.split("href=\"/order?id=").nth(1).unwrap().split('"').next().unwrap();
    visit.go_to(&format!("/order?id={order}")).await;
    is_branded(&visit, 1);
}

async fn what_has_no_picture_has_a_placeholder(server: &Server) {
    let bob = TestBrowser::signed_in(server, BOB).await;
    let html = bob.page.text();
    assert!(pictures(&bob).is_empty() && !html.contains("/-/accent/") && !html.contains("aqua.example"), "{html}");
    let brewer = format!("/teaser?compositeId={}", COMPOSITE.replace("c1", "c3"));
    let teaser = TestBrowser::open(server, &brewer).await;
    let html = teaser.page.text();
    assert!(pictures(&teaser).is_empty() && html.contains("<div class=\"pic\" aria-hidden=\"true\"><svg"), "{html}");
    assert!(html.contains("Brew Brothers") && !html.contains("class=\"legal\""), "{html}");
}

async fn a_picture_is_served_under_its_own_name_alone(server: &Server) {
    let teaser = TestBrowser::open(server, &format!("/teaser?compositeId={COMPOSITE}")).await;
    for (path, _) in pictures(&teaser) {
        let reply = server.request("GET", &path).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "image/png"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
        for bad in [
            path.replace(".png", ".jpg"),
            path.replace(".png", ""),
            path.replace("picture/", "picture/0"),
            format!("{path}x"),
        ] {
            assert_eq!(server.request("GET", &bad).send().await.status, 404, "{bad}");
        }
    }
    assert_eq!(server.request("GET", &format!("/-/picture/{}.png", "0".repeat(64))).send().await.status, 404);
}

async fn an_accent_is_served_under_its_own_name_alone(server: &Server) {
    let html = TestBrowser::open(server, &format!("/teaser?compositeId={COMPOSITE}")).await.page.text();
    let path = html.split("href=\"/-/accent/").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("/-/accent/{path}");
    let reply = server.request("GET", &path).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(reply.text().starts_with(":root{--accent:#0b6e6e;"), "{}", reply.text());
    for bad in ["/-/accent/ffd400-0000000000000000.css", "/-/accent/x", &path.replace("0b6e6e", "0a5bd3")] {
        assert_eq!(server.request("GET", bad).send().await.status, 404, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_footer_is_where_a_maker_has_none() {
    let settings = vec![
        ("OPENDRS_BRAND_PRIVACY_URL", "https://host.example/privacy".to_owned()),
        ("OPENDRS_BRAND_IMPRINT", "Host Ltd".to_owned()),
    ];
    let server = Server::start_with(Options { settings, ..Options::default() }).await;
    for path in ["/settings".to_owned(), "/no-such-page".into(), format!("/teaser?compositeId={COMPOSITE}")] {
        let mut visit = TestBrowser::navigate(&server, &path).await;
        if path.starts_with("/no") {
            visit.page = server.request("GET", &path).header("accept", "text/html").send().await;
        }
        let html = visit.page.text();
        assert!(
            html.contains("<a href=\"https://host.example/privacy\">") && html.contains("Host Ltd"),
            "{path}: {html}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_of_two_makers_have_neutral_looks() {
    let server = Server::start_with(Options { seed: branded_seed(), ..Options::default() }).await;
    server.link_default_device().await;
    server.link_device(LinkOptions::default().client(OTHER_WEB, OTHER_MODEL)).await;
    let visit = TestBrowser::signed_in(&server, ANN).await;
    let html = visit.page.text();
    assert!(!html.contains("/-/accent/") && pictures(&visit).len() == 1, "{html}");
}
