//! Servers that no longer take writes.
//!
//! * A failover leaves sessions at a former primary.
//! * A setting makes a database read-only.
//! * A role loses its rights.
//! * A pooler gives the session to another client.
//!
//! The sessions change while the store uses them. A relay between the store and the cluster runs statements on them, as
//! a failover or a pooler would.

use crate::harness::{TestDatabase, TestStore, command, connect, new_installation};
use crate::samples::{maker, mix, uuid};
use futures_util::future::join_all;
use opendrs_domain::id::MakerId;
use opendrs_store::{Db, Error, Result, StoreLocation, maker};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

postgres_only!(
    sessions_that_became_read_only_are_dropped,
    a_probe_finds_read_only_sessions_without_calls,
    sessions_without_their_statements_are_dropped,
    a_read_only_database_is_refused_until_it_is_writable
);

async fn insert(store: &TestStore, n: u64) -> Result<()> {
    store.db.write(command(mix(n), n, |tx, n| Box::pin(async { maker::insert(tx, &maker(*n)).await }))).await
}

async fn find(store: &TestStore, n: u64) -> Result<bool> {
    store.try_read(async |tx| maker::find_by_id(tx, MakerId(uuid(n))).await).await.map(|found| found == Some(maker(n)))
}

#[track_caller]
fn assert_unavailable<T: std::fmt::Debug>(answer: &Result<T>, says: &str) {
    assert!(matches!(answer, Err(Error::Unavailable(why)) if why.contains(says)), "{answer:?}");
}

/// A statement to run on a session, and the channel to notify when it is done.
type InjectedStatement = (String, oneshot::Sender<()>);

/// A relay in front of a cluster, one session of the cluster for each connection.
struct SessionRelay {
    address: SocketAddr,
    sessions: Arc<Mutex<Vec<mpsc::UnboundedSender<InjectedStatement>>>>,
}

impl SessionRelay {
    async fn start(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, sessions) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let all = sessions.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&to).await.unwrap();
                let (inject, injected) = mpsc::unbounded_channel();
                all.lock().unwrap().push(inject);
                tokio::spawn(relay_session(client, server, injected));
            }
        });
        Self { address, sessions }
    }

    /// The number of sessions so far.
    fn session_count(&self) -> usize {
        self.sessions.lock().unwrap().len()
    }

    /// Runs a statement on every session. Nothing else may be running on them.
    async fn run_on_all_sessions(&self, sql: &str) {
        let sessions = self.sessions.lock().unwrap().clone();
        for session in sessions {
            let (done, ran) = oneshot::channel();
            // Some sessions have ended.
            if session.send((sql.to_owned(), done)).is_ok() {
                let _ = ran.await;
            }
        }
    }
}

async fn relay_session(
    mut client: TcpStream,
    mut server: TcpStream,
    mut injected: mpsc::UnboundedReceiver<InjectedStatement>,
) {
    let (mut up, mut down) = ([0; 4096], [0; 4096]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => match read {
                Ok(n) if n > 0 && server.write_all(&up[..n]).await.is_ok() => {}
                _ => return,
            },
            read = server.read(&mut down) => match read {
                Ok(n) if n > 0 && client.write_all(&down[..n]).await.is_ok() => {}
                _ => return,
            },
            Some((sql, done)) = injected.recv() => {
                run_statement(&mut server, &sql).await;
                let _ = done.send(());
            }
        }
    }
}

/// Runs a statement by PostgreSQL's protocol: a message `Q`, and responses up to `Z`, "ready for the next".
async fn run_statement(server: &mut TcpStream, sql: &str) {
    let mut message = vec![b'Q'];
    message.extend_from_slice(&u32::try_from(sql.len() + 5).unwrap().to_be_bytes());
    message.extend_from_slice(sql.as_bytes());
    message.push(0);
    server.write_all(&message).await.unwrap();
    loop {
        let kind = server.read_u8().await.unwrap();
        let length = server.read_u32().await.unwrap();
        let mut rest = vec![0; usize::try_from(length).unwrap() - 4];
        server.read_exact(&mut rest).await.unwrap();
        assert_ne!(kind, b'E', "{sql}: {}", String::from_utf8_lossy(&rest));
        if kind == b'Z' {
            return;
        }
    }
}

/// A store's URL with another address or user.
fn url_with(store: &TestStore, user: Option<&str>, address: Option<SocketAddr>) -> (String, String) {
    let StoreLocation::Url(url) = &store.location else { panic!("no URL") };
    let (known, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let at = address.map_or_else(|| server.to_owned(), |address| address.to_string());
    (format!("postgres://{}@{at}/{name}", user.unwrap_or(known)), server.to_owned())
}

/// A second node of a store, behind a relay.
async fn open_behind_relay(store: &TestStore) -> (TestStore, SessionRelay) {
    let relay = SessionRelay::start(url_with(store, None, None).1).await;
    let node = TestStore::open(StoreLocation::Url(url_with(store, None, Some(relay.address)).0)).await;
    (node, relay)
}

const READ_ONLY: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

async fn sessions_that_became_read_only_are_dropped(store: &TestStore) {
    let (node, relay) = open_behind_relay(store).await;
    insert(&node, 1).await.unwrap();
    let before = relay.session_count();
    relay.run_on_all_sessions(READ_ONLY).await;
    // The batch that meets the session fails as a whole. Commands that the writer takes later have a new session.
    let answers = join_all((10..40).map(|n| insert(&node, n))).await;
    assert_unavailable(&answers[0], "read-only transaction (25006)");
    let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.is_ok());
    refused.into_iter().for_each(|answer| assert_unavailable(answer, "read-only transaction (25006)"));
    assert_eq!(store.count("maker").await, 1 + done.len());
    // The next command and the next read have another session, since data of the former primary is stale.
    insert(&node, 2).await.unwrap();
    assert!(find(&node, 2).await.unwrap());
    assert_eq!(relay.session_count(), before + 2);
}

async fn a_probe_finds_read_only_sessions_without_calls(store: &TestStore) {
    let (node, relay) = open_behind_relay(store).await;
    node.db.probe().await.unwrap();
    let before = relay.session_count();
    relay.run_on_all_sessions(READ_ONLY).await;
    assert_unavailable(&node.db.probe().await, "read-only transaction (25006)");
    node.db.probe().await.unwrap();
    assert_eq!(relay.session_count(), before + 2, "one that reads, one that writes");
    insert(&node, 1).await.unwrap();
}

async fn sessions_without_their_statements_are_dropped(store: &TestStore) {
    let (node, relay) = open_behind_relay(store).await;
    let before = relay.session_count();
    relay.run_on_all_sessions("DEALLOCATE ALL").await;
    assert_unavailable(&insert(&node, 1).await, "does not exist (26000)");
    insert(&node, 1).await.unwrap();
    // The writer's lost statements do not affect readers: each notices its own.
    let mut lost = 0;
    while let Err(error) = find(&node, 1).await {
        assert_unavailable::<()>(&Err(error), "does not exist (26000)");
        lost += 1;
    }
    assert!(lost <= 3 && find(&node, 1).await.unwrap(), "{lost}");
    assert_eq!(relay.session_count(), before + 2);
}

/// Makes sessions that begin from now on read-only, or not.
async fn set_read_only(store: &TestStore, word: &str) {
    let (url, _) = url_with(store, None, None);
    let name = url.rsplit_once('/').unwrap().1;
    let shell = connect(&url).await;
    shell.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    shell.batch_execute(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {word}")).await.unwrap();
}

async fn a_read_only_database_is_refused_until_it_is_writable(store: &TestStore) {
    insert(store, 1).await.unwrap();
    set_read_only(store, "on").await;
    let ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'opendrs'";
    store.query_raw(ended).await;
    assert_unavailable(&insert(store, 2).await, "");
    for answer in [insert(store, 3).await, store.db.probe().await, insert(store, 4).await] {
        assert_unavailable(&answer, "");
    }
    assert_unavailable(&insert(store, 5).await, "the database takes no writes: it is a standby");
    let opened = Db::open(&store.location, new_installation()).await.map(drop);
    assert_unavailable(&opened, "the database takes no writes: it is a standby");
    let looked = opendrs_store::inspection::inspect(&store.location).await.unwrap();
    assert!(looked.is_some_and(|found| found.installation.is_some()), "a look needs no writes");

    set_read_only(store, "off").await;
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    while store.db.probe().await.is_err() {
        ticks.tick().await;
    }
    insert(store, 6).await.unwrap();
    assert!(find(store, 1).await.unwrap() && find(store, 6).await.unwrap());
    assert_eq!(store.count("maker").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_is_unavailable_until_it_has_them() {
    let database = TestDatabase::create().await;
    database.execute_on_cluster("DROP ROLE IF EXISTS {}_node").await;
    database.execute_on_cluster("CREATE ROLE {}_node LOGIN").await;
    database.execute_on_cluster("ALTER DATABASE {} OWNER TO {}_node").await;
    let StoreLocation::Url(url) = database.location.clone() else { panic!("no URL") };
    let role = format!("{}_node", url.rsplit_once('/').unwrap().1);
    let (_, rest) = url.split_once('@').unwrap();
    let node = TestStore::open(StoreLocation::Url(format!("postgres://{role}@{rest}"))).await;
    insert(&node, 1).await.unwrap();
    let connects = node.db.metrics().connects;

    let shell = connect(&url).await;
    let revoke = format!("REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public FROM {role}");
    shell.batch_execute(&revoke).await.unwrap();
    assert_unavailable(&insert(&node, 2).await, "permission denied for table maker (42501)");
    assert_unavailable(&node.db.probe().await, "permission denied for table installation (42501)");
    let grant = format!("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}");
    shell.batch_execute(&grant).await.unwrap();
    node.db.probe().await.unwrap();
    insert(&node, 2).await.unwrap();
    assert_eq!(node.db.metrics().connects, connects, "another connection would not have helped");
    drop((node, shell));
    let cluster = database.connect_to_cluster().await;
    database.remove().await;
    cluster.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
}
