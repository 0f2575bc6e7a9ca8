//! `opendrs fault`: plans faults on a running server.

use super::output;
use super::test_server::TestServerArgs;
use axum::http::Method;
use clap::{Args, Subcommand};
use opendrs_domain::fault::FAULT_NAMES;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(super) struct FaultArgs {
    #[command(flatten)]
    server: TestServerArgs,
    /// Print the server's JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: FaultCommand,
}

#[derive(Debug, Subcommand)]
enum FaultCommand {
    /// Plan a fault for one or several times.
    Add(FaultAddArgs),
    /// List the planned faults with their remaining times.
    List,
    /// Delete all planned faults, and end the delay of calls that wait for one.
    Clear,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Faults of calls:
  400, 429, 500, 503  The call gets this status and has no effect.
  expired-token       The call gets the answer to an expired access token.
  timeout             The call gets no answer for a minute (or --by) and has no effect.
  timeout-after       The call takes effect, but gets no answer for a minute (or --by).
  slow                The call takes effect, and is answered 5 seconds later (or --by).
Faults of notifications:
  lost                The notification is given up and not sent. `opendrs events replay` sends it later.
  late                It is sent ten minutes late (or --by), by the server's clock. Later ones wait for it.
  doubled             It is sent twice.
  out-of-order        It is sent after the next one. The fault waits until a notification has a next one.
Faults of standard orders (the order is held, and checked an hour later without the fault):
  out-of-stock        No product is available.
  payment-declined    The payment is declined.
  price               Every product costs --percent more.")]
struct FaultAddArgs {
    /// The fault, from the list below.
    #[arg(value_name = "FAULT", value_parser = FAULT_NAMES.split(", ").collect::<Vec<_>>())]
    fault: String,
    /// Path of the calls, with everything below it, such as replenish, slotStatus/SLOT or auth/o2/token. The default is
    /// every path.
    #[arg(long, value_name = "PATH")]
    on: Option<String>,
    /// Number of times.
    #[arg(long, value_name = "N", default_value_t = 1)]
    times: u32,
    /// Duration or delay: 90s, 10m.
    #[arg(long, value_name = "SPAN")]
    by: Option<String>,
    /// Increase of the price in per cent.
    #[arg(long, value_name = "N")]
    percent: Option<u32>,
}

pub(super) async fn run(args: FaultArgs) -> Result<(), String> {
    let (method, body) = match args.what {
        FaultCommand::Add(FaultAddArgs { fault, on, times, by, percent }) => {
            let body = json!({ "fault": fault, "on": on, "times": times, "by": by, "percent": percent });
            (Method::POST, Some(body))
        }
        FaultCommand::List => (Method::GET, None),
        FaultCommand::Clear => (Method::DELETE, None),
    };
    let answer = args.server.send_request(method, "/-/faults", body).await?;
    if args.json {
        output::print_line(answer.to_string());
        return Ok(());
    }
    let all = answer["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        output::print_note("No fault is planned.");
    }
    for fault in all {
        output::print_line(fault_line(fault));
    }
    Ok(())
}

fn fault_line(fault: &Value) -> String {
    let text = |key: &str, before: &str| fault[key].as_str().map_or(String::new(), |text| format!("{before}{text}"));
    let percent = fault["percent"].as_u64().map_or(String::new(), |percent| format!("  {percent} %"));
    format!("{:<13}  {}x{}{}{percent}", text("fault", ""), fault["times"], text("on", "  on "), text("by", "  by "))
}
