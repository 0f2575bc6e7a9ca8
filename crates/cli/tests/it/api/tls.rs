//! TLS of the listener: who gets a connection, who is let go, and what is said to whom. How requests are framed over it:
//! `quirks`, which runs over both.

use super::quirks::{LEVEL, head};
use crate::harness::world::FILTER;
use crate::harness::{Answer, Options, Server, Wire, days_ago};
use opendrs_domain::version::Endpoint::{SlotStatus, SubscriptionInfo};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::rustls::{HandshakeKind, ProtocolVersion, SupportedProtocolVersion, version};

const VERSIONS: [(&SupportedProtocolVersion, ProtocolVersion); 2] =
    [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)];

const HEALTH: &str = "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n";

/// One that waits a second for a handshake.
async fn hasty() -> Server {
    Server::with(Options { tls: true, head_timeout: Duration::from_secs(1), ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_are_spoken_with_and_without_a_name_and_sessions_are_resumed() {
    let server = Server::with_tls().await;
    let protected = server.protected.as_ref().unwrap();
    for (offered, spoken) in VERSIONS {
        // By an address no name is sent; by no name that the certificate lacks is anybody turned away.
        for name in ["127.0.0.1", "localhost"] {
            let mut client = protected.client(&[offered]);
            client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            let client = Arc::new(client);
            for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
                let stream = protected.connect(&client, name).await.unwrap();
                let (_, connection) = stream.get_ref();
                assert_eq!((connection.protocol_version(), connection.handshake_kind()), (Some(spoken), Some(kind)));
                assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
                let mut wire = Wire::over(stream);
                wire.send(HEALTH).await;
                assert_eq!(wire.answer().await.status_line, "HTTP/1.1 200 OK", "{spoken:?} {name}");
            }
        }
    }
    let mut client = protected.client(&[&version::TLS13]);
    client.alpn_protocols = vec![b"h2".to_vec()];
    let refused = protected.connect(&Arc::new(client), "127.0.0.1").await.unwrap_err();
    assert!(refused.to_string().contains("NoApplicationProtocol"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_is_shown_to_those_who_connect_from_then_on() {
    let server = Server::with_tls().await;
    let protected = server.protected.as_ref().unwrap();
    let shown = async || {
        // A client of its own: one that resumes is shown nothing.
        let client = Arc::new(protected.client(&[&version::TLS13]));
        let stream = protected.connect(&client, "localhost").await.unwrap();
        let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        (certificate, Wire::over(stream))
    };
    let (first, mut wire) = shown().await;
    assert_eq!(protected.tls.look(days_ago(2)), Ok(false));
    assert!(shown().await.0 == first);
    assert_eq!(protected.tls.look(days_ago(0)), Ok(true));
    let (second, _) = shown().await;
    assert!(second != first);
    wire.send(HEALTH).await;
    assert_eq!(wire.answer().await.status_line, "HTTP/1.1 200 OK", "what stands goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_plain_http_is_told_what_to_write_and_served_nothing() {
    let server = Server::with_tls().await;
    let device = server.device().await;
    let before = server.rows().await;
    let slot_status = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    for request in [
        HEALTH.to_owned(),
        format!("{slot_status}Content-Length: {}\r\n\r\n{LEVEL}", LEVEL.len()),
        format!("{slot_status}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", LEVEL.len()),
        format!("\r\n{HEALTH}"),
    ] {
        let mut wire = Wire::open(server.protected.as_ref().unwrap().address).await;
        wire.send(&request).await;
        let answer = Answer::only(&wire.rest().await);
        answer.suits_firmware();
        assert_eq!(answer.status_line, "HTTP/1.1 400 Bad Request", "{request}");
        let says = r#"{"message":"This address speaks HTTPS alone: write https:// instead of http://."}"#;
        assert_eq!((answer.body.as_str(), answer.header("Connection")), (says, "close"));
    }
    assert_eq!(server.rows().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_never_ends_or_is_none_ends_the_connection() {
    let server = hasty().await;
    let address = server.protected.as_ref().unwrap().address;
    // Nothing, the beginning of a greeting, and one of four kilobytes that come to a fifth.
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
    let mut wire = server.wire().await;
    wire.send(HEALTH).await;
    assert_eq!(wire.answer().await.status_line, "HTTP/1.1 200 OK", "others are served");
    assert!(wire.gone().await, "and let go when they are idle");
}

/// Everything until the server closes or resets.
async fn read(stream: &mut tokio::net::TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut all)).await;
    let _ = reading.expect("the server closes");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_after_the_handshake_is_let_go() {
    let server = hasty().await;
    let device = server.device().await;
    let info = head("GET /subscriptionInfo", &device, SubscriptionInfo);
    for sent in ["", "GET /subscr", &info] {
        let mut wire = server.wire().await;
        wire.send(sent).await;
        assert!(wire.gone().await, "{sent}");
    }
    let asked = server.wire().await.send_until_refused("GET /-/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(asked > 10, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_under_way_and_waits_for_no_handshake() {
    let server = Server::with_tls().await;
    let device = server.device().await;
    let (mut busy, mut idle) = (server.wire().await, server.wire().await);
    let mut greeting = tokio::net::TcpStream::connect(server.protected.as_ref().unwrap().address).await.unwrap();
    idle.send(HEALTH).await;
    assert_eq!(idle.answer().await.status_line, "HTTP/1.1 200 OK");
    let slot_status = head(&format!("POST /slotStatus/{FILTER}"), &device, SlotStatus);
    busy.send(format!("{slot_status}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", LEVEL.len())).await;
    assert_eq!(busy.piece().await, "HTTP/1.1 100 Continue\r\n\r\n", "it is being answered");

    server.stop();
    assert_eq!(read(&mut greeting).await, b"");
    assert_eq!(idle.rest().await, "", "an idle connection ends");
    busy.send(LEVEL).await;
    Answer::only(&busy.rest().await).is("{}");
    assert_eq!(server.count("reading").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_greets_holds_a_place_no_longer_than_a_handshake_may_take() {
    let options = Options { tls: true, connections: 2, head_timeout: Duration::from_secs(1), ..Options::default() };
    let server = Server::with(options).await;
    let address = server.protected.as_ref().unwrap().address;
    let mut greeting = Vec::new();
    for _ in 0..2 {
        greeting.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    let mut wire = server.wire().await;
    wire.send(HEALTH).await;
    assert_eq!(wire.answer().await.status_line, "HTTP/1.1 200 OK");
}
