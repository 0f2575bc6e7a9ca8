//! Encrypted connections to PostgreSQL, as the URL requires them. The test's cluster has no TLS: a front end terminates
//! it, as a server with a certificate would.

use crate::harness::{TestDatabase, new_installation};
use opendrs_store::{Db, StoreLocation};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The SSL request of PostgreSQL's protocol: eight bytes, the length and a number that is no version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Terminates TLS in front of a database and counts the encrypted connections. Others are refused.
struct TlsFrontEnd {
    address: SocketAddr,
    encrypted_connections: Arc<AtomicUsize>,
}

impl TlsFrontEnd {
    async fn start(to: String, acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, encrypted) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = encrypted.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (acceptor, to, count) = (acceptor.clone(), to.clone(), count.clone());
                tokio::spawn(async move {
                    let mut asked = [0; 8];
                    client.read_exact(&mut asked).await.ok().filter(|_| asked == SSL_REQUEST)?;
                    client.write_all(b"S").await.ok()?;
                    let mut inside = acceptor.accept(client).await.ok()?;
                    count.fetch_add(1, Ordering::Relaxed);
                    let mut database = TcpStream::connect(to).await.ok()?;
                    tokio::io::copy_bidirectional(&mut inside, &mut database).await.ok()
                });
            }
        });
        Self { address, encrypted_connections: encrypted }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_protected_as_the_url_asks() {
    let database = TestDatabase::create().await;
    let StoreLocation::Url(url) = database.location.clone() else { panic!("no URL") };
    let (user, rest) = url.split_once('@').unwrap();
    let (host, name) = rest.split_once('/').unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
    let front = TlsFrontEnd::start(host.to_owned(), TlsAcceptor::from(Arc::new(config))).await;
    let folder = TempDir::new().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, cert.pem()).unwrap();

    let port = front.address.port();
    let open = async |host: &str, query: &str| {
        let url = format!("{user}@{host}:{port}/{name}{query}");
        let before = front.encrypted_connections.load(Ordering::Relaxed);
        let opened = Db::open(&StoreLocation::Url(url), new_installation()).await.map(drop).map_err(|e| e.to_string());
        (opened, front.encrypted_connections.load(Ordering::Relaxed) > before)
    };
    let full = format!("?sslmode=verify-full&sslrootcert={}", roots.display());
    for (host, query) in
        [("localhost", ""), ("localhost", "?sslmode=require"), ("127.0.0.1", "?sslmode=require"), ("localhost", &full)]
    {
        assert_eq!(open(host, query).await, (Ok(()), true), "{host} {query}");
    }
    for (host, query, says) in [
        ("localhost", "?sslmode=disable", ""),
        ("localhost", "?sslmode=verify-full", "certificate"),
        ("127.0.0.1", full.as_str(), "certificate"),
    ] {
        let (opened, _) = open(host, query).await;
        assert!(opened.as_ref().is_err_and(|e| e.contains(says)), "{host} {query}: {opened:?}");
    }
    // A server without TLS is refused if TLS is required, and accepted if it is only preferred.
    let direct =
        async |query: &str| Db::open(&StoreLocation::Url(format!("{url}{query}")), new_installation()).await.map(drop);
    assert!(direct("?sslmode=require").await.is_err());
    direct("?sslmode=prefer").await.unwrap();
    direct("?sslmode=disable").await.unwrap();
    database.remove().await;
}
