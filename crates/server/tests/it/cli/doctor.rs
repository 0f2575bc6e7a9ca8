//! `opendrs doctor`: what it finds good, what it finds wrong, and that it changes nothing.

use super::program::{Ended, Place};
use crate::harness::Store;
use serde_json::Value;

/// Check, result and fix of each line.
fn lines(ended: &Ended) -> Vec<(String, String, String, String)> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let read = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let line = |line: Value| (text(&line, "check"), text(&line, "result"), text(&line, "says"), text(&line, "fix"));
    ended.out.lines().map(read).map(line).collect()
}

#[track_caller]
fn found(ended: &Ended, check: &str, result: &str, says: &str, fix: &str) {
    let lines = lines(ended);
    let fits = |(c, r, s, f): &&(String, String, String, String)| {
        c == check && r == result && s.contains(says) && f.contains(fix)
    };
    assert!(lines.iter().any(|line| fits(&line)), "no {check} {result} {says:?} {fix:?} in {lines:#?}");
}

fn examined(place: &Place, more: &[&str]) -> Ended {
    place.on_store(&[&["doctor", "--json"], more].concat())
}

#[test]
fn before_the_first_start_nothing_is_made() {
    let place = Place::new();
    let ended = examined(&place, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    found(&ended, "settings", "good", "can be read", "");
    found(&ended, "data folder", "warning", "there is no data", "the first start makes it");
    found(&ended, "master key", "warning", "there is none at data/master.key", "the first start makes one");
    found(&ended, "store", "warning", "there is none yet", "makes it");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_good_installation_passes() {
    let place = Place::seeded();
    let ended = examined(&place, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    for check in ["settings", "master key", "data folder", "store", "schema", "key fits", "clock", "public URLs"] {
        found(&ended, check, "good", "", "");
    }
    let said = place.on_store(&["doctor"]).good();
    assert!(said.starts_with("good     settings     can be read\n"), "{said}");
}

#[test]
fn each_fault_is_found_with_its_fix() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::seeded();
    let key = place.path().join("data/master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = examined(&place, &[]);
    found(
        &ended,
        "master key",
        "failed",
        "can be read by others than its owner (mode 644)",
        "chmod 600 data/master.key",
    );
    assert_eq!((ended.status, ended.err.as_str()), (1, "opendrs: one check failed\n"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();

    std::fs::write(&key, "0".repeat(64)).unwrap();
    found(
        &examined(&place, &[]),
        "key fits",
        "failed",
        "another master key than data/master.key",
        "put the key it was made with",
    );
    std::fs::write(&key, "short").unwrap();
    found(&examined(&place, &[]), "master key", "failed", "is no master key", "put the key back");

    let conn = rusqlite::Connection::open(place.path().join("data/opendrs.db")).unwrap();
    let step: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    for (at, result, fix) in [(step + 1, "failed", "run the newer opendrs"), (step, "good", "")] {
        conn.pragma_update(None, "user_version", at).unwrap();
        found(&examined(&place, &[]), "schema", result, &format!("it is at step {at}"), fix);
    }
    conn.execute("UPDATE installation SET created_at = ?1", [i64::MAX / 2]).unwrap();
    found(&examined(&place, &[]), "clock", "failed", "before the store was made", "NTP");
    drop(conn);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::write(place.path().join(format!("data/opendrs.db{end}")), "rubbish".repeat(1000));
    }
    found(&examined(&place, &[]), "store", "failed", "is no database that can be read", "restore a backup");
}

#[test]
fn settings_are_judged() {
    let place = Place::seeded();
    place.file("a.toml", "[server]\nlisten = \"0.0.0.0:7373\"\nmax_connections = 1000000000\n[web]\npublic_url = \"https://shop.example\"\n[login]\npublic_url = \"http://shop.example\"\n");
    let ended = examined(&place, &["--config", "a.toml"]);
    found(&ended, "public URLs", "warning", "service listens on 0.0.0.0:7373", "set service.public_url");
    found(
        &ended,
        "public URLs",
        "warning",
        "login.public_url is http://shop.example",
        "set [tls], or end TLS in front, and set",
    );
    found(&ended, "public URLs", "failed", "only one of", "set both");
    found(&ended, "public URLs", "warning", "one source to the brake on guessing", "set server.proxies");
    found(&ended, "open files", "warning", "server.max_connections needs 1000000100", "LimitNOFILE=1000000100");
    place.file("a.toml", "[server]\nlisen = \"x\"\n");
    let ended = examined(&place, &["--config", "a.toml"]);
    found(&ended, "settings", "failed", "unknown setting server.lisen", "opendrs config default");
    assert_eq!((ended.status, lines(&ended).len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    let database = Store::postgres().await;
    let opendrs_store::Place::Url(url) = database.place() else { panic!("no URL") };
    let mut place = Place::new();
    place.store.extend(["--database-url".into(), url]);
    let empty = examined(&place, &[]);
    found(&empty, "schema", "warning", "it is at step 0", "the next start");
    assert_eq!(empty.status, 0);
    place.seed();
    let ended = examined(&place, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    for check in ["store", "schema", "key fits", "clock"] {
        found(&ended, check, "good", "", "");
    }
    database.shut().await;
    let ended = examined(&place, &[]);
    found(&ended, "store", "failed", "cannot be reached", "start the database");
    assert_eq!(ended.status, 1);
    database.remove().await;
}
