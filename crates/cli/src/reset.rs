//! `opendrs reset`: resets a test server to its beginning.

use super::output;
use super::test_server::TestServerArgs;
use axum::http::Method;
use clap::Args;

#[derive(Debug, Args)]
#[command(
    after_help = "Devices, their slots, readings, orders and notifications are gone, and so are sessions, the plan \
                        of faults and how the clock was set. Makers, profiles, models, products, customers and topics \
                        stay. To keep a state and come back to it, use `opendrs snapshot`."
)]
pub(super) struct ResetArgs {
    #[command(flatten)]
    server: TestServerArgs,
}

pub(super) async fn run(args: ResetArgs) -> Result<(), String> {
    args.server.send_request(Method::POST, "/-/reset", None).await?;
    output::print_note("Forgotten: what customers and devices did, planned faults, and the clock's setting.");
    Ok(())
}
