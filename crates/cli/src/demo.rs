//! `opendrs demo`: runs the main use case from sign-up to delivery.
//!
//! It uses a new store, a server in this process, and a device that knows only the protocol. Invariant: every step is a
//! real request over a socket, and its answer is compared with the specification. The demo fails if one answer differs.

mod maker_cloud;
mod pictures;
mod report;
mod scenario;

use super::stop_signals;
use super::{output, seed};
use crate::store_args;
use clap::Args;
use maker_cloud::MakerCloud;
use opendrs_server::node::NodeListeners;
use opendrs_server::open_app::{self, ClockMode};
use opendrs_server::telemetry::logging;
use opendrs_service::random::SystemRandom;
use report::DemoReport;
use std::path::Path;
use std::sync::Arc;

const DEMO_SEED: &str = include_str!("demo/demo.seed.toml");

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Address to listen on; port 0 takes a free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7373")]
    listen: String,
    /// Exit after the last step; the exit status is 0 only if every answer was as expected.
    #[arg(long)]
    once: bool,
    /// Print one JSON object per step.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: DemoArgs) -> Result<(), String> {
    let folder = tempfile::Builder::new().prefix("opendrs-demo-").tempdir();
    let folder = folder.map_err(|e| format!("cannot create a temporary data folder: {e}"))?;
    // The demo's maker's cloud and device are on this machine, so its example commands need no certificate.
    let config = store_args::local_config(file, folder.path(), &args.listen)?;
    logging::init(&config.server.log, config.server.log_format, None)?;
    let listeners = NodeListeners::bind(&config).await?;
    let random = Arc::new(SystemRandom);
    let app = open_app::open_app_for_node(&config, &listeners, ClockMode::Test, random).await?;
    let cloud = MakerCloud::start().await?;
    let topic = format!("[[maker.profile.topic]]\nname = \"aqua\"\nendpoint = \"{}\"\n\n[[maker.model]]", cloud.url);
    let text = DEMO_SEED.replacen("[[maker.model]]", &topic, 1);
    let text = pictures::add_pictures(&text);
    seed::apply_text_with_pictures(&app, &text, "the demo's seed", &pictures::read_picture).await?;
    let running = listeners.serve(&config, app)?;
    let first = running.addresses.first().ok_or("the demo needs the service, login, web and worker roles")?;
    let base = &first.url;
    let mut report = DemoReport::new(args.json);
    let outcome = scenario::run_scenario(base, &running.state.app, &cloud, &mut report).await;
    let good = report.finish(outcome.as_ref().err());
    if !good || args.once {
        running.stop().await;
        return if good {
            Ok(())
        } else {
            Err("the demo failed: an answer differs from the specification, or a step could not run".into())
        };
    }
    if let Ok(device) = outcome {
        output::print_line(report::next_steps_text(base, folder.path(), &device));
    }
    stop_signals::wait_for_stop_signal().await;
    running.stop().await;
    Ok(())
}
