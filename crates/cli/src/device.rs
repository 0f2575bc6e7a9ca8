//! `opendrs device`: links a device without a browser. Also lists and removes devices for customers who ask the
//! operator for it, such as by telephone.

use super::customer::{self, CustomerSelectorArgs};
use super::output;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::device::{Device, NamedDevice};
use opendrs_domain::login::pkce::Challenge;
use opendrs_domain::text::{Asin, Email, ModelCode, Serial, SlotId};
use opendrs_domain::time::Time;
use opendrs_domain::wire::latest::SubscriptionInfo;
use opendrs_server::open_app;
use opendrs_service::login::link::{LinkDevice, SlotSelection, TokensOrCode, link_device};
use opendrs_service::login::token_endpoint::IssuedTokens;
use opendrs_service::{App, device};
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// Link a device to a customer and print its tokens as one JSON object.
    Link(DeviceLinkArgs),
    /// List a customer's devices.
    List {
        #[command(flatten)]
        of: CustomerSelectorArgs,
        /// Print one JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Deregister a device, as its owner or its maker can. Its tokens end, its maker is notified, and orders under way
    /// go on.
    Remove {
        #[command(flatten)]
        of: CustomerSelectorArgs,
        /// The device model.
        #[arg(long, value_name = "MODEL", value_parser = ModelCode::parse)]
        model: ModelCode,
        /// The unit's serial.
        #[arg(long, value_name = "SERIAL", value_parser = Serial::parse)]
        serial: Serial,
    },
}

#[derive(Debug, Args)]
pub(super) struct DeviceLinkArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The Login with Amazon client through which the device is linked.
    #[arg(long, value_name = "ID")]
    client: String,
    /// The device model.
    #[arg(long, value_name = "MODEL", value_parser = ModelCode::parse)]
    model: ModelCode,
    /// The unit's serial.
    #[arg(long, value_name = "SERIAL", value_parser = Serial::parse)]
    serial: Serial,
    /// The owner's e-mail address; optional where there is only one customer.
    #[arg(long, value_name = "EMAIL", value_parser = Email::parse)]
    customer: Option<Email>,
    /// Register a test device: nothing is charged or shipped for its orders.
    #[arg(long)]
    test_device: bool,
    /// Slots to subscribe: all (each with its first product), none, or SLOT=ASIN,...
    #[arg(long, value_name = "WHICH", value_parser = parse_subscribe, default_value = "all")]
    subscribe: SlotSelection,
    /// Print an authorization code instead of tokens.
    #[arg(long, requires = "redirect_uri")]
    code: bool,
    /// The redirect URI to which the code is bound.
    #[arg(long, value_name = "URI", requires = "code")]
    redirect_uri: Option<String>,
    /// The PKCE code challenge.
    #[arg(long, value_name = "CHALLENGE", requires = "code")]
    code_challenge: Option<String>,
    /// S256 or plain; the default is plain.
    #[arg(long, value_name = "METHOD", requires = "code_challenge")]
    code_challenge_method: Option<String>,
}

fn parse_subscribe(text: &str) -> Result<SlotSelection, String> {
    match text {
        "all" => Ok(SlotSelection::Every),
        "none" => Ok(SlotSelection::Nothing),
        list => list
            .split(',')
            .map(|pair| {
                let (slot, asin) = pair.split_once('=').ok_or("write all, none, or SLOT=ASIN,SLOT=ASIN")?;
                let slot = SlotId::parse(slot).map_err(|e| e.to_string())?;
                Ok((slot, Asin::parse(asin).map_err(|e| e.to_string())?))
            })
            .collect::<Result<_, String>>()
            .map(SlotSelection::Listed),
    }
}

pub(super) async fn run(file: Option<&Path>, command: DeviceCommand) -> Result<(), String> {
    match command {
        DeviceCommand::Link(args) => link_and_print(file, args).await,
        DeviceCommand::List { of, json } => {
            for unit in list_customer_devices(file, of).await?.1 {
                output::print_line(device_line(&unit.device, &unit.model_name, json));
            }
            Ok(())
        }
        DeviceCommand::Remove { of, model, serial } => {
            let (app, found) = list_customer_devices(file, of).await?;
            let is_named = |unit: &Device| unit.model_code == model && unit.serial == serial;
            let unit = found.into_iter().find(|found| is_named(&found.device));
            let NamedDevice { device: unit, model_name: name, .. } = unit.ok_or_else(|| {
                format!("the customer has no device {model} {serial}: `opendrs device list` lists all devices")
            })?;
            device::remove(&app, unit).await.map_err(super::error_text)?;
            output::print_line(format!("{name}, serial {serial}, is no longer registered."));
            Ok(())
        }
    }
}

/// Opens the store, and finds a customer's devices.
async fn list_customer_devices(
    file: Option<&Path>,
    of: CustomerSelectorArgs,
) -> Result<(App, Vec<NamedDevice>), String> {
    let (app, id) = customer::open_app_and_find_customer(file, of).await?;
    let found = device::list_for_customer(&app, id).await.map_err(super::error_text)?;
    Ok((app, found))
}

fn device_line(unit: &Device, model: &str, json: bool) -> String {
    let active = unit.active_at.map(Time::to_rfc3339_millis);
    if json {
        return json!({
            "model": unit.model_code.as_str(),
            "name": model,
            "serial": unit.serial.as_str(),
            "test": unit.test,
            "registeredAt": unit.registered_at.to_rfc3339_millis(),
            "activeAt": active,
        })
        .to_string();
    }
    let test = if unit.test { "  test device" } else { "" };
    let active = active.map_or_else(String::new, |at| format!("  last active {at}"));
    format!("{}  {} {}  {model}{test}{active}", unit.registered_at.to_rfc3339_millis(), unit.model_code, unit.serial)
}

async fn link_and_print(file: Option<&Path>, args: DeviceLinkArgs) -> Result<(), String> {
    let config = store_args::load_config(file, &args.store, Vec::new())?;
    let app = open_app::open_existing_app(&config).await?;
    let challenge = Challenge::parse(args.code_challenge.as_deref(), args.code_challenge_method.as_deref())?;
    let code = args.redirect_uri.filter(|_| args.code).map(|uri| (uri, challenge));
    let customer = customer::email_or_only_customer(&app, args.customer).await?;
    let command = LinkDevice {
        client: args.client,
        model: args.model,
        serial: args.serial,
        customer,
        test: args.test_device,
        slots: args.subscribe,
        code,
    };
    let linked = link_device(&app, command).await.map_err(super::error_text)?;
    let slots = serde_json::to_value(SubscriptionInfo::from(linked.slots.as_slice())).unwrap_or_default();
    let slots = &slots["slotsSubscriptionStatus"];
    let answer = match linked.grant {
        TokensOrCode::Code(code) => json!({ "code": code, "expires_in": 300, "slots": slots }),
        TokensOrCode::Tokens(IssuedTokens { access_token: access, refresh_token: refresh, expires_in }) => {
            json!({ "access_token": access, "refresh_token": refresh, "expires_in": expires_in, "slots": slots })
        }
    };
    output::print_line(answer.to_string());
    Ok(())
}
