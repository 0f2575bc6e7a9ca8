//! A failure to write output is an error of a command, and not of a server.

use super::program::{FILTER, ProgramFolder};
use std::fs::File;
use std::process::Stdio;

/// A full disk.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// A pipe whose reader is closed.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_full_disk_is_told_and_a_reader_that_left_is_not() {
    let place = ProgramFolder::seeded();
    place.write_file("seed.toml", super::program::SEED);
    for words in [
        &["config", "default"][..],
        &["config", "check"],
        &["doctor", "--data", "data"],
        &["doctor", "--json", "--data", "data"],
        &["keys", "list", "--data", "data"],
        &["client", "list", "--data", "data"],
        &["seed", "seed.toml", "--data", "data"],
        &["completions", "bash"],
        &["--version"],
        &["--help"],
        &["serve", "--help"],
    ] {
        let ended = place.run_into(words, full());
        assert_eq!(ended.status, 1, "{words:?}: {ended:?}");
        let said = ended.stderr.lines().last().unwrap_or_default();
        assert!(said.contains("standard output cannot be written: No space left on device"), "{words:?}: {ended:?}");
        let ended = place.run_into(words, closed());
        assert!(ended.status == 1 && !ended.stderr.contains("cannot be written"), "{words:?}: {ended:?}");
    }
    let wrong = place.run_into(&["serve", "--lisen"], full());
    assert_eq!(wrong.status, 2, "{wrong:?}");
}

/// A command finishes its task although its output is lost.
#[test]
fn what_a_command_has_begun_it_finishes() {
    let place = ProgramFolder::new();
    place.write_file("seed.toml", super::program::SEED);
    let ended = place.run_into(&["seed", "seed.toml", "--data", "data"], full());
    assert_eq!(ended.status, 1, "{ended:?}");
    let listed = place.run_on_store(&["seed", "seed.toml", "--json"]).expect_success();
    assert!(listed.lines().all(|line| line.contains("\"unchanged\"")), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_on_whatever_becomes_of_its_output() {
    let place = ProgramFolder::seeded();
    let device = place.link_device("SN-1", &[]);
    for out in [full(), closed()] {
        let mut server = place.serve_into(&["--seed", "seed.toml"], out);
        server.wait_for_line("Store:");
        let replied = server.replenish(device["access_token"].as_str().unwrap(), FILTER).await;
        assert_eq!(replied.status, 200);
        assert_eq!(server.terminate(), 0);
    }
}
