//! `opendrs seed`: twice is once; what is generated is printed; mistakes are found by line and key.

use super::program::{Place, SEED};
use crate::harness::Store;

/// A world in which nothing has an id of its own.
const NAMELESS: &str = r#"
[[maker]]
name = "Brew"
[[maker.profile]]
name = "Brew app"
[[maker.profile.client]]
kind = "web"
redirect_uris = ["https://brew.example/done"]
[[maker.profile.client]]
kind = "android"
redirect_uris = ["amzn://com.example.brew"]
[[maker.model]]
id = "Brew_1"
name = "Brewer"
[[maker.model.slot]]
name = "Beans"
unit = "grams"
"#;

/// First words of the lines.
fn done(printed: &str) -> Vec<&str> {
    printed.lines().map(|line| line.split_whitespace().next().unwrap()).collect()
}

fn twice_is_once(place: &Place) {
    place.file("seed.toml", SEED);
    let first = place.on_store(&["seed", "seed.toml"]).good();
    assert!(done(&first).iter().all(|word| *word == "created"), "{first}");
    assert_eq!(first.lines().count(), 10, "maker, profile, client, model, 2 slots, 3 products, customer: {first}");
    assert!(!first.contains("secret"), "a secret that was given is not repeated: {first}");
    let second = place.on_store(&["seed", "seed.toml"]).good();
    assert!(done(&second).iter().all(|word| *word == "unchanged"), "{second}");
    assert_eq!(second.replace("unchanged", "created  "), first);

    place.file("seed.toml", &SEED.replace("24.99", "25.99"));
    let third = place.on_store(&["seed", "seed.toml"]).good();
    assert_eq!(done(&third).iter().filter(|word| **word == "changed").count(), 1, "{third}");
    assert!(third.lines().any(|line| line.starts_with("changed") && line.contains("B000000001")), "{third}");
}

#[test]
fn a_seed_applied_twice_changes_nothing() {
    twice_is_once(&Place::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgres() {
    let database = Store::postgres().await;
    let opendrs_store::Place::Url(url) = database.place() else { panic!("no URL") };
    let mut place = Place::new();
    place.store.extend(["--database-url".into(), url]);
    twice_is_once(&place);
    assert!(!place.path().join("data/opendrs.db").exists(), "the folder holds the key alone");
    database.remove().await;
}

#[test]
fn what_is_generated_is_printed_and_a_secret_only_once() {
    let place = Place::new();
    place.file("seed.toml", NAMELESS);
    let first = place.on_store(&["seed", "seed.toml"]).good();
    let secrets: Vec<_> = first.lines().filter(|line| line.contains("(shown this once: keep it)")).collect();
    let [secret] = secrets.as_slice() else { panic!("{first}") };
    let secret = secret.split_whitespace().nth(1).unwrap();
    assert!(secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()), "{first}");
    for begins in ["amzn1.application.", "amzn1.application-oa2-client.", "amzn1.dash.v1.composite."] {
        assert!(first.contains(begins), "{begins}: {first}");
    }

    let second = place.on_store(&["seed", "seed.toml", "--json"]).good();
    let items: Vec<serde_json::Value> = second.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["maker", "profile", "client", "client", "model", "slot"]);
    for item in &items {
        assert_eq!((&item["done"], &item["secret"]), (&"unchanged".into(), &serde_json::Value::Null), "{item}");
        let id = item["id"].as_str().unwrap();
        assert!(first.contains(id), "the id stays: {item}");
    }
}

#[test]
fn a_mistake_is_named_by_line_and_key_and_nothing_is_applied() {
    let place = Place::new();
    let bad_slot = SEED.replace("\"B000000001\", \"B000000002\"", "\"B000000001\", \"B000000099\"");
    let line_of = |text: &str, part: &str| 1 + text.lines().position(|line| line.contains(part)).unwrap();
    for (text, line, key) in [
        (SEED.replace("kind = \"web\"", "kind = \"fridge\""), line_of(SEED, "kind ="), "kind"),
        (SEED.replace("24.99", "24.999"), line_of(SEED, "24.99"), "price"),
        (SEED.replace("https://localhost:8100", "http://shop.example"), line_of(SEED, "localhost"), "redirect_uris"),
        (SEED.replace("unit = \"litres\"", "units = \"litres\""), line_of(SEED, "litres"), "units"),
        (bad_slot.clone(), line_of(&bad_slot, "B000000099"), "products"),
    ] {
        place.file("seed.toml", &text);
        let said = place.on_store(&["seed", "seed.toml"]).bad();
        assert!(said.starts_with("opendrs: seed.toml: "), "{said}");
        assert!(said.contains(&format!("line {line}")) && said.contains(key), "line {line}, {key}: {said}");
    }
    let said = place.on_store(&["seed", "nowhere.toml"]).bad();
    assert!(said.starts_with("opendrs: cannot read the seed file nowhere.toml: "), "{said}");
    place.file("seed.toml", SEED);
    let good = place.on_store(&["seed", "seed.toml"]).good();
    assert!(done(&good).iter().all(|word| *word == "created"), "{good}");
}

#[test]
fn topics_are_checked_before_anything_is_written_and_twice_is_once() {
    let place = Place::new();
    let with = |topic: &str| {
        let topic = format!("[[maker.profile.topic]]\n{topic}\n[[maker.model]]");
        let chosen = "name = \"Brewer\"\nnotifications = { OrderPlaced = \"1.0\" }";
        place.file("seed.toml", &NAMELESS.replace("[[maker.model]]", &topic).replace("name = \"Brewer\"", chosen));
        place.on_store(&["seed", "seed.toml"])
    };
    for (topic, says) in [
        ("name = \"brew\"\nendpoint = \"ftp://brew.example\"", "line 13: topic: `ftp://brew.example` is no endpoint"),
        ("name = \"b r\"\nendpoint = \"https://brew.example\"", "line 13: topic: `b r` is no topic name"),
        (
            "name = \"brew\"\nendpoint = \"https://brew.example\"\npolicy = \"often\"",
            "line 13: topic: `often` is no delivery policy: write `sns`, `extended`",
        ),
        (
            "name = \"brew\"\nendpoint = \"https://brew.example\"\nsignature_version = \"3\"",
            "line 15: signature_version: must be \"1\" (SHA-1) or \"2\" (SHA-256)",
        ),
    ] {
        let said = with(topic).bad();
        assert!(said.contains(says), "{says}: {said}");
    }
    let good = "name = \"brew\"\nendpoint = \"https://brew.example/drs\"\nsignature_version = \"2\"";
    let first = with(good).good();
    assert!(first.contains("topic    brew  arn:aws:sns:drs-local-1:000000000000:brew"), "{first}");
    let words = done(&first);
    let created = words.iter().filter(|word| **word == "created").count();
    assert_eq!(created, 7, "nothing of the refused ones is there: {first}");
    let second = with(good).good();
    assert!(done(&second).iter().all(|word| *word == "unchanged"), "{second}");
    let listed = place.on_store(&["topic", "list"]).good();
    assert!(listed.starts_with("pending ") && listed.contains("https://brew.example/drs"), "{listed}");
}
