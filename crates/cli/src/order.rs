//! `opendrs order`: orders of all devices, and the operator's hand in those that are fulfilled by hand.

use opendrs_server::open_app;
use super::out;
use crate::store_args::{self, StoreArgs};
use clap::{Args, Subcommand};
use opendrs_domain::customer::Address;
use opendrs_domain::fulfilment::Report;
use opendrs_domain::money::Money;
use opendrs_domain::order::{
    Cancellation, CancelledBy, Order as Row, PriceParts, Problem, Recipient, Tracking, parcel,
};
use opendrs_service::fulfilment::{self, Job, Speaker};
use opendrs_service::{App, Error};
use serde_json::{Value, json};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Order {
    /// List orders that are not over, oldest first.
    List(List),
    /// Show all that is known of an order, and where its parcel goes.
    Show(One),
    /// Report that an order left, or how its parcel can be followed; the maker is notified and the customer mailed.
    Ship(Ship),
    /// Report that an order arrived; its slot may order again, and the customer is mailed.
    Deliver(One),
    /// Cancel an order; the maker is notified, and the customer is mailed the reason.
    Cancel(Cancel),
    /// Hold an order for a problem that its customer can resolve; it ends by itself if nobody does.
    Hold(Hold),
    /// Let an order go on that was held.
    Release(One),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreArgs,
    /// Orders that are over too, newest first.
    #[arg(long)]
    all: bool,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The order's number or eventInstanceId, as `order list` prints them.
    #[arg(value_name = "ORDER")]
    id: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Ship {
    #[command(flatten)]
    order: One,
    /// The carrier's number, which the customer is shown.
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<String>,
    /// The carrier's name, which the customer is shown.
    #[arg(long, value_name = "NAME")]
    carrier: Option<String>,
    /// The carrier's page of the parcel, to which the customer is linked.
    #[arg(long, value_name = "URL", value_parser = link)]
    tracking_url: Option<String>,
    /// The day on which it should arrive, such as 2026-07-01; else orders.deliver_after from now.
    #[arg(long, value_name = "DATE", value_parser = expected)]
    expected: Option<opendrs_domain::time::Time>,
    /// Ship although the customer was promised that they can still cancel.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
pub(super) struct Cancel {
    #[command(flatten)]
    order: One,
    /// Why, in a sentence that the customer reads.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
}

#[derive(Debug, Args)]
pub(super) struct Hold {
    #[command(flatten)]
    order: One,
    /// What is in the way: out_of_stock, payment or address.
    #[arg(long, value_name = "PROBLEM", value_parser = problem)]
    problem: Problem,
}

fn link(text: &str) -> Result<String, String> {
    let fits = parcel::is_link(text.trim()).then(|| text.trim().to_owned());
    fits.ok_or_else(|| "write an http or https address of at most 500 characters, without blanks".into())
}

fn reason(text: &str) -> Result<String, String> {
    let kept = Cancellation::new(CancelledBy::Operator, Some(text)).reason;
    kept.ok_or_else(|| "write a sentence that the customer reads".into())
}

fn expected(text: &str) -> Result<opendrs_domain::time::Time, String> {
    parcel::expected(text).ok_or_else(|| "write a date such as 2026-07-01 or 2026-07-01T12:00:00Z".into())
}

fn problem(text: &str) -> Result<Problem, String> {
    let known = [Problem::OutOfStock, Problem::Payment, Problem::Address];
    known.into_iter().find(|p| p.as_str() == text).ok_or_else(|| "write out_of_stock, payment or address".into())
}

/// Why a command about this order failed.
fn cause(order: &str, error: Error) -> String {
    match error {
        Error::UnknownOrder => {
            format!(
                "there is no order `{order}`: name it by its eventInstanceId or its number, as `opendrs order list` does"
            )
        }
        error => super::cause(error),
    }
}

fn line(order: &Row) -> Value {
    let Row { item, .. } = order;
    json!({
        "eventInstanceId": order.instance().to_string(), "orderNumber": order.number().to_string(), "state": order.state.as_str(),
        "problem": order.problem.map(Problem::as_str), "backend": order.backend.as_str(), "test": order.test,
        "slotId": order.slot.as_str(), "asin": item.asin.as_str(), "title": item.title, "quantity": item.quantity,
        "unit": item.unit, "price": item.price.amount(), "currency": item.price.currency,
        "openedAt": order.opened_at.to_millis_text(),
        "expectedDeliveryDate": order.expected_at.map(|t| t.to_millis_text()),
        "expectedDeliveryDay": order.expected_at.map(day), "deliveredAt": order.delivered_at.map(|t| t.to_millis_text()),
        "tracking": order.tracking.number, "carrier": order.tracking.carrier, "trackingUrl": order.tracking.link,
        "shipping": order.parts.shipping.as_ref().map(Money::amount), "tax": order.parts.tax.as_ref().map(Money::amount),
        "cancelledBy": order.cancellation.as_ref().map(|c| c.by.as_str()),
        "cancelReason": order.cancellation.as_ref().and_then(|c| c.reason.as_ref()),
    })
}

/// The day of a moment, which is all that is meant of a delivery.
fn day(at: opendrs_domain::time::Time) -> String {
    at.to_millis_text().chars().take(10).collect()
}

fn words(order: &Row) -> String {
    let problem = order.problem.map_or(String::new(), |p| format!(" ({})", p.as_str()));
    let test = if order.test { "  test order" } else { "" };
    let standing = format!("{}{problem}", order.state.as_str());
    format!(
        "{}  {}  {}  {standing:<22} {}  {}{test}",
        order.opened_at,
        order.number(),
        order.instance(),
        order.item.title,
        order.item.price
    )
}

fn whole(job: &Job) -> Value {
    let Job { order, device, recipient, .. } = job;
    let Recipient { name, email, address } = recipient;
    let mut value = line(order);
    value["model"] = device.model_code.as_str().into();
    value["serial"] = device.serial.as_str().into();
    value["customer"] = json!({
        "reference": device.directed_customer, "name": name, "email": email.as_str(), "address": address,
    });
    value
}

fn show(job: &Job, trouble: Option<&str>, as_json: bool) {
    if as_json {
        let mut value = whole(job);
        value["lastError"] = trouble.into();
        return out::say(value.to_string());
    }
    let Job { order, device, recipient, .. } = job;
    let Recipient { name, email, address } = recipient;
    let address = address.as_ref().map_or_else(|| "no address".into(), Address::one_line);
    out::say(words(order));
    out::say(format!("  {} {} of {}", order.item.quantity, order.item.unit, order.item.asin));
    out::say(format!("  for {} {}, slot {}", device.model_code, device.serial, order.slot));
    out::say(format!("  to {name} <{email}>, {address}"));
    if let Some(at) = order.expected_at {
        out::say(format!("  expected on {}", day(at)));
    }
    if let Some(at) = order.delivered_at {
        out::say(format!("  delivered {at}"));
    }
    let Tracking { number, carrier, link } = &order.tracking;
    for (what, value) in [("carrier", carrier), ("tracking number", number), ("tracking page", link)] {
        if let Some(value) = value {
            out::say(format!("  {what} {value}"));
        }
    }
    if let Some(Cancellation { by, reason }) = &order.cancellation {
        let reason = reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
        out::say(format!("  cancelled by {}{reason}", by.as_str()));
    }
    out::say(format!("  fulfilled by: {}", order.backend.as_str()));
    if let Some(trouble) = trouble {
        out::say(format!("  its back end, last: {trouble}"));
    }
}

async fn app(file: Option<&Path>, store: &StoreArgs) -> Result<App, String> {
    let config = store_args::config(file, store, Vec::new())?;
    open_app::beside(&config).await
}

async fn say(file: Option<&Path>, order: One, report: Report, force: bool) -> Result<(), String> {
    let app = app(file, &order.store).await?;
    let said = fulfilment::report(&app, &order.id, report, Speaker::Operator { force }).await;
    let (said, changed) = said.map_err(|error| cause(&order.id, error))?;
    match order.json {
        true => out::say(line(&said).to_string()),
        false if changed => out::say(words(&said)),
        false => out::say(format!("{}  (nothing changed)", words(&said))),
    }
    Ok(())
}

pub(super) async fn run(file: Option<&Path>, command: Order) -> Result<(), String> {
    match command {
        Order::List(args) => {
            let app = app(file, &args.store).await?;
            for order in fulfilment::list(&app, args.all, args.limit).await.map_err(super::cause)? {
                out::say(if args.json { line(&order).to_string() } else { words(&order) });
            }
            Ok(())
        }
        Order::Show(args) => {
            let app = app(file, &args.store).await?;
            let job = fulfilment::find(&app, &args.id).await.map_err(|error| cause(&args.id, error))?;
            let trouble = fulfilment::trouble(&app, &job).await.map_err(super::cause)?;
            show(&job, trouble.as_deref(), args.json);
            Ok(())
        }
        Order::Ship(Ship { order, tracking, carrier, tracking_url, expected, force }) => {
            let tracking = Tracking::new(tracking.as_deref(), carrier.as_deref(), tracking_url.as_deref());
            say(file, order, Report::Shipped { expected_at: expected, tracking }, force).await
        }
        Order::Deliver(order) => say(file, order, Report::Delivered, false).await,
        Order::Cancel(Cancel { order, reason }) => {
            let cancellation = Cancellation::new(CancelledBy::Operator, Some(&reason));
            say(file, order, Report::Cancelled(cancellation), false).await
        }
        Order::Hold(Hold { order, problem }) => say(file, order, Report::Problem(problem), false).await,
        Order::Release(order) => {
            let accepted = Report::Accepted { expected_at: None, parts: PriceParts::default() };
            say(file, order, accepted, false).await
        }
    }
}
