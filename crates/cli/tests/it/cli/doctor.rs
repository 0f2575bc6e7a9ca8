//! `opendrs doctor`: its results for good and bad installations. It changes nothing.

use super::program::{ProgramFolder, ProgramOutput};
use crate::harness::{MailServer, ReceiverAction, Store, TestReceiver};
use opendrs_config::SmtpSecurity;
use serde_json::Value;

/// Check, result and fix of each line.
fn lines(ended: &ProgramOutput) -> Vec<(String, String, String, String)> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let read = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let line = |line: Value| (text(&line, "check"), text(&line, "result"), text(&line, "says"), text(&line, "fix"));
    ended.stdout.lines().map(read).map(line).collect()
}

#[track_caller]
fn assert_check(ended: &ProgramOutput, check: &str, result: &str, says: &str, fix: &str) {
    let lines = lines(ended);
    let fits = |(c, r, s, f): &&(String, String, String, String)| {
        c == check && r == result && s.contains(says) && f.contains(fix)
    };
    assert!(lines.iter().any(|line| fits(&line)), "no {check} {result} {says:?} {fix:?} in {lines:#?}");
}

fn examine(place: &ProgramFolder, more: &[&str]) -> ProgramOutput {
    place.run_on_store(&[&["doctor", "--json"], more].concat())
}

#[test]
fn before_the_first_start_nothing_is_made() {
    let place = ProgramFolder::new();
    let ended = examine(&place, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_check(&ended, "settings", "good", "can be read", "");
    assert_check(&ended, "data folder", "warning", "there is no data", "the first start creates it");
    assert_check(&ended, "master key", "warning", "there is none at data/master.key", "the first start creates one");
    assert_check(&ended, "store", "warning", "there is no store yet", "creates it");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_good_installation_passes() {
    let place = ProgramFolder::seeded();
    let ended = examine(&place, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    for check in ["settings", "master key", "data folder", "store", "schema", "key fits", "clock", "public URLs"] {
        assert_check(&ended, check, "good", "", "");
    }
    let said = place.run_on_store(&["doctor"]).expect_success();
    assert!(said.starts_with("good     settings     can be read\n"), "{said}");
}

#[test]
fn each_fault_is_found_with_its_fix() {
    use std::os::unix::fs::PermissionsExt;
    let place = ProgramFolder::seeded();
    let key = place.path().join("data/master.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ended = examine(&place, &[]);
    assert_check(
        &ended,
        "master key",
        "failed",
        "can be read by others than its owner (mode 644)",
        "chmod 600 data/master.key",
    );
    assert_eq!((ended.status, ended.stderr.as_str()), (1, "opendrs: one check failed\n"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();

    std::fs::write(&key, "0".repeat(64)).unwrap();
    assert_check(
        &examine(&place, &[]),
        "key fits",
        "failed",
        "another master key than data/master.key",
        "put the store's key in its place",
    );
    std::fs::write(&key, "short").unwrap();
    assert_check(
        &examine(&place, &[]),
        "master key",
        "failed",
        "is not a master key",
        "restore the key from its backup",
    );

    let conn = rusqlite::Connection::open(place.path().join("data/opendrs.db")).unwrap();
    let step: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    for (at, result, fix) in [(step + 1, "failed", "run the newer opendrs"), (step, "good", "")] {
        conn.pragma_update(None, "user_version", at).unwrap();
        assert_check(&examine(&place, &[]), "schema", result, &format!("it is at step {at}"), fix);
    }
    conn.execute("UPDATE installation SET created_at = ?1", [i64::MAX / 2]).unwrap();
    assert_check(&examine(&place, &[]), "clock", "failed", "before the store was created", "NTP");
    drop(conn);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::write(place.path().join(format!("data/opendrs.db{end}")), "rubbish".repeat(1000));
    }
    assert_check(&examine(&place, &[]), "store", "failed", "is no database that can be read", "restore a backup");
}

#[test]
fn settings_are_judged() {
    let place = ProgramFolder::seeded();
    place.write_file("a.toml", "[server]\nlisten = \"0.0.0.0:7373\"\nmax_connections = 1000000000\n[web]\npublic_url = \"https://shop.example\"\n[login]\npublic_url = \"http://shop.example\"\n");
    let ended = examine(&place, &["--config", "a.toml"]);
    assert_check(&ended, "public URLs", "warning", "service listens on 0.0.0.0:7373", "set service.public_url");
    assert_check(
        &ended,
        "public URLs",
        "warning",
        "login.public_url is http://shop.example",
        "set [tls], or end TLS in a proxy, and set",
    );
    assert_check(&ended, "public URLs", "failed", "only one of", "set both");
    assert_check(&ended, "public URLs", "warning", "one source for the limits", "set server.proxies");
    assert_check(&ended, "open files", "warning", "server.max_connections needs 1000000100", "LimitNOFILE=1000000100");
    place.write_file("a.toml", "[server]\nlisen = \"x\"\n");
    let ended = examine(&place, &["--config", "a.toml"]);
    assert_check(&ended, "settings", "failed", "unknown setting server.lisen", "opendrs config default");
    assert_eq!((ended.status, lines(&ended).len()), (1, 1));
}

/// An address of this machine without a listener.
fn nobody() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn run_doctor_with_env(place: &ProgramFolder, env: &[(&str, &str)]) -> ProgramOutput {
    place.run_with(&["doctor", "--json", "--data", "data"], env)
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_asked_whether_they_can_be_used() {
    let place = ProgramFolder::seeded();
    let (mails, other, nobody) = (MailServer::start(SmtpSecurity::None).await, TestReceiver::start().await, nobody());
    let port = mails.settings().port.unwrap().to_string();
    let closed = nobody.rsplit_once(':').unwrap().1;
    let base = other.url.split_once("/drs").unwrap().0;
    let secrets = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let with = |mail: &'static str, port: &str, collector: &str, hook: &str| {
        let (collector, hook) = (format!("http://{collector}"), format!("http://{hook}/orders"));
        let env = [
            ("OPENDRS_MAIL_HOST", mail),
            ("OPENDRS_MAIL_PORT", port),
            ("OPENDRS_MAIL_SECURITY", "none"),
            ("OPENDRS_MAIL_FROM", "shop@example.com"),
            ("OPENDRS_TRACES_ENDPOINT", collector.as_str()),
            ("OPENDRS_FULFILMENT_BACKEND", "webhook"),
            ("OPENDRS_FULFILMENT_WEBHOOK_URL", hook.as_str()),
            ("OPENDRS_FULFILMENT_WEBHOOK_SECRETS", secrets),
            ("OPENDRS_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ];
        run_doctor_with_env(&place, &env)
    };
    let host = base.strip_prefix("http://").unwrap();
    let good = with("localhost", &port, host, host);
    for check in ["mail server", "collector", "back end"] {
        assert_check(&good, check, "good", "", "");
    }
    assert!(mails.take_received().await.is_empty(), "no mail is sent");
    let methods: Vec<_> = other.take_received().await.into_iter().map(|got| got.body.len()).collect();
    assert_eq!(methods, [0, 0], "no call is made");
    let bad = with("localhost", closed, &nobody, &nobody);
    assert_check(&bad, "mail server", "failed", "localhost: ", "check host, port, security");
    assert_check(&bad, "collector", "failed", "traces are dropped", "start the collector");
    assert_check(&bad, "back end", "failed", "/orders: no connection", "outbound.allow");
    other.queue_actions(&[ReceiverAction::Answer(404, "")]);
    let wrong = run_doctor_with_env(&place, &[("OPENDRS_TRACES_ENDPOINT", base)]);
    assert_check(&wrong, "collector", "failed", "answers with status 404", "the path of traces.endpoint");
    let private = [
        ("OPENDRS_FULFILMENT_WEBHOOK_URL", other.url.as_str()),
        ("OPENDRS_FULFILMENT_WEBHOOK_SECRETS", secrets),
        ("OPENDRS_FULFILMENT_BACKEND", "webhook"),
    ];
    assert_check(
        &run_doctor_with_env(&place, &private),
        "back end",
        "failed",
        "is a private or reserved address",
        "outbound.allow",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_taken_are_told_from_our_own() {
    let place = ProgramFolder::seeded();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = place.serve(&[]);
    let ours = server.base_url.strip_prefix("http://").unwrap();
    let ended = run_doctor_with_env(
        &place,
        &[
            ("OPENDRS_SERVER_LISTEN", ours),
            ("OPENDRS_METRICS_LISTEN", "192.0.2.1:7374"),
            ("OPENDRS_SERVICE_LISTEN", &nobody()),
        ],
    );
    assert_check(&ended, "listen", "good", &format!("OpenDRS listens on server.listen {ours}"), "");
    assert_check(&ended, "listen", "good", "service.listen 127.0.0.1:", "");
    assert_check(&ended, "listen", "failed", "metrics.listen is 192.0.2.1:7374", "set an address of this machine");
    assert_check(&ended, "metrics", "warning", "everyone who reaches it can read the metrics", "loopback");
    let other = taken.local_addr().unwrap().to_string();
    // This listener never answers, so the check runs into its timeout.
    drop(taken.try_clone());
    std::thread::spawn(move || taken.incoming().for_each(drop));
    let ended = run_doctor_with_env(&place, &[("OPENDRS_SERVER_LISTEN", &other)]);
    assert_check(&ended, "listen", "failed", &format!("server.listen is {other}"), "stop the other program");
}

#[test]
fn files_limits_and_the_certificates_address_are_judged_with_the_settings() {
    let place = ProgramFolder::seeded();
    let missing = [
        ("OPENDRS_OPERATOR_TOKEN_FILE", "no-token"),
        ("OPENDRS_OUTBOUND_CA_FILE", "no-ca.pem"),
        ("OPENDRS_TLS_MODE", "files"),
        ("OPENDRS_TLS_CERTIFICATE_FILE", "no-cert.pem"),
        ("OPENDRS_TLS_KEY_FILE", "no-key.pem"),
    ];
    let ended = run_doctor_with_env(&place, &missing);
    for (check, name) in [("files", "no-token"), ("files", "no-ca.pem"), ("certificate", "no-cert.pem")] {
        assert_check(&ended, check, "failed", name, "");
    }
    let refused = place.run_with(&["config", "check", "--data", "data"], &missing);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    for name in ["no-token", "no-ca.pem", "no-cert.pem"] {
        assert!(refused.stderr.contains(name), "{name}: {refused:?}");
    }

    let all = "[limits]\ndevice_rate = 0\ndevice_per_day = 0\norders_per_day = 0\nmails_per_day = 0\nclient_rate = 0\n\
               connections_per_address = 0\n";
    for off in all.lines().skip(1) {
        place.write_file("a.toml", &format!("[limits]\n{off}\n"));
        let key = off.split_once(' ').unwrap().0;
        let ended = examine(&place, &["--config", "a.toml"]);
        assert_check(&ended, "limits", "warning", &format!("off: limits.{key} ("), "opendrs config default");
        let checked = place.run_on_store(&["config", "check", "--config", "a.toml"]);
        assert!(checked.stderr.contains(&format!("Warning: off: limits.{key} (")), "{checked:?}");
        assert_eq!(checked.status, 0);
    }
    place.write_file("a.toml", all);
    assert_check(
        &examine(&place, &["--config", "a.toml"]),
        "limits",
        "warning",
        "limits.connections_per_address (",
        "",
    );
    assert_check(&examine(&place, &[]), "limits", "good", "are on", "");

    for (url, region, result, says) in [
        ("http://sns.eu-west-1.amazonaws.com", "eu-west-1", "warning", "by https only"),
        ("https://drs.example", "eu-west-1", "warning", "hosts of the form sns.<region>.amazonaws.com"),
        ("https://sns.us-east-1.amazonaws.com", "eu-west-1", "warning", "its region is us-east-1"),
        ("https://sns.eu-west-1.amazonaws.com:8443", "eu-west-1", "warning", "no port"),
        ("https://sns.eu-west-1.amazonaws.com", "eu-west-1", "good", "has the form"),
    ] {
        let env = [("OPENDRS_NOTIFICATIONS_PUBLIC_URL", url), ("OPENDRS_NOTIFICATIONS_REGION", region)];
        let fix = if result == "good" { "" } else { "https://sns.eu-west-1.amazonaws.com" };
        assert_check(&run_doctor_with_env(&place, &env), "signing URL", result, says, fix);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    let database = Store::postgres().await;
    let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
    let mut place = ProgramFolder::new();
    place.store_args.extend(["--database-url".into(), url]);
    let empty = examine(&place, &[]);
    assert_check(&empty, "schema", "warning", "it is at step 0", "the next start");
    assert_eq!(empty.status, 0);
    place.apply_seed();
    let ended = examine(&place, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    for check in ["store", "schema", "encoding", "rights", "key fits", "clock"] {
        assert_check(&ended, check, "good", "", "");
    }
    database.set_read_only(true).await;
    let ended = examine(&place, &[]);
    assert_check(&ended, "read-only", "failed", "default_transaction_read_only is on", "a server that accepts writes");
    database.disconnect_all().await;
    let ended = examine(&place, &[]);
    assert_check(&ended, "store", "failed", "cannot be reached", "start the database");
    assert_eq!(ended.status, 1);
    database.remove().await;
}
