//! `opendrs config`, and what every command does with wrong settings.

use super::program::Place;

#[test]
fn the_default_settings_are_good_settings() {
    let place = Place::new();
    let default = place.run(&["config", "default"]).good();
    assert_eq!(default.trim_end(), opendrs_server::config::DEFAULT.trim_end());
    place.file("opendrs.toml", &default);
    let checked = place.run(&["config", "check", "--config", "opendrs.toml"]).good();
    assert_eq!(
        checked,
        "The settings are good. Listen: 127.0.0.1:7373\n\
         Roles: service, login, web, worker. Store: SQLite, opendrs-data/opendrs.db. Master key: opendrs-data/master.key\n"
    );
    assert_eq!(place.run(&["config", "check"]).good(), checked);
    assert!(!place.path().join("opendrs-data").exists(), "checking makes nothing");
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let place = Place::new();
    place.file("opendrs.toml", "[server]\nlisten = \"127.0.0.1:1\"\ndata = \"a\"\nroles = [\"web\"]\n");
    let env =
        [("OPENDRS_CONFIG", "opendrs.toml"), ("OPENDRS_SERVER_DATA", "b"), ("OPENDRS_SERVER_LISTEN", "127.0.0.1:2")];
    let checked = place.run_with(&["config", "check", "--data", "c"], &env).good();
    assert_eq!(
        checked,
        "The settings are good. Listen: 127.0.0.1:2\n\
         Roles: web. Store: SQLite, c/opendrs.db. Master key: c/master.key\n"
    );
    let url = ["config", "check", "--database-url", "postgres://user:secret@db.example/drs"];
    let checked = place.run_with(&url, &env).good();
    assert!(
        checked.contains("Store: PostgreSQL. Master key: b/master.key") && !checked.contains("secret"),
        "{checked}"
    );
}

#[test]
fn an_unknown_setting_stops_every_command() {
    let place = Place::new();
    place.file("opendrs.toml", "[server]\nlisen = \"127.0.0.1:1\"\n");
    for words in [&["config", "check"][..], &["serve"], &["demo", "--once"], &["keys", "list"], &["events", "list"]] {
        let words = [words, &["--config", "opendrs.toml"]].concat();
        let said = place.run(&words).bad();
        let wanted = "opendrs: opendrs.toml: line 2: unknown setting server.lisen; did you mean server.listen?\n";
        assert_eq!(said, wanted, "{words:?}");
        let said = place.run_with(&words[..words.len() - 2], &[("OPENDRS_SERVER_LISEN", "x")]).bad();
        let wanted = "opendrs: OPENDRS_SERVER_LISEN: unknown setting; `opendrs config default` lists all\n";
        assert_eq!(said, wanted, "{words:?}");
    }
    let said = place.run(&["config", "check", "--config", "nowhere.toml"]).bad();
    assert!(said.starts_with("opendrs: cannot read the settings file nowhere.toml: "), "{said}");
}

#[test]
fn wrong_usage_is_told_from_failure() {
    let place = Place::new();
    for words in [&["fly"][..], &["serve", "--port", "1"], &["events", "list", "--limit", "0"], &[]] {
        let ended = place.run(words);
        assert!(ended.status == 2 && ended.out.is_empty() && ended.err.contains("--help"), "{words:?}: {ended:?}");
    }
    assert_eq!(place.run(&["--version"]).good(), format!("opendrs {}\n", env!("CARGO_PKG_VERSION")));
    let help = place.run(&["--help"]).good();
    for command in ["serve", "demo", "seed", "device", "clock", "events", "readings", "keys", "config", "completions"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
    }
    assert!(place.run(&["completions", "bash"]).good().contains("opendrs"));
}
