//! `opendrs serve`: its start, its output and its end.

use super::program::{ProgramFolder, SEED};
use crate::harness::{ReceiverAction, TestReceiver};
use std::io::Write as _;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_it_listens_and_ends_when_told() {
    let place = ProgramFolder::new();
    let mut server = place.serve(&[]);
    assert_eq!(server.wait_for_line("Store:"), "Store: SQLite in data. Stop with Ctrl-C.");
    let health = server.get("/-/health").await;
    assert_eq!(health.text(), format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
    assert_eq!(server.get("/-/clock").await.status, 404, "no clock without --test-clock");
    assert_eq!(server.terminate(), 0);
}

#[test]
fn it_refuses_a_port_that_is_taken() {
    let place = ProgramFolder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = place.run_on_store(&["serve", "--listen", &address]).expect_failure();
    let wanted = format!(
        "opendrs: {address} is in use: stop the other program, or choose another address with server.listen (--listen)\n"
    );
    assert!(said.ends_with(&wanted), "{said}");
    let said = place.run_on_store(&["serve", "--listen", "nowhere"]).expect_failure();
    assert!(said.contains("opendrs: server.listen is `nowhere`: write HOST:PORT"), "{said}");
    let said = place.run_on_store(&["serve", "--listen", "no.such.host.invalid:1"]).expect_failure();
    assert!(
        said.contains("cannot listen on no.such.host.invalid:1: ")
            && said.contains("Set server.listen (--listen) to HOST:PORT"),
        "{said}"
    );
}

#[test]
fn a_port_that_is_taken_is_told_with_its_setting() {
    let place = ProgramFolder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (variable, key) in [
        ("OPENDRS_METRICS_LISTEN", "metrics.listen"),
        ("OPENDRS_SERVICE_LISTEN", "service.listen"),
        ("OPENDRS_LOGIN_LISTEN", "login.listen"),
        ("OPENDRS_WEB_LISTEN", "web.listen"),
    ] {
        let words = ["serve", "--listen", "127.0.0.1:0", "--data", "data"];
        let said = place.run_with(&words, &[(variable, &address)]).expect_failure();
        let wanted = format!("{address} is in use: stop the other program, or choose another address with {key}\n");
        assert!(said.ends_with(&wanted), "{key}: {said}");
    }
}

async fn a_start_logs_no_word_of_what_is_there(place: &ProgramFolder) {
    for _ in 0..2 {
        let store: Vec<_> = place.store_args.iter().map(String::as_str).collect();
        let server = place.start(&[&["serve", "--listen", "127.0.0.1:0"][..], &store].concat());
        loop {
            let line = server.next_error_line();
            assert!(!line.contains("already exists"), "{line}");
            if line.contains("Store: ") {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_is_there_before_the_first_answer() {
    let place = ProgramFolder::new();
    place.write_file("seed.toml", SEED);
    let server = place.serve(&["--seed", "seed.toml"]);
    let teaser = "/teaser?compositeId=amzn1.dash.v1.composite.5f0c2a44-0000-4000-8000-0000000000c1";
    assert_eq!(server.get(teaser).await.status, 200);
    drop(server);
    place.write_file("seed.toml", "[[maker]]\nnam = \"A\"\n");
    let said = place.run_on_store(&["serve", "--listen", "127.0.0.1:0", "--seed", "seed.toml"]).expect_failure();
    assert!(said.contains("seed.toml: ") && said.contains("line 2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_has_the_routes_of_its_roles() {
    let place = ProgramFolder::seeded();
    for (roles, api, login, web) in
        [("service", 400, 404, 404), ("login,worker", 404, 400, 404), ("web", 404, 404, 400)]
    {
        let mut server = place.serve(&["--roles", roles]);
        assert_eq!(server.get("/subscriptionInfo").await.status, api, "{roles}");
        assert_eq!(server.get("/ap/oa").await.status, login, "{roles}");
        assert_eq!(server.get("/teaser").await.status, web, "{roles}");
        assert_eq!(server.get("/-/health").await.status, 200, "{roles}");
        server.wait_for_line("Store:");
        assert_eq!(server.terminate(), 0);
    }
}

#[test]
fn a_store_is_opened_with_the_key_it_was_made_with() {
    let place = ProgramFolder::seeded();
    let key = place.path().join("data/master.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "for its owner's eyes alone");
    let text = std::fs::read_to_string(&key).unwrap();
    assert_eq!(text.trim().len(), 64);
    std::fs::write(&key, "0".repeat(64)).unwrap();
    let said = place.run_on_store(&["keys", "list"]).expect_failure();
    assert!(said.contains("this store was made with another master key"), "{said}");
    std::fs::write(&key, "short").unwrap();
    let said = place.run_on_store(&["keys", "list"]).expect_failure();
    assert!(said.contains("data/master.key is not a master key: it must contain 64 hex digits"), "{said}");
    std::fs::write(&key, text).unwrap();
    let mode = |mode| std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    for readable in [0o640, 0o604, 0o660] {
        mode(readable);
        let said = place.run_on_store(&["keys", "list"]).expect_failure();
        let says = "the master key data/master.key can be read by others than its owner";
        assert!(said.contains(&format!("{says} (mode {readable:o}): run `chmod 600 data/master.key`")), "{said}");
    }
    mode(0o600);
    place.run_on_store(&["keys", "list"]).expect_success();
}

async fn no_key_is_made_for_a_store_that_has_one(place: &ProgramFolder) {
    place.apply_seed();
    let key = place.path().join("data/master.key");
    let elsewhere = place.path().join("kept");
    std::fs::rename(&key, &elsewhere).unwrap();
    for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["keys", "list"], &["seed", "seed.toml"]] {
        let said = place.run_on_store(words).expect_failure();
        assert!(said.contains("there is no master key data/master.key, and the"), "{said}");
        assert!(said.contains("was made with one: restore that key from its backup"), "{said}");
        assert!(!key.exists());
    }
    // A folder at the place of the key cannot be read. The program must not make another key then.
    std::fs::create_dir(&key).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    assert!(
        place.run_on_store(&["keys", "list"]).expect_failure().contains("cannot read the master key data/master.key")
    );
    std::fs::remove_dir(&key).unwrap();
    std::fs::rename(&elsewhere, &key).unwrap();
    place.run_on_store(&["keys", "list"]).expect_success();
}

on_either!(no_key_is_made_for_a_store_that_has_one, a_start_logs_no_word_of_what_is_there);

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_client_does_not_keep_it_from_ending() {
    use std::io::{Read, Write};
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    let mut client = std::net::TcpStream::connect(server.base_url.strip_prefix("http://").unwrap()).unwrap();
    client.write_all(b"GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(client.read(&mut [0; 4096]).unwrap() > 0);
    assert_eq!(server.terminate(), 0);
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_makes_the_same_ids_and_secrets_again() {
    let start = |option: &str, number: &str| {
        let place = ProgramFolder::new();
        place.write_file("seed.toml", SEED);
        let words = ["--test-clock", "--seed", "seed.toml", "--start-at", "2018-03-02T07:00:00Z", option, number];
        let server = place.serve(&words);
        let clock = place.run(&["clock", "show", "--server", &server.base_url]).expect_success();
        assert_eq!(clock, "2018-03-02T07:00:00.000Z, standing still\n");
        let key = std::fs::read_to_string(place.path().join("data/master.key")).unwrap();
        let made = (place.profile_id(), key);
        place.run(&["clock", "advance", "1h", "--server", &server.base_url]).expect_success();
        assert_eq!(server.terminate(), 0);
        // A second start continues from there, with other ids than the first.
        let server = place.serve(&words);
        let clock = place.run(&["clock", "show", "--server", &server.base_url]).expect_success();
        assert_eq!(clock, "2018-03-02T08:00:00.000Z, standing still\n");
        assert_eq!(std::fs::read_to_string(place.path().join("data/random-starts")).unwrap(), "2\n");
        made
    };
    let first = start("--random-seed", "7");
    let (again, other) = (start("--seed", "7"), start("--random-seed", "8"));
    assert!(first == again && first.0 != other.0 && first.1 != other.1);
    let said = ProgramFolder::new().run(&["serve", "--random-seed", "7"]);
    assert!(said.status == 2 && said.stderr.contains("--test-clock"), "{said:?}");
    let said = ProgramFolder::new().run(&["serve", "--seed", "7"]);
    assert!(said.status == 1 && said.stderr.contains("with --test-clock"), "{said:?}");
}

/// Container engines kill a process that does not end within ten seconds.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "how long it takes to stop is what is tested")]
async fn what_never_ends_does_not_keep_it_from_ending() {
    let place = ProgramFolder::seeded();
    let receiver = TestReceiver::start_at("/drs", ReceiverAction::Hang).await;
    let profile = place.profile_id();
    place
        .run_on_store(&["topic", "add", "kettles", &receiver.url, "--profile", &profile, "--confirmed"])
        .expect_success();
    place.write_file("here.toml", "[outbound]\nallow = [\"127.0.0.0/8\"]\n");
    let server = place.serve(&["--config", "here.toml"]);
    let address = server.base_url.strip_prefix("http://").unwrap().to_owned();
    let clients: Vec<_> = [
        "",
        "GET /-/health HTTP/1.1\r\nHo",
        "POST /auth/o2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ngrant",
    ]
    .into_iter()
    .map(|sent| {
        let mut client = std::net::TcpStream::connect(&address).unwrap();
        client.write_all(sent.as_bytes()).unwrap();
        client
    })
    .collect();
    place.link_device("SN-1", &[]);
    receiver.wait_for_next().await;
    let told = Instant::now();
    assert_eq!(tokio::task::block_in_place(|| server.terminate()), 0);
    assert!(told.elapsed() < Duration::from_secs(10), "it took {:?}", told.elapsed());
    drop(clients);
}

/// An incomplete head does not use up that time, because no answer is under way.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "how long it takes to stop is what is tested")]
async fn a_request_that_is_half_sent_is_not_waited_for_long() {
    let place = ProgramFolder::new();
    let server = place.serve(&[]);
    let mut client = std::net::TcpStream::connect(server.base_url.strip_prefix("http://").unwrap()).unwrap();
    client.write_all(b"GET /-/health HTTP/1.1\r\nHo").unwrap();
    let told = Instant::now();
    assert_eq!(tokio::task::block_in_place(|| server.terminate()), 0);
    assert!(told.elapsed() < Duration::from_secs(6), "it took {:?}", told.elapsed());
}

#[test]
fn addresses_that_lead_nowhere_are_warned_of() {
    let lines = |more: &[&str]| {
        let place = ProgramFolder::new();
        place.write_file(
            "named.toml",
            "[service]\npublic_url = \"https://a.example\"\n[login]\npublic_url = \"https://a.example\"\n\
             [web]\npublic_url = \"https://a.example\"\n",
        );
        let words = [&["serve", "--data", "data", "--listen"], more].concat();
        let server = place.start(&words);
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.starts_with("Store: ")) {
            lines.push(server.next_error_line());
        }
        lines.join("\n")
    };
    let words = "service.public_url, login.public_url, web.public_url: not set, so links in pages, mails and \
                 notifications begin with http://0.0.0.0:";
    assert!(lines(&["0.0.0.0:0"]).contains(words));
    for quiet in [vec!["127.0.0.1:0"], vec!["0.0.0.0:0", "--config", "named.toml"]] {
        let said = lines(&quiet);
        assert!(!said.contains("public_url"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_no_proxy_should_write_is_reported_once() {
    let place = ProgramFolder::seeded();
    place.write_file("o.toml", "[server]\nproxies = [\"127.0.0.0/8\"]\n");
    let server = place.serve(&["--config", "o.toml"]);
    let url = format!("{}/auth/o2/token", server.base_url);
    for from in ["203.0.113.7", "nonsense", "more nonsense", "203.0.113.7, [2001:db8::1"] {
        let headers = [("x-forwarded-for", from)];
        let reply = opendrs_client::send(axum::http::Method::POST, &url, &headers, "grant_type=refresh_token");
        assert_eq!(reply.await.unwrap().status, 400, "{from}");
    }
    let log = server.kill_and_read_log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("forwards an address that cannot be read")).collect();
    assert!(lines.len() == 1 && lines[0].contains("proxy=127.0.0.1") && lines[0].contains("nonsense"), "{log}");
}
