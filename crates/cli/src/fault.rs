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
    /// Plan a fault, once or several times.
    Add(FaultAddArgs),
    /// List the planned faults, and how many times each will still happen.
    List,
    /// Delete the plan; calls that a fault delays go on.
    Clear,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Calls:
  400, 429, 500, 503  answered so, and nothing is done
  expired-token       answered as if its access token had ended
  timeout             not answered for a minute, or --by, and nothing is done
  timeout-after       done, and then not answered for as long
  slow                done and answered, 5s later, or --by
Notifications:
  lost                given up unsent; `opendrs events replay` sends it after all
  late                ten minutes late, or --by, on the service's clock; what is behind it waits
  doubled             sent twice
  out-of-order        overtaken by the one behind it; waits for one that has another behind it
Standard orders, looked at again, and then well, an hour later:
  out-of-stock        no product is available
  payment-declined    it cannot be paid for
  price               every product costs --percent more")]
struct FaultAddArgs {
    /// The fault; see below.
    #[arg(value_name = "FAULT", value_parser = FAULT_NAMES.split(", ").collect::<Vec<_>>())]
    fault: String,
    /// For calls: this path and all below it, such as replenish, slotStatus/SLOT or auth/o2/token; the default is any
    /// path.
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
        output::print_note("Nothing is planned.");
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
