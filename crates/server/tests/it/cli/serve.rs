//! `opendrs serve`: how it starts, what it says, how it ends.

use super::program::{Place, SEED};

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_it_listens_and_ends_when_told() {
    let place = Place::new();
    let mut server = place.serve(&[]);
    assert_eq!(server.line("Store:"), "Store: SQLite in data. Stop with Ctrl-C.");
    let health = server.get("/-/health").await;
    assert_eq!(health.text(), format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
    assert_eq!(server.get("/-/clock").await.status, 404, "no clock without --test-clock");
    assert_eq!(server.terminate(), 0);
}

#[test]
fn it_refuses_a_port_that_is_taken() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = place.on_store(&["serve", "--listen", &address]).bad();
    let wanted =
        format!("opendrs: {address} is in use: stop the other program or choose another address with --listen\n");
    assert!(said.ends_with(&wanted), "{said}");
    let said = place.on_store(&["serve", "--listen", "nowhere"]).bad();
    assert!(said.contains("opendrs: cannot listen on nowhere: ") && said.contains("Give --listen HOST:PORT"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_is_there_before_the_first_answer() {
    let place = Place::new();
    place.file("seed.toml", SEED);
    let server = place.serve(&["--seed", "seed.toml"]);
    let teaser = "/teaser?compositeId=amzn1.dash.v1.composite.5f0c2a44-0000-4000-8000-0000000000c1";
    assert_eq!(server.get(teaser).await.status, 200);
    drop(server);
    place.file("seed.toml", "[[maker]]\nnam = \"A\"\n");
    let said = place.on_store(&["serve", "--listen", "127.0.0.1:0", "--seed", "seed.toml"]).bad();
    assert!(said.contains("seed.toml: ") && said.contains("line 2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_has_the_routes_of_its_roles() {
    let place = Place::seeded();
    for (roles, api, login, web) in
        [("service", 400, 404, 404), ("login,worker", 404, 400, 404), ("web", 404, 404, 400)]
    {
        let mut server = place.serve(&["--roles", roles]);
        assert_eq!(server.get("/subscriptionInfo").await.status, api, "{roles}");
        assert_eq!(server.get("/ap/oa").await.status, login, "{roles}");
        assert_eq!(server.get("/teaser").await.status, web, "{roles}");
        assert_eq!(server.get("/-/health").await.status, 200, "{roles}");
        server.line("Store:");
        assert_eq!(server.terminate(), 0);
    }
}

#[test]
fn a_store_is_opened_with_the_key_it_was_made_with() {
    let place = Place::seeded();
    let key = place.path().join("data/master.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "for its owner's eyes alone");
    let text = std::fs::read_to_string(&key).unwrap();
    assert_eq!(text.trim().len(), 64);
    std::fs::write(&key, "0".repeat(64)).unwrap();
    let said = place.on_store(&["keys", "list"]).bad();
    assert!(said.contains("this store was made with another master key"), "{said}");
    std::fs::write(&key, "short").unwrap();
    let said = place.on_store(&["keys", "list"]).bad();
    assert!(said.contains("data/master.key is no master key: it must hold 64 hex digits"), "{said}");
    std::fs::write(&key, text).unwrap();
    place.on_store(&["keys", "list"]).good();
}
