//! `opendrs client`: which clients there are, the rules each lives by, and how one is switched off.

use super::program::{CLIENT, Place, REDIRECT, SECRET, SEED};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn another_mode_holds_from_the_next_request_on() {
    let place = Place::seeded();
    let server = place.serve(&[]);
    let linked = place.link("SN-1", &[]);
    let listed = place.on_store(&["client", "list"]).good();
    assert!(listed.starts_with(&format!("{CLIENT}  web      lwa     ")) && listed.lines().count() == 1, "{listed}");

    let refresh = async |token: &str| {
        let body = format!("grant_type=refresh_token&client_id={CLIENT}&client_secret={SECRET}&refresh_token={token}");
        server.post("/auth/o2/token", &body).await.json()["refresh_token"].as_str().unwrap().to_owned()
    };
    let first = linked["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(first).await, first);
    let set = place.on_store(&["client", "mode", CLIENT, "strict", "--json"]).good();
    let set: serde_json::Value = serde_json::from_str(&set).unwrap();
    assert_eq!(
        (&set["id"], &set["mode"], &set["redirectUris"][0]),
        (&CLIENT.into(), &"strict".into(), &REDIRECT.into())
    );
    let second = refresh(first).await;
    assert_ne!(second, first);
    assert_eq!(place.on_store(&["client", "list"]).good(), listed.replace("lwa   ", "strict"));

    let unknown = place.on_store(&["client", "mode", "x", "lwa"]).bad();
    assert!(unknown.contains("there is no client x: `opendrs client list` tells which there are"), "{unknown}");
    let wrong = place.on_store(&["client", "mode", CLIENT, "lax"]);
    assert_eq!((wrong.status, wrong.err.contains("[possible values: lwa, strict]")), (2, true), "{wrong:?}");
}

#[test]
fn a_seed_says_the_mode_or_leaves_it_as_it_is() {
    let place = Place::new();
    let mode = || {
        let listed = place.on_store(&["client", "list", "--json"]).good();
        let client: serde_json::Value = serde_json::from_str(&listed).unwrap();
        client["mode"].as_str().unwrap().to_owned()
    };
    let strict = SEED.replace("kind = \"web\"", "kind = \"web\"\nmode = \"strict\"");
    for (seed, wanted) in [
        (SEED, "lwa"),
        (&strict, "strict"),
        (SEED, "strict"),
        (&strict.replace("mode = \"strict\"", "mode = \"lwa\""), "lwa"),
    ] {
        place.file("seed.toml", seed);
        place.on_store(&["seed", "seed.toml"]).good();
        assert_eq!(mode(), wanted);
    }
    place.file("seed.toml", &strict.replace("\"strict\"", "\"lax\""));
    let refused = place.on_store(&["seed", "seed.toml"]).bad();
    assert!(refused.contains("unknown variant `lax`, expected `lwa` or `strict`"), "{refused}");
}

async fn a_client_is_switched_off(place: &Place) {
    place.seed();
    let server = place.serve(&[]);
    let text = |linked: &Value, key: &str| linked[key].as_str().unwrap().to_owned();
    let linked = place.link("SN-1", &[]);
    let access = text(&linked, "access_token");
    assert_eq!(server.info(&access).await.status, 200);
    let listed = place.on_store(&["client", "list"]).good();

    // Another process says so; the server refuses the next call.
    let disabled = place.on_store(&["client", "disable", CLIENT, "--json"]).good();
    let disabled: Value = serde_json::from_str(&disabled).unwrap();
    assert_eq!((&disabled["id"], &disabled["state"]), (&CLIENT.into(), &"disabled".into()));
    assert_eq!(server.info(&access).await.status, 400);
    assert_eq!(place.on_store(&["client", "list"]).good(), listed.replace('\n', "  (disabled)\n"));
    let refused =
        place.on_store(&["device", "link", "--client", CLIENT, "--model", "Aqua-Pitcher_7", "--serial", "S"]).bad();
    assert!(refused.contains("or the client is disabled"), "{refused}");
    assert_eq!(place.on_store(&["client", "enable", CLIENT]).good(), listed);
    assert_eq!(server.info(&access).await.status, 400, "what ended stays ended");
    let again = text(&place.link("SN-1", &[]), "access_token");
    assert_eq!(server.info(&again).await.status, 200);

    place.on_store(&["client", "remove", CLIENT]).good();
    assert_eq!(server.info(&again).await.status, 400);
    assert_eq!(place.on_store(&["client", "list"]).good(), "");
    let refused = place.on_store(&["client", "enable", CLIENT]).bad();
    assert!(refused.contains("was removed for ever"), "{refused}");
    let unknown = place.on_store(&["client", "disable", "x"]).bad();
    assert!(unknown.contains("there is no client x: `opendrs client list` tells which there are"), "{unknown}");
}

async fn a_secret_is_exchanged(place: &Place) {
    place.seed();
    let server = place.serve(&[]);
    let linked = place.link("SN-1", &[]);
    let refresh = async |secret: &str| {
        let token = linked["refresh_token"].as_str().unwrap();
        let body = format!("grant_type=refresh_token&client_id={CLIENT}&client_secret={secret}&refresh_token={token}");
        server.post("/auth/o2/token", &body).await.status.as_u16()
    };
    let rotated = place.on_store(&["client", "secret", "rotate", CLIENT]);
    assert!(rotated.err.contains("shown this once"), "{rotated:?}");
    let new = rotated.good();
    assert_eq!((new.len(), refresh(SECRET).await, refresh(new.trim()).await), (65, 200, 200));
    let retired = place.on_store(&["client", "secret", "retire", CLIENT, "--json"]).good();
    let retired: Value = serde_json::from_str(&retired).unwrap();
    assert_eq!((&retired["secrets"], &retired["secret"]), (&1.into(), &Value::Null));
    assert_eq!((refresh(SECRET).await, refresh(new.trim()).await), (401, 200));
    let rotated = place.on_store(&["client", "secret", "rotate", CLIENT, "--json"]).good();
    let rotated: Value = serde_json::from_str(&rotated).unwrap();
    assert_eq!(rotated["secrets"], 2);
    assert_eq!(refresh(rotated["secret"].as_str().unwrap()).await, 200);
}

on_either!(a_client_is_switched_off, a_secret_is_exchanged);
