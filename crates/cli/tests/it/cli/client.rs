//! `opendrs client`: listing clients, changing their modes, and disabling one.

use super::program::{CLIENT, ProgramFolder, REDIRECT, SECRET, SEED};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn another_mode_holds_from_the_next_request_on() {
    let place = ProgramFolder::seeded();
    let server = place.serve(&[]);
    let linked = place.link_device("SN-1", &[]);
    let listed = place.run_on_store(&["client", "list"]).expect_success();
    assert!(listed.starts_with(&format!("{CLIENT}  web      lwa     ")) && listed.lines().count() == 1, "{listed}");

    let refresh = async |token: &str| {
        let body = format!("grant_type=refresh_token&client_id={CLIENT}&client_secret={SECRET}&refresh_token={token}");
        server.post("/auth/o2/token", &body).await.json()["refresh_token"].as_str().unwrap().to_owned()
    };
    let first = linked["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(first).await, first);
    let set = place.run_on_store(&["client", "mode", CLIENT, "strict", "--json"]).expect_success();
    let set: serde_json::Value = serde_json::from_str(&set).unwrap();
    assert_eq!(
        (&set["id"], &set["mode"], &set["redirectUris"][0]),
        (&CLIENT.into(), &"strict".into(), &REDIRECT.into())
    );
    let second = refresh(first).await;
    assert_ne!(second, first);
    assert_eq!(place.run_on_store(&["client", "list"]).expect_success(), listed.replace("lwa   ", "strict"));

    let unknown = place.run_on_store(&["client", "mode", "x", "lwa"]).expect_failure();
    assert!(unknown.contains("there is no client x: `opendrs client list` tells which there are"), "{unknown}");
    let wrong = place.run_on_store(&["client", "mode", CLIENT, "lax"]);
    assert_eq!((wrong.status, wrong.stderr.contains("[possible values: lwa, strict]")), (2, true), "{wrong:?}");
}

#[test]
fn a_seed_says_the_mode_or_leaves_it_as_it_is() {
    let place = ProgramFolder::new();
    let mode = || {
        let listed = place.run_on_store(&["client", "list", "--json"]).expect_success();
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
        place.write_file("seed.toml", seed);
        place.run_on_store(&["seed", "seed.toml"]).expect_success();
        assert_eq!(mode(), wanted);
    }
    place.write_file("seed.toml", &strict.replace("\"strict\"", "\"lax\""));
    let refused = place.run_on_store(&["seed", "seed.toml"]).expect_failure();
    assert!(refused.contains("unknown variant `lax`, expected `lwa` or `strict`"), "{refused}");
}

async fn a_client_is_switched_off(place: &ProgramFolder) {
    place.apply_seed();
    let server = place.serve(&[]);
    let text = |linked: &Value, key: &str| linked[key].as_str().unwrap().to_owned();
    let linked = place.link_device("SN-1", &[]);
    let access = text(&linked, "access_token");
    assert_eq!(server.subscription_info(&access).await.status, 200);
    let listed = place.run_on_store(&["client", "list"]).expect_success();

    // Another process disables the client; the server refuses the next call.
    let disabled = place.run_on_store(&["client", "disable", CLIENT, "--json"]).expect_success();
    let disabled: Value = serde_json::from_str(&disabled).unwrap();
    assert_eq!((&disabled["id"], &disabled["state"]), (&CLIENT.into(), &"disabled".into()));
    assert_eq!(server.subscription_info(&access).await.status, 400);
    assert_eq!(place.run_on_store(&["client", "list"]).expect_success(), listed.replace('\n', "  (disabled)\n"));
    let refused = place
        .run_on_store(&["device", "link", "--client", CLIENT, "--model", "Aqua-Pitcher_7", "--serial", "S"])
        .expect_failure();
    assert!(refused.contains("or the client is disabled"), "{refused}");
    assert_eq!(place.run_on_store(&["client", "enable", CLIENT]).expect_success(), listed);
    assert_eq!(server.subscription_info(&access).await.status, 400, "what ended stays ended");
    let again = text(&place.link_device("SN-1", &[]), "access_token");
    assert_eq!(server.subscription_info(&again).await.status, 200);

    place.run_on_store(&["client", "remove", CLIENT]).expect_success();
    assert_eq!(server.subscription_info(&again).await.status, 400);
    assert_eq!(place.run_on_store(&["client", "list"]).expect_success(), "");
    let refused = place.run_on_store(&["client", "enable", CLIENT]).expect_failure();
    assert!(refused.contains("was removed permanently"), "{refused}");
    let unknown = place.run_on_store(&["client", "disable", "x"]).expect_failure();
    assert!(unknown.contains("there is no client x: `opendrs client list` tells which there are"), "{unknown}");
}

async fn a_secret_is_exchanged(place: &ProgramFolder) {
    place.apply_seed();
    let server = place.serve(&[]);
    let linked = place.link_device("SN-1", &[]);
    let refresh = async |secret: &str| {
        let token = linked["refresh_token"].as_str().unwrap();
        let body = format!("grant_type=refresh_token&client_id={CLIENT}&client_secret={secret}&refresh_token={token}");
        server.post("/auth/o2/token", &body).await.status.as_u16()
    };
    let rotated = place.run_on_store(&["client", "secret", "rotate", CLIENT]);
    assert!(rotated.stderr.contains("printed only once"), "{rotated:?}");
    let new = rotated.expect_success();
    assert_eq!((new.len(), refresh(SECRET).await, refresh(new.trim()).await), (65, 200, 200));
    let retired = place.run_on_store(&["client", "secret", "retire", CLIENT, "--json"]).expect_success();
    let retired: Value = serde_json::from_str(&retired).unwrap();
    assert_eq!((&retired["secrets"], &retired["secret"]), (&1.into(), &Value::Null));
    assert_eq!((refresh(SECRET).await, refresh(new.trim()).await), (401, 200));
    let rotated = place.run_on_store(&["client", "secret", "rotate", CLIENT, "--json"]).expect_success();
    let rotated: Value = serde_json::from_str(&rotated).unwrap();
    assert_eq!(rotated["secrets"], 2);
    assert_eq!(refresh(rotated["secret"].as_str().unwrap()).await, 200);
}

on_either!(a_client_is_switched_off, a_secret_is_exchanged);
