//! `opendrs bench`: filling a store, and calling a server that runs on it.

use super::program::{Place, Served};
use crate::harness::Store;
use serde_json::Value;

fn fill(place: &Place, words: &[&str]) -> Value {
    let printed = place.on_store(&[&["bench", "fill", "--fleet", "fleet", "--json"], words].concat()).good();
    serde_json::from_str(&printed).unwrap()
}

fn load(place: &Place, server: &Served, kind: &str, words: &[&str]) -> Value {
    let address = server.base.trim_start_matches("http://");
    let all = [&["bench", kind, "--server", address, "--fleet", "fleet", "--json"], words].concat();
    serde_json::from_str(&place.run(&all).good()).unwrap()
}

fn walk(place: &Place) {
    let filled = fill(place, &["--devices", "300", "--readings", "700", "--tokens", "20"]);
    assert_eq!((&filled["devices"], &filled["readings"], &filled["tokens"]), (&300.into(), &700.into(), &20.into()));
    let fleet = std::fs::read_to_string(place.path().join("fleet")).unwrap();
    assert_eq!(fleet.lines().count(), 20);
    let readings = || {
        let listed = place.on_store(&["readings", "list", "--limit", "10000"]).good();
        let serials: std::collections::HashSet<_> = listed.lines().filter_map(|l| l.split(' ').nth(2)).collect();
        (listed.lines().count(), serials.len())
    };
    assert_eq!(readings(), (700, 300), "every device has some");
    let server = place.serve(&[]);
    for kind in ["slot-status", "subscription-info", "order-info", "token-refresh", "mixed"] {
        let report = load(place, &server, kind, &["--connections", "4", "--calls", "40"]);
        assert_eq!((&report["kind"], &report["calls"]), (&kind.into(), &40.into()), "{report}");
        let at = |name: &str| report[name].as_u64().unwrap();
        assert!(at("p50_us") > 0 && at("p50_us") <= at("p99_us") && at("p99_us") <= at("max_us"), "{report}");
    }
    assert!(readings().0 >= 740, "the reports of the load");
}

#[test]
fn a_filled_store_serves_every_load_on_sqlite() {
    walk(&Place::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_store_serves_every_load_on_postgres() {
    let database = Store::postgres().await;
    let opendrs_store::Place::Url(url) = database.place() else { panic!("no URL") };
    let mut place = Place::new();
    place.store.extend(["--database-url".into(), url]);
    walk(&place);
    database.remove().await;
}

#[test]
fn each_slot_is_reordered_once_and_a_second_try_is_no_measurement() {
    let place = Place::new();
    fill(&place, &["--devices", "10", "--tokens", "10"]);
    let server = place.serve(&[]);
    let first = load(&place, &server, "replenish", &["--connections", "3", "--calls", "15"]);
    assert_eq!((&first["calls"], &first["next"]), (&15.into(), &15.into()));
    let rest = load(&place, &server, "replenish", &["--connections", "3", "--from", "15"]);
    assert_eq!((&rest["calls"], &rest["next"]), (&5.into(), &20.into()), "twenty slots in all");
    let again = |words: &[&str]| {
        let address = server.base.trim_start_matches("http://");
        place.run(&[&["bench", "replenish", "--server", address, "--fleet", "fleet"], words].concat()).bad()
    };
    assert!(again(&[]).contains("ORDER_INPROGRESS"), "{}", again(&[]));
    assert!(again(&["--from", "20"]).contains("fill with more --tokens"));
    let told = place.on_store(&["events", "list"]).good();
    assert_eq!(told.lines().filter(|line| line.contains("OrderPlacedNotification")).count(), 20, "{told}");
}

#[test]
fn at_a_rate_calls_are_sent_whatever_the_answers_do() {
    let place = Place::new();
    fill(&place, &["--devices", "5", "--tokens", "12"]);
    let fleet = std::fs::read_to_string(place.path().join("fleet")).unwrap();
    assert_eq!(fleet.lines().collect::<std::collections::HashSet<_>>().len(), 12, "more tokens than devices");
    let server = place.serve(&[]);
    let words = ["--connections", "4", "--rate", "100", "--seconds", "1", "--plot", "plot.svg"];
    let report = load(&place, &server, "slot-status", &words);
    assert_eq!((&report["calls"], &report["target_rate"]), (&100.into(), &100.into()));
    assert!(report["seconds"].as_f64().unwrap() >= 0.98, "{report}");
    let picture = std::fs::read_to_string(place.path().join("plot.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("<title>slot-status: "), "{picture}");
}

#[test]
fn a_wrong_answer_is_no_measurement() {
    let place = Place::new();
    fill(&place, &["--devices", "5"]);
    let other = Place::new();
    let server = other.serve(&[]);
    let address = server.base.trim_start_matches("http://");
    let run = |words: &[&str]| place.run(&[&["bench", "slot-status", "--fleet"], words].concat()).bad();
    let said = run(&["fleet", "--server", address]);
    assert!(said.starts_with("opendrs: an answer was 400 Bad Request: "), "{said}");
    assert!(run(&["fleet", "--server", "192.0.2.1:80"]).contains("not on this machine's loopback"));
    assert!(run(&["nowhere", "--server", address]).contains("opendrs bench fill --devices 100 --fleet nowhere"));
    place.file("fleet", "{}\n");
    assert!(run(&["fleet", "--server", address]).contains("fleet: line 1: "));
}

#[test]
fn deliveries_are_counted_beside_signatures() {
    let place = Place::new();
    for signature in ["1", "2"] {
        let printed = place.run(&["bench", "deliveries", "--events", "40", "--signature", signature, "--json"]).good();
        let report: Value = serde_json::from_str(&printed).unwrap();
        let [rate, raw, ratio] = ["rate", "raw", "ratio"].map(|name| report[name].as_f64().unwrap());
        assert_eq!((&report["signature"], &report["events"]), (&signature.into(), &40.into()), "{report}");
        assert!(rate > 0.0 && raw > 0.0 && (ratio - rate / raw).abs() < 1e-9, "{report}");
    }
}
