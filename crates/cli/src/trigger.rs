//! `opendrs trigger`: sends a notification on request.

use super::output;
use super::test_server::TestServerArgs;
use axum::http::Method;
use clap::Args;
use clap::builder::PossibleValuesParser;
use opendrs_domain::notification::NotificationType;
use serde_json::json;

#[derive(Debug, Args)]
pub(super) struct TriggerArgs {
    /// Notification type.
    #[arg(value_name = "TYPE", value_parser = PossibleValuesParser::new(NotificationType::ALL.map(NotificationType::cli_name)))]
    kind: String,
    /// Device: its serial, or MODEL/SERIAL.
    #[arg(long, value_name = "DEVICE")]
    device: String,
    /// Slot; required for a type about an order if the device has several slots.
    #[arg(long, value_name = "SLOT")]
    slot: Option<String>,
    /// Version of the notification, instead of the model's version.
    #[arg(long, value_name = "VERSION", value_parser = ["1.0", "2.0"])]
    version: Option<String>,
    #[command(flatten)]
    server: TestServerArgs,
    /// Print the server's JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: TriggerArgs) -> Result<(), String> {
    let TriggerArgs { kind, device, slot, version, server, json } = args;
    let body = json!({ "type": kind, "device": device, "slot": slot, "version": version });
    let answer = server.send_request(Method::POST, "/-/trigger", Some(body)).await?;
    if json {
        output::print_line(answer.to_string());
        return Ok(());
    }
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let topics = answer["topics"].as_u64().unwrap_or_default();
    output::print_line(format!("{}  {} {}  {}", text("type"), text("model"), text("serial"), text("event")));
    match topics {
        0 => output::print_note(
            "It is sent to no receiver: its security profile has no confirmed topic. `opendrs topic add` adds one.",
        ),
        1 => {
            output::print_note(
                "It is on its way to 1 topic; `opendrs events show` with the id above shows the result.",
            );
        }
        n => {
            output::print_note(format!(
                "It is on its way to {n} topics; `opendrs events show` with the id above shows the result."
            ));
        }
    }
    Ok(())
}
