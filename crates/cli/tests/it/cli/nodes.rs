//! Two nodes on one PostgreSQL, as processes behind a load balancer: restarts without failed calls, keys, shared work.

use super::program::{FILTER, ProgramFolder, SEED, ServingProcess};
use crate::harness::Store;
use opendrs_client::{BrowserClient, HtmlForm, send};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A folder whose nodes share a database and a master key, and drain for one second.
async fn shared_database_and_folder() -> (Store, ProgramFolder) {
    let database = Store::postgres().await;
    let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
    let mut place = ProgramFolder::new();
    place.store_args.extend(["--database-url".into(), url]);
    place.write_file("node.toml", "[server]\ndrain = \"1s\"\n[limits]\ndevice_rate = 0\nclient_rate = 0\n");
    place.apply_seed();
    (database, place)
}

fn address(node: &ServingProcess) -> SocketAddr {
    node.base_url.strip_prefix("http://").unwrap().parse().unwrap()
}

/// A load balancer. It forwards the bytes of each connection to the next node that was ready at the last check.
struct Balancer {
    address: SocketAddr,
    nodes: Arc<Mutex<Vec<(SocketAddr, bool)>>>,
    _tasks: JoinSet<()>,
}

async fn is_ready(node: SocketAddr) -> bool {
    let reply = send(axum::http::Method::GET, &format!("http://{node}/-/ready"), &[], "").await;
    reply.is_ok_and(|reply| reply.status == 200)
}

impl Balancer {
    async fn start() -> Self {
        let nodes = Arc::new(Mutex::new(Vec::<(SocketAddr, bool)>::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        let asked = nodes.clone();
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(50));
            loop {
                ticks.tick().await;
                let known: Vec<_> = asked.lock().unwrap().iter().map(|(node, _)| *node).collect();
                for node in known {
                    let is = is_ready(node).await;
                    asked.lock().unwrap().iter_mut().filter(|(at, _)| *at == node).for_each(|(_, was)| *was = is);
                }
            }
        });
        let served = nodes.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            for turn in 0_usize.. {
                let (mut client, _) = listener.accept().await.unwrap();
                let ready: Vec<_> = served.lock().unwrap().iter().filter(|(_, is)| *is).map(|(at, _)| *at).collect();
                connections.spawn(async move {
                    let mut node = TcpStream::connect(ready[turn % ready.len()]).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut node).await;
                });
            }
        });
        Self { address, nodes, _tasks: tasks }
    }

    async fn add(&self, node: &ServingProcess) {
        assert!(is_ready(address(node)).await);
        self.nodes.lock().unwrap().push((address(node), true));
    }

    fn remove(&self, node: SocketAddr) {
        self.nodes.lock().unwrap().retain(|(at, _)| *at != node);
    }
}

/// A client that keeps its connection open as long as possible, as the libraries of devices do. It returns the status
/// of each answer.
struct KeepAliveClient {
    to: SocketAddr,
    stream: Option<TcpStream>,
}

impl KeepAliveClient {
    async fn call(&mut self, request: &str) -> Result<u16, String> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.to).await.map_err(|e| e.to_string())?,
        };
        stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
        let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
        // Answers are small: head and body arrive in one piece.
        while !answer.ends_with(b"}") {
            match stream.read(&mut piece).await.map_err(|e| e.to_string())? {
                0 => return Err(format!("the connection ended after {:?}", String::from_utf8_lossy(&answer))),
                n => answer.extend_from_slice(&piece[..n]),
            }
        }
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        if !answer.contains("connection: close") {
            self.stream = Some(stream);
        }
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| format!("no status in {answer:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_no_call() {
    let (database, place) = shared_database_and_folder().await;
    let token = place.link_device("SN-1", &[])["access_token"].as_str().unwrap().to_owned();
    let node = || place.serve(&["--config", "node.toml"]);
    let balancer = Balancer::start().await;
    let mut nodes = vec![node(), node()];
    for node in &nodes {
        balancer.add(node).await;
    }
    let body = r#"{"remainingQuantityInUnit":12,"originalQuantityInUnit":40}"#;
    let request = format!(
        "POST /slotStatus/{FILTER} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\
         x-amzn-type-version: com.amazon.dash.replenishment.DrsSlotStatusInput@1.0\r\n\
         x-amzn-accept-type: com.amazon.dash.replenishment.DrsSlotStatusResult@1.0\r\n\r\n{body}",
        body.len()
    );
    let (end, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut load = JoinSet::new();
    for _ in 0..8 {
        let (end, done, request, to) = (end.clone(), done.clone(), request.clone(), balancer.address);
        load.spawn(async move {
            let mut client = KeepAliveClient { to, stream: None };
            while !end.load(Ordering::Relaxed) {
                assert_eq!(client.call(&request).await, Ok(200), "after {} calls", done.load(Ordering::Relaxed));
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let under_load = async || {
        let before = done.load(Ordering::Relaxed);
        while done.load(Ordering::Relaxed) < before + 100 {
            tokio::task::yield_now().await;
        }
    };
    under_load().await;
    for _ in 0..2 {
        let old = nodes.remove(0);
        let at = address(&old);
        assert_eq!(tokio::task::block_in_place(|| old.terminate()), 0);
        balancer.remove(at);
        under_load().await;
        let new = tokio::task::block_in_place(node);
        balancer.add(&new).await;
        nodes.push(new);
        under_load().await;
    }
    end.store(true, Ordering::Relaxed);
    load.join_all().await;
    let acknowledged = done.load(Ordering::Relaxed);
    assert_eq!(database.all_rows().await["reading"].len(), acknowledged, "every acknowledged call is there, once");
    drop(nodes);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_says_so_before_it_does() {
    let place = ProgramFolder::new();
    place.write_file("seed.toml", SEED);
    place.write_file("node.toml", "[server]\ndrain = \"1h\"\n");
    let mut server = place.serve(&["--config", "node.toml", "--seed", "seed.toml"]);
    let reply = server.get("/-/ready").await;
    assert_eq!((reply.text(), reply.header("connection")), (r#"{"status":"ready"}"#.into(), ""));
    server.signal("TERM");
    server.wait_for_line("No longer ready: serving for another 3600s, or until a second stop signal.");
    let reply = server.get("/-/ready").await;
    assert_eq!((reply.status.as_u16(), reply.text()), (503, r#"{"status":"stopping"}"#.into()));
    let reply = server.get("/-/health").await;
    assert_eq!((reply.status.as_u16(), reply.header("connection")), (200, "close"), "it still serves");
    assert_eq!(server.terminate(), 0, "a second request to stop is not waited for");
}

fn token_key_number(token: &str) -> u32 {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&token[5..]).unwrap();
    u32::from_be_bytes(bytes[3..7].try_into().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_used_by_every_node() {
    let (database, place) = shared_database_and_folder().await;
    let refresh = place.link_device("SN-1", &[])["refresh_token"].as_str().unwrap().replace('|', "%7C");
    let nodes = [place.serve(&[]), place.serve(&[])];
    let (client, secret) = (super::program::CLIENT, super::program::SECRET);
    let body = format!("grant_type=refresh_token&client_id={client}&client_secret={secret}&refresh_token={refresh}");
    let signed = async |node: &ServingProcess| {
        let reply = node.post("/auth/o2/token", &body).await.json();
        token_key_number(reply["access_token"].as_str().unwrap())
    };
    for node in &nodes {
        assert_eq!(signed(node).await, 1);
    }
    place.run_on_store(&["keys", "rotate"]).expect_success();
    for node in &nodes {
        // The node got no token of the new key. Each iteration makes a call, and a second of them is enough.
        let mut looks = 0;
        while signed(node).await == 1 {
            looks += 1;
            assert!(looks < 20_000, "it goes on with the old key");
        }
    }
    drop(nodes);
    database.remove().await;
}

/// Opens the customer's settings of a device on one node, and signs in.
async fn open_settings(node: &ServingProcess, path: &str) -> BrowserClient {
    let mut browser = BrowserClient::new(&node.base_url);
    let page = browser.get(path).await.unwrap().text();
    let form =
        HtmlForm::parse_all(&page).into_iter().find(|form| form.fields.iter().any(|(name, _)| name == "password"));
    let form = form.unwrap_or_else(|| panic!("no sign-in: {page}"));
    let form = form.fill("email", "customer@example.com").fill("password", "correct horse battery");
    let reply = browser.submit(&form).await.unwrap();
    let reply = browser.follow_redirects(reply).await.unwrap();
    assert!(reply.text().contains("Serial number SN-1"), "{}", reply.text());
    browser
}

/// No node caches what makers, operators and customers set. The next call on any node reads it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_beside_a_node_or_on_another_holds_at_the_next_call() {
    let (database, place) = shared_database_and_folder().await;
    let nodes = [place.serve(&["--test-clock"]), place.serve(&["--test-clock"])];
    let device = place.link_device("SN-1", &[]);
    let text = |key: &str| device[key].as_str().unwrap().to_owned();
    let (token, refresh) = (text("access_token"), text("refresh_token").replace('|', "%7C"));
    let path = format!("/settings?access_token={}", token.replace('|', "%7C"));
    let mut pages = [open_settings(&nodes[0], &path).await, open_settings(&nodes[1], &path).await];

    // A maker renames the model, adds a slot, and changes a price and a client's secret.
    let (client, secret, other) = (super::program::CLIENT, super::program::SECRET, "7".repeat(64));
    let refreshed = async |node: &ServingProcess, secret: &str| {
        let who = format!("client_id={client}&client_secret={secret}");
        node.post("/auth/o2/token", &format!("grant_type=refresh_token&{who}&refresh_token={refresh}")).await.status
    };
    let slot =
        "[[maker.model.slot]]\nid = \"lamp\"\nname = \"UV lamp\"\nunit = \"count\"\nproducts = [\"B000000003\"]\n";
    let changed = SEED.replace("\"24.99\"", "\"31.50\"").replace("\"Aqua Pitcher\"", "\"Aqua Carafe\"");
    let changed = changed.replace(secret, &other).replacen("[[product]]", &format!("{slot}\n[[product]]"), 1);
    let new = ["31.50 USD", "Aqua Carafe", "UV lamp"];
    for (node, page) in nodes.iter().zip(&mut pages) {
        let shown = page.get(&path).await.unwrap().text();
        assert!(shown.contains("24.99 USD") && !new.iter().any(|words| shown.contains(words)), "{shown}");
        assert_eq!(refreshed(node, secret).await, 200);
    }
    place.write_file("changed.toml", &changed);
    place.run_on_store(&["seed", "changed.toml"]).expect_success();
    for (node, page) in nodes.iter().zip(&mut pages) {
        let shown = page.get(&path).await.unwrap().text();
        let offered = shown.replace("You agreed to 24.99 USD", "");
        assert!(new.iter().all(|words| shown.contains(words)) && !offered.contains("24.99 USD"), "{shown}");
        assert_eq!((refreshed(node, &other).await.as_u16(), refreshed(node, secret).await.as_u16()), (200, 401));
    }

    // An operator adds a receiver, and disables it.
    let heard = async || {
        let mut topics = Vec::new();
        for node in &nodes {
            let reply = node.post("/-/trigger", r#"{"type":"device-registered","device":"SN-1"}"#).await;
            topics.push(reply.json()["topics"].as_u64().unwrap_or_else(|| panic!("{}", reply.text())));
        }
        topics
    };
    let profile = place.profile_id();
    assert_eq!(heard().await, [0, 0]);
    place
        .run_on_store(&["topic", "add", "kettles", "http://127.0.0.1:9/", "--profile", &profile, "--confirmed"])
        .expect_success();
    assert_eq!(heard().await, [1, 1]);
    place.run_on_store(&["topic", "disable", "kettles"]).expect_success();
    assert_eq!(heard().await, [0, 0]);

    // A customer switches a slot off on one node and on again on the other.
    for (on, off) in [(false, 0), (true, 1)] {
        let html = pages[off].get(&path).await.unwrap().text();
        let of = |form: &HtmlForm| {
            form.action == "/settings/slot" && form.fields.contains(&("slotId".into(), FILTER.into()))
        };
        let form = HtmlForm::parse_all(&html).into_iter().find(of).unwrap_or_else(|| panic!("{html}"));
        pages[off].submit(&form.fill("subscribed", &on.to_string())).await.unwrap();
        let reply = nodes[1 - off].replenish(&token, FILTER).await;
        assert_eq!((reply.status == 200, reply.text().contains("is unsubscribed")), (on, !on), "{}", reply.text());
    }

    // The device is deregistered on one node, so its token is invalid on every node.
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-amzn-type-version", "com.amazon.dash.replenishment.DrsDeregisterInput@2.0"),
        ("x-amzn-accept-type", "com.amazon.dash.replenishment.DrsDeregisterResult@1.0"),
    ];
    assert_eq!(nodes[1].subscription_info(&token).await.status, 200);
    let left =
        send(axum::http::Method::DELETE, &format!("{}/registration", nodes[0].base_url), &headers, "").await.unwrap();
    assert_eq!(
        (left.status.as_u16(), nodes[1].subscription_info(&token).await.status.as_u16()),
        (200, 400),
        "{}",
        left.text()
    );
    drop(nodes);
    database.remove().await;
}

/// Many orders fall due at the same time on two nodes. Each order changes state once and causes one event.
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_what_is_due() {
    let (database, place) = shared_database_and_folder().await;
    place.write_file(
        "soon.toml",
        "[limits]\ndevice_rate = 0\n[orders]\ncancel_window = \"1s\"\nship_after = \"0s\"\ndeliver_after = \"1s\"\n",
    );
    let nodes = [place.serve(&["--config", "soon.toml"]), place.serve(&["--config", "soon.toml"])];
    for n in 0..20 {
        let token = place.link_device(&format!("SN-{n}"), &[])["access_token"].as_str().unwrap().to_owned();
        assert_eq!(nodes[n % 2].replenish(&token, FILTER).await.status, 200);
    }
    let states = async || database.all_rows().await["orders"].iter().filter(|row| row.contains(",delivered,")).count();
    let mut looks = 0;
    while states().await < 20 {
        looks += 1;
        assert!(looks < 2_000, "{:#?}", database.all_rows().await["orders"]);
    }
    let events: Vec<String> = database.all_rows().await["outbox"].clone();
    let count = |kind: &str| events.iter().filter(|row| row.contains(&format!(",{kind},"))).count();
    assert_eq!((count("OrderPlacedNotification"), count("ItemShippedNotification")), (20, 20), "{events:#?}");
    drop(nodes);
    database.remove().await;
}
