//! The systemd unit and the container file: the variables that they set are settings, and what they run is a command.

use super::program::ProgramFolder;
use std::path::Path;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist").join(name)).unwrap()
}

/// Checks that the settings are good with these variables, and returns the output of the check.
fn checked(env: &[(&str, &str)]) -> String {
    assert!(!env.is_empty());
    ProgramFolder::new().run_with(&["config", "check"], env).expect_success()
}

#[test]
fn the_units_variables_are_settings() {
    let unit = file("opendrs.service");
    let set = |line: &'_ str| line.strip_prefix("Environment=").map(str::to_owned);
    let set: Vec<_> = unit.lines().filter_map(set).collect();
    let env: Vec<_> = set.iter().map(|pair| pair.split_once('=').unwrap()).collect();
    let said = checked(&env);
    assert!(said.contains("/var/lib/opendrs/opendrs.db") && said.contains("/var/lib/opendrs/master.key"), "{said}");
    assert!(unit.contains("ExecStart=/usr/local/bin/opendrs serve\n") && unit.contains("DynamicUser=yes\n"));
    let files = unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE=")).unwrap();
    assert!(files.parse::<usize>().unwrap() > 10_100, "room for max_connections");
}

#[test]
fn the_containers_variables_are_settings_and_it_is_nobody_special() {
    let container = file("Dockerfile");
    let set: Vec<_> = container.lines().filter_map(|line| line.strip_prefix("ENV ")).collect();
    let env: Vec<_> = set.iter().map(|pair| pair.split_once('=').unwrap()).collect();
    let said = checked(&env);
    assert!(said.contains("Listen: 0.0.0.0:7373") && said.contains("/var/lib/opendrs/opendrs.db"), "{said}");
    let check = container.lines().find_map(|line| line.strip_prefix("HEALTHCHECK ")).unwrap();
    let words: Vec<String> = serde_json::from_str(check.split_once(" CMD ").unwrap().1).unwrap();
    assert_eq!(words, ["/usr/local/bin/opendrs", "health"]);
    let asked = ProgramFolder::new().run_with(&["health"], &env).expect_failure();
    assert!(asked.contains("http://127.0.0.1:7373"), "it asks where the node listens: {asked}");
    let stages = container.matches("\nFROM ").count();
    let user = container.lines().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(
        stages == 2 && user.parse::<u32>().unwrap() > 0,
        "it runs without the tools it was built with, and not as root"
    );
}
