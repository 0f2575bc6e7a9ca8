//! The address of the metrics: its content, and that it has nothing else.

use crate::harness::fixtures::FILTER;
use crate::harness::{LinkedDevice, Options, ReceiverAction, Server, Store, TestReceiver, valid_body};
use opendrs_client::send;
use opendrs_config::Role;
use opendrs_domain::version::ApiEndpoint;
use opendrs_server::routes::OptionalRoutes;
use std::collections::BTreeMap;

async fn counting() -> Server {
    Server::start_with(Options { metrics: true, ..Options::default() }).await
}

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let reply = send(axum::http::Method::GET, &format!("{}{path}", server.metrics_url), headers, "").await.unwrap();
    (reply.status.as_u16(), reply.text())
}

fn value(page: &str, name: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(line.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_batches_and_what_is_due_are_counted() {
    let server = counting().await;
    let device = server.link_default_device().await;
    let path = format!("/slotStatus/{FILTER}");
    let report = |body: &str| server.device_call(&device, ApiEndpoint::SlotStatus, &path).body(body).send();
    for body in [valid_body(ApiEndpoint::SlotStatus), valid_body(ApiEndpoint::SlotStatus), "{}"] {
        report(body).await;
    }
    server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
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
        ("opendrs_deliveries_waiting", 0.0),
        ("opendrs_mails_waiting", 2.0),
        (r#"opendrs_orders_held{problem="payment"}"#, 0.0),
        (r#"opendrs_delivery_attempts_total{protocol="https",outcome="delivered"}"#, 0.0),
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

/// Each line is a comment, or a name, labels and a number. Each name is described once, before it is used.
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

/// Everyone who reaches the address can read the metrics, and nothing else is served there.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_at_that_address() {
    let server = counting().await;
    let LinkedDevice { access, .. } = server.link_default_device().await;
    let bearer = format!("Bearer {access}");
    for headers in [&[][..], &[("authorization", bearer.as_str())]] {
        assert_eq!(get(&server, "/-/metrics", headers).await.0, 200);
        for (_, path) in opendrs_server::routes::list_routes(
            &[Role::Service, Role::Login, Role::Web, Role::Worker],
            OptionalRoutes::ALL,
        ) {
            let path = path.replace(['{', '}'], "");
            assert_eq!(get(&server, &path, headers).await.0, 404, "{path}");
        }
    }
}

/// Every metric is described in the manual, and every metric that alerts use exists.
#[tokio::test(flavor = "multi_thread")]
async fn the_manual_describes_every_metric_and_no_other() {
    let server = counting().await;
    let (_, page) = get(&server, "/-/metrics", &[]).await;
    let typed = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let exposed: BTreeMap<_, _> = typed.collect();
    let manual = include_str!("../../../../../docs/operate/metrics.md");
    let rows = manual.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let described: BTreeMap<_, _> = rows.map(|(name, rest)| (name, rest.split(" | ").next().unwrap())).collect();
    assert_eq!(described, exposed);
    let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let (_, alerts) = manual.split_once("```yaml").unwrap();
    let named: Vec<_> = alerts.split(word).filter(|name| name.starts_with("opendrs_")).collect();
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        let base = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(exposed.contains_key(base), "{name} is not exposed");
    }
}

mod sqlite {
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_sent_and_what_waits_is_told() {
        super::what_is_sent_and_what_waits_is_told(super::Store::sqlite()).await;
    }
}

mod postgres {
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_sent_and_what_waits_is_told() {
        super::what_is_sent_and_what_waits_is_told(super::Store::postgres().await).await;
    }
}

/// Messages, mails and calls: attempts by outcome, and what still waits.
async fn what_is_sent_and_what_waits_is_told(store: Store) {
    let (cloud, shop) = (TestReceiver::start().await, TestReceiver::start().await);
    let settings = vec![
        ("OPENDRS_FULFILMENT_BACKEND", "webhook".to_owned()),
        ("OPENDRS_FULFILMENT_WEBHOOK_URL", shop.url.clone()),
        ("OPENDRS_FULFILMENT_WEBHOOK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
    ];
    let server = Server::start_on(store, Options { metrics: true, settings, ..Options::default() }).await;
    server.add_confirmed_receiver("kettles", &cloud, |_| {}).await;
    cloud.queue_actions(&[
        ReceiverAction::Answer(500, ""),
        ReceiverAction::Answer(200, ""),
        ReceiverAction::Answer(400, ""),
    ]);
    shop.queue_actions(&[ReceiverAction::Answer(503, "")]);
    let told = async |wanted: &[(&str, f64)]| {
        let (_, page) = get(&server, "/-/metrics", &[]).await;
        for (name, wanted) in wanted {
            assert_eq!(value(&page, &format!("opendrs_{name}")), Some(*wanted), "{name} of {page}");
        }
    };
    let device = server.link_default_device().await;
    server.device_call(&device, ApiEndpoint::Replenish, &format!("/replenish/{FILTER}")).send().await;
    told(&[
        ("deliveries_waiting", 2.0),
        ("mails_waiting", 1.0),
        ("fulfilment_calls_waiting", 1.0),
        (r#"orders_held{problem="unconfirmed"}"#, 1.0),
        (r#"orders_held{problem="payment"}"#, 0.0),
    ])
    .await;
    // The receiver fails, and the next message waits with the first; the shop fails; there is no mail server.
    server.advance("0s").await;
    told(&[
        ("deliveries_waiting", 2.0),
        ("deliveries_waiting_oldest_seconds", 0.0),
        (r#"delivery_attempts_total{protocol="http",outcome="retry"}"#, 1.0),
        (r#"delivery_attempt_seconds_count{protocol="http"}"#, 1.0),
        (r#"delivery_attempts_total{protocol="https",outcome="retry"}"#, 0.0),
        ("mails_waiting", 0.0),
        (r#"mail_attempts_total{outcome="kept"}"#, 1.0),
        ("fulfilment_calls_waiting", 1.0),
        (r#"fulfilment_attempts_total{call="place",outcome="failed"}"#, 1.0),
        (r#"fulfilment_attempt_seconds_count{call="place"}"#, 1.0),
    ])
    .await;
    server.advance("25s").await;
    told(&[
        ("deliveries_waiting", 0.0),
        (r#"delivery_attempts_total{protocol="http",outcome="delivered"}"#, 1.0),
        (r#"delivery_attempts_total{protocol="http",outcome="dead"}"#, 1.0),
    ])
    .await;
    server.remove_store().await;
}
