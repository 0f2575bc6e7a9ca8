//! `opendrs reset`: a server for tests, back at its beginning.

use super::out;
use super::testing::Server;
use axum::http::Method;
use clap::Args;

#[derive(Debug, Args)]
#[command(
    after_help = "Devices, their slots, readings, orders and notifications are gone, and so are sessions, the plan \
                        of faults and how the clock was set. Makers, profiles, models, products, customers and topics \
                        stay. To keep a state and come back to it, use `opendrs snapshot`."
)]
pub(super) struct Reset {
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Reset) -> Result<(), String> {
    args.server.ask(Method::POST, "/-/reset", None).await?;
    out::note("Forgotten: what customers and devices did, planned faults, and the clock's setting.");
    Ok(())
}
