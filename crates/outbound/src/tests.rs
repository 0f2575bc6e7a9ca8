//! Tests of the outbound client against servers that misbehave.

use super::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, IsCa, KeyPair, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::io::Write;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A timeout that no test reaches, and one that tests wait for.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

fn post_request(url: impl Into<String>) -> OutboundRequest {
    let headers = vec![("Content-Type".into(), "text/plain; charset=UTF-8".into())];
    OutboundRequest {
        method: "POST",
        url: url.into(),
        headers,
        body: b"hello".to_vec(),
        timeout: LONG,
        max_response_bytes: 4096,
        body_timeout: None,
    }
}

fn client_allowing(allow: &[&str]) -> GuardedHttpClient {
    let allow: Vec<_> = allow.iter().map(|item| (*item).to_owned()).collect();
    GuardedHttpClient::new(&allow, []).unwrap()
}

/// Reads a request's head and a body of five bytes. The result is empty if the client closed the connection.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(b"\r\n\r\nhello") && stream.read_exact(&mut byte).await.is_ok() {
        read.push(byte[0]);
    }
    String::from_utf8(read).unwrap()
}

/// Starts a server that answers every request on every connection with `parts`, in one write each, and then stays
/// silent.
async fn start_server(parts: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                while !read_request(&mut stream).await.is_empty() {
                    for part in parts {
                        stream.write_all(part.as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    format!("http://{address}/hook")
}

/// Starts a server that reads one request from one connection and then calls `then`. The task returns the request.
async fn serve_once<F>(then: impl FnOnce(TcpStream) -> F + Send + 'static) -> (String, tokio::task::JoinHandle<String>)
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let heard = read_request(&mut stream).await;
        then(stream).await;
        heard
    });
    (format!("http://{address}/hook"), task)
}

#[tokio::test]
async fn a_request_arrives_as_it_was_meant_and_its_answer_comes_back() {
    let (url, task) = serve_once(|mut stream| async move {
        let answer = b"HTTP/1.1 202 Accepted\r\nX-Kind: yes\r\nContent-Length: 4\r\n\r\nfine";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let url = url.replace("http://", "http://us%40er:p%3Aw@");
    let answer = client_allowing(&["127.0.0.0/8"]).send(post_request(format!("{url}?q=1"))).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.is_truncated), (202, b"fine".as_slice(), false));
    assert!(answer.is_success() && answer.header("x-kind") == Some("yes"));
    let heard = task.await.unwrap().to_lowercase();
    assert!(heard.starts_with("post /hook?q=1 http/1.1\r\n"), "{heard}");
    for line in ["content-type: text/plain; charset=utf-8", "content-length: 5", "user-agent: opendrs/"] {
        assert!(heard.contains(&format!("\r\n{line}")), "{heard}");
    }
    assert!(heard.contains("\r\nauthorization: basic dxnazxi6cdp3"), "{heard}");
    assert!(!heard.contains("us%40er@"), "the address is sent without its password: {heard}");
}

#[tokio::test]
async fn connections_are_kept_for_the_next_request() {
    // The server accepts only one connection.
    let (url, _task) = serve_once(|mut stream| async move {
        for _ in 0..3 {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
            read_request(&mut stream).await;
        }
    })
    .await;
    let network = client_allowing(&["127.0.0.1"]);
    for _ in 0..3 {
        assert_eq!(network.send(post_request(&url)).await.unwrap().body, b"ok");
    }
}

#[tokio::test]
async fn who_never_answers_is_left_at_the_deadline() {
    let url = start_server(&[]).await;
    let request = OutboundRequest { timeout: SHORT, ..post_request(url) };
    assert_eq!(client_allowing(&["127.0.0.1"]).send(request).await, Err(OutboundError::TimedOut));
}

#[tokio::test]
async fn a_slow_body_is_left_in_time_and_its_status_holds() {
    for (deadline, body_within) in [(SHORT, None), (LONG, Some(SHORT))] {
        let (url, _task) = serve_once(|mut stream| async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await.unwrap();
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            loop {
                ticks.tick().await;
                if stream.write_all(b"x").await.is_err() {
                    return;
                }
            }
        })
        .await;
        let answer = client_allowing(&["127.0.0.1"])
            .send(OutboundRequest { timeout: deadline, body_timeout: body_within, ..post_request(url) })
            .await
            .unwrap();
        assert_eq!((answer.status, &answer.body_error), (200, &Some(OutboundError::TimedOut)));
        assert!(answer.body.starts_with(b"x") && answer.complete_body().unwrap_err().contains("status 200 broke off"));
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let url = start_server(&["HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"]).await;
    let answer = client_allowing(&["127.0.0.1"]).send(post_request(url)).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (301, Some("http://127.0.0.1:1/")));
}

#[tokio::test]
async fn an_answer_is_read_to_its_limit_and_no_further() {
    let url =
        start_server(&["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "6\r\nabcdef\r\n", "3\r\nghi\r\n"])
            .await;
    let network = client_allowing(&["127.0.0.1"]);
    let answer = network.send(OutboundRequest { max_response_bytes: 8, ..post_request(&url) }).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.is_truncated), (b"abcdefgh".as_slice(), true));
    let whole = start_server(&["HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcdefgh"]).await;
    let answer = network.send(OutboundRequest { max_response_bytes: 8, ..post_request(whole) }).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.is_truncated), (b"abcdefgh".as_slice(), false));
}

#[tokio::test]
async fn a_head_without_end_is_unreadable() {
    let (url, _task) = serve_once(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(format!("x: {}\r\n", "y".repeat(1000)).as_bytes()).await.is_ok() {}
    })
    .await;
    let failure = client_allowing(&["127.0.0.1"]).send(post_request(url)).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Unreadable(_)), "{failure:?}");
    let url = start_server(&["SSH-2.0-OpenSSH_9.2\r\n\r\n"]).await;
    let failure = client_allowing(&["127.0.0.1"]).send(post_request(url)).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Unreadable(_)), "{failure:?}");
}

#[tokio::test]
async fn a_connection_that_ends_before_the_status_is_no_answer() {
    let network = client_allowing(&["127.0.0.1"]);
    let (url, _task) = serve_once(|stream| async move { drop(stream) }).await;
    assert_eq!(network.send(post_request(url)).await, Err(OutboundError::ConnectionClosed), "before the head");
    let (url, _task) = serve_once(|stream| async move { stream.set_zero_linger().unwrap() }).await;
    assert_eq!(network.send(post_request(url)).await, Err(OutboundError::ConnectionClosed), "reset");
}

#[tokio::test]
async fn a_body_that_breaks_off_takes_no_status_back() {
    let network = client_allowing(&["127.0.0.1"]);
    for (status, head, body, reset) in [
        (200, "Content-Length: 10\r\n", "half", false),
        (200, "Content-Length: 10\r\n", "half", true),
        (202, "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n", false),
        (202, "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\nno length\r\n", false),
        (410, "Content-Length: 10\r\n", "half", true),
        (429, "Retry-After: 90\r\nContent-Length: 10\r\n", "half", false),
        (503, "Content-Length: 10\r\n", "half", true),
    ] {
        let (url, _task) = serve_once(move |mut stream| async move {
            let text = format!("HTTP/1.1 {status} X\r\n{head}\r\n{body}");
            stream.write_all(text.as_bytes()).await.unwrap();
            if reset {
                stream.set_zero_linger().unwrap();
            }
        })
        .await;
        let answer = network.send(post_request(url)).await.unwrap();
        assert_eq!(
            (answer.status, &answer.body_error),
            (status, &Some(OutboundError::ConnectionClosed)),
            "{head}{body}"
        );
        assert!(!answer.is_truncated && b"half".starts_with(&answer.body), "{answer:?}");
        assert_eq!(answer.header("retry-after"), (status == 429).then_some("90"));
    }
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = client_allowing(&["127.0.0.1"]).send(post_request(format!("http://{address}/"))).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Connect(_)), "{failure:?}");
    let failure = client_allowing(&[]).send(post_request("http://nowhere.invalid/")).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Unresolved(_)), "{failure:?}");
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_spelt() {
    let network = client_allowing(&["192.168.7.0/24"]);
    for (host, is) in [
        ("127.0.0.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("[::ffff:127.0.0.1]", "::ffff:7f00:1"),
        ("[::1]", "::1"),
        ("169.254.169.254", "169.254.169.254"),
        ("10.0.0.1", "10.0.0.1"),
    ] {
        let failure = network.send(post_request(format!("http://{host}:9/"))).await.unwrap_err();
        assert_eq!(failure, OutboundError::AddressRefused(is.parse().unwrap()), "{host}");
    }
    let failure = network.send(post_request("https://localhost:9/")).await.unwrap_err();
    assert!(matches!(failure, OutboundError::AddressRefused(address) if address.is_loopback()), "{failure:?}");
}

#[tokio::test]
async fn a_listed_name_is_asked_wherever_it_leads() {
    let url = start_server(&["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]).await.replace("127.0.0.1", "localhost");
    assert_eq!(client_allowing(&["localhost"]).send(post_request(url)).await.unwrap().status, 200);
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anybody_is_asked() {
    for url in ["", "shop", "ftp://a/", "file:///etc/passwd", "http://a/#b", "http://", "http://a b/"] {
        let failure = client_allowing(&[]).send(post_request(url)).await.unwrap_err();
        assert!(matches!(failure, OutboundError::BadUrl(_)) && !failure.is_transient(), "{url}: {failure:?}");
    }
    let bad =
        OutboundRequest { headers: vec![("a".into(), "b\r\nc: d".into())], ..post_request("http://example.com/") };
    assert_eq!(client_allowing(&[]).send(bad).await, Err(OutboundError::BadHeader("a".into())));
}

/// Starts a TLS server for `localhost`. Returns its URL and its certificate as PEM.
async fn start_tls_server() -> (String, String) {
    serve_certificate(generate_simple_self_signed(vec!["localhost".into()]).unwrap()).await
}

async fn serve_certificate(CertifiedKey { cert, signing_key }: CertifiedKey<KeyPair>) -> (String, String) {
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            write_response(&mut stream).await;
        }
    });
    (format!("https://localhost:{port}/"), cert.pem())
}

async fn write_response(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    read_request(stream).await;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret").await.unwrap();
    stream.flush().await.unwrap();
}

#[tokio::test]
async fn certificates_are_checked_against_the_system_and_the_file() {
    let (url, certificate) = start_tls_server().await;
    let allow = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let failure = GuardedHttpClient::new(&allow, []).unwrap().send(post_request(&url)).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Tls(_)), "nobody vouches for it: {failure:?}");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(certificate.as_bytes()).unwrap();
    let trusting = GuardedHttpClient::new(&allow, [file.path()]).unwrap();
    assert_eq!(trusting.send(post_request(&url)).await.unwrap().body, b"secret");
    let failure = trusting.send(post_request(url.replace("localhost", "127.0.0.1"))).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Tls(_)), "another name: {failure:?}");
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    tokio::spawn(async move { plain.accept().await.unwrap().0.write_all(b"HTTP/1.1 400 Bad\r\n\r\n").await });
    let failure = trusting.send(post_request(url)).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Tls(_)), "no TLS there: {failure:?}");
}

#[tokio::test]
async fn a_certificate_that_is_its_own_authority_is_trusted_by_its_file() {
    let signing_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let cert = params.self_signed(&signing_key).unwrap();
    let (url, certificate) = serve_certificate(CertifiedKey { cert, signing_key }).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(certificate.as_bytes()).unwrap();
    let allow = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let trusting = GuardedHttpClient::new(&allow, [file.path()]).unwrap();
    assert_eq!(trusting.send(post_request(&url)).await.unwrap().body, b"secret");
    let failure = trusting.send(post_request(url.replace("localhost", "127.0.0.1"))).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Tls(_)), "another name: {failure:?}");
    let failure = GuardedHttpClient::new(&allow, []).unwrap().send(post_request(&url)).await.unwrap_err();
    assert!(matches!(failure, OutboundError::Tls(_)), "nobody vouches for it: {failure:?}");
}

#[test]
fn a_file_without_certificates_is_an_error_that_names_the_setting() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = GuardedHttpClient::new(&[], [file.path()]).err().unwrap();
    assert!(error.starts_with("outbound.ca_file ") && error.contains("no certificate"), "{error}");
    let error = GuardedHttpClient::new(&[], [Path::new("/nowhere.pem")]).err().unwrap();
    assert!(error.starts_with("outbound.ca_file /nowhere.pem"), "{error}");
}
