//! `opendrs client`: which clients there are, and the rules each lives by.

use super::program::{CLIENT, Place, REDIRECT, SECRET, SEED};

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
