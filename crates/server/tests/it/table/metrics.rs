//! The metrics' own address: what it tells, and that it tells nothing else.

use crate::harness::world::FILTER;
use crate::harness::{Device, Options, Server, good_body};
use opendrs_domain::version::Endpoint;
use opendrs_server::Doors;
use opendrs_server::client::send;
use opendrs_server::config::Role;

async fn counting() -> Server {
    Server::with(Options { metrics: true, ..Options::default() }).await
}

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let reply = send(axum::http::Method::GET, &format!("{}{path}", server.numbers), headers, "").await.unwrap();
    (reply.status.as_u16(), reply.text())
}

fn value(page: &str, name: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(line.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_batches_and_what_is_due_are_counted() {
    let server = counting().await;
    let device = server.device().await;
    let path = format!("/slotStatus/{FILTER}");
    let report = |body: &str| server.call(&device, Endpoint::SlotStatus, &path).body(body).send();
    for body in [good_body(Endpoint::SlotStatus), good_body(Endpoint::SlotStatus), "{}"] {
        report(body).await;
    }
    server.call(&device, Endpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    for path in ["/-/health", "/nowhere/at/all", "/SN-1"] {
        server.request("GET", path).send().await;
    }

    let (status, page) = get(&server, "/-/metrics", &[]).await;
    assert_eq!(status, 200);
    for (name, wanted) in [
        (r#"opendrs_requests_total{endpoint="Slot status",status="200"}"#, 2.0),
        (r#"opendrs_requests_total{endpoint="Slot status",status="400"}"#, 1.0),
        (r#"opendrs_requests_total{endpoint="Replenish",status="200"}"#, 1.0),
        (r#"opendrs_requests_total{endpoint="/-/health",status="200"}"#, 1.0),
        (r#"opendrs_requests_total{endpoint="other",status="404"}"#, 2.0),
        (r#"opendrs_request_seconds_count{endpoint="Slot status"}"#, 3.0),
        (r#"opendrs_request_seconds_bucket{endpoint="Slot status",le="+Inf"}"#, 3.0),
        ("opendrs_orders_due", 0.0),
        ("opendrs_orders_due_oldest_seconds", 0.0),
        ("opendrs_store_up", 1.0),
        ("opendrs_store_queue", 0.0),
    ] {
        assert_eq!(value(&page, name), Some(wanted), "{name} of {page}");
    }
    for name in [
        "opendrs_store_batch_commands_count",
        "opendrs_store_batch_seconds_sum",
        "opendrs_connections",
        "process_open_fds",
    ] {
        assert!(value(&page, name).unwrap() > 0.0, "{name} of {page}");
    }
    for said in [&device.access, "SN-1", FILTER] {
        assert!(!page.contains(said), "{said} in {page}");
    }
}

/// Each line is a comment, or a name, labels and a number; each name is described before it is used, once.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_what_prometheus_reads() {
    let server = counting().await;
    server.request("GET", "/-/health").send().await;
    let (_, page) = get(&server, "/-/metrics", &[]).await;
    let mut described = Vec::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind) && !described.contains(&name), "{line}");
            described.push(name);
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(described.contains(&name) || described.contains(&base), "{line} before its type");
            value.parse::<f64>().unwrap();
        }
    }
    assert!(described.len() > 10, "{described:?}");
}

/// Whoever reaches the address reads the numbers, and nobody gets anything else there.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_at_that_address() {
    let server = counting().await;
    let Device { access, .. } = server.device().await;
    let bearer = format!("Bearer {access}");
    for headers in [&[][..], &[("authorization", bearer.as_str())]] {
        assert_eq!(get(&server, "/-/metrics", headers).await.0, 200);
        for (_, path) in opendrs_server::list(&[Role::Service, Role::Login, Role::Web, Role::Worker], Doors::OPEN) {
            let path = path.replace(['{', '}'], "");
            assert_eq!(get(&server, &path, headers).await.0, 404, "{path}");
        }
    }
}
