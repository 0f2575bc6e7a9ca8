//! `opendrs config`, and the answer of every command to wrong settings.

use super::program::ProgramFolder;

#[test]
fn the_default_settings_are_good_settings() {
    let place = ProgramFolder::new();
    let default = place.run(&["config", "default"]).expect_success();
    assert_eq!(default.trim_end(), opendrs_config::DEFAULT_SETTINGS.trim_end());
    place.write_file("opendrs.toml", &default);
    let checked = place.run(&["config", "check", "--config", "opendrs.toml"]).expect_success();
    assert_eq!(
        checked,
        "The settings are valid. Listen: 127.0.0.1:7373\n\
         Roles: service, login, web, worker. Store: SQLite, opendrs-data/opendrs.db. Master key: opendrs-data/master.key\n"
    );
    assert_eq!(place.run(&["config", "check"]).expect_success(), checked);
    assert!(!place.path().join("opendrs-data").exists(), "checking makes nothing");
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let place = ProgramFolder::new();
    place.write_file("opendrs.toml", "[server]\nlisten = \"127.0.0.1:1\"\ndata = \"a\"\nroles = [\"web\"]\n");
    let env =
        [("OPENDRS_CONFIG", "opendrs.toml"), ("OPENDRS_SERVER_DATA", "b"), ("OPENDRS_SERVER_LISTEN", "127.0.0.1:2")];
    let checked = place.run_with(&["config", "check", "--data", "c"], &env).expect_success();
    assert_eq!(
        checked,
        "The settings are valid. Listen: 127.0.0.1:2\n\
         Roles: web. Store: SQLite, c/opendrs.db. Master key: c/master.key\n"
    );
    let url = ["config", "check", "--database-url", "postgres://user:secret@db.example/drs"];
    let checked = place.run_with(&url, &env).expect_success();
    assert!(
        checked.contains("Store: PostgreSQL. Master key: b/master.key") && !checked.contains("secret"),
        "{checked}"
    );
}

#[test]
fn a_file_of_a_secret_is_checked_and_an_option_wins_over_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = ProgramFolder::new();
    place.write_file("opendrs.toml", "[server]\ndatabase_url_file = \"url\"\n");
    let check = ["config", "check", "--config", "opendrs.toml"];
    let missing = place.run(&check).expect_failure();
    assert!(missing.contains("cannot read the file url of server.database_url_file: "), "{missing}");
    let doctor = place.run(&["doctor", "--config", "opendrs.toml"]);
    assert!(doctor.status == 1 && doctor.stdout.contains("of server.database_url_file: "), "{doctor:?}");
    place.write_file("url", "postgres://user:hush@db.example/drs\n");
    std::fs::set_permissions(place.path().join("url"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = place.run(&check);
    assert!(open.stdout.contains("Store: PostgreSQL") && !open.stdout.contains("hush"), "{open:?}");
    let says =
        "the file url of server.database_url_file can be read by others than its owner (mode 644). Fix: chmod 600 url";
    assert!(open.stderr.contains(says) && !open.stderr.contains("hush"), "{open:?}");
    std::fs::set_permissions(place.path().join("url"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let good = place.run(&check);
    assert!(good.stdout.contains("Store: PostgreSQL") && !good.stderr.contains("by others"), "{good:?}");
    let other = place.run(&[&check[..], &["--data", "here"]].concat()).expect_success();
    assert!(other.contains("Store: SQLite, here/opendrs.db"), "{other}");
}

#[test]
fn an_unknown_setting_stops_every_command() {
    let place = ProgramFolder::new();
    place.write_file("opendrs.toml", "[server]\nlisen = \"127.0.0.1:1\"\n");
    for words in [&["config", "check"][..], &["serve"], &["demo", "--once"], &["keys", "list"], &["events", "list"]] {
        let words = [words, &["--config", "opendrs.toml"]].concat();
        let said = place.run(&words).expect_failure();
        let wanted = "opendrs: opendrs.toml: line 2: unknown setting server.lisen; did you mean server.listen?\n";
        assert_eq!(said, wanted, "{words:?}");
        let said = place.run_with(&words[..words.len() - 2], &[("OPENDRS_SERVER_LISEN", "x")]).expect_failure();
        let wanted = "opendrs: OPENDRS_SERVER_LISEN: unknown setting; did you mean OPENDRS_SERVER_LISTEN?; \
                      `opendrs config default` lists all\n";
        assert_eq!(said, wanted, "{words:?}");
    }
    let said = place.run(&["config", "check", "--config", "nowhere.toml"]).expect_failure();
    assert!(said.starts_with("opendrs: cannot read the settings file nowhere.toml: "), "{said}");
}

#[test]
fn a_mistyped_folder_becomes_no_store() {
    let place = ProgramFolder::new();
    let wanted =
        "opendrs: there is no store in nowhere: set --data to its folder; `opendrs serve` creates a new store\n";
    for words in [
        &["device", "link", "--client", "x", "--model", "M", "--serial", "S"][..],
        &["events", "list"],
        &["keys", "list"],
        &["listen"],
        &["mail", "list"],
        &["order", "list"],
        &["readings", "list"],
        &["topic", "list"],
    ] {
        assert_eq!(place.run(&[words, &["--data", "nowhere"]].concat()).expect_failure(), wanted, "{words:?}");
    }
    assert!(!place.path().join("nowhere").exists());
}

#[test]
fn a_database_that_does_not_answer_is_named_with_what_to_check() {
    let place = ProgramFolder::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://user:hush@{nobody}/opendrs");
    for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["events", "list"]] {
        let said = place.run(&[words, &["--database-url", &url]].concat()).expect_failure();
        let end = "Is PostgreSQL running there? Check host, port, name, user and password of --database-url\n";
        assert!(said.starts_with("opendrs: the store cannot be reached: ") && said.ends_with(end), "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
}

#[test]
fn wrong_usage_is_told_from_failure() {
    let place = ProgramFolder::new();
    for words in [&["fly"][..], &["serve", "--port", "1"], &["events", "list", "--limit", "0"], &[]] {
        let ended = place.run(words);
        assert!(
            ended.status == 2 && ended.stdout.is_empty() && ended.stderr.contains("--help"),
            "{words:?}: {ended:?}"
        );
    }
    assert_eq!(place.run(&["--version"]).expect_success(), format!("opendrs {}\n", env!("CARGO_PKG_VERSION")));
    let help = place.run(&["--help"]).expect_success();
    for command in ["serve", "demo", "seed", "device", "clock", "events", "readings", "keys", "config", "completions"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
    }
    assert!(place.run(&["completions", "bash"]).expect_success().contains("opendrs"));
}
