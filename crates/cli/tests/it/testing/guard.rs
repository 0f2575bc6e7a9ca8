//! The test functions of a server are for programs: a page of another site cannot use them.

use crate::harness::{Options, Server, TestRequest};
use opendrs_config::Role;
use opendrs_server::routes::{OptionalRoutes, list_routes};
use opendrs_web::stylesheet::stylesheet_path;

/// Paths below `/-/` that every caller may use.
fn open_paths() -> [&'static str; 5] {
    ["/-/health", "/-/ready", "/-/openapi.json", "/-/icon.svg", stylesheet_path()]
}

/// Folders of files for the pages of every server, each named by its content.
const PAGE_FILES: [&str; 2] = ["/-/accent/", "/-/picture/"];

/// The path that requires a signature.
const SIGNED: &str = "/-/fulfilment";

/// Every route that a test may use.
fn guarded() -> Vec<(&'static str, String)> {
    let doors = OptionalRoutes { operator: false, ..OptionalRoutes::ALL };
    let all = list_routes(&[Role::Service, Role::Login, Role::Web, Role::Worker], doors).into_iter();
    let is_open = |path: &str| {
        open_paths().contains(&path) || path.starts_with(SIGNED) || PAGE_FILES.iter().any(|file| path.starts_with(file))
    };
    let below = all.filter(|(_, path)| path.starts_with("/-/") && !is_open(path));
    below.map(|(method, path)| (method, path.replace("{name}", "n").replace("{id}", "7"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_reach_nothing() {
    let server = Server::start().await;
    let before = server.all_rows().await;
    let paths: Vec<_> = guarded().into_iter().map(|(_, path)| path).collect();
    for named in ["/-/clock", "/-/faults", "/-/reset", "/-/snapshots", "/-/trigger", "/-/mail"] {
        assert!(paths.iter().any(|path| path == named), "{named}");
    }
    let elsewhere = "This request comes from a page of another site";
    for (method, path) in guarded() {
        let call = || server.request(method, &path).body(r#"{"advance":"25h","save":"n","fault":"500"}"#);
        let refused = async |call: TestRequest, says: &str| {
            let (status, text) = call.status_and_text().await;
            assert!(status == 403 && text.contains(says), "{method} {path}: {status} {text}");
        };
        for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
            refused(call().header("origin", origin), elsewhere).await;
        }
        refused(call().header("sec-fetch-site", "cross-site"), elsewhere).await;
        for host in ["evil.example", "localhost.evil.example:7373"] {
            refused(call().header("host", host), "The Host header is not a name of this server").await;
        }
    }
    assert_eq!(server.all_rows().await, before);
    for open in open_paths() {
        let call = server.request("GET", open).header("origin", "https://evil.example").header("host", "evil.example");
        assert_eq!(call.send().await.status, 200, "{open}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_own_pages_do() {
    let server = Server::start_with(Options { https: true, ..Options::default() }).await;
    let port = server.address.port();
    for headers in [
        vec![],
        vec![("host", format!("localhost:{port}"))],
        vec![("host", format!("127.0.0.1:{port}"))],
        vec![("host", format!("[::1]:{port}"))],
        vec![("host", "172.17.0.2:7373".to_owned())],
        vec![("host", "drs.example".to_owned()), ("origin", "https://drs.example".to_owned())],
        vec![("origin", format!("http://localhost:{port}")), ("sec-fetch-site", "same-origin".to_owned())],
        vec![("origin", "http://localhost:3000".to_owned()), ("sec-fetch-site", "same-site".to_owned())],
    ] {
        for (method, path) in [("GET", "/-/clock"), ("GET", "/-/mail"), ("POST", "/-/reset")] {
            let call =
                headers.iter().fold(server.request(method, path), |call, (name, value)| call.header(name, value));
            assert_eq!(call.send().await.status, 200, "{method} {path} {headers:?}");
        }
    }
}
