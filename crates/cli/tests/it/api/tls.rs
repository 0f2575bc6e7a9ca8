//! TLS of the listener: handshakes, timeouts and errors. The framing of requests over TLS is in `quirks`, which runs
//! over plain connections and TLS.

use super::quirks::{LEVEL, head};
use crate::harness::fixtures::FILTER;
use crate::harness::{Options, RawConnection, RawResponse, Server, days_ago};
use opendrs_domain::version::ApiEndpoint::{SlotStatus, SubscriptionInfo};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::{HandshakeKind, ProtocolVersion, SupportedProtocolVersion, version};

const VERSIONS: [(&SupportedProtocolVersion, ProtocolVersion); 2] =
    [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)];

const HEALTH: &str = "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server that waits one second for a handshake.
async fn hasty() -> Server {
    Server::start_with(Options { tls: true, head_timeout: Duration::from_secs(1), ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_are_spoken_with_and_without_a_name_and_sessions_are_resumed() {
    let server = Server::with_tls().await;
    let protected = server.tls_endpoint.as_ref().unwrap();
    for (offered, spoken) in VERSIONS {
        // A client that connects to an address sends no server name. A name that the certificate lacks is accepted,
        // too.
        for name in ["127.0.0.1", "localhost"] {
            let mut client = protected.client_config(&[offered]);
            client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            let client = Arc::new(client);
            for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
                let stream = protected.connect_client(&client, name).await.unwrap();
                let (_, connection) = stream.get_ref();
                assert_eq!((connection.protocol_version(), connection.handshake_kind()), (Some(spoken), Some(kind)));
                assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
                let mut wire = RawConnection::from_stream(stream);
                wire.send(HEALTH).await;
                assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK", "{spoken:?} {name}");
            }
        }
    }
    let mut client = protected.client_config(&[&version::TLS13]);
    client.alpn_protocols = vec![b"h2".to_vec()];
    let refused = protected.connect_client(&Arc::new(client), "127.0.0.1").await.unwrap_err();
    assert!(refused.to_string().contains("NoApplicationProtocol"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_is_shown_to_those_who_connect_from_then_on() {
    let server = Server::with_tls().await;
    let protected = server.tls_endpoint.as_ref().unwrap();
    let shown = async || {
        // A new client, because a resumed session gets no certificate.
        let client = Arc::new(protected.client_config(&[&version::TLS13]));
        let stream = protected.connect_client(&client, "localhost").await.unwrap();
        let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        (certificate, RawConnection::from_stream(stream))
    };
    let (first, mut wire) = shown().await;
    assert_eq!(protected.tls.reload_if_changed(days_ago(2)), Ok(false));
    assert!(shown().await.0 == first);
    assert_eq!(protected.tls.reload_if_changed(days_ago(0)), Ok(true));
    let (second, _) = shown().await;
    assert!(second != first);
    wire.send(HEALTH).await;
    assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK", "what stands goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_plain_http_is_told_what_to_write_and_served_nothing() {
    let server = Server::with_tls().await;
    let device = server.link_default_device().await;
    let before = server.all_rows().await;
    let slot_status = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    for request in [
        HEALTH.to_owned(),
        format!("{slot_status}Content-Length: {}\r\n\r\n{LEVEL}", LEVEL.len()),
        format!("{slot_status}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", LEVEL.len()),
        format!("\r\n{HEALTH}"),
    ] {
        let mut wire = RawConnection::open(server.tls_endpoint.as_ref().unwrap().address).await;
        wire.send(&request).await;
        let answer = RawResponse::parse_only(&wire.read_until_close().await);
        answer.assert_suits_firmware();
        assert_eq!(answer.status_line, "HTTP/1.1 400 Bad Request", "{request}");
        let says = r#"{"message":"This address accepts HTTPS only: use https:// instead of http://."}"#;
        assert_eq!((answer.body.as_str(), answer.header("Connection")), (says, "close"));
    }
    assert_eq!(server.all_rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_never_ends_or_is_none_ends_the_connection() {
    let server = hasty().await;
    let address = server.tls_endpoint.as_ref().unwrap().address;
    // Nothing, the beginning of a client hello, and a fifth of a client hello of four kilobytes.
    for sent in [&b""[..], b"\x16\x03\x01", &[&b"\x16\x03\x01\x10\x00\x01\x00\x0f\xfc"[..], &[3; 800]].concat()] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        assert_eq!(read(&mut stream).await, b"", "it is closed without a word");
    }
    for sent in [&[0; 64][..], &[0x80; 64], &[0x16; 64], b"\x16\x03\x00\x00\x02\x01\x00"] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let said = read(&mut stream).await;
        assert!(said.is_empty() || said[0] == 0x15, "an alert at most: {said:?}");
    }
    let mut wire = server.open_raw_connection().await;
    wire.send(HEALTH).await;
    assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK", "others are served");
    assert!(wire.closes_without_response().await, "and let go when they are idle");
}

/// Reads everything until the server closes or resets the connection.
async fn read(stream: &mut tokio::net::TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut all)).await;
    let _ = reading.expect("the server closes");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_after_the_handshake_is_let_go() {
    let server = hasty().await;
    let device = server.link_default_device().await;
    let info = head("GET /subscriptionInfo", &device, SubscriptionInfo);
    for sent in ["", "GET /subscr", &info] {
        let mut wire = server.open_raw_connection().await;
        wire.send(sent).await;
        assert!(wire.closes_without_response().await, "{sent}");
    }
    let asked =
        server.open_raw_connection().await.send_until_refused("GET /-/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(asked > 10, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_under_way_and_waits_for_no_handshake() {
    let server = Server::with_tls().await;
    let device = server.link_default_device().await;
    let (mut busy, mut idle) = (server.open_raw_connection().await, server.open_raw_connection().await);
    let mut greeting = tokio::net::TcpStream::connect(server.tls_endpoint.as_ref().unwrap().address).await.unwrap();
    idle.send(HEALTH).await;
    assert_eq!(idle.read_response().await.status_line, "HTTP/1.1 200 OK");
    let slot_status = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    busy.send(format!("{slot_status}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", LEVEL.len())).await;
    assert_eq!(busy.read_piece().await, "HTTP/1.1 100 Continue\r\n\r\n", "it is being answered");

    server.stop();
    assert_eq!(read(&mut greeting).await, b"");
    assert_eq!(idle.read_until_close().await, "", "an idle connection ends");
    busy.send(LEVEL).await;
    RawResponse::parse_only(&busy.read_until_close().await).assert_success("{}");
    assert_eq!(server.row_count("reading").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_greets_holds_a_place_no_longer_than_a_handshake_may_take() {
    let options = Options { tls: true, connections: 2, head_timeout: Duration::from_secs(1), ..Options::default() };
    let server = Server::start_with(options).await;
    let address = server.tls_endpoint.as_ref().unwrap().address;
    let mut greeting = Vec::new();
    for _ in 0..2 {
        greeting.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    let mut wire = server.open_raw_connection().await;
    wire.send(HEALTH).await;
    assert_eq!(wire.read_response().await.status_line, "HTTP/1.1 200 OK");
}
