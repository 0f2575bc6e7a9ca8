//! Paths without a page: browsers get a page, programs get JSON.

use crate::harness::{Options, Server};
use opendrs_client::{ClientResponse, page_heading};
use opendrs_config::Role;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn get(server: &Server, path: &str, accept: Option<&str>) -> ClientResponse {
    let call = server.request("GET", path);
    match accept {
        Some(accept) => call.header("accept", accept).send().await,
        None => call.send().await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_get_pages_and_programs_get_json() {
    let server = Server::start().await;
    for (path, page, says, json) in [
        ("/", 200, "Automatic reordering", 404),
        ("/nothing/here", 404, "Page not found", 404),
        ("/-/nothing", 404, "Page not found", 404),
        ("/slot_action", 405, "This page cannot be opened directly", 405),
        ("/ap/signin", 405, "This page cannot be opened directly", 405),
        ("/auth/o2/token", 405, "This page cannot be opened directly", 405),
    ] {
        let reply = get(&server, path, Some(BROWSER)).await;
        let html = reply.text();
        assert_eq!((reply.status.as_u16(), page_heading(&html).as_deref()), (page, Some(says)), "{path}: {html}");
        assert!(html.contains(r#"<a class="button" href="/settings">Your devices</a>"#), "a way on: {html}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert!(reply.header("content-security-policy").contains("form-action 'self'"), "{path}");
        assert_eq!(reply.header("allow"), if page == 405 { "POST" } else { "" }, "{path}");
        for accept in [None, Some("*/*"), Some("application/json")] {
            let reply = get(&server, path, accept).await;
            assert_eq!(reply.status, json, "{path} {accept:?}");
            assert!(reply.json()["message"].is_string(), "{path} {accept:?}: {}", reply.text());
            assert_eq!(reply.header("content-type"), "application/json", "{path}");
            assert_eq!(reply.header("allow"), if json == 405 { "POST" } else { "" }, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_device_api_never_answers_with_a_page() {
    let server = Server::start().await;
    for (path, status) in [("/replenish/x", 405), ("/subscriptionInfo", 400), ("/getOrderInfo/x", 400)] {
        let reply = get(&server, path, Some(BROWSER)).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.json()["message"].is_string(), "{path}: {}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_read_leads_nowhere_else() {
    let server = Server::start().await;
    let request = "GET //evil.example/%ff HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n";
    let reply = format!("{:?}", server.exchange(request).await);
    assert!(reply.contains("Page not found") && !reply.contains("evil.example"), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_roles_with_pages_answer_with_one() {
    for (role, status, page) in [(Role::Web, 200, true), (Role::Login, 404, true), (Role::Service, 404, false)] {
        let server = Server::start_with(Options { roles: vec![role], ..Options::default() }).await;
        let reply = get(&server, "/", Some(BROWSER)).await;
        assert_eq!((reply.status.as_u16(), page_heading(&reply.text()).is_some()), (status, page), "{role:?}");
    }
}
