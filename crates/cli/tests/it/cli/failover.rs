//! A node whose PostgreSQL refuses writes for a while, as during a failover.

use super::program::{FILTER, ProgramFolder, ServingProcess};
use crate::harness::Store;
use opendrs_client::ClientResponse;
use std::time::Duration;

fn assert_unavailable(reply: &ClientResponse) {
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "5"), "{}", reply.text());
}

/// Waits until the node's health has this status.
async fn until_health_is(node: &ServingProcess, status: u16) -> ClientResponse {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    loop {
        let reply = node.get("/-/health").await;
        if reply.status == status {
            return reply;
        }
        ticks.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_is_answered_503_and_left_by_itself() {
    let database = Store::postgres().await;
    let opendrs_store::StoreLocation::Url(url) = database.location() else { panic!("no URL") };
    let mut place = ProgramFolder::new();
    place.store_args.extend(["--database-url".into(), url]);
    place.apply_seed();
    let token = place.link_device("SN-1", &[])["access_token"].as_str().unwrap().to_owned();
    let node = place.serve(&[]);
    assert_eq!(node.get("/-/health").await.status, 200);

    database.set_read_only(true).await;
    assert_unavailable(&until_health_is(&node, 503).await);
    for _ in 0..20 {
        assert_unavailable(&node.replenish(&token, FILTER).await);
        assert_unavailable(&node.get("/-/health").await);
    }
    let said = place.run(&["health", "--url", &node.base_url]).expect_failure();
    assert!(said.contains("is not healthy: status 503: "), "{said}");
    database.set_read_only(false).await;
    until_health_is(&node, 200).await;
    assert_eq!(node.replenish(&token, FILTER).await.status, 200);

    let log = node.kill_and_read_log();
    let count = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    // Refused calls, rounds of the worker and lost connections get no log lines of their own.
    assert_eq!((count("the store is unavailable: calls"), count("the store is available again")), (1, 1), "{log}");
    assert_eq!(log.lines().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).count(), 1, "{log}");
    database.remove().await;
}
