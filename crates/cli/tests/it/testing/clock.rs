//! The test clock: a later time applies only after it is saved, so that no restart goes back.

use crate::harness::Server;
use opendrs_domain::time::Span;
use opendrs_service::schedule;

both!(a_time_that_cannot_be_saved_does_not_apply);

async fn a_time_that_cannot_be_saved_does_not_apply(server: &Server) {
    let app = server.app();
    let now = || schedule::clock_status(app).unwrap().now;
    let advance = async || schedule::advance_clock(app, Span::from_hours(25)).await;
    let thaw = async || schedule::set_clock_frozen(app, false).await;
    schedule::set_clock_frozen(app, true).await.unwrap();
    let before = now();

    server.execute_sql("ALTER TABLE installation RENAME COLUMN clock_offset TO lost").await;
    assert!(advance().await.is_err() && thaw().await.is_err());
    assert_eq!(now(), before);
    server.execute_sql("ALTER TABLE installation RENAME COLUMN lost TO clock_offset").await;

    advance().await.unwrap();
    assert_eq!(now(), before + Span::from_hours(25));
    assert!(!thaw().await.unwrap().frozen);
}
