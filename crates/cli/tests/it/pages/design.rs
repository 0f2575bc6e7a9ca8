//! The page with all parts of pages: it exists on test servers only, and has the states that other pages need.

use crate::harness::{Server, TestBrowser};
use opendrs_config::Role;
use opendrs_server::routes::{OptionalRoutes, list_routes};

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_every_part() {
    let server = Server::start().await;
    for language in ["en", "de", "ja"] {
        let page = TestBrowser::open(&server, &format!("/-/design?language={language}")).await.page;
        let html = page.text();
        assert_eq!(page.status, 200, "{html}");
        for part in [
            "class=\"pill good\"",
            "class=\"notice bad\"",
            "role=\"status\"",
            "role=\"alert\"",
            "aria-invalid=\"true\" aria-describedby=\"city-error\" autofocus",
            "id=\"city-error\"",
            "aria-current=\"step\"",
            "class=\"level low\"",
            "class=\"facts\"",
            "class=\"pick\"",
            "<details open>",
            "class=\"languages\"",
        ] {
            assert!(html.contains(part), "{part} in {language}: {html}");
        }
    }
}

#[test]
fn servers_without_a_test_clock_lack_it() {
    let has = |doors| list_routes(&[Role::Web], doors).contains(&("GET", "/-/design"));
    assert!(!has(OptionalRoutes { test_clock: false, ..OptionalRoutes::ALL }));
    assert!(has(OptionalRoutes { test_clock: true, ..OptionalRoutes::NONE }));
}
