//! `opendrs demo`: the first command that a new user runs.

use super::program::ProgramFolder;
use serde_json::Value;

#[test]
fn the_demo_walks_through_everything_and_ends_well() {
    let place = ProgramFolder::new();
    let told = place.run(&["demo", "--once", "--listen", "127.0.0.1:0"]).expect_success();
    assert!(told.contains(", 0 failed.") && !told.contains("BAD"), "{told}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "it leaves nothing behind");
}

#[test]
fn programs_read_it_as_json_lines() {
    let place = ProgramFolder::new();
    let told = place.run(&["demo", "--once", "--json", "--listen", "127.0.0.1:0"]).expect_success();
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (end, steps) = lines.split_last().unwrap();
    assert!(steps.len() > 15, "{told}");
    for (n, step) in steps.iter().enumerate() {
        assert_eq!(
            (&step["step"], &step["ok"], &step["wrong"]),
            (&(n + 1).into(), &true.into(), &Value::Null),
            "{step}"
        );
    }
    assert_eq!(*end, serde_json::json!({ "steps": steps.len(), "failures": 0, "error": null, "ok": true }));
    for code in ["STANDARD_ORDER_PLACED", "ORDER_INPROGRESS", "Shipped", "Invalid token"] {
        assert!(steps.iter().any(|step| step["answer"].as_str().unwrap().contains(code)), "{code}: {told}");
    }
}

#[test]
fn a_taken_port_is_named() {
    let place = ProgramFolder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = place.run(&["demo", "--once", "--listen", &address]).expect_failure();
    assert!(said.starts_with(&format!("opendrs: {address} is in use: ")), "{said}");
}
