//! A pooler in transaction mode: between transactions its clients have no connection to the database, and each gets the
//! one that was returned last. A statement prepared on another connection is missing there.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The SSL request of PostgreSQL's protocol.
const SSL_REQUEST_CODE: [u8; 4] = [4, 210, 22, 47];

/// A pooler in front of a database, until it is dropped.
pub struct TestPooler {
    pub url: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for TestPooler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Default)]
struct IdleServers {
    idle: Mutex<Vec<TcpStream>>,
}

impl TestPooler {
    /// Starts a pooler in front of `postgres://user@host:port/name`, which requires no password.
    pub async fn start(url: &str) -> Self {
        let (user, rest) = url.split_once('@').unwrap();
        let (database, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (to, pool) = (database.to_owned(), Arc::new(IdleServers::default()));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve_client(client, to.clone(), pool.clone()));
            }
        });
        Self { url: format!("{user}@{address}/{name}"), task }
    }
}

/// Reads a message without its kind byte: the length, which counts itself, and the rest.
async fn read_payload(from: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await.ok()?;
    let mut message = length.to_vec();
    message.resize(u32::from_be_bytes(length) as usize, 0);
    from.read_exact(&mut message[4..]).await.ok()?;
    Some(message)
}

async fn read_message(from: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let kind = from.read_u8().await.ok()?;
    let mut whole = vec![kind];
    whole.extend(read_payload(from).await?);
    Some((kind, whole))
}

/// Reads a server's response until it waits for more; returns whether a transaction is open then.
async fn read_response(server: &mut TcpStream) -> Option<(Vec<u8>, bool)> {
    let mut said = Vec::new();
    loop {
        let (kind, whole) = read_message(server).await?;
        said.extend_from_slice(&whole);
        if kind == b'Z' {
            return Some((said, whole[5] != b'I'));
        }
    }
}

/// Serves a client until it disconnects.
async fn serve_client(mut client: TcpStream, to: String, pool: Arc<IdleServers>) -> Option<()> {
    let mut startup = read_payload(&mut client).await?;
    if startup[4..8] == SSL_REQUEST_CODE {
        client.write_all(b"N").await.ok()?;
        startup = read_payload(&mut client).await?;
    }
    // "Authentication ok", and "ready for query".
    client.write_all(b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I").await.ok()?;
    let mut held: Option<TcpStream> = None;
    loop {
        let mut asked = Vec::new();
        loop {
            let (kind, whole) = read_message(&mut client).await?;
            asked.extend_from_slice(&whole);
            match kind {
                b'Q' | b'S' => break,
                b'X' => return Some(()),
                _ => {}
            }
        }
        let mut server = match held.take().or_else(|| pool.idle.lock().unwrap().pop()) {
            Some(server) => server,
            None => {
                let mut server = TcpStream::connect(&to).await.ok()?;
                server.write_all(&startup).await.ok()?;
                read_response(&mut server).await?;
                server
            }
        };
        server.write_all(&asked).await.ok()?;
        let (said, open) = read_response(&mut server).await?;
        if open {
            held = Some(server);
        } else {
            // Before the client gets the response, since its next query may use another connection.
            pool.idle.lock().unwrap().push(server);
        }
        client.write_all(&said).await.ok()?;
    }
}
