//! `opendrs seed export`: its items are ordered by name on both engines.

use super::program::ProgramFolder;
use crate::harness::fixtures::LOGO_PNG;

/// A seed whose items are not ordered by name.
const UNORDERED: &str = r#"
[[maker]]
name = "Zeta"
[[maker.profile]]
name = "P2"
[[maker.profile.client]]
kind = "web"
name = "b"
[[maker.profile.client]]
kind = "android"
name = "a"
[[maker.profile]]
name = "P1"
[[maker.model]]
id = "M-2"
name = "Two"
names = { ja = "二", de = "Zwei" }
[[maker.model.slot]]
name = "S"
names = { de = "Fach", en = "Slot" }
unit = "count"
units = { de = "Stück" }
products = ["B000000002"]
[[maker.model]]
id = "M-1"
name = "One"
[[maker.model.slot]]
name = "S"
unit = "count"
products = ["B000000001"]
[[maker]]
name = "Alpha"
[[product]]
asin = "B000000002"
title = "Two"
titles = { de = "Zwei „Stück“", ja = "二" }
units = { ja = "個" }
price = "2.00"
currency = "USD"
quantity = 1
unit = "count"
[[product]]
asin = "B000000001"
title = "One"
price = "1.00"
currency = "USD"
quantity = 1
unit = "count"
[[customer]]
email = "z@example.com"
password = "correct horse battery"
name = "Z"
[[customer]]
email = "a@example.com"
password = "correct horse battery"
name = "A"
"#;

async fn an_export_is_in_the_order_of_names(place: &ProgramFolder) {
    place.write_file("seed.toml", UNORDERED);
    place.run_on_store(&["seed", "seed.toml"]).expect_success();
    let text = place.run_on_store(&["seed", "export", "--with-secrets"]).expect_success();
    for pair in [["Alpha", "Zeta"], ["P1", "P2"], ["a", "b"], ["M-1", "M-2"], ["B000000001", "B000000002"], ["A", "Z"]]
    {
        let at = |name: &str| {
            let lines = ["name", "id", "asin"].map(|key| text.find(&format!("\n{key} = \"{name}\"\n")));
            lines.into_iter().flatten().next().unwrap_or_else(|| panic!("no {name} in {text}"))
        };
        assert!(at(pair[0]) < at(pair[1]), "{pair:?}: {text}");
    }
    for part in ["de = \"Zwei\"\nja = \"二\"\n", "en = \"Slot\"", "de = \"Zwei „Stück“\"", "ja = \"個\""] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let other = ProgramFolder::new();
    other.write_file("seed.toml", &text);
    other.run_on_store(&["seed", "seed.toml"]).expect_success();
    assert_eq!(other.run_on_store(&["seed", "export", "--with-secrets"]).expect_success(), text);
    let listed = place.run_on_store(&["client", "list"]).expect_success();
    assert!(listed.contains("  a: P2, Zeta\n") && listed.contains("  b: P2, Zeta\n"), "{listed}");
    let listed = place.run_on_store(&["client", "list", "--json"]).expect_success();
    assert!(listed.contains("\"name\":\"a\""), "{listed}");
}

async fn an_export_writes_pictures_beside_it(place: &ProgramFolder) {
    let seed = UNORDERED
        .replace(
            "name = \"Alpha\"\n",
            "name = \"Alpha\"\n[maker.brand]\nlogo = \"logo.png\"\nreply_to = \"a@b.example\"\n",
        )
        .replace("title = \"Two\"\n", "title = \"Two\"\npicture = \"logo.png\"\n");
    place.write_file("seed.toml", &seed);
    let refused = place.run_on_store(&["seed", "seed.toml"]).expect_failure();
    assert!(
        refused.contains("seed.toml: line ") && refused.contains(": logo: cannot read the picture logo.png"),
        "{refused}"
    );
    place.make_pipe("logo.png");
    let refused = place.run_on_store(&["seed", "seed.toml"]).expect_failure();
    assert!(refused.contains("cannot read the picture logo.png: it is no regular file"), "{refused}");
    std::fs::remove_file(place.path().join("logo.png")).unwrap();
    std::fs::write(place.path().join("logo.png"), LOGO_PNG).unwrap();
    place.run_on_store(&["seed", "seed.toml"]).expect_success();
    place.run_on_store(&["seed", "export", "--pictures", "pictures", "--output", "out.toml"]).expect_success();
    let text = std::fs::read_to_string(place.path().join("out.toml")).unwrap();
    let logo = text.split("logo = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(logo.starts_with("pictures/") && text.contains(&format!("picture = \"{logo}\"")), "one file: {text}");
    let again = place.run_on_store(&["seed", "out.toml"]).expect_success();
    assert!(again.lines().all(|line| line.starts_with("unchanged")), "{again}");
}

on_either!(an_export_is_in_the_order_of_names, an_export_writes_pictures_beside_it);
