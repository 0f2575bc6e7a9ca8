//! Problems that keep a server from starting: `serve` refuses them, and `config check` and `doctor` report them with a
//! fix.

use super::program::{ProgramFolder, ProgramOutput};
use crate::harness::Store;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

fn mode(place: &ProgramFolder, name: &str, mode: u32) {
    std::fs::set_permissions(place.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The fixes of all failed checks whose message contains this text.
fn fixes(doctor: &ProgramOutput, says: &str) -> Vec<String> {
    let lines = doctor.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let failed = lines.filter(|line| line["result"] == "failed");
    let told = failed.filter(|line| line["says"].as_str().unwrap().contains(says));
    told.map(|line| line["fix"].as_str().unwrap().to_owned()).collect()
}

/// Checks that all three commands report the problem with its fix, and that no other check fails.
#[track_caller]
fn refused(place: &ProgramFolder, words: &[&str], env: &[(&str, &str)], says: &str, fix: &str) {
    let run = |command: &[&str]| place.run_with(&[command, words].concat(), env);
    let checked = run(&["config", "check"]).expect_failure();
    assert!(checked.contains(says) && checked.contains(fix), "config check: {says:?} {fix:?}: {checked}");
    assert!(!checked.contains("hush"), "{checked}");
    let doctor = run(&["doctor", "--json"]);
    assert_eq!((doctor.status, doctor.stderr.as_str()), (1, "opendrs: one check failed\n"), "{says:?}: {doctor:?}");
    let told = fixes(&doctor, says);
    assert!(told.len() == 1 && told[0].contains(fix), "doctor: {says:?} {fix:?}: {told:?} {doctor:?}");
    assert!(!doctor.stdout.contains("hush"), "{doctor:?}");
    let served = run(&SERVE).expect_failure();
    assert!(served.contains(says), "serve: {says:?}: {served}");
}

const DATA: [&str; 2] = ["--data", "data"];

#[test]
fn a_master_key_that_is_none() {
    let place = ProgramFolder::new();
    place.write_private_file("short", "abc");
    place.write_private_file("empty", "");
    place.write_private_file("open", &"0".repeat(64));
    mode(&place, "open", 0o644);
    std::fs::create_dir(place.path().join("folder")).unwrap();
    place.make_pipe("pipe");
    for (file, says, fix) in [
        ("short", "short is not a master key: it must contain 64 hex digits", "restore the key from its backup"),
        ("empty", "empty is not a master key: it must contain 64 hex digits", "restore the key from its backup"),
        ("open", "the master key open can be read by others than its owner (mode 644)", "chmod 600 open"),
        ("folder", "cannot read the master key folder: it is a folder", "set keys.master_file to the key's file"),
        ("pipe", "cannot read the master key pipe: it is no regular file", "set keys.master_file to the key's file"),
    ] {
        refused(&place, &DATA, &[("OPENDRS_KEYS_MASTER_FILE", file)], says, fix);
    }
    std::fs::create_dir_all(place.path().join("data")).unwrap();
    place.write_private_file("data/master.key", &"0".repeat(64));
    mode(&place, "data/master.key", 0o644);
    let says = "the master key data/master.key can be read by others than its owner (mode 644)";
    refused(&place, &DATA, &[], says, "chmod 600 data/master.key");
}

#[test]
fn a_data_folder_that_cannot_be() {
    let place = ProgramFolder::new();
    place.write_file("file", "");
    for (data, says) in [
        ("file", "file is not a folder"),
        ("file/below", "the folder file/below cannot be created: file is not a folder"),
        #[cfg(target_os = "linux")]
        ("/proc/opendrs", "the folder /proc/opendrs cannot be created"),
    ] {
        refused(&place, &["--data", data], &[], says, "choose another with --data");
    }
    std::fs::create_dir_all(place.path().join("data/opendrs.db")).unwrap();
    refused(&place, &DATA, &[], "data/opendrs.db is not a file", "put the store's file in its place");
}

#[test]
fn a_database_url_that_cannot_be_meant() {
    let place = ProgramFolder::new();
    std::fs::create_dir(place.path().join("data")).unwrap();
    place.write_private_file("data/master.key", &"0".repeat(64));
    for (rest, says) in [
        ("h:port/d", "the database URL cannot be read"),
        ("h/d?pgbouncer=true", "unknown parameter `pgbouncer`"),
        ("h/d?sslmode=verify-ca", "sslmode=verify-ca of the database URL is not known"),
        ("h/d?sslmode=disable&sslrootcert=system", "needs sslmode=verify-full, not disable"),
        ("h/d?sslmode=verify-full&sslrootcert=/nope", "cannot read the certificates of sslrootcert /nope"),
    ] {
        let url = format!("postgres://user:hush@{rest}");
        let env = [("OPENDRS_SERVER_DATABASE_URL", url.as_str()), ("OPENDRS_SERVER_DATA", "data")];
        refused(&place, &[], &env, says, "correct server.database_url");
    }
}

/// Runs the program as a user without rights, if the tests run as root. Returns `None` if that user cannot run it.
fn as_nobody(place: &ProgramFolder, words: &[&str]) -> Option<ProgramOutput> {
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opendrs"));
        command.current_dir(place.path()).env_clear();
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        command
    };
    command().arg("--version").output().ok().filter(|output| output.status.success())?;
    let output = command().args(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some(ProgramOutput {
        status: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    })
}

#[test]
fn what_this_user_may_not_write_or_read() {
    let place = ProgramFolder::seeded();
    mode(&place, "", 0o755);
    if !rustix::process::geteuid().is_root() || as_nobody(&place, &["--version"]).is_none() {
        return;
    }
    let own = |name: &str| {
        std::os::unix::fs::chown(place.path().join(name), Some(65_534), Some(65_534)).unwrap();
    };
    let tell = |data: &str, says: &str, fix: &str| {
        let checked = as_nobody(&place, &["config", "check", "--data", data]).unwrap();
        assert!(
            checked.status == 1 && checked.stderr.contains(says) && checked.stderr.contains(fix),
            "{says}: {checked:?}"
        );
        let doctor = as_nobody(&place, &["doctor", "--json", "--data", data]).unwrap();
        let told = fixes(&doctor, says);
        assert!(told.len() == 1 && told[0].contains(fix), "{says} {fix}: {doctor:?}");
        assert_eq!(doctor.stderr, "opendrs: one check failed\n", "{doctor:?}");
        let words = [&SERVE[..], &["--data", data]].concat();
        let served = as_nobody(&place, &words).unwrap();
        assert!(served.status == 1 && served.stderr.contains(says), "{says}: {served:?}");
    };
    tell("new", "the folder new cannot be created: . cannot be written by this user", "chown");
    // Readable, but not writable.
    mode(&place, "data", 0o755);
    own("data/master.key");
    tell("data", "data cannot be written by this user", "give it to this user (chown)");
    own("data");
    tell("data", "data/opendrs.db cannot be read and written by this user", "chown");
    for end in ["opendrs.db", "opendrs.db-wal", "opendrs.db-shm"] {
        if place.path().join("data").join(end).exists() {
            own(&format!("data/{end}"));
        }
    }
    std::os::unix::fs::chown(place.path().join("data/master.key"), Some(0), Some(0)).unwrap();
    tell("data", "cannot read the master key data/master.key", "make data/master.key and its folder readable");
    own("data/master.key");
    assert_eq!(as_nobody(&place, &["config", "check", "--data", "data"]).unwrap().status, 0);
}

#[test]
fn a_key_that_is_away_is_told_from_another_one() {
    let place = ProgramFolder::seeded();
    std::fs::remove_file(place.path().join("data/master.key")).unwrap();
    let doctor = place.run_on_store(&["doctor", "--json"]);
    let told = fixes(&doctor, "the store was made with a master key, and there is none at data/master.key");
    assert!(told.len() == 1 && told[0].contains("restore that key from its backup"), "{doctor:?}");
    assert!(!doctor.stdout.contains("another master key"), "{doctor:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_answers_is_not_asked_for() {
    let database = Store::postgres().await;
    let place = ProgramFolder::on_postgres(&database);
    place.apply_seed();
    database.set_read_only(true).await;
    let said = place.run_on_store(&SERVE).expect_failure();
    assert!(said.contains("takes no writes") && !said.contains("Is PostgreSQL running there"), "{said}");
    database.set_read_only(false).await;
    let missing = format!("{}_missing", place.store_args[3]);
    let said = place.run(&[&SERVE[..], &["--data", "data", "--database-url", &missing]].concat()).expect_failure();
    assert!(said.ends_with("(3D000). Check name, user and password of --database-url\n"), "{said}");
    database.remove().await;
}

#[test]
fn what_is_unwise_is_warned_of() {
    let place = ProgramFolder::seeded();
    for all in ["0.0.0.0/0", "::/0"] {
        let env = [("OPENDRS_SERVER_PROXIES", all), ("OPENDRS_SERVER_DATA", "data")];
        let says = format!("server.proxies has {all}: every address counts as a proxy");
        let checked = place.run_with(&["config", "check"], &env);
        assert!(checked.status == 0 && checked.stderr.contains(&says), "{checked:?}");
        let doctor = place.run_with(&["doctor"], &env);
        assert!(doctor.status == 0 && doctor.stdout.contains(&says), "{doctor:?}");
    }
}

async fn a_maker_that_is_not_there_is_warned_of(place: &ProgramFolder) {
    place.apply_seed();
    place.write_file("opendrs.toml", "[fulfilment]\nmakers = [\"Aqua Appliances = manual\", \"Aqua = manual\"]\n");
    let doctor = place.run_on_store(&["doctor", "--config", "opendrs.toml"]);
    let says = "fulfilment.makers has `Aqua`, which is not a maker in the store: the store has Aqua Appliances\n";
    assert!(doctor.status == 0 && doctor.stdout.contains(says), "{doctor:?}");
    assert_eq!(doctor.stdout.matches("fulfilment.makers").count(), 1, "{doctor:?}");
}

on_either!(a_maker_that_is_not_there_is_warned_of);
