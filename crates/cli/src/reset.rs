//! `opendrs reset`: resets a test server to its beginning.

use super::output;
use super::test_server::TestServerArgs;
use axum::http::Method;
use clap::Args;

#[derive(Debug, Args)]
#[command(
    after_help = "Deletes devices, their subscriptions, readings, orders and notifications, sessions and planned \
                        faults, and ends every change of the clock. Keeps makers, profiles, models, products, \
                        customers and topics. To save a state and load it later, use `opendrs snapshot`."
)]
pub(super) struct ResetArgs {
    #[command(flatten)]
    server: TestServerArgs,
}

pub(super) async fn run(args: ResetArgs) -> Result<(), String> {
    args.server.send_request(Method::POST, "/-/reset", None).await?;
    output::print_note("Reset: devices, orders, sessions, planned faults and the clock's changes are deleted.");
    Ok(())
}
