//! `[traces]`: what a collector gets, what it never gets, and that no call waits for it.

use super::program::{FILTER, ProgramFolder, ServingProcess};
use axum::http::Method;
use opendrs_client::{ClientResponse, send};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The trace id and the span id of a caller.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// The posted requests: path and body.
type PostedRequests = Mutex<Vec<(String, Vec<u8>)>>;

/// A collector and a receiver of notifications in one. It records posted requests by path.
#[derive(Clone)]
struct Collector {
    url: String,
    posted: Arc<PostedRequests>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self { url: format!("http://{}", listener.local_addr().unwrap()), posted: Arc::default() };
        let got = collector.posted.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, got) = (stream.unwrap(), got.clone());
                std::thread::spawn(move || while record_request(&stream, &got).is_some() {});
            }
        });
        collector
    }

    /// The bodies that were posted to a path or below it.
    fn posted_to(&self, path: &str) -> Vec<u8> {
        let got = self.posted.lock().unwrap();
        got.iter().filter(|(to, _)| to.starts_with(path)).flat_map(|(_, body)| body.clone()).collect()
    }
}

/// Reads a request, records it and answers 200. Returns `None` when the connection ends.
fn record_request(mut stream: &TcpStream, got: &PostedRequests) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut one = [0];
        (stream.read(&mut one).ok()? == 1).then_some(())?;
        head.extend(one);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    if path.starts_with("/v1/traces") {
        assert!(head.to_lowercase().contains("content-type: application/x-protobuf"), "{head}");
        assert!(head.to_lowercase().contains("x-key: hush"), "{head}");
    }
    got.lock().unwrap().push((path, body));
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()
}

fn contains(bytes: &[u8], part: impl AsRef<[u8]>) -> bool {
    bytes.windows(part.as_ref().len()).any(|window| window == part.as_ref())
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
}

fn serve_with_traces(place: &ProgramFolder, endpoint: &str, sampling: &str) -> ServingProcess {
    let settings = format!(
        "[traces]\nendpoint = \"{endpoint}\"\nsampling = \"{sampling}\"\nservice_name = \"drs under test\"\n\
         resource = [\"deployment.environment.name=bench 7\"]\nheaders = [\"x-key=hush\"]\n"
    );
    place.write_file("o.toml", &settings);
    place.serve(&["--config", "o.toml", "--test-clock"])
}

/// Calls SlotStatus with a caller's trace.
async fn report_reading(server: &TracedServer<'_>, flags: &str) -> ClientResponse {
    let (bearer, parent) = (format!("Bearer {}", server.token), format!("00-{TRACE}-{SPAN}-{flags}"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("traceparent", parent.as_str()),
        ("x-amzn-type-version", "com.amazon.dash.replenishment.DrsSlotStatusInput@1.0"),
        ("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsSlotStatusResult@1.0"),
    ];
    let body = r#"{"expectedReplenishmentDate":"2030-01-01T00:00:00Z","remainingQuantityInUnit":4.0,"originalQuantityInUnit":9.0,"totalQuantityOnHand":4.0,"lastUseDate":"2018-03-02T07:00:00Z"}"#;
    let url = format!("{}/slotStatus/{FILTER}?hidden=query", server.process.base_url);
    send(Method::POST, &url, &headers, body.to_owned()).await.unwrap()
}

struct TracedServer<'s> {
    process: &'s ServingProcess,
    token: &'s str,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_all_it_causes_reach_a_collector_and_no_secret_does() {
    let (place, collector) = (ProgramFolder::seeded(), Collector::start());
    let receiver = format!("{}/drs?secret=in-the-address", collector.url);
    place
        .run_on_store(&["topic", "add", "kettles", &receiver, "--profile", &place.profile_id(), "--confirmed"])
        .expect_success();
    let served = serve_with_traces(&place, &format!("{}/", collector.url), "1");
    let device = place.link_device("SN-VERY-OWN-77", &[]);
    let token = device["access_token"].as_str().unwrap();
    let server = TracedServer { process: &served, token };
    let reply = report_reading(&server, "01").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(served.get("/Path-Of-A-Stranger/77").await.status, 404);
    assert_eq!(served.get("/-/health").await.status, 200);
    place.run(&["clock", "advance", "0s", "--server", &served.base_url]).expect_success();
    let id = reply.header("x-amzn-requestid").to_owned();
    // Spans in the queue are sent before the process ends.
    assert_eq!(served.terminate(), 0);
    assert!(contains(&collector.posted_to("/drs"), "SN-VERY-OWN-77"), "the maker got its notification");
    let traces = collector.posted_to("/v1/traces");
    for part in [
        "drs under test",
        "service.version",
        "bench 7",
        "POST /slotStatus/{slot}",
        "http.response.status_code",
        &id,
        "store.write",
        "sqlite",
        "deliver",
        ":kettles",
        "delivered",
        "mail",
        "subscribed",
        "kept",
    ] {
        assert!(contains(&traces, part), "no {part} in {}", String::from_utf8_lossy(&traces));
    }
    for part in [hex(TRACE), hex(SPAN)] {
        assert!(contains(&traces, part), "the caller's trace goes on");
    }
    for secret in [
        token,
        device["refresh_token"].as_str().unwrap(),
        "SN-VERY-OWN-77",
        FILTER,
        "customer@example.com",
        "Demo Customer",
        "Main Street",
        "hidden=query",
        "in-the-address",
        "/Path-Of-A-Stranger",
        "hush",
        "127.0.0.1",
        "/-/health",
        "thread.id",
    ] {
        assert!(!contains(&traces, secret), "{secret} in {}", String::from_utf8_lossy(&traces));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sampled_is_not_sent_and_off_is_off() {
    let (place, collector) = (ProgramFolder::seeded(), Collector::start());
    let device = place.link_device("SN-1", &[]);
    let token = device["access_token"].as_str().unwrap();
    // A call without a caller's trace is not traced; one with it is, whatever the sampling ratio.
    for (endpoint, sampling, flags, sent) in
        [("", "1", "01", false), (&*collector.url, "1", "00", false), (&*collector.url, "0", "01", true)]
    {
        let served = serve_with_traces(&place, endpoint, sampling);
        assert_eq!(report_reading(&TracedServer { process: &served, token }, flags).await.status, 200);
        assert_eq!(served.terminate(), 0);
        assert_eq!(contains(&collector.posted_to("/v1/traces"), hex(TRACE)), sent, "{endpoint} {sampling} {flags}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_is_no_trouble_and_said_once() {
    let place = ProgramFolder::seeded();
    let device = place.link_device("SN-1", &[]);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut served = serve_with_traces(&place, &format!("http://{nobody}"), "1");
    let server = TracedServer { process: &served, token: device["access_token"].as_str().unwrap() };
    assert_eq!(report_reading(&server, "01").await.status, 200);
    served.signal("TERM");
    let said = served.wait_for_line("traces cannot be exported and are dropped: check traces.endpoint");
    assert!(said.contains("WARN") && said.contains("refused"), "{said}");
}

#[test]
fn settings_that_cannot_be_meant_are_said_at_the_start() {
    let place = ProgramFolder::new();
    place.write_file("o.toml", "[traces]\nendpoint = \"localhost:4318\"\n");
    let said = place.run_on_store(&["serve", "--config", "o.toml"]).expect_failure();
    assert!(said.contains("traces.endpoint is `localhost:4318`: write it with http:// or https://"), "{said}");
}
