//! `opendrs keys rewrap`: the file of the new key, the nodes that must be stopped, and a server that goes on with the
//! new key.

use super::program::{CLIENT, ProgramFolder, SECRET};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

on_either!(a_server_goes_on_with_the_new_key, a_server_that_runs_keeps_the_key, what_is_no_key_file_changes_nothing);

const ENDPOINT: &str = "https://maker:pass@maker.example/drs?key=k";

fn seeded(place: &ProgramFolder) -> String {
    place.apply_seed();
    let topic = ["topic", "add", "kettles", ENDPOINT, "--profile", &place.profile_id(), "--confirmed"];
    place.run_on_store(&topic).expect_success();
    place.run_on_store(&["topic", "secret", "kettles"]).expect_success()
}

fn key(place: &ProgramFolder, name: &str) -> Option<String> {
    std::fs::read_to_string(place.path().join(name)).ok()
}

async fn a_server_goes_on_with_the_new_key(place: &ProgramFolder) {
    let secret = seeded(place);
    let linked = place.link_device("SN-1", &[]);
    let text = |key: &str| linked[key].as_str().unwrap().to_owned();
    let (old, access, refresh) = (key(place, "data/master.key"), text("access_token"), text("refresh_token"));
    let said = place.run_on_store(&["keys", "rewrap", "new.key"]);
    assert!(said.stderr.contains("keys.master_file = \"new.key\""), "{said:?}");
    let said = said.expect_success();
    assert!(
        said.contains("receivers' addresses 1, signing keys 1") && said.contains("token keys 1, webhook secrets 1"),
        "{said}"
    );
    let new = key(place, "new.key");
    assert!(new.is_some() && new != old && key(place, "data/master.key") == old);
    assert_eq!(std::fs::metadata(place.path().join("new.key")).unwrap().permissions().mode() & 0o777, 0o600);
    // Run again, because nobody can know whether a killed run was complete.
    let again = place.run_on_store(&["keys", "rewrap", "new.key", "--json"]).expect_success();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again["masterKey"], &again["done"]), (&"new.key".into(), &"unchanged".into()));

    let refused = place.run_on_store(&["topic", "list"]).expect_failure();
    assert!(refused.contains("made with another master key") && refused.contains("keys.master_file"), "{refused}");
    std::fs::rename(place.path().join("new.key"), place.path().join("data/master.key")).unwrap();
    assert_eq!(place.run_on_store(&["topic", "secret", "kettles"]).expect_success(), secret);
    let exported = place.run_on_store(&["seed", "export", "--with-secrets"]).expect_success();
    assert!(exported.contains(ENDPOINT), "{exported}");
    assert!(
        place.run_on_store(&["seed", "seed.toml"]).expect_success().lines().all(|line| !line.starts_with("changed"))
    );
    let server = place.serve(&[]);
    assert_eq!(server.subscription_info(&access).await.status, 200);
    let refresh = refresh.replace('|', "%7C");
    let body = format!("grant_type=refresh_token&client_id={CLIENT}&client_secret={SECRET}&refresh_token={refresh}");
    let reply = server.post("/auth/o2/token", &body).await;
    assert_eq!(server.subscription_info(reply.json()["access_token"].as_str().unwrap()).await.status, 200);
    server.terminate();

    let done = place.run_on_store(&["keys", "rewrap", "third.key", "--json"]).expect_success();
    let done: Value = serde_json::from_str(&done).unwrap();
    let counts = ["endpoints", "signingKeys", "tokenKeys", "webhookSecrets"].map(|key| done[key].as_i64().unwrap());
    assert_eq!((counts, &done["done"]), ([1, 1, 1, 1], &"changed".into()));
    assert!(done["linksUntil"].as_str().unwrap().ends_with('Z'), "{done}");
}

async fn a_server_that_runs_keeps_the_key(place: &ProgramFolder) {
    seeded(place);
    let server = place.serve(&[]);
    let refused = place.run_on_store(&["keys", "rewrap", "new.key"]).expect_failure();
    assert!(refused.contains("stop the server first") || refused.contains("stop every node first"), "{refused}");
    assert_eq!(key(place, "new.key"), None, "nothing is left behind");
    assert_eq!(server.get("/-/health").await.status, 200);
    server.terminate();
    place.run_on_store(&["keys", "rewrap", "new.key"]).expect_success();
}

/// The command connects as through a pooler that names its sessions, so it does not see the node.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_overlooked_stops() {
    let database = crate::harness::Store::postgres().await;
    let place = ProgramFolder::on_postgres(&database);
    seeded(&place);
    let mut server = place.serve(&[]);
    let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
    let hidden = format!("{url}?application_name=pooled");
    place.run(&["keys", "rewrap", "new.key", "--data", "data", "--database-url", &hidden]).expect_success();
    let said = server.wait_for_line("was encrypted anew under another master key");
    assert!(said.contains("`opendrs keys rewrap`") && said.contains("keys.master_file"), "{said}");
    assert_eq!(server.wait_for_exit(), 1);
    let refused = place.run_on_store(&["topic", "list"]).expect_failure();
    assert!(refused.contains("made with another master key"), "{refused}");
    database.remove().await;
}

async fn what_is_no_key_file_changes_nothing(place: &ProgramFolder) {
    let missing = place.run_on_store(&["keys", "rewrap", "new.key"]).expect_failure();
    assert!(missing.contains("there is no master key to change"), "{missing}");
    let secret = seeded(place);
    place.write_file("open.key", &"ab".repeat(32));
    let open = place.path().join("open.key");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    place.write_private_file("short.key", "abcd\n");
    for (file, words) in [
        ("open.key", "can be read by others than its owner (mode 644)"),
        ("short.key", "is not a master key: it must contain 64 hex digits"),
        ("data/master.key", "is the present master key: name another file"),
        ("missing/new.key/", "missing/new.key"),
    ] {
        let refused = place.run_on_store(&["keys", "rewrap", file]).expect_failure();
        assert!(refused.contains(words), "{file}: {refused}");
    }
    place.write_private_file("other.key", &format!("{}\n", "cd".repeat(32)));
    let wrong = place.run_with(
        &[&["keys", "rewrap", "new.key"], &place.store_args.iter().map(String::as_str).collect::<Vec<_>>()[..]]
            .concat(),
        &[("OPENDRS_KEYS_MASTER_FILE", "other.key")],
    );
    assert!(wrong.expect_failure().contains("the store has another master key than other.key"));
    assert_eq!(place.run_on_store(&["topic", "secret", "kettles"]).expect_success(), secret);
}
