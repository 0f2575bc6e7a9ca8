//! A server without a provider.

use super::refused::{AGAIN, assert_failed};
use crate::harness::{Server, TestBrowser};

both!(without_a_provider_there_is_no_way_to_one);

async fn without_a_provider_there_is_no_way_to_one(server: &Server) {
    let mut visit = TestBrowser::open(server, "/account").await;
    assert!(!visit.page.text().contains("/ap/federated"), "{}", visit.page.text());
    for path in [
        "/ap/federated",
        "/ap/federated?return_to=//evil",
        "/ap/federated/callback?code=c&state=s",
        "/ap/federated/continue",
    ] {
        visit.go_to(path).await;
        assert_failed(&visit, AGAIN, path);
    }
}
