//! The load generator: it fills a store, and calls a node that runs on it.

#![expect(clippy::unwrap_used, reason = "all of it is tests, also what no test attribute marks")]

use opendrs_config::Config;
use opendrs_server::node::{Node, NodeListeners};
use opendrs_server::open_app::{self, ClockMode};
use opendrs_service::random::SystemRandom;
use opendrs_service::{outbox, reading};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A folder with a store, on which the generator and a node run.
struct Place {
    folder: TempDir,
    /// The URL of the database; `None` on SQLite.
    database: Option<String>,
}

impl Place {
    fn on_sqlite() -> Self {
        Self { folder: TempDir::new().unwrap(), database: None }
    }

    /// A new database in the cluster of the tests.
    async fn on_postgres(name: &str) -> Self {
        let cluster = std::env::var("OPENDRS_TEST_POSTGRES").expect("OPENDRS_TEST_POSTGRES: run `cargo xtask test`");
        let (client, connection) = tokio_postgres::connect(&cluster, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (server, _) = cluster.rsplit_once('/').unwrap();
        Self { database: Some(format!("{server}/{name}")), ..Self::on_sqlite() }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn store_options(&self) -> Vec<String> {
        let data = ["--data".to_owned(), self.path("data").display().to_string()];
        let database = self.database.iter().flat_map(|url| ["--database-url".to_owned(), url.clone()]);
        data.into_iter().chain(database).collect()
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opendrs-loadgen"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OPENDRS_")) {
            command.env_remove(name);
        }
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null()).output().unwrap()
    }

    /// The JSON object that a successful run printed.
    #[track_caller]
    fn measured(&self, words: &[&str]) -> Value {
        let Output { status, stdout, stderr } = self.run(words);
        assert!(status.success(), "{words:?}: {}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice(&stdout).unwrap()
    }

    /// The error of a run that measured nothing.
    #[track_caller]
    fn refused(&self, words: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.run(words);
        assert_eq!((status.code(), stdout.is_empty()), (Some(1), true), "{words:?}");
        String::from_utf8(stderr).unwrap()
    }

    fn fill(&self, words: &[&str]) -> Value {
        let store = self.store_options();
        let store = store.iter().map(String::as_str);
        let all = ["fill", "--fleet", "fleet", "--json"].into_iter().chain(words.iter().copied()).chain(store);
        self.measured(&all.collect::<Vec<_>>())
    }

    fn load(&self, address: &str, kind: &str, words: &[&str]) -> Value {
        self.measured(&[&[kind, "--server", address, "--fleet", "fleet", "--json"], words].concat())
    }

    /// Starts a node on the store. Returns the node and its address.
    async fn serve(&self) -> (Node, String) {
        let text = |value: &str| toml::Value::String(value.to_owned());
        let mut more = vec![
            ("server", "listen", text("127.0.0.1:0")),
            ("server", "data", text(&self.path("data").display().to_string())),
        ];
        more.extend(self.database.as_ref().map(|url| ("server", "database_url", text(url))));
        more.extend(opendrs_config::lifted_limits());
        let config = Config::load_with_defaults(Vec::new(), None::<&Path>, Vec::new(), more).unwrap();
        let listeners = NodeListeners::bind(&config).await.unwrap();
        let random = Arc::new(SystemRandom);
        let app = open_app::open_app_for_node(&config, &listeners, ClockMode::System, random).await.unwrap();
        let node = listeners.serve(&config, app).unwrap();
        let address = node.addresses[0].url.trim_start_matches("http://").to_owned();
        (node, address)
    }
}

async fn every_load_is_answered(place: &Place) {
    let filled = place.fill(&["--devices", "300", "--readings", "700", "--tokens", "20"]);
    assert_eq!((&filled["devices"], &filled["readings"], &filled["tokens"]), (&300.into(), &700.into(), &20.into()));
    assert_eq!(std::fs::read_to_string(place.path("fleet")).unwrap().lines().count(), 20);
    let (node, address) = place.serve().await;
    let serials = async || {
        let readings = reading::list_newest(&node.state.app, 10_000).await.unwrap();
        let serials: std::collections::HashSet<_> = readings.iter().map(|reading| reading.serial.clone()).collect();
        (readings.len(), serials.len())
    };
    assert_eq!(serials().await, (700, 300), "every device has readings");
    for kind in ["slot-status", "subscription-info", "order-info", "token-refresh", "mixed"] {
        let report = place.load(&address, kind, &["--connections", "4", "--calls", "40"]);
        assert_eq!((&report["kind"], &report["calls"]), (&kind.into(), &40.into()), "{report}");
        let at = |name: &str| report[name].as_u64().unwrap();
        assert!(at("p50_us") > 0 && at("p50_us") <= at("p99_us") && at("p99_us") <= at("max_us"), "{report}");
    }
    assert!(serials().await.0 >= 740, "the readings of the load");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_store_serves_every_load_on_sqlite() {
    every_load_is_answered(&Place::on_sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_store_serves_every_load_on_postgres() {
    every_load_is_answered(&Place::on_postgres("loadgen_loads").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_slot_is_reordered_once() {
    let place = Place::on_sqlite();
    place.fill(&["--devices", "10", "--tokens", "10"]);
    let (node, address) = place.serve().await;
    let first = place.load(&address, "replenish", &["--connections", "3", "--calls", "15"]);
    assert_eq!((&first["calls"], &first["next"]), (&15.into(), &15.into()));
    let rest = place.load(&address, "replenish", &["--connections", "3", "--from", "15"]);
    assert_eq!((&rest["calls"], &rest["next"]), (&5.into(), &20.into()), "twenty slots in all");
    let again =
        |words: &[&str]| place.refused(&[&["replenish", "--server", &address, "--fleet", "fleet"], words].concat());
    assert!(again(&[]).contains("ORDER_INPROGRESS"), "{}", again(&[]));
    assert!(again(&["--from", "20"]).contains("fill with more --tokens"));
    let events = outbox::list(&node.state.app, None, 200).await.unwrap();
    let placed =
        |listed: &&outbox::EventSummary| listed.event.notification_type().wire_name() == "OrderPlacedNotification";
    assert_eq!(events.iter().filter(placed).count(), 20);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_rate_calls_are_sent_whatever_the_answers_do() {
    let place = Place::on_sqlite();
    place.fill(&["--devices", "5", "--tokens", "12"]);
    let fleet = std::fs::read_to_string(place.path("fleet")).unwrap();
    assert_eq!(fleet.lines().collect::<std::collections::HashSet<_>>().len(), 12, "more tokens than devices");
    let (node, address) = place.serve().await;
    let words = ["--connections", "4", "--rate", "100", "--seconds", "1", "--plot", "plot.svg"];
    let report = place.load(&address, "slot-status", &words);
    assert_eq!((&report["calls"], &report["target_rate"]), (&100.into(), &100.into()));
    assert!(report["seconds"].as_f64().unwrap() >= 0.98, "{report}");
    let picture = std::fs::read_to_string(place.path("plot.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("<title>slot-status: "), "{picture}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_no_measurement() {
    let place = Place::on_sqlite();
    place.fill(&["--devices", "5"]);
    let (node, address) = Place::on_sqlite().serve().await;
    let run = |words: &[&str]| place.refused(&[&["slot-status", "--fleet"], words].concat());
    let message = run(&["fleet", "--server", &address]);
    assert!(message.contains("an answer was 400 Bad Request: "), "{message}");
    assert!(run(&["fleet", "--server", "192.0.2.1:80"]).contains("not on this machine's loopback"));
    assert!(run(&["nowhere", "--server", &address]).contains("opendrs-loadgen fill --devices 100 --fleet nowhere"));
    std::fs::write(place.path("fleet"), "{}\n").unwrap();
    assert!(run(&["fleet", "--server", &address]).contains("fleet: line 1: "));
    node.stop().await;
}

#[test]
fn deliveries_are_counted_beside_signatures() {
    let place = Place::on_sqlite();
    for signature in ["1", "2"] {
        let report = place.measured(&["deliveries", "--events", "40", "--signature", signature, "--json"]);
        let [rate, raw, ratio] = ["rate", "raw", "ratio"].map(|name| report[name].as_f64().unwrap());
        assert_eq!((&report["signature"], &report["events"]), (&signature.into(), &40.into()), "{report}");
        assert!(rate > 0.0 && raw > 0.0 && (ratio - rate / raw).abs() < 1e-9, "{report}");
    }
}
