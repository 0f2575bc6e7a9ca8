//! `opendrs seed`: a second run changes nothing, generated secrets are printed, errors name line and key, and an export
//! is a seed.

use super::program::{CLIENT, ProgramFolder, SECRET, SEED};
use crate::harness::Store;

/// A seed in which nothing has an id.
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

/// The first words of the lines.
fn done(printed: &str) -> Vec<&str> {
    printed.lines().map(|line| line.split_whitespace().next().unwrap()).collect()
}

fn twice_is_once(place: &ProgramFolder) {
    place.write_file("seed.toml", SEED);
    let first = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert!(done(&first).iter().all(|word| *word == "created"), "{first}");
    assert_eq!(first.lines().count(), 10, "maker, profile, client, model, 2 slots, 3 products, customer: {first}");
    assert!(!first.contains("secret"), "a secret that was given is not repeated: {first}");
    let second = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert!(done(&second).iter().all(|word| *word == "unchanged"), "{second}");
    assert_eq!(second.replace("unchanged", "created  "), first);

    place.write_file("seed.toml", &SEED.replace("24.99", "25.99"));
    let third = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert_eq!(done(&third).iter().filter(|word| **word == "changed").count(), 1, "{third}");
    assert!(third.lines().any(|line| line.starts_with("changed") && line.contains("B000000001")), "{third}");
}

#[test]
fn a_seed_applied_twice_changes_nothing() {
    twice_is_once(&ProgramFolder::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgres() {
    let database = Store::postgres().await;
    let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
    let mut place = ProgramFolder::new();
    place.store_args.extend(["--database-url".into(), url]);
    twice_is_once(&place);
    assert!(!place.path().join("data/opendrs.db").exists(), "the folder holds the key alone");
    database.remove().await;
}

#[test]
fn what_is_generated_is_printed_and_a_secret_only_once_and_if_asked_for() {
    let place = ProgramFolder::new();
    place.write_file("seed.toml", NAMELESS);
    let first = place.run_on_store(&["seed", "seed.toml", "--show-secrets"]).expect_success();
    let secrets: Vec<_> = first.lines().filter(|line| line.contains("(printed only once: store it)")).collect();
    let [secret] = secrets.as_slice() else { panic!("{first}") };
    let secret = secret.split_whitespace().nth(1).unwrap();
    assert!(secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()), "{first}");
    for begins in ["amzn1.application.", "amzn1.application-oa2-client.", "amzn1.dash.v1.composite."] {
        assert!(first.contains(begins), "{begins}: {first}");
    }

    let second = place.run_on_store(&["seed", "seed.toml", "--json"]).expect_success();
    let items: Vec<serde_json::Value> = second.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["maker", "profile", "client", "client", "model", "slot"]);
    for item in &items {
        assert_eq!((&item["done"], &item["secret"]), (&"unchanged".into(), &serde_json::Value::Null), "{item}");
        let id = item["id"].as_str().unwrap();
        assert!(first.contains(id), "the id stays: {item}");
    }
}

/// Whether a text contains what may be a generated secret.
fn has_secret(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_hexdigit());
    words.any(|word| word.len() == 64)
}

#[test]
fn a_generated_secret_is_not_printed_unless_that_is_asked_for() {
    let place = ProgramFolder::new();
    place.write_file("seed.toml", NAMELESS);
    let said = place.run_on_store(&["seed", "seed.toml"]);
    assert!(said.stdout.contains("generated, and not printed") && !has_secret(&said.stdout), "{said:?}");
    assert!(
        said.stderr.contains("opendrs client secret rotate CLIENT_ID") && said.stderr.contains("--secrets-file"),
        "{said:?}"
    );
    // The command that the message names works.
    let listed = place.run_on_store(&["client", "list", "--json"]).expect_success();
    let clients = listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let web = clients.into_iter().find(|client| client["kind"] == "web").unwrap()["id"].as_str().unwrap().to_owned();
    assert!(has_secret(&place.run_on_store(&["client", "secret", "rotate", &web]).expect_success()));

    let place = ProgramFolder::new();
    place.write_file("seed.toml", NAMELESS);
    let said = place.run_on_store(&["seed", "seed.toml", "--json"]).expect_success();
    assert!(said.contains(r#""secretGenerated":true"#) && !has_secret(&said), "{said}");
    let again = place.run_on_store(&["seed", "seed.toml", "--json", "--show-secrets"]);
    assert!(!again.stdout.contains("secretGenerated") && again.stderr.is_empty(), "{again:?}");
}

#[test]
fn secrets_are_added_to_a_file_for_its_owners_eyes_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = ProgramFolder::new();
    place.write_file("seed.toml", NAMELESS);
    let at = place.path().join("secrets.jsonl");
    let mode = |mode| std::fs::set_permissions(&at, std::fs::Permissions::from_mode(mode)).unwrap();
    let words = ["seed", "seed.toml", "--secrets-file", "secrets.jsonl"];
    place.write_file("secrets.jsonl", "kept\n");
    mode(0o644);
    let refused = place.run_on_store(&words).expect_failure();
    assert!(refused.contains("can be read by others than its owner (mode 644)"), "{refused}");
    assert!(!place.path().join("data").exists(), "nothing was made");
    mode(0o600);
    let said = place.run_on_store(&words);
    assert!(said.stderr.is_empty() && !has_secret(&said.stdout), "{said:?}");
    let kept = std::fs::read_to_string(&at).unwrap();
    let [first, line] = kept.lines().collect::<Vec<_>>()[..] else { panic!("{kept}") };
    let item: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((first, &item["kind"]), ("kept", &"client".into()));
    assert!(item["id"].as_str().unwrap().starts_with("amzn1.application-oa2-client.") && has_secret(line), "{item}");
    place.run_on_store(&words).expect_success();
    assert_eq!(std::fs::read_to_string(&at).unwrap(), kept, "the next time nothing is generated");
}

#[test]
fn a_server_prints_the_secrets_of_its_seed_only_if_asked_to() {
    for (words, shown) in [(&[][..], false), (&["--show-secrets"], true)] {
        let place = ProgramFolder::new();
        place.write_file("seed.toml", NAMELESS);
        let out = std::fs::File::create(place.path().join("out")).unwrap();
        let more = [&["--seed", "seed.toml", "--secrets-file", "secrets.jsonl"], words].concat();
        let server = place.serve_into(&more, out.into());
        server.terminate();
        let out = std::fs::read_to_string(place.path().join("out")).unwrap();
        assert_eq!(has_secret(&out), shown, "{out}");
        let at = place.path().join("secrets.jsonl");
        assert!(has_secret(&std::fs::read_to_string(&at).unwrap()));
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&at).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_mistake_is_named_by_line_and_key_and_nothing_is_applied() {
    let place = ProgramFolder::new();
    let bad_slot = SEED.replace("\"B000000001\", \"B000000002\"", "\"B000000001\", \"B000000099\"");
    let line_of = |text: &str, part: &str| 1 + text.lines().position(|line| line.contains(part)).unwrap();
    for (text, line, key) in [
        (SEED.replace("kind = \"web\"", "kind = \"fridge\""), line_of(SEED, "kind ="), "kind"),
        (SEED.replace("24.99", "24.999"), line_of(SEED, "24.99"), "price"),
        (SEED.replace("https://localhost:8100", "http://shop.example"), line_of(SEED, "localhost"), "redirect_uris"),
        (SEED.replace("unit = \"litres\"", "measure = \"litres\""), line_of(SEED, "litres"), "measure"),
        (bad_slot.clone(), line_of(&bad_slot, "B000000099"), "products"),
    ] {
        place.write_file("seed.toml", &text);
        let said = place.run_on_store(&["seed", "seed.toml"]).expect_failure();
        assert!(said.starts_with("opendrs: seed.toml: "), "{said}");
        assert!(said.contains(&format!("line {line}")) && said.contains(key), "line {line}, {key}: {said}");
    }
    let said = place.run_on_store(&["seed", "nowhere.toml"]).expect_failure();
    assert!(said.starts_with("opendrs: cannot read the seed file nowhere.toml: "), "{said}");
    place.write_file("seed.toml", SEED);
    let good = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert!(done(&good).iter().all(|word| *word == "created"), "{good}");
}

#[test]
fn topics_are_checked_before_anything_is_written_and_twice_is_once() {
    let place = ProgramFolder::new();
    let with = |topic: &str| {
        let topic = format!("[[maker.profile.topic]]\n{topic}\n[[maker.model]]");
        let chosen = "name = \"Brewer\"\nnotifications = { OrderPlaced = \"1.0\" }";
        place
            .write_file("seed.toml", &NAMELESS.replace("[[maker.model]]", &topic).replace("name = \"Brewer\"", chosen));
        place.run_on_store(&["seed", "seed.toml"])
    };
    for (topic, says) in [
        (
            "name = \"brew\"\nendpoint = \"ftp://brew.example\"",
            "line 13: topic: `ftp://brew.example` is not an endpoint",
        ),
        ("name = \"b r\"\nendpoint = \"https://brew.example\"", "line 13: topic: `b r` is not a topic name"),
        (
            "name = \"brew\"\nendpoint = \"https://brew.example\"\npolicy = \"often\"",
            "line 13: topic: `often` is no delivery policy: write `sns`, `extended`",
        ),
        (
            "name = \"brew\"\nendpoint = \"https://brew.example\"\nsignature_version = \"3\"",
            "line 15: signature_version: must be \"1\" (SHA-1) or \"2\" (SHA-256)",
        ),
    ] {
        let said = with(topic).expect_failure();
        assert!(said.contains(says), "{says}: {said}");
    }
    let good = "name = \"brew\"\nendpoint = \"https://brew.example/drs\"\nsignature_version = \"2\"";
    let first = with(good).expect_success();
    assert!(first.contains("topic    brew  arn:aws:sns:drs-local-1:000000000000:brew"), "{first}");
    let words = done(&first);
    let created = words.iter().filter(|word| **word == "created").count();
    assert_eq!(created, 7, "nothing of the refused ones is there: {first}");
    let second = with(good).expect_success();
    assert!(done(&second).iter().all(|word| *word == "unchanged"), "{second}");
    let listed = place.run_on_store(&["topic", "list"]).expect_success();
    assert!(listed.starts_with("pending ") && listed.contains("https://brew.example/drs"), "{listed}");
}

#[test]
fn a_dry_run_prints_what_would_change_and_changes_nothing() {
    let place = ProgramFolder::new();
    place.write_file("seed.toml", SEED);
    place.run_on_store(&["seed", "seed.toml"]).expect_success();
    let uris = "\"https://localhost:8100/authresponse\"";
    let client = "[[maker.profile.client]]\nkind = \"web\"\nname = \"shop\"\n";
    let changed = SEED.replace("24.99", "25.99").replace(uris, "\"https://new.example/done\"");
    place.write_file("seed.toml", &changed.replacen("[[maker.model]]", &format!("{client}[[maker.model]]"), 1));
    let dry = place.run_on_store(&["seed", "seed.toml", "--dry-run"]);
    assert_eq!(dry.stderr, "This was a dry run: nothing was changed.\n");
    let dry = dry.expect_success();
    for line in [
        "would change product  Water filter, pack of 3  B000000001\n               price: 24.99 USD -> 25.99 USD\n",
        "would create client   Aqua companion app, shop (web)\n",
        "               redirect URI removed: https://localhost:8100/authresponse; codes that were sent to it are refused\n",
        "               redirect URI added: https://new.example/done\n",
        "unchanged    maker    Aqua Appliances  ",
    ] {
        assert!(dry.contains(line), "{line}{dry}");
    }
    assert!(!dry.contains("secret"), "{dry}");
    let json = place.run_on_store(&["seed", "seed.toml", "--dry-run", "--json"]).expect_success();
    let items: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(items.iter().all(|item| item["dryRun"] == true));
    let product = items.iter().find(|item| item["id"] == "B000000001").unwrap();
    let effects = serde_json::json!([{"key": "price", "effect": "changed", "from": "24.99 USD", "to": "25.99 USD"}]);
    assert_eq!((&product["done"], &product["effects"]), (&"changed".into(), &effects));

    place.write_file("first.toml", SEED);
    let first = place.run_on_store(&["seed", "first.toml"]).expect_success();
    assert!(done(&first).iter().all(|word| *word == "unchanged"), "nothing was changed: {first}");
}

#[test]
fn what_others_changed_is_kept_and_told_and_force_overwrites_it() {
    let place = ProgramFolder::seeded();
    place.run_on_store(&["client", "mode", CLIENT, "strict"]).expect_success();
    place.write_file("seed.toml", &SEED.replace("kind = \"web\"", "kind = \"web\"\nmode = \"lwa\""));
    let kept = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    let line = format!(
        "kept      client   Aqua companion app (web)  {CLIENT}\n            mode: stays strict, which was set here; \
         the file declares lwa (--force overwrites it)\n"
    );
    assert!(kept.contains(&line), "{kept}");
    let listed = place.run_on_store(&["seed", "seed.toml", "--force", "--dry-run"]).expect_success();
    assert!(listed.contains("mode: strict -> lwa, overwrites what was set here"), "{listed}");
    let again = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert_eq!(again, kept);
    let forced = place.run_on_store(&["seed", "seed.toml", "--force"]).expect_success();
    assert!(forced.contains("mode: strict -> lwa, overwrites what was set here"), "{forced}");
    let after = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert!(done(&after).iter().all(|word| *word == "unchanged"), "{after}");
}

async fn a_dry_run_before_the_first_start_makes_nothing(place: &ProgramFolder) {
    place.write_file("seed.toml", SEED);
    for _ in 0..2 {
        let dry = place.run_on_store(&["seed", "seed.toml", "--dry-run"]);
        let noted = "There is no store yet: everything is new.\nThis was a dry run: nothing was changed.\n";
        assert_eq!((dry.stderr.as_str(), dry.stdout.contains("would create maker ")), (noted, true), "{dry:?}");
        assert!(dry.expect_success().lines().all(|line| line.starts_with("would create ") || line.starts_with(' ')));
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1, "the seed alone is there");
    }
    let created = place.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert!(done(&created).iter().all(|word| *word == "created"), "{created}");
}

on_either!(a_dry_run_before_the_first_start_makes_nothing);

const EXPORTED: [&str; 6] = [
    "name = \"Aqua companion app\"\nid = \"amzn1.application.",
    "[[maker.profile.client]]\nkind = \"web\"\nid = \"amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c713\"\n",
    "[[maker.model.slot]]\nid = \"7c0a3f5e-0000-4000-8000-0000000000a1\"\nname = \"Filter\"\n",
    "price = \"24.99\"\ncurrency = \"USD\"\nquantity = 3.0\n",
    "email = \"customer@example.com\"\n",
    "city = \"Springfield\"",
];

fn exports(place: &ProgramFolder, other: &ProgramFolder) {
    place.apply_seed();
    let plain = place.run_on_store(&["seed", "export"]).expect_success();
    for part in EXPORTED {
        assert!(plain.contains(part), "{part}: {plain}");
    }
    assert!(!plain.contains("password") && !plain.contains("secret"), "{plain}");
    place.run_on_store(&["seed", "export", "--with-secrets", "--output", "whole.toml"]).expect_success();
    let whole = std::fs::read_to_string(place.path().join("whole.toml")).unwrap();
    assert!(whole.contains("password_hash = \"$argon2") && whole.contains("secret_hash = \""), "{whole}");
    assert!(!whole.contains(SECRET) && !whole.contains("correct horse"), "{whole}");
    #[cfg(unix)]
    {
        let about = std::fs::metadata(place.path().join("whole.toml")).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777, 0o600);
    }
    let again = place.run_on_store(&["seed", "export", "--output", "whole.toml"]).expect_failure();
    assert!(again.starts_with("opendrs: cannot write whole.toml: "), "{again}");
    place.write_file("plain.toml", &plain);
    for file in ["plain.toml", "whole.toml"] {
        let applied = place.run_on_store(&["seed", file]).expect_success();
        assert!(done(&applied).iter().all(|word| *word == "unchanged"), "{file}: {applied}");
    }

    other.write_file("whole.toml", &whole);
    let created = other.run_on_store(&["seed", "whole.toml"]).expect_success();
    assert!(done(&created).iter().all(|word| *word == "created"), "{created}");
    assert_eq!(other.run_on_store(&["seed", "export", "--with-secrets"]).expect_success(), whole);
    other.write_file("plain.toml", &plain.replace("customer@", "other@"));
    let refused = other.run_on_store(&["seed", "plain.toml"]).expect_failure();
    assert!(
        refused.contains("password: a new customer needs a `password`, or a `password_hash` of an export"),
        "{refused}"
    );
    let alone = other.run_on_store(&["seed", "export", "--without-customers"]).expect_success();
    assert!(alone.contains("[[product]]") && !alone.contains("[[customer]]"), "{alone}");
}

#[test]
fn an_export_applies_to_its_store_and_to_an_empty_one() {
    exports(&ProgramFolder::new(), &ProgramFolder::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_postgres_applies_to_it_and_to_sqlite() {
    let database = Store::postgres().await;
    let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
    let mut place = ProgramFolder::new();
    place.store_args.extend(["--database-url".into(), url]);
    exports(&place, &ProgramFolder::new());
    database.remove().await;
}

#[test]
fn a_restart_with_a_seed_overwrites_nothing() {
    let place = ProgramFolder::seeded();
    place.run_on_store(&["client", "mode", CLIENT, "strict"]).expect_success();
    let before = place.run_on_store(&["seed", "export", "--with-secrets"]).expect_success();
    assert!(before.contains("mode = \"strict\""), "{before}");
    place.write_file("seed.toml", &SEED.replace("kind = \"web\"", "kind = \"web\"\nmode = \"lwa\""));
    drop(place.serve(&["--seed", "seed.toml"]));
    assert_eq!(place.run_on_store(&["seed", "export", "--with-secrets"]).expect_success(), before);
}

#[test]
fn hashes_and_names_are_checked() {
    let place = ProgramFolder::new();
    let secret = "secret = \"5d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5d4c\"";
    let password = "password = \"correct horse battery\"";
    let twice = "name = \"a\"\n[[maker.profile.client]]\nkind = \"ios\"\nname = \"a\"";
    for (old, new, says) in [
        (secret, format!("{secret}\nsecret_hash = \"00\""), "secret_hash: leave it out, or leave out `secret`"),
        (secret, "secret_hash = \"00\"".into(), "secret_hash: must be 64 hex digits"),
        (secret, twice.into(), "line 28: name: `a` is declared twice"),
        (
            password,
            format!("{password}\npassword_hash = \"x\""),
            "password_hash: leave it out, or leave out `password`",
        ),
        (password, "password_hash = \"x\"".into(), "password_hash: "),
        (
            password,
            "password_hash = \"$scrypt$ln=1,r=1,p=1$YWJjZGVmZ2g$YWJjZGVmZ2hpamtsbW5vcA\"".into(),
            "password_hash: must be a hash of Argon2",
        ),
    ] {
        assert!(SEED.contains(old));
        place.write_file("seed.toml", &SEED.replacen(old, &new, 1));
        let said = place.run_on_store(&["seed", "seed.toml"]).expect_failure();
        assert!(said.contains(says), "{says}: {said}");
    }
}
